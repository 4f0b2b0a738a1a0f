const LABELS = {
  "title": "Where does each head look?",
  "prompts": [
    "Point at a word on the left, or tab to it: the lines show which words it looks at. Bold words are the gaps the network has to fill.",
    "Choose another head with the small pictures. Is there one that looks next door, and one that looks far?",
    "Change the sentence and keep the head. Does it follow the word, or the place?"
  ],
  "seen": "Where a head looks depends on who asks: the same head does one thing for “(a/an)” and another for “(it/they)”. It depends on what there is to see: put “wide” for “tired”, and some heads turn from one noun to another, or to the last word. Several heads share a job. And what head 1 does in this network another head does in a network trained from another start.",
  "caption": "Attention weights of a trained network. Left: lines from the chosen word, as wide as its weights. Right: all words of the same head, one row a query. The small pictures are the same matrix for every head. Weights are rounded to 1/255.",
  "sentence": "Sentence", "model": "heads of layer {layer}", "headName": "Layer {layer}, head {head}", "short": "{head}",
  "looks": "words that look", "seenAt": "are looked at",
  "matrix": "Attention weights of {head}: one row a query, one column a key",
  "readout": "{head}: “{query}” gives {weight} of its attention to “{key}”. On average the words in bold look {distance} words away.",
  "readoutCross": "{head}: “{query}” gives {weight} of its attention to “{key}”."
};
const CELL = 14, LEFT = 88, TOP = 84;

export function check({ examples, example, layer, head, row }) {
  if (!Array.isArray(examples) || !examples.length) return wrong("examples", "a list of sentences with their weights");
  for (const one of examples) {
    if (!one || !isWords(one.queries, 1, 40) || !isWords(one.keys, 1, 40) || typeof one.label !== "string") return wrong("examples", "a list of sentences with a label, queries and keys");
    const size = one.queries.length * one.keys.length;
    const fits = Array.isArray(one.weights) && one.weights.length && one.weights.every(l => Array.isArray(l) && l.length === examples[0].weights[0].length
      && l.every(w => Array.isArray(w) && w.length === size && w.every(x => isWhole(x, 0, 255))));
    if (!fits || one.weights.length !== examples[0].weights.length) return wrong("examples", "weights [layer][head] of n × m whole numbers from 0 to 255");
    if (!Array.isArray(one.asks) || !one.asks.every(i => isWhole(i, 0, one.queries.length - 1))) return wrong("examples", "asks, the places of the queries that matter");
  }
  if (!isWhole(example, 0, examples.length - 1)) return wrong("example", `a whole number from 0 to ${examples.length - 1}`);
  const { weights, queries } = examples[example];
  if (!isWhole(layer, 0, weights.length - 1)) return wrong("layer", `a whole number from 0 to ${weights.length - 1}`);
  if (!isWhole(head, 0, weights[0].length - 1)) return wrong("head", `a whole number from 0 to ${weights[0].length - 1}`);
  if (!isWhole(row, 0, queries.length - 1)) return wrong("row", `a whole number from 0 to ${queries.length - 1}`);
  return null;
}

const isSelf = one => one.queries.length === one.keys.length && one.queries.every((word, i) => word === one.keys[i]);
const matrixOf = (one, layer, head) => {
  const m = one.keys.length, flat = one.weights[layer][head];
  return one.queries.map((_, i) => flat.slice(i * m, (i + 1) * m).map(x => x / 255));
};

export function distance(one, layer, head) {
  const rows = matrixOf(one, layer, head), asks = one.asks.length ? one.asks : one.queries.map((_, i) => i);
  const away = asks.map(i => rows[i].reduce((sum, w, j) => sum + w * Math.abs(i - j), 0) / (rows[i].reduce((a, b) => a + b, 0) || 1));
  return away.reduce((a, b) => a + b, 0) / away.length;
}

export function sentence({ examples, example, layer, head, row }) {
  const one = examples[example], weights = matrixOf(one, layer, head)[row], best = weights.indexOf(Math.max(...weights));
  return fill(isSelf(one) ? LABELS.readout : LABELS.readoutCross, {
    head: fill(LABELS.headName, { layer: layer + 1, head: head + 1 }), query: one.queries[row], key: one.keys[best],
    weight: number(weights[best]), distance: number(distance(one, layer, head), 1),
  });
}

// pointing counts only when the mouse moves, not when the page scrolls under it
const pointed = act => event => { if (event.pointerType === "mouse" && (event.movementX || event.movementY)) act(); };

function build({ state, set, controls, stage }) {
  const first = state(), names = first.examples.map(one => one.label), n_layers = first.examples[0].weights.length, n_heads = first.examples[0].weights[0].length;
  const nearest = (example, row) => {                       // keep a gap chosen when the sentence changes
    const { asks, queries } = state().examples[example], old = state().examples[state().example];
    const which = old.asks.indexOf(row);
    return which >= 0 && asks.length ? asks[Math.min(which, asks.length - 1)] : Math.min(row, queries.length - 1);
  };
  const choose = selectControl({ label: LABELS.sentence, options: names, onchange: i => set({ row: nearest(i, state().row), example: i }) });
  controls.append(choose);

  const thumbs = [];
  const overview = h("div", { class: "bk-heads" }, Array.from({ length: n_layers }, (_, layer) => {
    const id = ids("layer");
    return h("div", { class: "bk-head-row", role: "group", "aria-labelledby": id }, h("span", { id, class: "bk-why" }, fill(LABELS.model, { layer: layer + 1 })),
      Array.from({ length: n_heads }, (_, head) => {
        const svg = s("svg", { "aria-hidden": "true", preserveAspectRatio: "none" });
        const button = h("button", { type: "button", class: "bk-thumb", "aria-label": fill(LABELS.headName, { layer: layer + 1, head: head + 1 }), onclick: () => set({ layer, head }) },
          svg, h("span", {}, fill(LABELS.short, { head: head + 1 })));
        thumbs.push({ layer, head, svg, button });
        return button;
      }));
  }));
  const left = h("div", { class: "bk-looks" }), matrix = s("svg", { class: "bk-matrix", role: "img" });
  stage.append(overview, h("div", { class: "bk-two bk-two-even" }, left, h("div", {}, matrix)));
  let drawn = null, parts = null;

  const paint = (svg, rows, size) => rows.flatMap((r, i) => r.map((w, j) => w < 0.02 ? null
    : s("rect", { x: j * size, y: i * size, width: size, height: size, class: "bk-weight", "fill-opacity": w.toFixed(2) })));

  function lay(one) {
    const n = one.queries.length, m = one.keys.length, high = Math.max(n, m);
    const words = one.queries.map((word, i) => h("button", { type: "button", class: one.asks.includes(i) ? "bk-look bk-ask" : "bk-look",
      onclick: () => set({ row: i }), onfocus: () => set({ row: i }), onpointermove: pointed(() => set({ row: i })),
      onkeydown: event => {
        const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (!way) return;
        event.preventDefault();
        words[clamp(i + way, 0, n - 1)].focus();
      } }, word));
    const lines = one.keys.map(() => s("path", { class: "bk-link", "vector-effect": "non-scaling-stroke" }));
    const numbers = one.keys.map(() => h("span", { class: "bk-share" })), keys = one.keys.map((word, j) => h("div", { class: "bk-seen-word" }, h("span", {}, word), numbers[j]));
    left.replaceChildren(h("div", { class: "bk-look-list" }, words), s("svg", { class: "bk-links", viewBox: `0 0 100 ${high}`, preserveAspectRatio: "none", "aria-hidden": "true",
      style: `height:calc(${high} * var(--row))` }, lines), h("div", { class: "bk-look-list" }, keys));
    const cells = s("g", { transform: `translate(${LEFT} ${TOP})` }), band = s("rect", { x: 0, width: LEFT + m * CELL, height: CELL, class: "bk-band" });
    const names = one.queries.map((word, i) => s("text", { x: LEFT - 5, y: TOP + i * CELL + 11, "text-anchor": "end", class: "bk-small" }, word));
    put(matrix, { viewBox: `0 0 ${LEFT + m * CELL + 2} ${TOP + n * CELL + 2}`, width: LEFT + m * CELL + 2 });
    const hits = one.queries.map((_, i) => s("rect", { x: 0, y: TOP + i * CELL, width: LEFT + m * CELL, height: CELL, class: "bk-hit", onclick: () => set({ row: i }) }));
    matrix.replaceChildren(band, cells, s("rect", { x: LEFT, y: TOP, width: m * CELL, height: n * CELL, class: "bk-frame" }), ...names,
      ...one.keys.map((word, j) => s("text", { transform: `translate(${LEFT + j * CELL + 11} ${TOP - 5}) rotate(-90)`, class: "bk-small" }, word)), ...hits);
    return { words, lines, numbers, keys, cells, band, names };
  }

  return now => {
    const { examples, example, layer, head, row } = now, one = examples[example], rows = matrixOf(one, layer, head);
    choose.update(example);
    if (drawn !== one) { parts = lay(one); drawn = one; thumbs.forEach(t => { t.painted = null; }); }
    for (const t of thumbs) {
      t.button.setAttribute("aria-pressed", t.layer === layer && t.head === head);
      if (t.painted === one) continue;
      t.painted = one;
      put(t.svg, { viewBox: `0 0 ${one.keys.length} ${one.queries.length}` });
      t.svg.replaceChildren(...paint(t.svg, matrixOf(one, t.layer, t.head), 1).filter(Boolean));
    }
    parts.cells.replaceChildren(...paint(matrix, rows, CELL).filter(Boolean));
    matrix.setAttribute("aria-label", fill(LABELS.matrix, { head: fill(LABELS.headName, { layer: layer + 1, head: head + 1 }) }));
    put(parts.band, { y: TOP + row * CELL });
    parts.names.forEach((name, i) => name.classList.toggle("bk-q", i === row));
    parts.words.forEach((word, i) => word.setAttribute("aria-pressed", i === row));
    rows[row].forEach((w, j) => {
      put(parts.lines[j], { d: `M0 ${row + .5}C45 ${row + .5} 55 ${j + .5} 100 ${j + .5}`, "stroke-width": (w * 9).toFixed(1), "stroke-opacity": w < .02 ? 0 : (.25 + .75 * w).toFixed(2) });
      parts.numbers[j].textContent = w < .005 ? "" : number(w);
      parts.keys[j].style.setProperty("--w", w);
    });
    return sentence(now);
  };
}

export default bookFigure({ labels: LABELS, keys: ["examples", "example", "layer", "head", "row", "prompts", "seen"], check, build });
