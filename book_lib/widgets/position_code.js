const LABELS = {
  "title": "How do sixteen numbers say “position 5”?",
  "prompts": [
    "Drag the line along the positions and watch the clocks. Which hand is the fastest? Which hardly moves?",
    "Choose base 1, so that all clocks turn alike, and go back to position 0. Which other position looks nearly the same?",
    "Take the largest base and the largest width. How many of the clocks are of any use within 48 words?"
  ],
  "seen": "With base 1 all hands turn by one radian a step, and position 44 is nearly position 0 again: 44 radians are seven turns and one degree, because π is nearly 22/7. With different speeds no two positions look alike, and the most similar code belongs to a neighbour. With a large base the slow clocks hardly move within 48 words: they are there for longer texts.",
  "caption": "The sinusoidal code of 48 positions, one column each. Orange is positive, blue negative, deep colour far from zero. Rows come in pairs, a sine and a cosine: the vertical and horizontal place of the tip of one clock’s hand.",
  "width": "width d_model", "base": "base",
  "position": "position",
  "map": "Heat map of the code: {n} positions across, {d} dimensions down. Drag or use the arrow keys: left and right change the position, up and down the clock.",
  "value": "position {position}, clock {clock} of {clocks}: sine {sine}, cosine {cosine}",
  "clock": "clock {clock}: {angle} of a turn",
  "sine": "sin", "cosine": "cos",
  "axis": "position",
  "period": "Clock {clock} needs {period} positions for one turn.",
  "readout": "Of the other 47 positions, {first} has the code most like that of position {position}: they are {distance} apart. Codes are {length} long.",
  "readouts": "Of the other 47 positions, {first} and {second} have the codes most like that of position {position}: each of them is {distance} away. Codes are {length} long."
};
const N = 48, WIDTHS = [4, 8, 16, 32], BASES = [1, 10, 100, 1000, 10000, 100000];
const LEFT = 26, CELL = 6.5, TOP = 8, TALL = 176, WAVE = 64, ORIGIN = TOP + TALL + 14 + WAVE / 2;

export const speed = (i, d, base) => Math.pow(base, -2 * i / d);
/* The code of one position [d]: sine and cosine of each clock, side by side. */
export function code(position, d, base) {
  return Array.from({ length: d }, (_, c) => (c % 2 ? Math.cos : Math.sin)(position * speed(c >> 1, d, base)));
}

/* The other positions whose codes are nearest, one or two that are equally near, and how far they are. */
export function lookalikes(position, d, base) {
  const mine = code(position, d, base);
  let others = [], distance = Infinity;
  for (let p = 0; p < N; p++) {
    if (p === position) continue;
    const away = Math.hypot(...code(p, d, base).map((v, c) => v - mine[c]));
    if (away < distance - 1e-9) { others = [p]; distance = away; } else if (away < distance + 1e-9) others.push(p);
  }
  return { others, distance };
}

export function check({ width, base, position, clock }) {
  if (!WIDTHS.includes(width)) return wrong("width", `one of ${WIDTHS.join(", ")}`);
  if (!BASES.includes(base)) return wrong("base", `one of ${BASES.join(", ")}`);
  if (!isWhole(position, 0, N - 1)) return wrong("position", `a whole number from 0 to ${N - 1}`);
  if (!isWhole(clock, 0, width / 2 - 1)) return wrong("clock", `a whole number from 0 to ${width / 2 - 1}`);
  return null;
}

export function sentence({ width, base, position }) {
  const { others: [first, second], distance } = lookalikes(position, width, base);
  const words = second === undefined ? LABELS.readout : LABELS.readouts;
  return fill(words, { first, second, position, distance: number(distance), length: number(Math.sqrt(width / 2)) });
}

const plain = x => String(x).replace(/\B(?=(\d{3})+$)/g, " ");

function build(api) {
  const { state, set, controls, stage } = api;
  const texts = list => list.map(plain);
  const width = selectControl({ label: LABELS.width, options: texts(WIDTHS), onchange: i => set({ width: WIDTHS[i], clock: Math.min(state().clock, WIDTHS[i] / 2 - 1) }) });
  const base = selectControl({ label: LABELS.base, options: texts(BASES), onchange: i => set({ base: BASES[i] }) });
  const position = rangeControl({ label: LABELS.position, low: 0, high: N - 1, show: String, onchange: p => set({ position: p }) });
  controls.append(width, base, position);

  const cells = s("g", {}), frame = s("rect", { class: "bk-frame", x: LEFT, width: N * CELL }), cursor = s("line", { class: "bk-cursor", y1: TOP - 4, y2: TOP + TALL + 14 + WAVE });
  const waves = ["sine", "cosine"].map(name => ({ path: s("path", { class: `bk-wave bk-${name}` }), dot: s("circle", { r: 4.5, class: `bk-dot bk-${name}` }), text: s("text", { class: "bk-small" }, LABELS[name]) }));
  const ticks = [0, 10, 20, 30, 40].map(p => s("text", { x: LEFT + (p + 0.5) * CELL, y: ORIGIN + WAVE / 2 + 16, "text-anchor": "middle", class: "bk-small" }, p));
  const axis = s("text", { x: LEFT + N * CELL, y: ORIGIN + WAVE / 2 + 30, "text-anchor": "end", class: "bk-small" }, LABELS.axis);
  const clockText = s("text", { class: "bk-small", "text-anchor": "end", x: LEFT - 5 });
  const zero = s("line", { class: "bk-grid", x1: LEFT, x2: LEFT + N * CELL, y1: ORIGIN, y2: ORIGIN });
  const handle = s("rect", { class: "bk-hit bk-heat", x: LEFT, y: TOP, width: N * CELL, height: TALL, tabindex: 0, role: "slider", "aria-valuemin": 0, "aria-valuemax": N - 1 });
  const svg = s("svg", { viewBox: "0 0 340 296", class: "bk-code", role: "group" }, cells, zero, waves.map(w => w.path), frame, cursor, waves.flatMap(w => [w.dot, w.text]), ticks, axis, clockText, handle);
  const pick = ([x, y]) => set({ position: clamp(Math.floor((x - LEFT) / CELL), 0, N - 1), clock: clamp(Math.floor((y - TOP) / TALL * state().width / 2), 0, state().width / 2 - 1) });
  dragging(svg, api, () => [{
    node: handle, at: () => [LEFT + (state().position + 0.5) * CELL, TOP + TALL / 2], move: pick,
    nudge: (dx, dy, big) => set({ position: clamp(state().position + dx * (big ? 4 : 1), 0, N - 1), clock: clamp(state().clock - dy, 0, state().width / 2 - 1) }),
  }], 400);
  svg.addEventListener("click", event => { const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse()); if (p.y <= TOP + TALL + 6) pick([p.x, p.y]); });

  const faces = h("div", { class: "bk-clocks" }), why = h("p", { class: "bk-why" }), formula = h("p", { class: "bk-formula" });
  stage.append(h("div", { class: "bk-code-two" }, svg, faces), h("div", { class: "bk-derivation" }, why, formula));
  let drawn = "", hands = [];
  const redraw = (d, b) => {
    const high = TALL / d;
    cells.replaceChildren(...Array.from({ length: N }, (_, p) => code(p, d, b).map((v, c) => s("rect", {
      x: LEFT + p * CELL, y: TOP + c * high, width: CELL, height: high, class: v < 0 ? "bk-low" : "bk-high", "fill-opacity": Math.abs(v).toFixed(2),
    }))).flat());
    hands = Array.from({ length: d / 2 }, (_, i) => {
      const hand = s("line", { x1: 20, y1: 20, class: "bk-clock-hand" }), tip = s("circle", { r: 3, class: "bk-clock-tip" });
      const node = h("button", { type: "button", class: "bk-clock", onclick: () => set({ clock: i }) }, s("svg", { viewBox: "0 0 40 40", "aria-hidden": "true" }, s("circle", { cx: 20, cy: 20, r: 17, class: "bk-face" }), hand, tip));
      return { hand, tip, node };
    });
    faces.replaceChildren(...hands.map(hand => hand.node));
    drawn = `${d} ${b}`;
  };

  return now => {
    const { width: d, base: b, position: p, clock: i } = now;
    if (drawn !== `${d} ${b}`) redraw(d, b);
    width.update(WIDTHS.indexOf(d));
    base.update(BASES.indexOf(b));
    position.update(p);
    const high = TALL / d, turn = speed(i, d, b), angle = p * turn, x = LEFT + (p + 0.5) * CELL;
    put(frame, { y: TOP + 2 * i * high, height: 2 * high });
    put(cursor, { x1: x, x2: x });
    put(clockText, { y: TOP + (2 * i + 1) * high + 4 });
    clockText.textContent = i;
    waves.forEach(({ path, dot, text }, k) => {
      const f = k ? Math.cos : Math.sin, at = q => ORIGIN - f(q * turn) * WAVE / 2;
      put(path, { d: Array.from({ length: 4 * (N - 1) + 1 }, (_, t) => `${t ? "L" : "M"}${(LEFT + (t / 4 + 0.5) * CELL).toFixed(1)} ${at(t / 4).toFixed(1)}`).join("") });
      put(dot, { cx: x, cy: at(p) });
      put(text, { x: LEFT - 5, y: ORIGIN - (k ? 0.55 : -0.75) * WAVE / 2, "text-anchor": "end" });
    });
    put(svg, { "aria-label": fill(LABELS.map, { n: N, d }) });
    put(handle, { "aria-label": LABELS.position, "aria-valuenow": p, "aria-valuetext": fill(LABELS.value, { position: p, clock: i, clocks: d / 2, sine: number(Math.sin(angle)), cosine: number(Math.cos(angle)) }) });
    hands.forEach(({ hand, tip, node }, k) => {
      const a = p * speed(k, d, b), end = { x: 20 + 15 * Math.cos(a), y: 20 - 15 * Math.sin(a) };
      put(hand, { x2: end.x, y2: end.y });
      put(tip, { cx: end.x, cy: end.y });
      put(node, { "aria-pressed": k === i, "aria-label": fill(LABELS.clock, { clock: k, angle: number(a / 2 / Math.PI) }) });
    });
    why.textContent = fill(LABELS.period, { clock: i, period: plain(Number((2 * Math.PI / turn).toPrecision(3))) });
    formula.replaceChildren(`PE(${p}, ${2 * i}) = sin(${p} / ${plain(b)}`, h("sup", {}, `${2 * i}/${d}`), `) = sin(${number(angle)}) = ${number(Math.sin(angle))};  PE(${p}, ${2 * i + 1}) = cos(${number(angle)}) = ${number(Math.cos(angle))}`);
    return sentence(now);
  };
}

export default bookFigure({ labels: LABELS, keys: ["width", "base", "position", "clock"], check, build });
