const LABELS = {
  "title": "What happens to the gradient when the width grows?",
  "prompts": [
    "Widen the keys from 64 to 1024. Watch the left side, then the right side.",
    "At 1024, without scaling: what does the middle one of 2000 queries learn from a mistake?",
    "Still at 1024, go through the queries from the smallest gradient to the largest. What is special about the last one?"
  ],
  "seen": "The spread of q·k grows like √d_k, and softmax puts it into an exponent. At d_k = 1024 one key nearly always takes everything: the median gradient is 0.0005 and 61 % of the queries get less than 0.01. But where the two best keys happen to be level, a small turn of the query flips the choice: 5 % get more than 13. Divided by √d_k the scores spread by 1, the weights stay shared, and the median gradient is about 0.3 at every width from 16 to 1024.",
  "caption": "2000 random queries with 16 random keys each, all components normal with variance 1 (seed 0). Score: q·k. Gradient: the norm of ∂ weights / ∂ q. Left without, right with division by √dₖ; both sides of a row share one axis. Tails outside an axis are cut (scores) or counted in its last bar (gradients).",
  "width": "width dₖ of queries and keys", "query": "query shown",
  "places": ["100th smallest gradient", "lower quartile", "median gradient", "upper quartile", "100th largest gradient"],
  "sides": ["without scaling", "divided by √dₖ"],
  "parts": ["Scores of all queries", "Weights of the query shown", "Gradients of all queries"],
  "axes": ["score; orange: the 16 keys of the query shown", "16 keys, best first", "norm of ∂ weights / ∂ q; line: median; blue: the query shown"],
  "stats": ["spread {spread}", "best key {first}, second {second}", "median {median} · {dead} % below 0.01 · 5 % above {top} · shown: {shown}"],
  "panel": "{part}, {side}: {stat}",
  "handle": "query shown, unscaled gradient", "value": "{place}, gradient {shown}",
  "tiny": "below 0.0001",
  "why": "How many times the weight of the second key does the best key get? The softmax takes the difference of their scores into an exponent.",
  "formulas": ["without scaling: exp({a} − {b}) = {ratio} times", "divided by √dₖ: exp(({a} − {b}) / √{d}) = exp({gap}) = {ratio} times"],
  "minus": "({x})",
  "readout": "At dₖ = {d} without scaling, scores spread by {spread}, the median gradient is {median}, {dead} % are below 0.01 and 5 % above {top}. Scaled, the spread is {scaledSpread}, the median {scaledMedian}, {scaledDead} % are below 0.01 and 5 % above {scaledTop}."
};
const WIDTHS = [...Array(11).keys()].map(i => 2 ** i), SIDES = ["plain", "scaled"], KEYS = 16, AXIS = 96;
const SCORE_BINS = 33, SCORE_STEP = 0.25, SIZE_BINS = 32, SIZE_STEP = 0.25, SMALLEST = -6, BASE = 72, TALL = 58;

/* What the figure shows at one width: for each side the spread, the weights of the query shown and its gradient's numbers. */
export function shown({ draws, d_k, place }) {
  const found = draws[WIDTHS.indexOf(d_k)];
  return SIDES.map((name, side) => {
    const scale = side ? 1 / Math.sqrt(d_k) : 1, { counts, median, top, dead, chosen } = found.gradients[name];
    return { spread: found.spread * scale, scale, weights: softmax(found.rows[place].map(x => x * scale)), counts, median, top, dead, size: chosen[place] };
  });
}

const isCounts = (list, bins) => Array.isArray(list) && list.length === bins && list.every(x => isWhole(x, 0, 1e6));
const isSide = side => side && isCounts(side.counts, SIZE_BINS) && [side.median, side.top, side.dead, ...side.chosen].every(x => Number.isFinite(x) && x >= 0) && side.chosen.length === 5;
const isDraw = draw => draw && isCounts(draw.scores, SCORE_BINS) && draw.spread > 0 && isMatrix(draw.rows, 5, KEYS) && SIDES.every(name => isSide(draw.gradients[name]));
export function check({ draws, d_k, place }) {
  if (!Array.isArray(draws) || draws.length !== WIDTHS.length || !draws.every(isDraw)) return wrong("draws", `what book_lib.widgets.why_sqrt_d.draw gives, for each of ${WIDTHS.length} widths`);
  if (!WIDTHS.includes(d_k)) return wrong("d_k", `one of ${WIDTHS.join(", ")}`);
  if (!isWhole(place, 0, 4)) return wrong("place", "a whole number from 0 to 4");
  return null;
}

const size = x => x >= 0.1 || x === 0 ? number(x) : x >= 0.00005 ? number(x, 4) : LABELS.tiny;
const percent = x => number(100 * x, 0);
const above = { 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
const times = x => x < 1e5 ? number(x, x < 100 ? 2 : 0) : x.toExponential(1).replace(/e\+(\d+)/, (_, power) => " · 10" + [...power].map(c => above[c]).join(""));

export function sentence(now) {
  const [plain, scaled] = shown(now);
  return fill(LABELS.readout, {
    d: now.d_k, spread: number(plain.spread, 1), median: size(plain.median), dead: percent(plain.dead), top: size(plain.top),
    scaledSpread: number(scaled.spread, 1), scaledMedian: size(scaled.median), scaledDead: percent(scaled.dead), scaledTop: size(scaled.top),
  });
}

const stats = side => [
  fill(LABELS.stats[0], { spread: number(side.spread, 1) }),
  fill(LABELS.stats[1], { first: number(side.weights[0], 3), second: number(side.weights[1], 3) }),
  fill(LABELS.stats[2], { median: size(side.median), dead: percent(side.dead), top: size(side.top), shown: size(side.size) }),
];
const scoreX = score => 150 + clamp(score, -AXIS, AXIS) * 1.5;
const sizeX = norm => 6 + 9 * clamp((Math.log10(norm) - SMALLEST) / SIZE_STEP, 0, SIZE_BINS);

function build(api) {
  const { state, set, controls, stage } = api;
  const width = rangeControl({ label: LABELS.width, low: 0, high: WIDTHS.length - 1, show: i => String(WIDTHS[i]), onchange: i => set({ d_k: WIDTHS[i] }) });
  const query = rangeControl({ label: LABELS.query, low: 0, high: 4, big: 2, show: i => LABELS.places[i], onchange: place => set({ place }) });
  controls.append(width, query);

  const label = (x, text, anchor = "middle") => s("text", { x, y: BASE + 16, "text-anchor": anchor, class: "bk-small" }, text);
  const axis = () => s("line", { x1: 6, x2: 294, y1: BASE, y2: BASE, class: "bk-axis" });
  const bar = (x, width, name) => s("rect", { x, width, y: BASE, height: 0, class: name });
  const rise = (rect, share) => put(rect, { y: (BASE - TALL * share).toFixed(1), height: (TALL * share).toFixed(1) });
  const powers = [["10⁻⁶", 6], ["10⁻⁴", 78], ["10⁻²", 150], ["1", 222], ["10²", 294]];
  const panels = SIDES.map((_, side) => {
    const area = s("path", { class: "bk-scale-area" }), rug = s("path", { class: "bk-scale-rug" });
    const keys = Array.from({ length: KEYS }, (_, i) => bar(8 + 18 * i, 14, "bk-scale-weight"));
    const bins = Array.from({ length: SIZE_BINS }, (_, i) => bar(6 + 9 * i, 8, "bk-scale-area"));
    const median = s("line", { y1: BASE - TALL - 6, y2: BASE, class: "bk-scale-median" }), tip = s("rect", { width: 11, height: 11, class: "bk-tip bk-q" }), hit = s("circle", { r: 21, cy: BASE, class: "bk-hit" });
    const mark = s("g", side ? {} : { class: "bk-handle", tabindex: 0, role: "slider", "aria-valuemin": 0, "aria-valuemax": 4, "aria-label": LABELS.handle }, side ? null : hit, tip);
    const svgs = [
      [area, axis(), rug, [-80, -40, 0, 40, 80].map(x => label(scoreX(x), number(x, 0)))],
      [keys, axis()],
      [bins, axis(), powers.map(([text, x], i) => [s("line", { x1: x, x2: x, y1: BASE, y2: BASE + 4, class: "bk-axis" }), label(clamp(x, 2, 298), text, ["start", "middle", "middle", "middle", "end"][i])]), median, mark],
    ].map((content, part) => s("svg", { viewBox: part === 1 ? "0 6 300 72" : "0 6 300 86", role: part === 2 && !side ? "group" : "img" }, content));
    if (!side) dragging(svgs[2], api, () => [{
      node: mark, at: () => [sizeX(shown(state())[0].size), BASE],
      move: ([x]) => { const chosen = state().draws[WIDTHS.indexOf(state().d_k)].gradients.plain.chosen.map(norm => Math.abs(sizeX(norm) - x)); set({ place: chosen.indexOf(Math.min(...chosen)) }); },
      nudge: (dx, dy, big) => set({ place: clamp(state().place + (dx + dy) * (big ? 2 : 1), 0, 4) }),
    }], 60);
    return { area, rug, keys, bins, median, tip, hit, mark, svgs, stats: svgs.map(() => h("p", { class: "bk-scale-stat" })) };
  });
  const formulas = LABELS.sides.map(() => h("p", { class: "bk-formula" }));
  stage.append(...LABELS.parts.map((part, i) => h("section", { class: "bk-scale-part" },
    h("p", { class: "bk-scale-head" }, h("strong", {}, part), h("span", { class: "bk-why" }, LABELS.axes[i])),
    panels.map(({ svgs, stats }, side) => h("div", {}, h("p", { class: "bk-scale-side" }, LABELS.sides[side]), svgs[i], stats[i])))),
  h("div", { class: "bk-derivation" }, h("p", { class: "bk-why" }, LABELS.why), formulas));

  return now => {
    const draw = now.draws[WIDTHS.indexOf(now.d_k)], scores = draw.rows[now.place], sides = shown(now), root = Math.sqrt(now.d_k);
    width.update(WIDTHS.indexOf(now.d_k)); query.update(now.place);
    panels.forEach((panel, i) => {
      const side = sides[i], peak = Math.max(...draw.scores), most = Math.max(...side.counts), texts = stats(side);
      const edge = bin => scoreX((bin - SCORE_BINS / 2) * SCORE_STEP * root * side.scale).toFixed(2);
      put(panel.area, { d: `M${edge(0)} ${BASE}` + draw.scores.map((count, bin) => `V${(BASE - TALL * count / peak).toFixed(1)}H${edge(bin + 1)}`).join("") + `V${BASE}Z` });
      put(panel.rug, { d: scores.map(score => `M${scoreX(score * side.scale).toFixed(1)} ${BASE - 9}v9`).join("") });
      panel.keys.forEach((rect, j) => rise(rect, side.weights[j]));
      panel.bins.forEach((rect, j) => rise(rect, side.counts[j] / most));
      put(panel.median, { x1: sizeX(side.median), x2: sizeX(side.median) });
      const x = sizeX(side.size);
      put(panel.tip, { x: x - 5.5, y: BASE - 5.5, transform: `rotate(45 ${x} ${BASE})` });
      put(panel.hit, { cx: x });
      panel.stats.forEach((line, part) => { line.textContent = texts[part]; });
      panel.svgs.forEach((svg, part) => svg.setAttribute("aria-label", fill(LABELS.panel, { part: LABELS.parts[part], side: LABELS.sides[i], stat: texts[part] })));
      const gap = (scores[0] - scores[1]) * side.scale, signed = x => x < 0 ? fill(LABELS.minus, { x: number(x) }) : number(x);
      formulas[i].textContent = fill(LABELS.formulas[i], { a: signed(scores[0]), b: signed(scores[1]), d: now.d_k, gap: number(gap), ratio: times(Math.exp(gap)) });
    });
    put(panels[0].mark, { "aria-valuenow": now.place, "aria-valuetext": fill(LABELS.value, { place: LABELS.places[now.place], shown: size(sides[0].size) }) });
    return sentence(now);
  };
}

export default bookFigure({ labels: LABELS, keys: ["draws", "d_k", "place"], check, build });
