const LABELS = {
  "title": "What does “it” mean, and where is the animal?",
  "titleSentence": "Which words does each word look at?",
  "prompts": [
    "Point at another word, or choose it. Which one has nothing to ask?",
    "Drag the blue frame over the picture. What does the dashed box find?"
  ],
  "seen": "The query of “road” is (0, 0): all its scores are 0, so every word gets a quarter. In the picture a patch of the animal gives most of its attention to the rest of the animal, although nobody told it where the animal is: queries and keys that are alike find each other. A little goes to the road, whose colour comes nearest. A detector learns features that are better than colour.",
  "caption": "The same formula, softmax(q·k / √dₖ), twice. Words: the weights of chapter 2, worked out there by hand; an arc is as thick as its weight. Picture: query and key of a patch are nothing but its colour; patches with little weight fade, and the dashed box surrounds those with more than twice their equal share.",
  "captionSentence": "The weights of the running example of chapter 2, softmax(q·k / √dₖ); an arc is as thick as its weight.",
  "panelSentence": "Words that ask words",
  "panelPicture": "Patches that ask patches",
  "arcs": "Arcs from “{row}” to all words, as thick as their attention weights",
  "words": "The words. Choosing one shows its row of weights.",
  "word": "{word}, gets {weight} of the attention of {row}",
  "picture": "An animal on a road under a sky, as a grid of coloured patches; those the chosen patch attends to stand out",
  "patch": "Patch that asks",
  "at": "row {row}, column {column}, {thing}",
  "most": "“{row}” gives {weight} of its attention to “{best}”.",
  "even": "“{row}” gives every word the same, {weight}.",
  "found": "The patch in the blue frame, part of the {thing}, gives {share} of its attention to the {count} patches of the {thing} out of {n}.",
  "things": { "s": "sky", "y": "sun", "h": "hills", "g": "grass", "b": "animal", "r": "road" }
};
const PALETTE = { s: [150, 200, 232], y: [247, 214, 92], h: [110, 166, 140], g: [150, 184, 86], b: [150, 78, 40], r: [128, 126, 140] };
const LENGTH = 4, PATCH = 30, THICK = 26, ROW = 46, ABOVE = 150, LEFT = 54;

export function sceneWeights(scene) {
  const pixels = [...scene.join("")].map(letter => PALETTE[letter]);
  const mean = [0, 1, 2].map(c => pixels.reduce((sum, p) => sum + p[c], 0) / pixels.length);
  const features = pixels.map(p => p.map((x, c) => x - mean[c])).map(p => p.map(x => LENGTH * x / (Math.hypot(...p) || 1)));
  return features.map(q => softmax(features.map(k => (q[0] * k[0] + q[1] * k[1] + q[2] * k[2]) / Math.sqrt(3))));
}

export function check({ tokens, weights, row, scene, patch }) {
  if (!isWords(tokens, 2, 16)) return wrong("tokens", "a list of 2 to 16 words");
  const n = tokens.length;
  if (!isMatrix(weights, n, n, 0, 1) || weights.some(r => Math.abs(r.reduce((a, b) => a + b) - 1) >= 0.01)) return wrong("weights", `${n} rows of ${n} numbers from 0 to 1 that sum to one`);
  if (!isWhole(row, 0, n - 1)) return wrong("row", `a whole number from 0 to ${n - 1}`);
  if (!Array.isArray(scene) || scene.length > 12 || scene.some(r => typeof r !== "string" || r.length < 2 || r.length > 16 || r.length !== scene[0].length || [...r].some(x => !(x in PALETTE)))) return wrong("scene", "rows of equally many letters out of " + Object.keys(PALETTE).join(" "));
  if (!Array.isArray(patch) || patch.length !== 2 || scene.length && !(isWhole(patch[0], 0, scene.length - 1) && isWhole(patch[1], 0, scene[0].length - 1))) return wrong("patch", "a row and a column of the picture");
  return null;
}

export function sentence({ tokens, weights, row, scene, patch }, patchWeights = scene.length ? sceneWeights(scene)[patch[0] * scene[0].length + patch[1]] : []) {
  const w = weights[row], top = Math.max(...w), even = top - Math.min(...w) < 0.005;
  const said = fill(even ? LABELS.even : LABELS.most, { row: tokens[row], best: tokens[w.indexOf(top)], weight: number(top) });
  if (!scene.length) return said;
  const letters = scene.join(""), thing = scene[patch[0]][patch[1]], shares = patchWeights.filter((_, i) => letters[i] === thing);
  return `${said} ${fill(LABELS.found, { thing: LABELS.things[thing], share: number(shares.reduce((a, b) => a + b)), count: shares.length, n: letters.length })}`;
}

const textWidth = token => Math.max(44, 22 + 9 * token.length);
const thick = weight => Math.max(1, THICK * weight);

// where each arc leaves the word that asks: side by side, near arcs inside far ones
function starts(row, weights, middle) {
  const order = weights.map((_, j) => j).filter(j => j !== row).sort((a, b) => (a < row) !== (b < row) ? (a < row ? -1 : 1) : b - a);
  const found = { [row]: middle[row] };
  let at = middle[row] - order.reduce((sum, j) => sum + thick(weights[j]), 0) / 2;
  for (const j of order) { found[j] = at + thick(weights[j]) / 2; at += thick(weights[j]); }
  return found;
}

function buildArcs(api, redraw) {
  const { set } = api, { tokens } = api.state(), n = tokens.length, column = Math.max(...tokens.map(textWidth));
  let peek = null;
  const arcs = tokens.map(() => {
    const id = ids("arc"), from = s("stop", { offset: 0, class: "bk-from" }), to = s("stop", { offset: 1, class: "bk-to" });
    const gradient = s("linearGradient", { id, gradientUnits: "userSpaceOnUse" }, from, to);
    return { gradient, path: s("path", { class: "bk-arc", stroke: `url(#${id})` }), text: s("text", { class: "bk-name bk-arc-number", "text-anchor": "middle" }) };
  });
  const look = j => { peek = j; redraw(); };
  const words = tokens.map((token, j) => {
    const box = s("rect", { height: 34, rx: 8, width: textWidth(token), class: "bk-word-box" }), hit = s("rect", { height: 44, width: textWidth(token), class: "bk-word-hit" });
    const text = s("text", { "text-anchor": "middle", class: "bk-word-text" }, token);
    const node = s("g", {
      role: "button", tabindex: 0, class: "bk-arc-word", onclick: () => set({ row: j }), onfocus: () => set({ row: j }),
      onpointerenter: event => { if (event.pointerType === "mouse") look(j); }, onpointerleave: () => { if (peek !== null) look(null); },
      onkeydown: event => {
        const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (way) words[clamp(j + way, 0, n - 1)].node.focus();
        else if (event.key === "Enter" || event.key === " ") set({ row: j });
        else return;
        event.preventDefault();
      },
    }, box, text, hit);
    return { node, box, text, hit };
  });
  const svg = s("svg", { class: "bk-arcs", role: "group", "aria-label": LABELS.words }, s("defs", {}, ...arcs.map(arc => arc.gradient)),
    ...arcs.map(arc => arc.path), ...arcs.map(arc => arc.text), ...words.map(word => word.node));
  const draw = ({ weights, row: chosen }, width) => {
    const row = peek ?? chosen, upright = width < n * 80, step = upright ? ROW : width / n, middle = tokens.map((_, i) => step * (i + 0.5));
    const high = upright ? Math.max(60, width - LEFT - column - 40) : ABOVE, left = starts(row, weights[row], middle);
    const place = (along, across) => upright ? [across >= 0 ? LEFT + column + across : LEFT + across, along] : [along, across >= 0 ? ABOVE + 8 - across : ABOVE + 44 - across];
    const p = (...args) => place(...args).map(x => x.toFixed(1)).join(" ");
    put(svg, { viewBox: upright ? `0 0 ${width} ${ROW * n}` : `0 0 ${width} ${ABOVE + 92}` });
    arcs.forEach(({ gradient, path, text }, j) => {
      const w = weights[row][j], start = left[j], self = j === row, rise = 34 + (high - 40) * Math.abs(j - row) / (n - 1);
      const d = self ? `M${p(start - 9, -1)}C${p(start - 26, -34)} ${p(start + 26, -34)} ${p(start + 9, -1)}`
        : `M${p(start, 0)}C${p(start, rise / 0.75)} ${p(middle[j], rise / 0.75)} ${p(middle[j], 0)}`;
      const [x1, y1] = place(self ? start - 12 : start, 0), [x2, y2] = place(self ? start + 12 : middle[j], 0), [x, y] = self ? place(start, -26) : place((start + middle[j]) / 2, rise);
      put(gradient, { x1, y1, x2, y2 });
      put(path, { d, "stroke-width": thick(w).toFixed(1) });
      put(text, { x, y: y + 5 });
      text.textContent = number(w);
    });
    words.forEach(({ node, box, text, hit }, j) => {
      const wide = textWidth(tokens[j]), [x, y] = upright ? [LEFT, middle[j] - 17] : [middle[j] - wide / 2, ABOVE + 9];
      put(box, { x, y, style: j === row ? "" : `fill-opacity:${(weights[row][j] / 3).toFixed(3)}` });
      put(hit, { x, y: y - 5 });
      put(text, { x: x + wide / 2, y: y + 23 });
      node.classList.toggle("bk-asks", j === row);
      put(node, { "aria-pressed": j === chosen, "aria-label": fill(LABELS.word, { word: tokens[j], weight: number(weights[row][j]), row: tokens[row] }) });
    });
  };
  return { svg, draw, asks: chosen => peek ?? chosen };
}

function buildScene(api) {
  const { set } = api, { scene } = api.state(), rows = scene.length, columns = scene[0].length, all = sceneWeights(scene);
  const square = i => ({ x: i % columns * PATCH, y: Math.floor(i / columns) * PATCH, width: PATCH + 0.4, height: PATCH + 0.4 });
  const letters = [...scene.join("")], veils = letters.map((_, i) => s("rect", { ...square(i), class: "bk-veil" }));
  const halo = s("rect", { class: "bk-box-halo", rx: 4 }), box = s("rect", { class: "bk-box", rx: 4 });
  const frame = s("g", { role: "slider", tabindex: 0, class: "bk-patch bk-handle", "aria-label": LABELS.patch, "aria-valuemin": 1, "aria-valuemax": letters.length },
    s("rect", { width: PATCH, height: PATCH, rx: 3, class: "bk-patch-halo" }), s("rect", { width: PATCH, height: PATCH, rx: 3, class: "bk-patch-frame" }));
  const svg = s("svg", { class: "bk-scene", viewBox: `0 0 ${columns * PATCH} ${rows * PATCH}`, role: "group", "aria-label": LABELS.picture },
    ...letters.map((letter, i) => s("rect", { ...square(i), fill: `rgb(${PALETTE[letter]})` })), ...veils, halo, box, frame);
  const go = (row, column) => set({ patch: [clamp(row, 0, rows - 1), clamp(column, 0, columns - 1)] });
  const under = ([x, y]) => go(Math.floor(y / PATCH), Math.floor(x / PATCH));
  dragging(svg, api, () => [{
    node: frame,
    at: () => api.state().patch.map(x => (x + 0.5) * PATCH).reverse(),
    move: under,
    nudge: (dx, dy, big) => { const [row, column] = api.state().patch; go(row - dy * (big ? 3 : 1), column + dx * (big ? 3 : 1)); },
  }], Infinity);
  svg.addEventListener("pointerup", event => under((p => [p.x, p.y])(new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse()))));
  const draw = ({ patch: [row, column] }) => {
    const here = row * columns + column, weights = all[here], top = Math.max(...weights);
    veils.forEach((veil, i) => put(veil, { "fill-opacity": (0.82 * (1 - Math.sqrt(weights[i] / top))).toFixed(2) }));
    const held = weights.flatMap((w, i) => w > 2 / weights.length ? [[Math.floor(i / columns), i % columns]] : []), ys = held.map(h => h[0]), xs = held.map(h => h[1]);
    const [left, above, right, below] = held.length ? [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1] : [0, 0, columns, rows];
    for (const node of [halo, box]) put(node, { x: left * PATCH, y: above * PATCH, width: (right - left) * PATCH, height: (below - above) * PATCH });
    put(frame, { transform: `translate(${column * PATCH} ${row * PATCH})`, "aria-valuenow": here + 1,
      "aria-valuetext": fill(LABELS.at, { row: row + 1, column: column + 1, thing: LABELS.things[scene[row][column]] }) });
    return weights;
  };
  return { svg, draw };
}

function build(api) {
  const { stage, state } = api, panel = (title, node) => h("div", { class: "bk-panel" }, h("p", { class: "bk-panel-title" }, title), node);
  let now = state(), width = 360;
  const arcs = buildArcs(api, () => arcs.draw(now, width)), scene = now.scene.length ? buildScene(api) : null, first = panel(LABELS.panelSentence, arcs.svg);
  stage.append(h("div", { class: "bk-panels", "data-panels": scene ? 2 : 1 }, first, scene && panel(LABELS.panelPicture, scene.svg)));
  new ResizeObserver(() => {
    const room = Math.round(first.clientWidth);
    if (room && room !== width) { width = room; arcs.draw(now, width); }
  }).observe(first);
  return latest => {
    now = latest;
    arcs.draw(now, width);
    return sentence(now, scene ? scene.draw(now) : []);
  };
}

export default bookFigure({ labels: LABELS, keys: ["tokens", "weights", "row", "scene", "patch"], check, build });
