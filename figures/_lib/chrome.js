// What every interactive figure has: title, prompts, controls, stage, readout, what you should have seen, reset.
const maker =
  space =>
  (tag, attributes = {}, ...children) => {
    const node = document.createElementNS(space, tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value === true) node.setAttribute(name, "");
      else if (value !== false && value != null) node.setAttribute(name, value);
    }
    node.append(...children.flat(Infinity).filter(child => child != null && child !== false));
    return node;
  };
export const h = maker("http://www.w3.org/1999/xhtml");
export const s = maker("http://www.w3.org/2000/svg");
export const fill = (template, values) => template.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? values[key] : whole));
export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
export const put = (node, attributes) => {
  for (const name in attributes) if (node.getAttribute(name) !== String(attributes[name])) node.setAttribute(name, attributes[name]);
};
// 2 decimals, a real minus sign, no "−0.00"; integers keep no decimals when `loose`
export const number = (x, digits = 2, loose = false) => {
  const text = loose && Number.isInteger(x) ? String(x) : x.toFixed(digits);
  return text.replace(/^-(?=0\.?0*$)/, "").replace("-", "−");
};
export const vector = (v, digits = 2, loose = false) => `(${v.map(x => number(x, digits, loose)).join(", ")})`;
// pieces [text, role]: role is a class suffix (q k v …), so that a number keeps the colour of its symbol
export const pieces = list => list.map(([text, role]) => h("span", role ? { class: `bk-${role}` } : {}, text));
// ids that no other figure of the page has: the pages' modules share one count, and a still picture has a prefix of its own
export const ids = name => {
  globalThis.bookIds = (globalThis.bookIds ?? 0) + 1;
  return `bk-${name}-${globalThis.bookIdPrefix ?? ""}${globalThis.bookIds}`;
};

export function softmax(scores) {
  const top = Math.max(...scores);
  const parts = scores.map(x => Math.exp(x - top));
  const sum = parts.reduce((a, b) => a + b, 0);
  return parts.map(x => x / sum);
}

/* A figure from `make(labels, traits)`, which gives {build, …}: `build(api)` makes the parts once and returns draw(state), which shows the state and
   returns the readout sentence. What else it gives is there for tests. The model is anywidget's, or what site/book_site/mount.js or
   stills.mjs puts in its place; `el` is a bare element in Jupyter, and the figure itself, with its still picture in it, on a page. */
export function bookFigure(make) {
  function render({ model, el }) {
    const words = { ...model.get("words") };
    const keys = [...Object.keys(model.get("traits_declared")), "data"];
    const onPage = el.localName === "figure";
    const root = onPage ? el : h("figure", { class: "bk-fig" });
    const refuse = error => {
      console.error(error);
      root.replaceChildren(h("p", { class: "bk-problem", role: "alert" }, fill(words.chrome.problem, { reason: error.message })));
      if (!onPage) el.replaceChildren(root);
    };
    try {
      Object.assign(words, words.wordings?.[model.get("wording")]);
      return start({ model, words, keys, root, onPage, refuse, make, show: () => onPage || el.replaceChildren(root) });
    } catch (error) {
      if (onPage) throw error;
      refuse(error);
    }
  }
  return { render, make };
}

function start({ model, words, keys, root, onPage, refuse, make, show }) {
  const { chrome } = words;
  const state = () => Object.fromEntries(keys.map(key => [key, model.get(key)]));
  const first = structuredClone(model.get("first") ?? state());
  const set = changes => {
    for (const key in changes) model.set(key, changes[key]);
    model.save_changes();
  };
  const controls = h("div", { class: "bk-controls" });
  const stage = h("div", { class: "bk-stage" });
  const readout = h("p", { class: "bk-readout", role: "status", "aria-live": "polite" });
  const name = ids("title");
  const parts = [
    model.get("number") && h("p", { class: "bk-number" }, fill(chrome.number, { number: model.get("number") })),
    h("p", { class: "bk-title", id: name }, words.title),
    words.prompts.length > 0 &&
      h(
        "div",
        { class: "bk-prompts" },
        h("p", {}, chrome.try),
        h(
          "ol",
          {},
          words.prompts.map(prompt => h("li", {}, prompt)),
        ),
      ),
    controls,
    stage,
    readout,
    h(
      "div",
      { class: "bk-foot" },
      words.seen && h("details", { class: "bk-seen" }, h("summary", {}, chrome.seen), h("p", {}, words.seen)),
      h("button", { type: "button", class: "bk-button bk-reset", onclick: () => set(structuredClone(first)) }, chrome.reset),
    ),
    h("figcaption", { class: "bk-caption" }, words.caption, h("span", { class: "bk-offline" }, ` ${chrome.offline}`)),
  ];
  const wide = () => stage.clientWidth || model.get("page_width") || 700;
  let drawn = root.clientWidth || wide();
  const api = {
    state,
    set,
    root,
    onPage,
    controls,
    stage,
    width: () => drawn,
    busy: on => readout.setAttribute("aria-busy", on),
    redraw: () => soon(),
  };
  const draw = make(words, model.get("traits_declared")).build(api);
  const redraw = () => {
    const sentence = draw(state());
    if (readout.textContent !== sentence) readout.textContent = sentence;
  };
  redraw();
  root.setAttribute("aria-labelledby", name);
  root.replaceChildren(...parts.filter(Boolean));
  show();

  let waiting = 0;
  const later = () => {
    waiting = 0;
    try {
      redraw();
    } catch (error) {
      stop();
      refuse(error);
    }
  };
  const soon = () => {
    waiting ||= requestAnimationFrame(later);
  };
  const resized = new ResizeObserver(() => {
    if (wide() === drawn) return;
    drawn = wide();
    later();
  });
  const stop = () => {
    resized.disconnect();
    cancelAnimationFrame(waiting);
    keys.forEach(key => model.off(`change:${key}`, soon));
  };
  keys.forEach(key => model.on(`change:${key}`, soon));
  resized.observe(stage);
  return stop;
}

/* A labelled range input. options: {label, low, high, show(value) -> text, onchange(value)}; `.update(value)` shows a value. */
export function rangeControl({ label, low, high, step = 1, big = 4, show, onchange }) {
  const output = h("output", {});
  const id = ids("range");
  const input = h("input", {
    type: "range",
    id,
    min: low,
    max: high,
    step,
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
  node.update = value => {
    input.value = value;
    output.textContent = show(value);
    input.setAttribute("aria-valuetext", show(value));
  };
  return node;
}

export function selectControl({ label, options, onchange }) {
  const id = ids("select");
  const select = h("select", { id, onchange: () => onchange(+select.value) });
  const node = h("div", { class: "bk-select" }, h("label", { for: id }, label), select);
  node.update = (value, texts = options) => {
    if (select.options.length !== texts.length) select.replaceChildren(...texts.map((text, i) => h("option", { value: i }, text)));
    select.value = value;
  };
  return node;
}

export const buttonControl = (label, onclick) => h("button", { type: "button", class: "bk-button", onclick }, label);
export function toggleControl({ label, onchange }) {
  const box = h("input", { type: "checkbox", onchange: () => onchange(box.checked) });
  const node = h("label", { class: "bk-toggle" }, box, h("span", {}, label));
  node.update = on => {
    box.checked = on;
  };
  return node;
}

/* Drag the focusable handles of an SVG by mouse, finger or keyboard. handles(): [{node, at() -> [x, y] or null, move([x, y]), nudge(dx, dy)}]
   in the SVG's own units. The nearest handle within `reach` is taken; Escape puts back what was there before the drag or before focus. */
export function dragging(svg, api, handles, reach = 26) {
  let held = null;
  let before = null;
  const point = event => {
    const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [p.x, p.y];
  };
  const release = () => {
    held = null;
    api.busy(false);
  };
  const far = ([x, y], at) => (at ? Math.hypot(x - at[0], y - at[1]) : Infinity);
  svg.addEventListener("pointerdown", event => {
    if (event.button) return;
    const p = point(event);
    const best = handles()
      .map(handle => [far(p, handle.at()), handle])
      .sort((a, b) => a[0] - b[0])[0];
    if (!best || best[0] > reach) return;
    event.preventDefault();
    svg.setPointerCapture(event.pointerId);
    best[1].node.focus({ preventScroll: true });
    held = best[1];
    before = structuredClone(api.state());
    api.busy(true);
  });
  svg.addEventListener("pointermove", event => {
    if (held) held.move(point(event));
  });
  svg.addEventListener("pointerup", release);
  svg.addEventListener("pointercancel", () => {
    if (held) api.set(before);
    release();
  });
  svg.addEventListener("focusin", () => {
    if (!held) before = structuredClone(api.state());
  });
  svg.addEventListener("keydown", event => {
    if (event.key === "Escape" && before) {
      api.set(structuredClone(before));
      release();
      return;
    }
    const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    const handle = way && handles().find(item => item.node === event.target);
    if (!handle) return;
    event.preventDefault();
    handle.nudge(...way, event.shiftKey);
  });
}
