const LABELS = {
  "title": "What does a larger image cost?",
  "prompts": [
    "Press “Double both sides”. Which numbers grow fourfold, which sixteenfold, and which do not grow at all?",
    "Guess which part does most of the multiply-adds, then read the bars. Does the square of the number of tokens decide?",
    "Press “Add an upright image”: who pays for the padding, and who is protected from it?"
  ],
  "seen": "Twice the sides is four times the pixels and four times the tokens, so sixteen times the weights of the encoder’s self-attention; cross-attention grows fourfold, and the queries among themselves cost the same for every image. Yet most of the work is the backbone’s, at every size here: a map thirty-two times smaller than the image leaves few tokens. Images of one batch are padded to the largest height and the largest width. The mask keeps padding out of every attention, but the backbone computes it all the same.",
  "caption": "DETR with a ResNet-50: the shape that leaves each part, and its share of the multiply-adds in convolutions and matrix products, with the answers of all six decoder layers. Every step of stride 2 halves a side and rounds up. In the drawing each cell is one token; hatched cells are padding. Sizes in memory are for numbers of four bytes.",
  "imageHeight": "height", "imageWidth": "width", "otherHeight": "last image: height", "otherWidth": "last image: width", "batch": "images in the batch",
  "double": "Double both sides", "upright": "Add an upright image", "px": "{x} px",
  "part": "part", "shape": "shape", "share": "multiply-adds", "first": "image", "last": "last image",
  "drawn": "{which}: {h} × {w} px in {rows} × {columns} cells", "corner": "corner of the {which}", "cornerAt": "{h} px high, {w} px wide", "drag": "Drag a corner. Cells of a map of {rows} × {columns}:",
  "boxes": { "image": "Image", "mask": "Mask", "stem": "Stem", "c2": "C2, stride 4", "c3": "C3, stride 8", "c4": "C4, stride 16", "c5": "C5, stride 32", "project": "1 × 1 conv.", "code": "Position code", "tokens": "Tokens", "encoder": "Encoder, 6 layers", "queries": "Queries", "decoder": "Decoder, 6 layers", "classes": "Class head", "boxes": "Box head" },
  "axes": { "image": "images, colours, rows, columns", "mask": "images, rows, columns: which pixels are real", "maskMap": "images, rows, columns: which cells are real", "map": "images, channels, rows, columns", "pooled": "images, channels, rows, columns, after pooling", "tokens": "images, tokens, features", "memory": "images, tokens, features", "weights": "attention weights of a layer: images, heads, tokens, tokens", "inside": "inside the feed-forward network", "queries": "queries, features", "states": "layers, images, queries, features", "self": "attention weights of a layer: images, heads, queries, queries", "cross": "attention weights of a layer: images, heads, queries, tokens", "logits": "layers, images, queries, classes with “no object”", "coordinates": "layers, images, queries, (cx, cy, w, h)" },
  "formulas": {
    "image": ["H = max({heights}) = {H}, W = max({widths}) = {W}", "{b} · 3 · {H} · {W} = {numbers} numbers"],
    "mask": ["cell i of {h5} looks at pixel row ⌊i · {H} / {h5}⌋, cell j of {w5} at column ⌊j · {W} / {w5}⌋", "real cells: {real} of {b} · {n}"],
    "stem": ["7 × 7, stride 2: ⌊({H} + 2·3 − 7) / 2⌋ + 1 = {h1}, ⌊({W} + 2·3 − 7) / 2⌋ + 1 = {w1}", "pooling 3 × 3, stride 2: ⌊({h1} + 2·1 − 3) / 2⌋ + 1 = {h2}, ⌊({w1} + 2·1 − 3) / 2⌋ + 1 = {w2}"],
    "c2": ["3 blocks of stride 1: {h2} × {w2} stays", "4 · 64 = 256 channels"],
    "c3": ["4 blocks, the first of stride 2: ⌊({h2} + 2·1 − 3) / 2⌋ + 1 = {h3}, ⌊({w2} + 2·1 − 3) / 2⌋ + 1 = {w3}", "4 · 128 = 512 channels"],
    "c4": ["6 blocks, the first of stride 2: ⌊({h3} + 2·1 − 3) / 2⌋ + 1 = {h4}, ⌊({w3} + 2·1 − 3) / 2⌋ + 1 = {w4}", "4 · 256 = 1024 channels"],
    "c5": ["3 blocks, the first of stride 2: ⌊({h4} + 2·1 − 3) / 2⌋ + 1 = {h5}, ⌊({w4} + 2·1 − 3) / 2⌋ + 1 = {w5}", "4 · 512 = 2048 channels"],
    "project": ["every cell: 2048 → 256 channels", "{b} · {n} · 2048 · 256 = {work} multiply-adds"],
    "code": ["128 sines and cosines of the row, 128 of the column", "added to queries and keys in every layer, never to values"],
    "tokens": ["n = {h5} · {w5} = {n}, row after row"],
    "encoder": ["weights of a layer: {b} · 8 · {n}² = {weights}", "in 6 layers, 4 bytes each: {memory}", "multiply-adds: {b} · 6 · (4n · 256² + 2n² · 256 + 2n · 256 · 2048)"],
    "queries": ["100 · 256 = 25 600 learned numbers, the same for every image"],
    "decoder": ["queries among themselves: {b} · 8 · 100² = {self} weights a layer", "queries to tokens: {b} · 8 · 100 · {n} = {cross} weights a layer"],
    "classes": ["256 → 91 classes and “no object”, the same head after every layer"],
    "boxes": ["256 → 256 → 256 → 4, the same head after every layer"]
  },
  "work": "multiply-adds", "learned": "learned numbers", "size": "numbers in the first shape",
  "readoutOne": "An image of {h} × {w} px becomes {n} tokens.",
  "readoutBatch": "{b} images, padded to {h} × {w} px, become {b} times {n} tokens; {padded} of the {all}, {share}, are padding.",
  "readoutCost": "A layer of the encoder computes {encoder} attention weights, all six {memory}; a layer of the decoder {cross} from queries to image and {self} among queries. Of {total} multiply-adds the backbone does {backbone}, the encoder {encoderShare}."
};
const SMALLEST = 32, LARGEST = 1344, MOST = 8, SCALE = 8;
const STAGES = [["c2", 3, 64, 1], ["c3", 4, 128, 2], ["c4", 6, 256, 2], ["c5", 3, 512, 2]];
const D = 256, HEADS = 8, FF = 2048, LAYERS = 6, QUERIES = 100, CLASSES = 92;
const BACKBONE = ["stem", "c2", "c3", "c4", "c5"], BOXES = Object.keys(LABELS.boxes);

const halved = n => Math.ceil(n / 2), sum = list => list.reduce((a, b) => a + b, 0), area = ([h, w]) => h * w;
const grouped = n => n >= 1e9 ? `${number(n / 1e9)} billion` : n >= 1e6 ? `${number(n / 1e6)} million` : String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");
const memory = n => 4 * n >= 1e9 ? `${number(4 * n / 1e9)} GB` : `${number(4 * n / 1e6)} MB`;
const percent = (part, whole) => `${number(100 * part / whole, 1)} %`;

export function check({ image_height, image_width, other_height, other_width, batch, box }) {
  for (const [trait, value] of Object.entries({ image_height, image_width, other_height, other_width }))
    if (!isWhole(value, SMALLEST, LARGEST)) return wrong(trait, `a whole number of px from ${SMALLEST} to ${LARGEST}`);
  if (!isWhole(batch, 1, MOST)) return wrong("batch", `a whole number from 1 to ${MOST}`);
  return BOXES.includes(box) ? null : wrong("box", `one of ${BOXES.join(", ")}`);
}

const images = ({ image_height, image_width, other_height, other_width, batch }) => Array.from({ length: batch }, (_, i) => i && i === batch - 1 ? [other_height, other_width] : [image_height, image_width]);
const canvas = now => [0, 1].map(axis => Math.max(...images(now).map(sides => sides[axis])));
/* (height, width) of the image, of the two maps of the stem, and of C2 to C5 */
export function maps(now) {
  const sides = [canvas(now)];
  for (const stride of [2, 2, ...STAGES.map(stage => stage[3])]) sides.push(stride === 2 ? sides.at(-1).map(halved) : sides.at(-1));
  return sides;
}
const tokens = now => area(maps(now).at(-1));
/* For each image, how many rows and columns of the last map are real: cell i of n looks at pixel ⌊i · size / n⌋. */
export function real(now) {
  const size = canvas(now), cells = maps(now).at(-1);
  return images(now).map(sides => sides.map((side, axis) => [...Array(cells[axis]).keys()].filter(i => Math.floor(i * size[axis] / cells[axis]) < side).length));
}
export const padded = now => now.batch * tokens(now) - sum(real(now).map(area));

export function shapes(now) {
  const b = now.batch, n = tokens(now), sides = maps(now), [h, w] = sides.at(-1), map = (channels, side) => [[[b, channels, ...side], "map"]];
  return {
    image: [[[b, 3, ...sides[0]], "image"]], mask: [[[b, h, w], "maskMap"], [[b, ...sides[0]], "mask"]],
    stem: [[[b, 64, ...sides[2]], "pooled"], ...map(64, sides[1])],
    ...Object.fromEntries(STAGES.map(([stage, , inner], i) => [stage, map(4 * inner, sides[i + 3])])),
    project: map(D, [h, w]), code: map(D, [h, w]), tokens: [[[b, n, D], "tokens"]],
    encoder: [[[b, n, D], "memory"], [[b, HEADS, n, n], "weights"], [[b, n, FF], "inside"]],
    queries: [[[QUERIES, D], "queries"]],
    decoder: [[[LAYERS, b, QUERIES, D], "states"], [[b, HEADS, QUERIES, QUERIES], "self"], [[b, HEADS, QUERIES, n], "cross"], [[b, QUERIES, FF], "inside"]],
    classes: [[[LAYERS, b, QUERIES, CLASSES], "logits"]], boxes: [[[LAYERS, b, QUERIES, 4], "coordinates"]],
  };
}
/* Attention weights of one layer for the batch: in the encoder, among the queries, from queries to image. */
export function weights(now) {
  const n = tokens(now), all = now.batch * HEADS;
  return { encoder: all * n * n, self: all * QUERIES ** 2, cross: all * QUERIES * n };
}
/* Multiply-adds of each box for the whole batch, in convolutions and matrix products. */
export function work(now) {
  const n = tokens(now), [, stem, pooled, ...after] = maps(now).map(area), found = { stem: stem * 7 * 7 * 3 * 64 };
  let channels = 64, before = pooled;
  STAGES.forEach(([stage, blocks, inner], i) => {
    const rest = after[i] * 13 * inner * inner;
    found[stage] = before * channels * inner + rest + after[i] * channels * 4 * inner + (blocks - 1) * (rest + after[i] * 4 * inner * inner);
    channels = 4 * inner; before = after[i];
  });
  const looks = 4 * QUERIES * D * D + 2 * QUERIES ** 2 * D + 2 * (QUERIES + n) * D * D + 2 * QUERIES * n * D;
  Object.assign(found, { project: n * channels * D, encoder: LAYERS * (4 * n * D * D + 2 * n * n * D + 2 * n * D * FF), decoder: LAYERS * (looks + 2 * QUERIES * D * FF),
    classes: LAYERS * QUERIES * D * CLASSES, boxes: LAYERS * QUERIES * (2 * D * D + 4 * D) });
  return Object.fromEntries(BOXES.map(box => [box, now.batch * (found[box] || 0)]));
}
/* Numbers that are learned in each box; the frozen batch norms of the backbone have none. */
export function parameters() {
  const found = { stem: 7 * 7 * 3 * 64 }, attention = 4 * (D * D + D), norm = 2 * D, feed = 2 * D * FF + FF + D;
  let channels = 64;
  STAGES.forEach(([stage, blocks, inner]) => { found[stage] = 5 * channels * inner + 13 * inner * inner + (blocks - 1) * 17 * inner * inner; channels = 4 * inner; });
  Object.assign(found, { project: channels * D + D, encoder: LAYERS * (attention + feed + 2 * norm), queries: QUERIES * D, decoder: LAYERS * (2 * attention + feed + 3 * norm) + norm,
    classes: D * CLASSES + CLASSES, boxes: 2 * (D * D + D) + 4 * D + 4 });
  return Object.fromEntries(BOXES.map(box => [box, found[box] || 0]));
}

export function sentence(now) {
  const [h, w] = canvas(now), looks = weights(now), costs = work(now), total = sum(Object.values(costs)), all = now.batch * tokens(now);
  const first = fill(now.batch === 1 ? LABELS.readoutOne : LABELS.readoutBatch, { h, w, b: now.batch, n: grouped(tokens(now)), all: grouped(all), padded: grouped(padded(now)), share: percent(padded(now), all) });
  const second = fill(LABELS.readoutCost, { encoder: grouped(looks.encoder), memory: memory(LAYERS * looks.encoder), cross: grouped(looks.cross), self: grouped(looks.self), total: grouped(total),
    backbone: percent(sum(BACKBONE.map(box => costs[box])), total), encoderShare: percent(costs.encoder, total) });
  return `${first} ${second}`;
}
/* The values of the formulas */
function values(now) {
  const looks = weights(now), [[H, W], [h1, w1], , [h2, w2], [h3, w3], [h4, w4], [h5, w5]] = maps(now), sizes = axis => [...new Set(images(now).map(sides => sides[axis]))].join(", ");
  return { H, W, h1, w1, h2, w2, h3, w3, h4, w4, h5, w5, heights: sizes(0), widths: sizes(1), b: now.batch, n: h5 * w5, numbers: grouped(now.batch * 3 * H * W), real: real(now).map(([h, w]) => `${h} · ${w}`).join(" + "),
    work: grouped(work(now).project), weights: grouped(looks.encoder), memory: memory(LAYERS * looks.encoder), self: grouped(looks.self), cross: grouped(looks.cross) };
}

function build({ state, set, controls, stage, busy }) {
  const side = (trait, label) => rangeControl({ label, low: SMALLEST, high: LARGEST, big: 32, show: x => fill(LABELS.px, { x }), onchange: x => set({ [trait]: x }) });
  const sliders = { image_height: side("image_height", LABELS.imageHeight), image_width: side("image_width", LABELS.imageWidth), other_height: side("other_height", LABELS.otherHeight), other_width: side("other_width", LABELS.otherWidth) };
  const batch = rangeControl({ label: LABELS.batch, low: 1, high: MOST, big: 2, show: String, onchange: count => set({ batch: count }) });
  const double = buttonControl(LABELS.double, () => set(Object.fromEntries(Object.keys(sliders).map(trait => [trait, Math.min(LARGEST, 2 * state()[trait])]))));
  const upright = buttonControl(LABELS.upright, () => { const { image_height, image_width, batch } = state(); set({ other_height: image_width, other_width: image_height, batch: Math.max(2, batch) }); });
  controls.append(double, upright, sliders.image_height, sliders.image_width, batch, sliders.other_height, sliders.other_width);

  const rows = BOXES.map(box => {
    const shape = h("span", { class: "bk-shapes-shape" }), share = h("span", { class: "bk-shapes-share" });
    const button = h("button", { type: "button", class: "bk-shapes-box", onclick: () => set({ box }), onkeydown: event => {
      const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!way) return;
      event.preventDefault();
      rows[clamp(BOXES.indexOf(box) + way, 0, BOXES.length - 1)].button.focus();
    } }, h("span", { class: "bk-shapes-name" }, LABELS.boxes[box]), shape, share);
    return { button, shape, share };
  });
  const name = h("p", { class: "bk-walk-name" }), tensors = h("div", { class: "bk-walk-shape" }), formulas = h("div", {}), counts = h("p", { class: "bk-why" }), hint = h("p", { class: "bk-why" });
  const canvases = ["first", "last"].map((which, last) => {
    const grid = s("path", { class: "bk-shapes-grid" }), real = s("rect", { class: "bk-shapes-real" }), hatch = ids("hatch"), whole = s("rect", { fill: `url(#${hatch})` }), edge = s("rect", { class: "bk-shapes-edge" });
    const spot = s("circle", { r: 22, class: "bk-hit" }), handle = s("g", { class: "bk-handle", tabindex: 0, role: "slider", "aria-label": fill(LABELS.corner, { which: LABELS[which] }) }, spot, s("circle", { r: 7, class: "bk-shapes-dot" }));
    const lines = s("pattern", { id: hatch, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, s("path", { d: "M0 0V6", class: "bk-hatch" }));
    const picture = s("g", { role: "img" }, s("defs", {}, lines), whole, real, grid, edge), svg = s("svg", { class: "bk-shapes-drawing", viewBox: `-8 -8 ${LARGEST / SCALE + 16} ${LARGEST / SCALE + 16}` }, picture, handle), traits = last ? ["other_height", "other_width"] : ["image_height", "image_width"];
    const at = () => { const now = state(); return traits.map(trait => now[trait]); };
    const to = (h, w) => set(Object.fromEntries([h, w].map((x, axis) => [traits[axis], clamp(Math.round(x), SMALLEST, LARGEST)])));
    dragging(svg, { state, set, busy }, () => [{ node: handle, at: () => { const [h, w] = at(); return [w / SCALE, h / SCALE]; }, move: ([x, y]) => to(y * SCALE, x * SCALE),
      nudge: (dx, dy, large) => { const [h, w] = at(), step = large ? 32 : 1; to(h - dy * step, w + dx * step); } }], 26);
    return { svg, picture, grid, real, whole, edge, handle, at, which };
  });
  stage.append(h("div", { class: "bk-shapes" }, h("div", { class: "bk-shapes-list", role: "group", "aria-label": LABELS.shape }, rows.map(row => row.button)),
    h("div", { class: "bk-shapes-open" }, name, tensors, formulas, counts, hint, h("div", { class: "bk-shapes-drawings" }, canvases.map(one => one.svg)))));

  return now => {
    const all = shapes(now), costs = work(now), total = sum(Object.values(costs)), [high, wide] = canvas(now), [n_rows, n_columns] = maps(now).at(-1), found = real(now), two = now.batch > 1;
    Object.entries(sliders).forEach(([trait, slider]) => { slider.update(now[trait]); slider.querySelector("input").disabled = trait.startsWith("other") && !two; });
    batch.update(now.batch);
    rows.forEach(({ button, shape, share }, i) => {
      const box = BOXES[i];
      button.setAttribute("aria-pressed", box === now.box);
      shape.textContent = `[${all[box][0][0].join(", ")}]`;
      share.textContent = costs[box] ? percent(costs[box], total) : "";
      share.style.setProperty("--w", costs[box] / total);
    });
    name.textContent = LABELS.boxes[now.box];
    tensors.replaceChildren(...all[now.box].flatMap(([shape, axes]) => [h("strong", {}, `[${shape.join(", ")}]`), h("span", {}, LABELS.axes[axes])]));
    formulas.replaceChildren(...LABELS.formulas[now.box].map(line => h("p", { class: "bk-shapes-formula" }, fill(line, values(now)))));
    const learned = parameters()[now.box];
    counts.textContent = [[LABELS.learned, learned], [LABELS.work, costs[now.box]]].filter(pair => pair[1]).map(([label, x]) => `${label}: ${grouped(x)}`).join(" · ");
    hint.textContent = fill(LABELS.drag, { rows: n_rows, columns: n_columns });
    canvases.forEach(({ svg, picture, grid, real, whole, edge, handle, at, which }, last) => {
      svg.style.display = last && !two ? "none" : "";
      const [y, x] = at(), [realRows, realColumns] = found[last ? found.length - 1 : 0], cell = [high / n_rows / SCALE, wide / n_columns / SCALE];
      put(picture, { "aria-label": fill(LABELS.drawn, { which: LABELS[which], h: y, w: x, rows: n_rows, columns: n_columns }) });
      put(whole, { width: wide / SCALE, height: high / SCALE });
      put(real, { width: realColumns * cell[1], height: realRows * cell[0] });
      put(edge, { width: x / SCALE, height: y / SCALE });
      put(grid, { d: [...Array(n_columns + 1).keys()].map(j => `M${(j * cell[1]).toFixed(1)} 0v${(high / SCALE).toFixed(1)}`).join("") + [...Array(n_rows + 1).keys()].map(i => `M0 ${(i * cell[0]).toFixed(1)}h${(wide / SCALE).toFixed(1)}`).join("") });
      put(handle, { transform: `translate(${x / SCALE} ${y / SCALE})`, "aria-valuemin": SMALLEST, "aria-valuemax": LARGEST, "aria-valuenow": x, "aria-valuetext": fill(LABELS.cornerAt, { h: y, w: x }) });
    });
    return sentence(now);
  };
}

export default bookFigure({ labels: LABELS, keys: ["image_height", "image_width", "other_height", "other_width", "batch", "box"], check, build });
