// What every interactive figure has: title, prompts, controls, stage, readout, what you should have seen, reset.
// This file is put in front of each module by book_lib.widgets.module_source; it exports nothing itself.
const CHROME = {
  "number": "Interactive {number}",
  "try": "Try this",
  "seen": "What you should have seen",
  "reset": "Start again",
  "problem": "This figure cannot be drawn: its setting “{trait}” is {got}, but it must be {wanted}.",
  "offline": "This is the figure’s first state. Run the cell, or open the book in a browser with JavaScript, to change it."
};

const maker = space => (tag, attributes = {}, ...children) => {
  const node = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter(child => child != null && child !== false));
  return node;
};
const h = maker("http://www.w3.org/1999/xhtml"), s = maker("http://www.w3.org/2000/svg");
const fill = (template, values) => template.replace(/\{(\w+)\}/g, (whole, key) => key in values ? values[key] : whole);
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const put = (node, attributes) => { for (const name in attributes) node.setAttribute(name, attributes[name]); };
// 2 decimals, a real minus sign, no "−0.00"; integers keep no decimals when `loose`
const number = (x, digits = 2, loose = false) => {
  const text = loose && Number.isInteger(x) ? String(x) : x.toFixed(digits);
  return text.replace(/^-(?=0\.?0*$)/, "").replace("-", "−");
};
const vector = (v, digits = 2, loose = false) => `(${v.map(x => number(x, digits, loose)).join(", ")})`;
// pieces [text, role]: role is a class suffix (q k v …), so that a number keeps the colour of its symbol
const pieces = list => list.map(([text, role]) => h("span", role ? { class: `bk-${role}` } : {}, text));
const ids = name => { ids.count = (ids.count || 0) + 1; return `bk-${name}-${ids.count}`; };

function softmax(scores) {
  const top = Math.max(...scores), parts = scores.map(x => Math.exp(x - top)), sum = parts.reduce((a, b) => a + b, 0);
  return parts.map(x => x / sum);
}

// Checks used by a module's `check`: each gives null or {trait, wanted}
const wrong = (trait, wanted) => ({ trait, wanted });
const isWhole = (x, low, high) => Number.isInteger(x) && x >= low && x <= high;
const isMatrix = (m, rows, columns, low = -Infinity, high = Infinity) => Array.isArray(m) && m.length === rows
  && m.every(r => Array.isArray(r) && r.length === columns && r.every(x => Number.isFinite(x) && x >= low && x <= high));
const isWords = (list, low, high) => Array.isArray(list) && list.length >= low && list.length <= high && list.every(w => typeof w === "string" && w);

/* A figure from {labels, keys, check, build}. `keys` are the traits that make up its state; `check(state)` gives the first wrong one;
   `build(api)` makes the parts once and returns draw(state), which shows the state and returns the readout sentence. */
function bookFigure({ labels, keys, check, build }) {
  function render({ model, el }) {
    const state = () => Object.fromEntries(keys.map(key => [key, model.get(key)]));
    const refuse = ({ trait, wanted }) => {
      const got = (JSON.stringify(model.get(trait)) ?? "missing").slice(0, 60);
      el.replaceChildren(h("p", { class: "bk-problem", role: "alert" }, fill(CHROME.problem, { trait, wanted, got })));
    };
    const problem = check(state());
    if (problem) return refuse(problem);

    const first = structuredClone(state());
    const set = changes => { for (const key in changes) model.set(key, changes[key]); model.save_changes(); };
    const text = key => model.get(key)?.length ? model.get(key) : labels[key];
    const controls = h("div", { class: "bk-controls" }), stage = h("div", { class: "bk-stage" });
    const readout = h("p", { class: "bk-readout", role: "status", "aria-live": "polite" });
    const name = ids("title");
    const root = h("figure", { class: "bk-fig", "aria-labelledby": name },
      model.get("number") && h("p", { class: "bk-number" }, fill(CHROME.number, { number: model.get("number") })),
      h("p", { class: "bk-title", id: name }, text("title")),
      text("prompts").length > 0 && h("div", { class: "bk-prompts" },
        h("p", {}, CHROME.try), h("ol", {}, text("prompts").map(prompt => h("li", {}, prompt)))) || null,
      controls, stage, readout,
      h("div", { class: "bk-foot" },
        text("seen") && h("details", { class: "bk-seen" }, h("summary", {}, CHROME.seen), h("p", {}, text("seen"))) || null,
        h("button", { type: "button", class: "bk-button bk-reset", onclick: () => set(structuredClone(first)) }, CHROME.reset)),
      h("figcaption", { class: "bk-caption" }, text("caption")));
    const api = { state, set, controls, stage, width: () => stage.clientWidth || 700, busy: on => readout.setAttribute("aria-busy", on) };
    const draw = build(api);
    let waiting = 0;
    const show = () => {
      waiting = 0;
      const problem = check(state());
      if (problem) return refuse(problem);
      const sentence = draw(state());
      if (readout.textContent !== sentence) readout.textContent = sentence;
      if (!root.isConnected && el.firstChild !== root) el.replaceChildren(root);
    };
    const soon = () => { waiting ||= requestAnimationFrame(show); };
    keys.forEach(key => model.on(`change:${key}`, soon));
    el.replaceChildren(root);
    show();
    const resized = new ResizeObserver(() => { if (stage.clientWidth !== api.drawn) { api.drawn = stage.clientWidth; show(); } });
    resized.observe(stage);
    return () => { resized.disconnect(); cancelAnimationFrame(waiting); keys.forEach(key => model.off(`change:${key}`, soon)); };
  }
  return { render, check };
}

/* A labelled range input. options: {label, low, high, show(value) -> text, onchange(value)}; `.update(value)` shows a value. */
function rangeControl({ label, low, high, step = 1, big = 4, show, onchange }) {
  const output = h("output", {}), id = ids("range");
  const input = h("input", {
    type: "range", id, min: low, max: high, step,
    oninput: () => onchange(+input.value),
    onkeydown: event => {
      const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (!way || !event.shiftKey) return;
      event.preventDefault();
      input.value = clamp(+input.value + way * big, low, high);
      onchange(+input.value);
    },
  });
  const node = h("div", { class: "bk-range" }, h("label", { for: id }, label), output, input);
  node.update = value => { input.value = value; output.textContent = show(value); input.setAttribute("aria-valuetext", show(value)); };
  return node;
}

function selectControl({ label, options, onchange }) {
  const id = ids("select"), select = h("select", { id, onchange: () => onchange(+select.value) });
  const node = h("div", { class: "bk-select" }, h("label", { for: id }, label), select);
  node.update = (value, texts = options) => {
    if (select.options.length !== texts.length) select.replaceChildren(...texts.map((text, i) => h("option", { value: i }, text)));
    select.value = value;
  };
  return node;
}

const buttonControl = (label, onclick) => h("button", { type: "button", class: "bk-button", onclick }, label);
function toggleControl({ label, onchange }) {
  const box = h("input", { type: "checkbox", onchange: () => onchange(box.checked) });
  const node = h("label", { class: "bk-toggle" }, box, h("span", {}, label));
  node.update = on => { box.checked = on; };
  return node;
}

/* Drag the focusable handles of an SVG by mouse, finger or keyboard. handles(): [{node, at() -> [x, y] or null, move([x, y]), nudge(dx, dy)}]
   in the SVG's own units. The nearest handle within `reach` is taken; Escape puts back what was there before the drag or before focus. */
function dragging(svg, api, handles, reach = 26) {
  let held = null, before = null;
  const point = event => {
    const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [p.x, p.y];
  };
  const release = () => { held = null; api.busy(false); };
  const far = ([x, y], at) => at ? Math.hypot(x - at[0], y - at[1]) : Infinity;
  svg.addEventListener("pointerdown", event => {
    if (event.button) return;
    const p = point(event), best = handles().map(handle => [far(p, handle.at()), handle]).sort((a, b) => a[0] - b[0])[0];
    if (!best || best[0] > reach) return;
    event.preventDefault();
    svg.setPointerCapture(event.pointerId);
    best[1].node.focus({ preventScroll: true });
    held = best[1]; before = structuredClone(api.state()); api.busy(true);
  });
  svg.addEventListener("pointermove", event => { if (held) held.move(point(event)); });
  svg.addEventListener("pointerup", release);
  svg.addEventListener("pointercancel", () => { if (held) api.set(before); release(); });
  svg.addEventListener("focusin", () => { if (!held) before = structuredClone(api.state()); });
  svg.addEventListener("keydown", event => {
    if (event.key === "Escape" && before) { api.set(structuredClone(before)); release(); return; }
    const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    const handle = way && handles().find(item => item.node === event.target);
    if (!handle) return;
    event.preventDefault();
    handle.nudge(...way, event.shiftKey);
  });
}
