const LABELS = {
  "title": "Which words does “it” look at?",
  "prompts": [
    "Choose another word in the table and follow its row: scores, division, softmax, mix.",
    "Drag the key of “road” round to where the query of “it” points. When does “it” turn to the road?",
    "Start again, then put “wide” in place of “tired”. A person now reads “it” as the road. Does this layer?"
  ],
  "seen": "The weights change, but in the row of “it” the animal stays 4.11 times as important as the road, whether the road is wide or the animal tired: the query of “it” is made from “it” alone, and the new word touches only its own key and value. One layer cannot use “wide” to decide what “it” means. A second layer can, because its query of “it” is made from a mixture that already contains “wide”.",
  "caption": "Self-attention over four words with two-dimensional queries, keys and values. Arrows show the query of the chosen word and all keys; the area of a disc is its attention weight. Every number can be changed, and every number in the lower table says how it came about.",
  "table": "Queries, keys and values of the words. Choosing a word follows its row.",
  "word": "word", "query": "query q", "key": "key k", "value": "value v",
  "cell": "{part} of {word}, component {component}",
  "plane": "Plane with the query of {row} and the keys of all words as arrows from the origin",
  "handleQuery": "query of {word}", "handleKey": "key of {word}",
  "at": "{x}, {y}; score {score}, weight {weight}", "atQuery": "{x}, {y}",
  "zero": "score 0",
  "swap": "Put “{new}” in place of “{old}”",
  "scale": "divide by √dₖ",
  "steps": "Attention of {row}, step by step. Choose a number to see how it came about.",
  "from": "row of “{row}”",
  "step": ["score", "scaled", "weight", "weight × value", "output"],
  "sign": ["s = q·k", "s / √dₖ", "α = softmax", "α v", "z = Σ α v"],
  "unscaled": "s",
  "explain": [
    "How well does the key of “{key}” answer the query of “{row}”? Multiply component by component and add.",
    "Divide the score by the square root of dₖ = {d}, so that scores do not grow with the number of components.",
    "Make all scores of the row positive with exp, then divide by their sum: the weights of a row add up to 1.",
    "Take the value of “{key}” in proportion to its weight.",
    "Add the weighted values: this is what attention writes at the place of “{row}”."
  ],
  "explainUnscaled": "Scaling is switched off: the score is used as it is.",
  "readout": "“{row}” gives {wa} of its weight to “{a}” and {wb} to “{b}”, {ratio} times as much; its output is {output}."
};
const LIMIT = 5, UNIT = 30, MIDDLE = 170, LETTER = 7.9;

/* Places for names beside their points: [{x, y, text}] -> [{x, y}], the left end and the baseline of each. Earlier ones choose first;
   a name keeps clear of the others, of all points and of the border of the plane, as far as that is possible. */
export function placeNames(points) {
  const taken = [];
  return points.map(({ x, y, text }) => {
    const wide = LETTER * text.length;
    const spots = [12, 24, 48, 72].flatMap(off => [[off, -off / 2 - 2], [off, off / 2 + 12], [-off - wide, -off / 2 - 2], [-off - wide, off / 2 + 12], [-wide / 2, -off - 2], [-wide / 2, off + 12], [off, 5], [-off - wide, 5]]);
    const costs = spots.map(([dx, dy], i) => {
      const [left, top, right, bottom] = [x + dx, y + dy - 13, x + dx + wide, y + dy + 4];
      const over = taken.filter(b => left < b[2] && b[0] < right && top < b[3] && b[1] < bottom).length;
      const tips = points.filter(p => p.x > left - 7 && p.x < right + 7 && p.y > top - 7 && p.y < bottom + 7).length;
      return over * 100 + tips * 30 + (left < 2 || right > 2 * MIDDLE - 2 || top < 14 || bottom > 326) * 200 + i;
    });
    const [dx, dy] = spots[costs.indexOf(Math.min(...costs))];
    taken.push([x + dx, y + dy - 13, x + dx + wide, y + dy + 4]);
    return { x: x + dx, y: y + dy };
  });
}

export function attend(query, key, value, scale = true) {
  const root = scale ? Math.sqrt(key[0].length) : 1;
  const scores = query.map(q => key.map(k => q.reduce((sum, x, i) => sum + x * k[i], 0)));
  const scaled = scores.map(row => row.map(x => x / root));
  const weights = scaled.map(softmax);
  const output = weights.map(row => value[0].map((_, c) => row.reduce((sum, w, j) => sum + w * value[j][c], 0)));
  return { scores, scaled, weights, output };
}

export function check({ tokens, query, key, value, row, scale, picked, other }) {
  if (!isWords(tokens, 2, 6)) return wrong("tokens", "a list of 2 to 6 words");
  const n = tokens.length, numbers = `${n} pairs of numbers from −${LIMIT} to ${LIMIT}`;
  for (const [trait, m] of Object.entries({ query, key, value })) if (!isMatrix(m, n, 2, -LIMIT, LIMIT)) return wrong(trait, numbers);
  if (!isWhole(row, 0, n - 1)) return wrong("row", `a whole number from 0 to ${n - 1}`);
  if (typeof scale !== "boolean") return wrong("scale", "true or false");
  if (!Array.isArray(picked) || !isWhole(picked[0], 0, 4) || !isWhole(picked[1], 0, n - 1)) return wrong("picked", "a step from 0 to 4 and a word");
  if (other !== null && !(other && isWhole(other.index, 0, n - 1) && typeof other.token === "string"
    && isMatrix([other.query, other.key, other.value], 3, 2, -LIMIT, LIMIT))) return wrong("other", "null or {index, token, query, key, value}");
  return null;
}

export function sentence({ tokens, query, key, value, row, scale }) {
  const { weights, output } = attend(query, key, value, scale), w = weights[row], ratio = w[0] / w[1];
  return fill(LABELS.readout, {
    row: tokens[row], a: tokens[0], b: tokens[1], wa: number(w[0]), wb: number(w[1]),
    ratio: ratio >= 1000 ? "1000+" : number(ratio), output: vector(output[row]),
  });
}

// the formula behind one number of the lower table, as coloured pieces
function derivation({ tokens, query, key, value, row, scale, picked: [step, j] }) {
  const { scores, scaled, weights, output } = attend(query, key, value, scale), loose = x => number(x, 2, true);
  const signed = x => x < 0 ? `(${loose(x)})` : loose(x);
  const q = query[row], k = key[j], d = q.length;
  const plus = list => list.flatMap((item, i) => i ? [[" + "], ...item] : item);
  if (step === 0) return [["s = "], ["q", "q"], ["·"], ["k", "k"], [" = "], ...plus(q.map((x, i) => [[signed(x), "q"], ["·"], [signed(k[i]), "k"]])), [` = ${loose(scores[row][j])}`]];
  if (step === 1) return scale ? [["s / √dₖ = "], [`${loose(scores[row][j])} / √${d} = ${number(scaled[row][j])}`]] : [[`s = ${loose(scores[row][j])}`]];
  if (step === 2) {
    const powers = scaled[row].map(Math.exp), sum = powers.reduce((a, b) => a + b, 0), long = powers.some(x => x > 1e5);
    const exps = scaled[row].map(x => [[`exp(${number(x)})`]]);
    const end = long ? [] : [[` = ${number(powers[j])} / ${number(sum)}`]];
    return [["α = "], ...exps[j], [" / ("], ...plus(exps), [")"], ...end, [` = ${number(weights[row][j], 3)}`]];
  }
  if (step === 3) return [["α "], ["v", "v"], [` = ${number(weights[row][j], 3)} · `], [vector(value[j], 2, true), "v"], [` = ${vector(value[j].map(x => x * weights[row][j]))}`]];
  return [["z = "], ...plus(tokens.map((_, i) => [[`${number(weights[row][i], 3)} `], [vector(value[i], 2, true), "v"]])), [` = ${vector(output[row])}`]];
}

function build(api) {
  const { state, set, controls, stage } = api, n = state().tokens.length;
  const withCell = (matrix, i, c, x) => matrix.map((r, a) => a === i ? r.map((old, b) => b === c ? x : old) : r);
  const withRow = (matrix, i, r) => matrix.map((old, a) => a === i ? r : old);
  const pin = x => clamp(Math.round(x * 2) / 2, -LIMIT, LIMIT);

  const swap = buttonControl("", () => {
    const now = state(), { index, token, query, key, value } = now.other;
    const other = { index, token: now.tokens[index], query: now.query[index], key: now.key[index], value: now.value[index] };
    set({ tokens: withRow(now.tokens, index, token), query: withRow(now.query, index, query), key: withRow(now.key, index, key), value: withRow(now.value, index, value), other });
  });
  const scaling = toggleControl({ label: LABELS.scale, onchange: scale => set({ scale }) });
  controls.append(swap, scaling);

  // the words with their q, k, v
  const words = state().tokens.map((_, i) => h("button", { type: "button", class: "bk-word", onclick: () => set({ row: i }) }));
  const parts = ["query", "key", "value"];
  const cells = parts.map(part => state()[part].map((r, i) => r.map((_, c) => {
    const input = h("input", { type: "number", min: -LIMIT, max: LIMIT, step: "any", class: `bk-cell bk-${part[0]}`,
      oninput: () => { if (input.value !== "" && Number.isFinite(+input.value)) set({ [part]: withCell(state()[part], i, c, clamp(+input.value, -LIMIT, LIMIT)) }); },
      onblur: () => { input.value = state()[part][i][c]; } });
    return input;
  })));
  const table = h("table", { class: "bk-table", "aria-label": LABELS.table },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, LABELS.word), parts.map(part => h("th", { scope: "colgroup", colspan: 2, class: `bk-${part[0]}` }, LABELS[part])))),
    h("tbody", {}, words.map((word, i) => h("tr", {}, h("th", { scope: "row" }, word), parts.map((_, p) => cells[p][i].map(input => h("td", {}, input)))))));

  // the plane
  const place = ([x, y]) => [MIDDLE + UNIT * x, MIDDLE - UNIT * y];
  const grid = [...Array(2 * LIMIT + 1).keys()].map(i => i - LIMIT).map(i => [
    s("line", { x1: place([i, 0])[0], x2: place([i, 0])[0], y1: 20, y2: 320, class: i ? "bk-grid" : "bk-axis" }),
    s("line", { y1: place([0, i])[1], y2: place([0, i])[1], x1: 20, x2: 320, class: i ? "bk-grid" : "bk-axis" })]);
  const zero = s("line", { class: "bk-zero" }), zeroText = s("text", { class: "bk-small", "text-anchor": "middle" }, LABELS.zero);
  const handle = role => {
    const parts = { line: s("line", { class: `bk-arrow bk-${role}` }), disc: s("circle", { class: `bk-disc bk-${role}` }), hit: s("circle", { r: 21, class: "bk-hit" }),
      tip: s(role === "q" ? "rect" : "circle", role === "q" ? { width: 12, height: 12, class: "bk-tip bk-q" } : { r: 6, class: "bk-tip bk-k" }), text: s("text", { class: `bk-name bk-${role}` }) };
    parts.node = s("g", { class: "bk-handle", tabindex: 0, role: "slider", "aria-valuemin": -LIMIT, "aria-valuemax": LIMIT }, parts.disc, parts.line, parts.hit, parts.tip, parts.text);
    return parts;
  };
  const arrows = [...Array.from({ length: n }, () => handle("k")), handle("q")];
  const which = i => i < n ? ["key", i] : ["query", state().row];
  const handles = () => arrows.map(({ node }, i) => {
    const [part, r] = which(i), now = () => state()[part][r], move = v => set({ [part]: withRow(state()[part], r, v.map(pin)) });
    return {
      node, at: () => place(now()), move: ([x, y]) => move([(x - MIDDLE) / UNIT, (MIDDLE - y) / UNIT]),
      nudge: (dx, dy, big) => move([now()[0] + dx * (big ? 2 : 0.5), now()[1] + dy * (big ? 2 : 0.5)]),
    };
  });
  const plane = s("svg", { viewBox: "0 12 340 316", class: "bk-plane", role: "group" }, grid, zero, zeroText, arrows.map(a => a.node));
  dragging(plane, api, handles);

  // the arithmetic
  const stepCells = [0, 1, 2, 3].map(step => words.map((_, j) => h("button", { type: "button", onclick: () => set({ picked: [step, j] }) })));
  const sum = h("button", { type: "button", onclick: () => set({ picked: [4, 0] }) });
  const heads = words.map(() => h("th", { scope: "col", class: "bk-k" })), corner = h("td", {});
  const signs = LABELS.sign.map(sign => h("span", { class: "bk-sign" }, sign));
  const steps = h("table", { class: "bk-steps" }, h("thead", {}, h("tr", {}, corner, heads)),
    h("tbody", {}, stepCells.map((buttons, i) => h("tr", {}, h("th", { scope: "row" }, LABELS.step[i], signs[i]), buttons.map(button => h("td", {}, button)))),
      h("tr", {}, h("th", { scope: "row" }, LABELS.step[4], signs[4]), h("td", { colspan: n }, sum))));
  const why = h("p", { class: "bk-why" }), formula = h("p", { class: "bk-formula" });
  stage.append(h("div", { class: "bk-hand" }, plane, h("div", { class: "bk-hand-table" }, table), h("div", { class: "bk-hand-steps" }, steps), h("div", { class: "bk-derivation" }, why, formula)));

  return now => {
    const { tokens, query, key, value, row, scale, picked, other } = now, name = tokens[row];
    const { scores, scaled, weights, output } = attend(query, key, value, scale);
    swap.hidden = !other;
    if (other) swap.textContent = fill(LABELS.swap, { new: other.token, old: tokens[other.index] });
    scaling.update(scale);
    words.forEach((word, i) => { word.textContent = tokens[i]; word.setAttribute("aria-pressed", i === row); });
    parts.forEach((part, p) => now[part].forEach((r, i) => r.forEach((x, c) => {
      const input = cells[p][i][c];
      if (document.activeElement !== input || +input.value !== x) input.value = x;
      input.setAttribute("aria-label", fill(LABELS.cell, { part: LABELS[part], word: tokens[i], component: c + 1 }));
    })));

    plane.setAttribute("aria-label", fill(LABELS.plane, { row: name }));
    const q = query[row], long = Math.hypot(...q), across = long ? [-q[1] / long * 4.6, q[0] / long * 4.6] : [0, 0];
    const [a, b] = [place(across), place(across.map(x => -x))];
    put(zero, { x1: a[0], y1: a[1], x2: b[0], y2: b[1] });
    put(zeroText, { x: clamp(a[0], 24, 316), y: a[1] + (a[1] <= MIDDLE ? -6 : 15), visibility: long ? "visible" : "hidden" });
    arrows.forEach((arrow, i) => {
      const [part, r] = which(i), v = now[part][r], [x, y] = place(v), isKey = i < n, w = isKey ? weights[row][r] : 0;
      put(arrow.line, { x1: MIDDLE, y1: MIDDLE, x2: x, y2: y });
      put(arrow.disc, { cx: x, cy: y, r: isKey ? 40 * Math.sqrt(w) : 0 });
      put(arrow.hit, { cx: x, cy: y });
      put(arrow.tip, isKey ? { cx: x, cy: y } : { x: x - 6, y: y - 6, transform: `rotate(45 ${x} ${y})` });
      arrow.text.textContent = isKey ? `${tokens[r]} ${number(w)}` : `q ${name}`;
      put(arrow.node, { "aria-label": fill(isKey ? LABELS.handleKey : LABELS.handleQuery, { word: tokens[r] }), "aria-valuenow": v[0],
        "aria-valuetext": fill(isKey ? LABELS.at : LABELS.atQuery, { x: number(v[0], 1, true), y: number(v[1], 1, true), score: number(scores[row][r], 2, true), weight: number(w) }) });
    });

    const named = [n, ...key.map((_, j) => j).sort((a, b) => weights[row][b] - weights[row][a] || a - b)];
    const spots = placeNames(named.map(i => { const [x, y] = place(i < n ? key[i] : q); return { x, y, text: arrows[i].text.textContent }; }));
    named.forEach((i, at) => put(arrows[i].text, spots[at]));

    steps.setAttribute("aria-label", fill(LABELS.steps, { row: name }));
    corner.textContent = fill(LABELS.from, { row: name });
    signs[1].textContent = scale ? LABELS.sign[1] : LABELS.unscaled;
    heads.forEach((head, j) => { head.textContent = tokens[j]; });
    stepCells.forEach((buttons, step) => buttons.forEach((button, j) => {
      const text = step === 0 ? number(scores[row][j], 2, true) : step === 1 ? number(scaled[row][j]) : step === 2 ? number(weights[row][j], 3)
        : vector(value[j].map(x => x * weights[row][j]));
      button.textContent = text;
      button.style.setProperty("--w", step === 2 ? weights[row][j] : 0);
      button.setAttribute("aria-pressed", picked[0] === step && picked[1] === j);
      button.setAttribute("aria-label", `${LABELS.step[step]}, ${tokens[j]}: ${text}`);
    }));
    sum.textContent = vector(output[row]);
    sum.setAttribute("aria-label", `${LABELS.step[4]}: ${sum.textContent}`);
    sum.setAttribute("aria-pressed", picked[0] === 4);
    why.textContent = picked[0] === 1 && !scale ? LABELS.explainUnscaled : fill(LABELS.explain[picked[0]], { key: tokens[picked[1]], row: name, d: q.length });
    formula.replaceChildren(...pieces(derivation(now)));
    return sentence(now);
  };
}

export default bookFigure({ labels: LABELS, keys: ["tokens", "query", "key", "value", "row", "scale", "picked", "other"], check, build });
