const LABELS = {
  "title": "Which positions look alike, and can a query ask for its neighbour?",
  "prompts": [
    "Drag the query along. The curve moves with it: does its shape change?",
    "Compare the positions just left and just right of the query. Can you tell them apart by their similarity?",
    "Now turn the query, so that it looks 3 places back. Then do the same with random codes."
  ],
  "seen": "Similarity depends on the distance alone: the curve keeps its shape wherever the query stands, and it is a mirror image of itself, so by itself it cannot tell left from right. Turning the query by the angles of a shift moves the peak by exactly that many places, at every position at once; that is how a head can learn to look one word back. Random codes are good names for positions, but no single turn leads from each to the next.",
  "caption": "Dot product of the code of one position with the codes of all 48, divided by its largest possible value. The query can first be multiplied by the rotation that means “k places away”; the dashed curve shows it unturned.",
  "query": "position of the query", "look": "look k places away", "kind": "codes", "kinds": ["sinusoidal", "random"],
  "width": "width d_model", "base": "base",
  "back": "{k} back", "ahead": "{k} ahead", "here": "at itself",
  "plot": "Similarity of the query with every position",
  "handle": "position of the query", "value": "position {query}; best match at position {best}, similarity {top}",
  "axis": "position", "peak": "best",
  "readout": "The query at position {query}, looking {look}, fits best with position {best}: similarity {top}. One place further left: {left}, further right: {right}.",
  "edge": "–",
  "noise": "The query at position {query}, looking {look}, should fit best with position {wanted}, but its best match is {best}, with {top}: random codes have no direction."
};
const N = 48, WIDTHS = [4, 8, 16, 32, 64, 128], BASES = [1, 10, 100, 1000, 10000, 100000], FARTHEST = 8;
const LEFT = 30, STEP = 6.5, ZERO = 140, UNIT = 116;

export const speed = (i, d, base) => Math.pow(base, -2 * i / d);
const unit = v => { const long = Math.hypot(...v); return v.map(x => x / long); };
/* All codes [48][d], each of length 1. Random ones come from a counter that Python counts alike. */
export function codes(kind, d, base) {
  if (kind === 0) return Array.from({ length: N }, (_, p) => unit(Array.from({ length: d }, (_, c) => (c % 2 ? Math.cos : Math.sin)(p * speed(c >> 1, d, base)))));
  let seed = 2017;
  const draw = () => { seed = (Math.imul(1664525, seed) + 1013904223) >>> 0; return seed / 2147483648 - 1; };
  return Array.from({ length: N }, () => unit(Array.from({ length: d }, draw)));
}

/* A vector turned by the rotation that takes the code of p to the code of p + k. */
export function turned(v, k, base) {
  return v.map((x, c) => {
    const a = k * speed(c >> 1, v.length, base);
    return c % 2 ? v[c] * Math.cos(a) - v[c - 1] * Math.sin(a) : v[c] * Math.cos(a) + v[c + 1] * Math.sin(a);
  });
}

/* Similarity [48] of the query, turned to look k places away, with every position. */
export function similarities({ query, look, kind, width, base }, k = look) {
  const all = codes(kind, width, base), q = turned(all[query], k, base);
  return all.map(v => v.reduce((sum, x, c) => sum + x * q[c], 0));
}

const bestOf = list => list.reduce((best, x, i) => x > list[best] + 1e-9 ? i : best, 0);

export function check({ query, look, kind, width, base }) {
  if (!isWhole(query, 0, N - 1)) return wrong("query", `a whole number from 0 to ${N - 1}`);
  if (!isWhole(look, -FARTHEST, FARTHEST)) return wrong("look", `a whole number from −${FARTHEST} to ${FARTHEST}`);
  if (!isWhole(kind, 0, 1)) return wrong("kind", "0 (sinusoidal) or 1 (random)");
  if (!WIDTHS.includes(width)) return wrong("width", `one of ${WIDTHS.join(", ")}`);
  if (!BASES.includes(base)) return wrong("base", `one of ${BASES.join(", ")}`);
  return null;
}

const looking = k => k ? fill(k < 0 ? LABELS.back : LABELS.ahead, { k: Math.abs(k) }) : LABELS.here;

export function sentence(now) {
  const list = similarities(now), best = bestOf(list), wanted = now.query + now.look, at = i => i in list ? number(list[i]) : LABELS.edge;
  const words = now.kind === 1 && best !== wanted ? LABELS.noise : LABELS.readout;
  return fill(words, { query: now.query, look: looking(now.look), best, wanted, top: number(list[best]), left: at(best - 1), right: at(best + 1) });
}

function build(api) {
  const { state, set, controls, stage } = api, x = p => LEFT + (p + 0.5) * STEP, y = v => ZERO - v * UNIT, texts = list => list.map(v => String(v).replace(/\B(?=(\d{3})+$)/g, " "));
  const query = rangeControl({ label: LABELS.query, low: 0, high: N - 1, show: String, onchange: q => set({ query: q }) });
  const look = rangeControl({ label: LABELS.look, low: -FARTHEST, high: FARTHEST, show: looking, onchange: k => set({ look: k }) });
  const kind = selectControl({ label: LABELS.kind, options: LABELS.kinds, onchange: i => set({ kind: i }) });
  const width = selectControl({ label: LABELS.width, options: texts(WIDTHS), onchange: i => set({ width: WIDTHS[i] }) });
  const base = selectControl({ label: LABELS.base, options: texts(BASES), onchange: i => set({ base: BASES[i] }) });
  controls.append(query, look, kind, width, base);

  const grid = [-0.5, 0, 0.5, 1].flatMap(v => [s("line", { x1: LEFT, x2: LEFT + N * STEP, y1: y(v), y2: y(v), class: v ? "bk-grid" : "bk-axis" }), s("text", { x: LEFT - 5, y: y(v) + 4, "text-anchor": "end", class: "bk-small" }, number(v, 1))]);
  const ticks = [0, 10, 20, 30, 40].map(p => s("text", { x: x(p), y: 236, "text-anchor": "middle", class: "bk-small" }, p));
  const axis = s("text", { x: LEFT + N * STEP, y: 252, "text-anchor": "end", class: "bk-small" }, LABELS.axis);
  const ghost = s("path", { class: "bk-ghost" }), curve = s("path", { class: "bk-curve" }), dots = s("g", {}), peak = s("circle", { r: 7, class: "bk-peak" }), peakText = s("text", { class: "bk-name bk-k", "text-anchor": "middle" });
  const stem = s("line", { y1: y(1), y2: y(-0.6), class: "bk-stem" }), tip = s("rect", { width: 11, height: 11, class: "bk-tip bk-q" }), hit = s("circle", { r: 21, cy: y(-0.6), class: "bk-hit" }), name = s("text", { class: "bk-name bk-q", y: 234, "text-anchor": "middle" }, "q");
  const node = s("g", { class: "bk-handle", tabindex: 0, role: "slider", "aria-valuemin": 0, "aria-valuemax": N - 1, "aria-label": LABELS.handle }, stem, hit, tip, name);
  const points = Array.from({ length: N }, () => s("circle", { r: 2.2, class: "bk-key" }));
  dots.append(...points);
  const svg = s("svg", { viewBox: "0 0 350 258", class: "bk-wide", role: "group", "aria-label": LABELS.plot }, grid, ticks, axis, ghost, curve, dots, node, peak, peakText);
  dragging(svg, api, () => [{ node, at: () => [x(state().query), 110], move: ([px]) => set({ query: clamp(Math.floor((px - LEFT) / STEP), 0, N - 1) }),
    nudge: (dx, dy, big) => set({ query: clamp(state().query + dx * (big ? 4 : 1), 0, N - 1), look: clamp(state().look + dy, -FARTHEST, FARTHEST) }) }], 400);
  stage.append(svg);
  const path = list => list.map((v, p) => `${p ? "L" : "M"}${x(p).toFixed(1)} ${y(v).toFixed(1)}`).join("");

  return now => {
    const list = similarities(now), best = bestOf(list), q = now.query;
    query.update(q); look.update(now.look); kind.update(now.kind); width.update(WIDTHS.indexOf(now.width)); base.update(BASES.indexOf(now.base));
    put(ghost, { d: path(similarities(now, 0)), visibility: now.look ? "visible" : "hidden" });
    put(curve, { d: path(list) });
    points.forEach((point, p) => put(point, { cx: x(p), cy: y(list[p]) }));
    put(stem, { x1: x(q), x2: x(q) });
    put(hit, { cx: x(q) });
    put(tip, { x: x(q) - 5.5, y: y(-0.6) - 5.5, transform: `rotate(45 ${x(q)} ${y(-0.6)})` });
    put(name, { x: x(q) + 14, y: y(-0.6) + 5 });
    put(peak, { cx: x(best), cy: y(list[best]) });
    put(peakText, { x: clamp(x(best), LEFT + 20, LEFT + N * STEP - 20), y: y(list[best]) - 10 });
    peakText.textContent = `${best}: ${number(list[best])}`;
    put(node, { "aria-valuenow": q, "aria-valuetext": fill(LABELS.value, { query: q, best, top: number(list[best]) }) });
    return sentence(now);
  };
}

export default bookFigure({ labels: LABELS, keys: ["query", "look", "kind", "width", "base"], check, build });
