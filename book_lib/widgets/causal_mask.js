const LABELS = {
  "title": "What leaks if one cell is opened?",
  "prompts": [
    "One cell above the diagonal is open. How many predictions does it spoil with one layer? Add layers.",
    "Press “Causal mask”, then open a single cell just right of the diagonal. Why do more layers change nothing now?",
    "Close cells below the diagonal, even a whole row: does anything leak? Then take the shift away."
  ],
  "seen": "Opening row i, column j spoils place i at once. With more layers it spoils every place from i to j − 1, and no other: the places below row i look at place i, which knows word j by now, and from column j on that word is no secret. So a cell far from the diagonal spoils many predictions, a cell beside it only one. Closing cells takes knowledge away and can never leak. Without the shift every place is given the very word it is to predict, and the residual connection carries it to the output past any mask.",
  "caption": "Left: the mask of a decoder’s self-attention, one row for each place that looks; ● may be seen. Right: the inputs that can reach each output through several layers with this mask and residual connections; ! marks inputs that the place must not know, because they are the word it is to predict or come after it.",
  "layers": "layers", "shift": "inputs shifted right by one", "causal": "Causal mask", "all": "Open all",
  "maskTitle": "Mask: click a cell", "reachTitle": "What reaches the output (layers: {layers})", "predicts": "is to predict", "verdict": "verdict",
  "cell": "“{row}” looks at “{column}”, row {i}, column {j}",
  "marks": { "open": "●", "closed": "·", "leak": "!" },
  "verdicts": ["clean", "sees ahead", "sees answer"], "blindMark": "{verdict}, blind",
  "oneLayer": "one layer", "someLayers": "{layers} layers",
  "readoutClean": "With {layers}, nothing leaks: no place knows the word it is to predict, nor a later one.",
  "readoutOne": "With {layers}, the prediction of {words} is spoiled: its place knows a word that is not written yet. Places that can copy the answer itself: {copied}.",
  "readout": "With {layers}, {count} of {n} predictions are spoiled: {words}. Their places know words that are not written yet; {copied} of them can copy the answer itself.",
  "readoutAll": "Without the shift every place is given its own answer: all {n} predictions are spoiled, whatever the mask, because the residual connection carries the answer to the output.",
  "readoutBlind": "A row that is closed altogether sees nothing: our attention gives it a zero output, a plain softmax NaN."
};
const CLEAN = 0, FUTURE = 1, ANSWER = 2, DEEPEST = 4;

export const causal = n => Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => +(j <= i)));

export function check({ words, mask, layers, shifted }) {
  if (!isWords(words, 3, 7)) return wrong("words", "a list of 3 to 7 words, <start> and <end> included");
  const n = words.length - 1;
  if (!isMatrix(mask, n, n) || !mask.flat().every(x => isWhole(x, 0, 1))) return wrong("mask", `${n} rows of ${n} cells, each 0 or 1`);
  if (!isWhole(layers, 1, DEEPEST)) return wrong("layers", `a whole number from 1 to ${DEEPEST}`);
  if (typeof shifted !== "boolean") return wrong("shifted", "true or false");
  return null;
}

/* Which inputs can reach which outputs: paths of at most `layers` open cells; the residual keeps a place's own input. */
export function reach({ mask, layers }) {
  let reached = mask.map((_, i) => mask.map((_, j) => +(i === j)));
  for (let layer = 0; layer < layers; layer++)
    reached = reached.map((row, i) => row.map((own, j) => +(own || mask[i].some((open, k) => open && reached[k][j]))));
  return reached;
}
/* What each place knows of the words it must not know. Column t + first holds the answer of place t. */
export function known(now) {
  const first = now.shifted ? 1 : 0;
  return reach(now).map((row, t) => row[t + first] ? ANSWER : row.slice(t + first).some(Boolean) ? FUTURE : CLEAN);
}
export const blind = ({ mask }) => mask.flatMap((row, i) => row.some(Boolean) ? [] : [i]);
const inputs = ({ words, shifted }) => shifted ? words.slice(0, -1) : words.slice(1);

export function sentence(now) {
  const found = known(now), spoiled = found.flatMap((what, t) => what ? [`“${now.words[t + 1]}”`] : []);
  const layers = now.layers === 1 ? LABELS.oneLayer : fill(LABELS.someLayers, { layers: now.layers });
  const template = !spoiled.length ? "readoutClean" : !now.shifted ? "readoutAll" : spoiled.length === 1 ? "readoutOne" : "readout";
  const first = fill(LABELS[template], { layers, words: spoiled.join(", "), count: spoiled.length, n: found.length, copied: found.filter(what => what === ANSWER).length });
  return blind(now).length ? `${first} ${LABELS.readoutBlind}` : first;
}

function build({ state, set, controls, stage }) {
  const { words } = state(), n = words.length - 1, places = [...Array(n).keys()];
  const turn = (i, j) => set({ mask: state().mask.map((row, a) => row.map((x, b) => a === i && b === j ? 1 - x : x)) });
  const layers = rangeControl({ label: LABELS.layers, low: 1, high: DEEPEST, show: String, onchange: count => set({ layers: count }) });
  const shift = toggleControl({ label: LABELS.shift, onchange: on => set({ shifted: on }) });
  controls.append(layers, shift, buttonControl(LABELS.causal, () => set({ mask: causal(n) })), buttonControl(LABELS.all, () => set({ mask: places.map(() => places.map(() => 1)) })));

  let here = [0, 0];
  const focus = (i, j) => { move(i, j); cells[i][j].focus(); };
  const move = (i, j) => { cells[here[0]][here[1]].tabIndex = -1; here = [i, j]; cells[i][j].tabIndex = 0; };
  const cells = places.map(i => places.map(j => h("button", { type: "button", class: "bk-mask-cell", tabindex: i || j ? -1 : 0, onclick: () => { move(i, j); turn(i, j); },
    onkeydown: event => {
      const way = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
      if (!way) return;
      event.preventDefault();
      focus(clamp(i + way[0], 0, n - 1), clamp(j + way[1], 0, n - 1));
    } })));
  const mask = state().mask, odd = places.flatMap(i => places.map(j => [i, j])).find(([i, j]) => j > i && mask[i][j]);
  if (odd) move(...odd);
  const names = count => Array.from({ length: count }, () => places.map(() => h("span", {})));
  const [rowNames, columnNames, endColumns, endRows] = names(4);
  const table = (columns, rows, body, more) => h("table", { class: "bk-mask" }, h("thead", {}, h("tr", {}, h("td", {}), columns.map(name => h("th", { scope: "col", class: "bk-mask-top" }, name)), more && h("th", { scope: "col", class: "bk-mask-side" }, more))),
    h("tbody", {}, places.map(i => h("tr", {}, h("th", { scope: "row" }, rows[i]), body(i)))));
  const ends = places.map(() => places.map(() => h("td", { class: "bk-mask-end" })));
  const verdicts = places.map(() => h("td", { class: "bk-mask-verdict" }));
  const reachTitle = h("p", { class: "bk-see-head" });
  stage.append(h("div", { class: "bk-mask-two" },
    h("div", { class: "bk-scroll" }, h("p", { class: "bk-see-head" }, LABELS.maskTitle), table(columnNames, rowNames, i => cells[i].map(cell => h("td", {}, cell)))),
    h("div", {}, reachTitle, table(endColumns, endRows, i => [ends[i], verdicts[i]], LABELS.predicts))));

  return now => {
    const found = known(now), reached = reach(now), given = inputs(now), closed = blind(now), first = now.shifted ? 1 : 0;
    layers.update(now.layers); shift.update(now.shifted);
    reachTitle.textContent = fill(LABELS.reachTitle, { layers: now.layers });
    places.forEach(i => {
      [rowNames, columnNames, endColumns, endRows].forEach(list => { list[i].textContent = given[i]; });
      verdicts[i].replaceChildren(h("strong", {}, now.words[i + 1]), h("span", { class: found[i] ? "bk-mask-bad" : "bk-why" }, closed.includes(i) ? fill(LABELS.blindMark, { verdict: LABELS.verdicts[found[i]] }) : LABELS.verdicts[found[i]]));
      places.forEach(j => {
        const open = now.mask[i][j], leak = reached[i][j] && j >= i + first;
        put(cells[i][j], { "aria-pressed": !!open, "aria-label": fill(LABELS.cell, { row: given[i], column: given[j], i: i + 1, j: j + 1 }), class: `bk-mask-cell${j > i ? " bk-mask-later" : ""}` });
        cells[i][j].textContent = LABELS.marks[open ? "open" : "closed"];
        ends[i][j].textContent = LABELS.marks[leak ? "leak" : reached[i][j] ? "open" : "closed"];
        ends[i][j].className = `bk-mask-end${leak ? " bk-mask-leak" : reached[i][j] ? " bk-mask-known" : ""}`;
      });
    });
    return sentence(now);
  };
}

export default bookFigure({ labels: LABELS, keys: ["words", "mask", "layers", "shifted"], check, build });
