const LABELS = {
  "title": "How does 机器学习 become “machine learning”?",
  "prompts": [
    "Step with → and watch the marked row of cross-attention: at which character does each English word look? Try other heads and layers.",
    "Go to step 0. Which boxes have numbers before a word is written, and which of them change later?",
    "Open decoder self-attention, then softmax, at every step. Which row is new? Where is the model least sure?"
  ],
  "seen": "The encoder reads once: its boxes hold the same numbers at every step. Every step of the decoder adds one row to each of its boxes and changes none of the rows above it, because no place may look at a later word. At the top the last row is compared with every word the model knows; softmax makes probabilities of the scores. In cross-attention look for a head whose marked row jumps to the character that is being translated; not every head does that.",
  "caption": "Encoder and decoder as in Figure 1 of the paper, one layer at a time, with the real numbers of one model for this sentence. Features: the first 16 of each token, blue below zero, orange above. All is rounded to 8 bits. The likeliest word is written at every step.",
  "sentence": "Sentence", "previous": "← Previous step", "next": "Next step →",
  "tape": "Step", "read": "read", "writeStep": "Step {step}: write “{word}”", "readStep": "Step 0: read the source",
  "stepOf": "Step {step} of {steps}", "onRead": "The encoder reads the whole source at once. The decoder waits.",
  "onWrite": "The encoder’s output stays as it is. The decoder gets what is written and adds one word.",
  "layer": "Layer", "layerOf": "layer {layer} of {n}", "head": "Head",
  "source": "source", "given": "given so far", "writes": "writes", "nothing": "nothing yet",
  "diagram": "Encoder, left, and decoder, right, from the bottom to the top",
  "short": { "embedding": "Embedding", "position": "+ Position", "self": "Self-attention", "cross": "Cross-attention", "norm": "Add & norm", "feed": "Feed-forward", "linear": "Linear", "softmax": "Softmax" },
  "sides": { "enc": "Encoder", "dec": "Decoder" }, "boxName": "{side}, {box}", "boxInLayer": "{side} layer {layer}, {box}",
  "formulas": {
    "embedding": "x = √d_model · E[word]", "position": "x + P[place]", "self": "MultiHead(x, x, x)", "cross": "MultiHead(x, memory, memory)",
    "norm": "LayerNorm(x + sublayer(x))", "feed": "ReLU(x W₁ + b₁) W₂ + b₂", "linear": "logits = x Eᵀ", "softmax": "p = exp(logits) / Σ exp(logits)"
  },
  "axes": { "features": "batch, tokens, features", "inside": "inside: batch, tokens, d_ff", "weights": "weights: batch, heads, queries, keys", "words": "batch, tokens, words" },
  "feature": "f{i}", "rest": "f{from} … f{to}", "token": "token", "word": "next word", "logit": "logit", "probability": "probability",
  "lookNote": "One row a query, one column a key; later words are masked. The frame marks the row that writes “{word}”.",
  "crossNote": "One row for each word written, one column a character. The frame marks the word being written.",
  "lastNote": "The last row is new at this step; it leads to “{word}”.", "onceNote": "Computed once; the same at every step.", "nextNote": "The five likeliest of {count} words.",
  "matrix": "Attention weights of {name}, head {head}",
  "readoutRead": "Step 0: the encoder has read all {m} characters at once.",
  "readoutWrite": "Step {step}: given “{given}”, the decoder writes “{word}” with probability {p}.",
  "readoutEmpty": "The open box is empty: the decoder has not been given a word.",
  "readoutNext": "Of {count} words the next likeliest is “{word}” with {p}.",
  "readoutFeatures": "{name}: {n} tokens of {d} features, {count} numbers.",
  "readoutLook": "{name}, head {head}: the largest weight is {weight}, “{query}” looking at “{key}”.",
  "readoutPlace": "{name}, head {head}: the place that writes “{query}” gives {weight} of its attention to “{key}”."
};
const named = (side, list) => list.split(" ").map(name => `${side}-${name}`);
const ENCODER = named("enc", "embedding position self norm1 feed norm2");
const DECODER = [...named("dec", "embedding position self norm1 cross norm2 feed norm3"), "linear", "softmax"];
const BOXES = [...ENCODER, ...DECODER];
const LOOKS = ["enc-self", "dec-self", "dec-cross"], ONCE = ["enc-embedding", "enc-position", "dec-embedding", "dec-position", "linear", "softmax"];
const KEPT = 16, PRINTED = 4, X = { enc: 16, dec: 186 }, HIGH = 548;
const top = row => 496 - 46 * row - (row >= 2 ? 12 : 0) - (row >= 8 ? 24 : 0);

const inEncoder = box => box.startsWith("enc");
const kind = box => box.replace(/^(enc|dec)-|\d$/g, "");
const isLast = box => kind(box) === box;
const keyOf = ({ box, layer }) => ONCE.includes(box) ? box : `${box} ${layer}`;
const bytes = text => Array.from(atob(text), c => c.charCodeAt(0));
const numeral = box => /\d$/.test(box) ? ` ${box.slice(-1)}` : "";
const nameOf = ({ box, layer }) => fill(ONCE.includes(box) ? LABELS.boxName : LABELS.boxInLayer, { side: LABELS.sides[inEncoder(box) ? "enc" : "dec"], box: LABELS.short[kind(box)] + numeral(box), layer: layer + 1 });
const counts = (one, box) => [inEncoder(box) ? one.source.length : one.target.length - 1, box === "dec-self" ? one.target.length - 1 : one.source.length];

function isWalk(one) {
  if (!one || typeof one.label !== "string" || !isWords(one.source, 1, 24) || !isWords(one.target, 2, 24)) return false;
  if (!Array.isArray(one.sizes) || one.sizes.length !== 5 || !one.sizes.every(size => isWhole(size, 1, 1e6))) return false;
  const [n_layers, n_heads, d_model] = one.sizes, kept = Math.min(KEPT, d_model), holds = (text, n) => typeof text === "string" && bytes(text).length === n;
  const fits = (box, key, n, m) => LOOKS.includes(box) ? holds(one.weights[key], n_heads * n * m) : isLast(box) || one.features[key][0] > 0 && holds(one.features[key][1], n * kept);
  return BOXES.every(box => Array.from({ length: n_layers }, (_, layer) => layer).every(layer => fits(box, keyOf({ box, layer }), ...counts(one, box))))
    && one.next.length === one.target.length - 1 && one.next.every(words => isWhole(words.length, 2, 5)
    && words.every(([word, x, p]) => typeof word === "string" && Number.isFinite(x) && p >= 0 && p <= 1));
}

export function check({ walks, walk, step, box, layer, head }) {
  let fits = Array.isArray(walks) && walks.length >= 1 && walks.length <= 6;
  try { fits = fits && walks.every(isWalk) && new Set(walks.map(one => one.sizes.join())).size === 1; } catch { fits = false; }
  if (!fits) return wrong("walks", "a list of 1 to 6 walks of one model");
  const below = n => `a whole number from 0 to ${n - 1}`;
  if (!isWhole(walk, 0, walks.length - 1)) return wrong("walk", below(walks.length));
  const { target, sizes } = walks[walk];
  if (!isWhole(step, 0, target.length - 1)) return wrong("step", below(target.length));
  if (!BOXES.includes(box)) return wrong("box", `one of ${BOXES.join(", ")}`);
  if (!isWhole(layer, 0, sizes[0] - 1)) return wrong("layer", below(sizes[0]));
  if (!isWhole(head, 0, sizes[1] - 1)) return wrong("head", below(sizes[1]));
  return null;
}

const rowsOf = ({ walks, walk, step, box }) => inEncoder(box) ? walks[walk].source.length : step;
export function features(now) {
  const one = now.walks[now.walk], [scale, text] = one.features[keyOf(now)], kept = Math.min(KEPT, one.sizes[2]), flat = bytes(text).map(x => (x - 127) * scale / 127);
  return Array.from({ length: rowsOf(now) }, (_, i) => flat.slice(i * kept, (i + 1) * kept));
}
export function weights(now) {
  const one = now.walks[now.walk], [n, m] = counts(one, now.box), flat = bytes(one.weights[keyOf(now)]), shown = now.box === "dec-self" ? now.step : m;
  return Array.from({ length: rowsOf(now) }, (_, i) => flat.slice((now.head * n + i) * m, (now.head * n + i) * m + shown).map(x => x / 255));
}

function about(now) {
  const { walks, walk, step, box, head } = now, one = walks[walk], n = rowsOf(now), d = one.sizes[2], name = nameOf(now);
  if (!n) return LABELS.readoutEmpty;
  if (isLast(box)) return fill(LABELS.readoutNext, { word: one.next[step - 1][1][0], p: number(one.next[step - 1][1][2], 3), count: one.sizes[4] });
  if (!LOOKS.includes(box)) return fill(LABELS.readoutFeatures, { name, n, d, count: n * d });
  const rows = weights(now), tops = rows.map(row => Math.max(...row)), keys = box === "dec-self" ? one.target : one.source;
  const i = inEncoder(box) ? tops.indexOf(Math.max(...tops)) : n - 1;
  return fill(inEncoder(box) ? LABELS.readoutLook : LABELS.readoutPlace, { name, head: head + 1, query: inEncoder(box) ? one.source[i] : one.target[step], key: keys[rows[i].indexOf(tops[i])], weight: number(tops[i]) });
}
export function sentence(now) {
  const { source, target, next } = now.walks[now.walk], step = now.step;
  const first = step === 0 ? fill(LABELS.readoutRead, { m: source.length })
    : fill(LABELS.readoutWrite, { step, given: target.slice(0, step).join(" "), word: target[step], p: number(next[step - 1][0][2]) });
  return `${first} ${about(now)}`;
}
/* The shapes of the open box: [[shape, names of its axes], …] */
export function shapes(now) {
  const { sizes, source } = now.walks[now.walk], [, n_heads, d_model, d_ff, n_target] = sizes, n = rowsOf(now), { box } = now;
  if (isLast(box)) return [[[1, n, n_target], "words"]];
  const all = [[[1, n, d_model], "features"]];
  if (LOOKS.includes(box)) all.push([[1, n_heads, n, box === "dec-self" ? n : source.length], "weights"]);
  if (box.endsWith("feed")) all.push([[1, n, d_ff], "inside"]);
  return all;
}

function build({ state, set, controls, stage }) {
  const { walks } = state(), [n_layers, n_heads] = walks[0].sizes;
  const go = step => { const { walk } = state(); set({ step: clamp(step, 0, walks[walk].target.length - 1) }); };
  const choose = selectControl({ label: LABELS.sentence, options: walks.map(one => one.label), onchange: walk => set({ walk, step: Math.min(state().step, walks[walk].target.length - 1) }) });
  const back = buttonControl(LABELS.previous, () => go(state().step - 1)), on = buttonControl(LABELS.next, () => go(state().step + 1));
  if (walks.length > 1) controls.append(choose);
  controls.append(back, on);

  const pick = (trait, n) => Array.from({ length: n }, (_, i) => h("button", { type: "button", class: "bk-button bk-walk-pick", "aria-label": `${LABELS[trait]} ${i + 1}`, onclick: () => set({ [trait]: i }) }, String(i + 1)));
  const layers = pick("layer", n_layers), heads = pick("head", n_heads);
  const boxes = BOXES.map(box => {
    const side = inEncoder(box) ? "enc" : "dec", row = (side === "enc" ? ENCODER : DECODER).indexOf(box);
    return h("button", { type: "button", class: "bk-walk-box", style: `left:${X[side] / 3.4}%;top:${top(row)}px`, onclick: () => set({ box }) }, LABELS.short[kind(box)]);
  });
  const mid = row => top(row) + 20, frame = (side, row) => s("rect", { x: X[side] - 6, y: top(row) - 8, width: 150, height: top(2) - top(row) + 56, rx: 8, class: "bk-walk-layer" });
  const skip = (side, row) => { const out = side === "enc" ? -10 : 10, x = out < 0 ? 16 : 324; return `M${x - 3 * out} ${top(row) + 43}h${4 * out}V${mid(row + 1)}H${x}`; };
  const links = s("svg", { viewBox: `0 0 340 ${HIGH}`, preserveAspectRatio: "none", "aria-hidden": "true", class: "bk-walk-links" }, frame("enc", 5), frame("dec", 7),
    s("path", { class: "bk-walk-link", d: `M85 ${HIGH}V${top(5)}M255 ${HIGH}V${top(9) - 10}` }),
    s("path", { class: "bk-walk-skip", d: [["enc", 2], ["enc", 4], ["dec", 2], ["dec", 4], ["dec", 6]].map(([side, row]) => skip(side, row)).join("") }),
    s("path", { class: "bk-walk-memory", d: `M120 ${top(5)}V${top(5) - 18}H170V${mid(4)}H186` }));
  const layerName = ["enc", "dec"].map(side => h("span", { class: "bk-walk-tag", style: `left:${(X[side] - 4) / 3.4}%;top:${top(side === "enc" ? 5 : 7) - 28}px` }));
  const stepOf = h("strong", {}), what = h("span", {}), writes = h("strong", {});
  const choice = (trait, buttons) => h("div", { class: "bk-choice", role: "group", "aria-label": LABELS[trait] }, h("span", { class: "bk-walk-word" }, LABELS[trait]), buttons);
  const side = h("div", { class: "bk-walk-side" }, stepOf, choice("layer", layers), what), headRow = choice("head", heads);
  const source = h("div", { class: "bk-walk-tokens" }), given = h("div", { class: "bk-walk-tokens" });
  const diagram = h("div", { role: "group", "aria-label": LABELS.diagram },
    h("div", { class: "bk-walk-diagram", style: `height:${HIGH}px` }, links, layerName, side, h("p", { class: "bk-walk-out" }, `${LABELS.writes} `, writes), boxes),
    h("div", { class: "bk-walk-words" }, [["source", source], ["given", given]].map(([label, node]) => h("div", {}, h("p", { class: "bk-why" }, LABELS[label]), node))));
  const tape = h("div", { class: "bk-walk-tape", role: "group", "aria-label": LABELS.tape });
  const name = h("p", { class: "bk-walk-name" }), formula = h("p", { class: "bk-formula" }), shape = h("div", { class: "bk-walk-shape" }), inside = h("div", {}), note = h("p", { class: "bk-why" });
  const panel = h("div", { class: "bk-walk-open" }, name, formula, shape, headRow, inside, note);
  stage.append(tape, h("div", { class: "bk-walk" }, diagram, panel));
  stage.parentNode.addEventListener("keydown", event => {
    if (event.target.matches("select") || event.altKey || event.ctrlKey || event.metaKey) return;
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key], i = boxes.indexOf(event.target), up = i >= 0 && { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!way && !up) return;
    event.preventDefault();
    if (way) go(state().step + way); else boxes[clamp(i + up, 0, boxes.length - 1)].focus();
  });

  const heat = (x, scale) => `--x:${Math.round(50 * Math.abs(x) / scale)}%;--hue:var(${x < 0 ? "--q" : "--k"})`;
  const table = (head, rows, marked) => h("table", { class: "bk-walk-table" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows.map((row, i) => h("tr", { class: i === marked && "bk-walk-new" }, row))));
  const th = text => h("th", { scope: "col" }, text), rowHead = text => h("th", { scope: "row" }, text);
  function featureTable(now, words, marked) {
    const rows = features(now), scale = now.walks[now.walk].features[keyOf(now)][0], n = rows[0].length, printed = Math.min(PRINTED, n);
    const strip = row => s("svg", { viewBox: `0 0 ${n - printed} 1`, preserveAspectRatio: "none", class: "bk-walk-strip", "aria-hidden": "true" },
      row.slice(printed).map((x, i) => s("rect", { x: i, width: 1, height: 1, class: x < 0 ? "bk-low" : "bk-high", "fill-opacity": (Math.abs(x) / scale).toFixed(2) })));
    return table([th(LABELS.token), rows[0].slice(0, printed).map((_, i) => th(fill(LABELS.feature, { i: i + 1 }))), n > printed && th(fill(LABELS.rest, { from: printed + 1, to: n }))],
      rows.map((row, i) => [rowHead(words[i]), row.slice(0, printed).map(x => h("td", { class: "bk-walk-heat", style: heat(x, scale) }, number(x, 1))), n > printed && h("td", {}, strip(row))]), marked);
  }
  function matrix(now, words, keys, marked) {
    const rows = weights(now), left = 88, cell = clamp(Math.floor(232 / Math.max(keys.length, rows.length)), 14, 40), above = keys.every(key => key.length === 1) ? 22 : 72, wide = keys.length * cell, high = rows.length * cell, shade = cell < 26 ? .9 : .6;
    const text = (x, y, word, more) => s("text", { x, y, class: "bk-small", ...more }, word);
    return s("svg", { role: "img", viewBox: `0 0 ${left + wide + 2} ${above + high + 2}`, width: left + wide + 2, "aria-label": fill(LABELS.matrix, { name: nameOf(now), head: now.head + 1 }) },
      words.map((word, i) => text(left - 6, above + (i + .5) * cell + 4, word, { "text-anchor": "end", class: i === marked ? "bk-small bk-q" : "bk-small" })),
      keys.map((key, j) => key.length === 1 ? text(left + (j + .5) * cell, above - 6, key, { "text-anchor": "middle" }) : text(0, 0, key, { transform: `translate(${left + (j + .5) * cell + 4} ${above - 5}) rotate(-90)` })),
      rows.map((row, i) => row.map((w, j) => [s("rect", { x: left + j * cell, y: above + i * cell, width: cell, height: cell, class: "bk-weight", "fill-opacity": (shade * w).toFixed(2) }),
        cell >= 26 && text(left + (j + .5) * cell, above + (i + .5) * cell + 4, number(w), { "text-anchor": "middle", class: "bk-walk-cell" })])),
      s("rect", { x: left, y: above, width: wide, height: high, class: "bk-frame" }),
      marked >= 0 && s("rect", { x: left - 1, y: above + marked * cell - 1, width: wide + 2, height: cell + 2, class: "bk-walk-mark" }));
  }
  const likeliest = (now, next) => table([th(LABELS.word), th(LABELS.logit), th(LABELS.probability)],
    next.map(([word, x, p]) => [rowHead(word), h("td", {}, number(x)), h("td", { class: "bk-walk-bar", style: `--w:${p}` }, number(p, 3))]), 0);

  function open(now) {
    const { step, box } = now, one = now.walks[now.walk], look = LOOKS.includes(box), encoder = inEncoder(box);
    const word = one.target[step], given = one.target.slice(0, step), marked = encoder ? -1 : step - 1;
    name.textContent = nameOf(now);
    formula.textContent = LABELS.formulas[kind(box)];
    shape.replaceChildren(...shapes(now).flatMap(([sizes, axes]) => [h("strong", {}, `[${sizes.join(", ")}]`), h("span", {}, LABELS.axes[axes])]));
    headRow.hidden = !look;
    if (!rowsOf(now)) { inside.replaceChildren(); note.textContent = LABELS.readoutEmpty; return; }
    if (isLast(box)) { inside.replaceChildren(likeliest(now, one.next[step - 1])); note.textContent = fill(LABELS.nextNote, { count: one.sizes[4] }); return; }
    const words = encoder ? one.source : box === "dec-cross" ? one.target.slice(1, step + 1) : given;
    inside.replaceChildren(look ? matrix(now, words, box === "dec-self" ? given : one.source, marked) : featureTable(now, words, marked));
    note.textContent = look && !encoder ? box === "dec-cross" ? LABELS.crossNote : fill(LABELS.lookNote, { word }) : encoder ? LABELS.onceNote : fill(LABELS.lastNote, { word });
  }

  let shown = null;
  return now => {
    const { walk, step, box, layer, head } = now, one = now.walks[walk], steps = one.target.length - 1;
    choose.update(walk);
    if (shown !== walk) {
      shown = walk;
      tape.replaceChildren(...[LABELS.read, ...one.target.slice(1)].map((word, i) => h("button", { type: "button", class: "bk-walk-step", "aria-label": i ? fill(LABELS.writeStep, { step: i, word }) : LABELS.readStep, onclick: () => go(i) }, word)));
      given.style.minHeight = `${1.5 * Math.ceil(.08 * one.target.join(" ").length)}em`;
      panel.style.minHeight = `${230 + 24 * Math.max(one.source.length, steps)}px`;
      source.replaceChildren(...one.source.map(word => h("span", {}, word)));
    }
    [...tape.children].forEach((button, i) => { button.setAttribute("aria-pressed", i === step); button.classList.toggle("bk-walk-later", i > step); });
    put(back, { "aria-disabled": step === 0 }); put(on, { "aria-disabled": step === steps });
    given.replaceChildren(...one.target.slice(0, step).map(word => h("span", {}, word)), ...step ? [] : [h("span", { class: "bk-why" }, LABELS.nothing)]);
    stepOf.textContent = fill(LABELS.stepOf, { step, steps }); what.textContent = step ? LABELS.onWrite : LABELS.onRead; writes.textContent = step ? one.target[step] : "…";
    layerName.forEach(tag => { tag.textContent = fill(LABELS.layerOf, { layer: layer + 1, n: n_layers }); });
    [[layers, layer], [heads, head]].forEach(([buttons, chosen]) => buttons.forEach((button, i) => button.setAttribute("aria-pressed", i === chosen)));
    boxes.forEach((button, i) => { button.setAttribute("aria-pressed", BOXES[i] === box); put(button, { "aria-label": nameOf({ box: BOXES[i], layer }) }); button.classList.toggle("bk-walk-later", inEncoder(BOXES[i]) === step > 0); });
    open(now);
    return sentence(now);
  };
}

export default bookFigure({ labels: LABELS, keys: ["walks", "walk", "step", "box", "layer", "head"], check, build });
