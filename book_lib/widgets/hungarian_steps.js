const LABELS = {
  "title": "Why not give every object its cheapest query?",
  "prompts": [
    "Greedy pairing takes the cheapest pair first and pays for it later. Compare the two totals, then find a cost to change so that both agree.",
    "Add 1 to a whole row or column with the + buttons, several times. Which pairing changes, and by how much do the totals?",
    "Press “3 objects” and do it again: is a row still as harmless as a column? Walk through the steps to see why."
  ],
  "seen": "The cheapest single pair can be a bad bargain: it may take a query that another object needs more. Adding a number to a whole column makes every pairing dearer by that number, because each object is paired exactly once; the best stays the best. The algorithm lives on this: it subtracts from rows and columns until enough zeros stand alone. A row is as harmless only if every query is paired. With more queries than objects one query goes to nobody, and a dearer row can be left out.",
  "caption": "Left: the cost of each pair, to be changed; ★ the cheapest pairing, ○ the greedy one. Right: the same costs in the Hungarian algorithm, after the chosen step: starred and primed zeros, covered rows and columns shaded; what the step changed is bold. Where numbers of queries and objects differ, nobody costs nothing.",
  "query": "query {i}", "object": "{letter}", "nobody": "nobody", "pair": "{row}–{column}", "cell": "cost of {row} for {column}", "star": "★", "prime": "′", "circle": "○",
  "costs": "Costs", "reduced": "In the algorithm", "legend": "★ cheapest pairing, ○ greedy pairing", "covered": "covered", "addRow": "add 1 to the row of {name}", "addColumn": "add 1 to the column of {name}", "plus": "+1",
  "step": "step", "stepOf": "{step} of {last}: {name}", "back": "Step back", "next": "Next step", "square": "4 objects", "fewer": "3 objects", "other": "Other numbers",
  "sums": { "best": "★ cheapest: {terms} = {total}", "greedy": "○ greedy: {terms} = {total}" },
  "names": { "start": "start", "subtract rows": "subtract from rows", "subtract columns": "subtract from columns", "star": "star", "cover": "cover", "prime": "prime", "adjust": "adjust", "augment": "one star more", "done": "done" },
  "steps": {
    "start": "The costs as they are.",
    "start padded": "The costs as they are, filled up with zeros for nobody, so that there are as many rows as columns.",
    "subtract rows": "From each row its least number is subtracted ({minima}). Every pairing uses each row once and becomes cheaper by the same {sum}.",
    "subtract columns": "From each column its least number is subtracted ({minima}); every pairing becomes cheaper by the same {sum}.",
    "star": "Zeros of which no two share a row or a column get a star: {count} of {n}.",
    "cover": "Columns with a star are covered: {count} of {n}.",
    "cover all": "Columns with a star are covered: all {n}. The stars are a pairing of zeros, and none can be cheaper.",
    "prime": "The uncovered zero {zero} gets a prime. Its row has a star already, so the row is covered and the star’s column is not.",
    "adjust": "No zero is uncovered. The least uncovered number, {delta}, is subtracted where nothing is covered and added where row and column are.",
    "augment": "The uncovered zero {zero} has no star in its row. Along {path} primes become stars and stars go: {count} of {n}.",
    "done": "The stars are the pairs: {pairs}. Together they cost {total}."
  },
  "readout": "Step {step} of {last}. {about} Greedy pairing costs {greedy}, the cheapest pairing {best}.",
  "readoutSame": "Step {step} of {last}. {about} Greedy pairing costs {greedy}, as little as the cheapest."
};
const MOST = 5, LARGEST = 99, COSTS = [[2, 6, 9, 4], [9, 4, 4, 6], [8, 7, 9, 2], [1, 2, 6, 5]];
const range = n => [...Array(n).keys()], add = list => list.reduce((a, b) => a + b, 0), has = (pairs, i, j) => pairs.some(([a, b]) => a === i && b === j);

export function check({ cost, step }) {
  const fits = Array.isArray(cost) && isWhole(cost.length, 1, MOST) && Array.isArray(cost[0]) && isWhole(cost[0].length, 1, MOST) && isMatrix(cost, cost.length, cost[0].length) && cost.flat().every(x => isWhole(x, 0, LARGEST));
  if (!fits) return wrong("cost", `1 to ${MOST} rows, equally long, of 1 to ${MOST} whole numbers from 0 to ${LARGEST}`);
  const last = steps({ cost }).length - 1;
  return isWhole(step, 0, last) ? null : wrong("step", `a whole number from 0 to ${last}`);
}

/* The Hungarian algorithm on paper (Munkres 1957), every step kept, as assignment_steps in book_lib.detection.hungarian. */
export function steps({ cost }) {
  const n = Math.max(cost.length, cost[0].length), all = range(n), reduced = all.map(i => all.map(j => cost[i]?.[j] ?? 0));
  const star = Array(n).fill(-1), prime = Array(n).fill(-1), rows = new Set(), columns = new Set(), found = [];          // marks: for each row a column
  const marks = list => list.flatMap((j, i) => j < 0 ? [] : [[i, j]]), sorted = set => [...set].sort((a, b) => a - b);
  const keep = (name, more = {}) => found.push({ name, reduced: reduced.map(row => [...row]), stars: marks(star), primes: marks(prime), covered_rows: sorted(rows), covered_columns: sorted(columns), ...more });
  const cover = () => { star.forEach(j => { if (j >= 0) columns.add(j); }); keep("cover"); };
  keep("start");
  const lines = [["subtract rows", (i, j) => i], ["subtract columns", (i, j) => j]];
  for (const [name, line] of cost.length <= cost[0].length ? lines : lines.reverse()) {                                 // the fewer first
    const minima = Array(n).fill(Infinity);
    all.forEach(i => all.forEach(j => { minima[line(i, j)] = Math.min(minima[line(i, j)], reduced[i][j]); }));
    all.forEach(i => all.forEach(j => { reduced[i][j] -= minima[line(i, j)]; }));
    keep(name, { minima });
  }
  all.forEach(i => all.forEach(j => { if (reduced[i][j] === 0 && star[i] < 0 && !star.includes(j)) star[i] = j; }));
  keep("star");
  cover();
  while (columns.size < n) {
    let path = null;
    while (!path) {
      const free = all.filter(i => !rows.has(i)).flatMap(i => all.filter(j => !columns.has(j)).map(j => [i, j])), zero = free.find(([i, j]) => reduced[i][j] === 0);
      if (!zero) {
        const delta = Math.min(...free.map(([i, j]) => reduced[i][j]));
        all.forEach(i => all.forEach(j => { reduced[i][j] += delta * (rows.has(i) && columns.has(j)) - delta * (!rows.has(i) && !columns.has(j)); }));
        keep("adjust", { delta });
        continue;
      }
      prime[zero[0]] = zero[1];
      if (star[zero[0]] >= 0) { rows.add(zero[0]); columns.delete(star[zero[0]]); keep("prime", { zero }); continue; }
      path = [zero];
      while (star.includes(path.at(-1)[1])) { const i = star.indexOf(path.at(-1)[1]); path.push([i, star[i]], [i, prime[i]]); }
    }
    path.forEach(([i, j], place) => { if (place % 2 === 0) star[i] = j; });
    prime.fill(-1); rows.clear(); columns.clear();
    keep("augment", { path });
    cover();
  }
  const pairs = cost.flatMap((row, i) => star[i] < row.length ? [[i, star[i]]] : []);
  keep("done", { pairs, total: total({ cost }, pairs) });
  return found;
}
/* Always the cheapest pair that is still free, of equals the first row by row. */
export function greedy({ cost }) {
  let free = cost.flatMap((row, i) => row.map((x, j) => [x, i, j])).sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
  const pairs = [];
  while (free.length) { const [, i, j] = free[0]; pairs.push([i, j]); free = free.filter(pair => pair[1] !== i && pair[2] !== j); }
  return pairs.sort((a, b) => a[0] - b[0]);
}
const total = ({ cost }, pairs) => add(pairs.map(([i, j]) => cost[i][j]));
const rowName = ({ cost }, i) => i < cost.length ? fill(LABELS.query, { i: i + 1 }) : LABELS.nobody;
const columnName = ({ cost }, j) => j < cost[0].length ? fill(LABELS.object, { letter: "ABCDE"[j] }) : LABELS.nobody;
const pairName = (now, [i, j]) => fill(LABELS.pair, { row: rowName(now, i), column: columnName(now, j) });
function about(now, one) {
  const n = one.reduced.length, { minima = [], path = [] } = one, zero = one.zero ?? path[0] ?? [0, 0];
  const kind = one.name === "start" && now.cost.length !== now.cost[0].length ? "start padded" : one.name === "cover" && one.covered_columns.length === n ? "cover all" : one.name;
  return fill(LABELS.steps[kind], { n, minima: minima.join(", "), sum: add(minima), count: one.stars.length, zero: pairName(now, zero), row: rowName(now, zero[0]), delta: one.delta ?? "",
    path: path.map((pair, place) => pairName(now, pair) + (place % 2 ? LABELS.star : LABELS.prime)).join(" → "), pairs: (one.pairs ?? []).map(pair => pairName(now, pair)).join(", "), total: one.total ?? "" });
}
export function sentence(now) {
  const all = steps(now), ours = total(now, greedy(now)), best = all.at(-1).total;
  return fill(ours === best ? LABELS.readoutSame : LABELS.readout, { step: now.step, last: all.length - 1, about: about(now, all[now.step]), greedy: ours, best });
}

function build({ state, set, controls, stage }) {
  const change = cost => { const now = state(), last = steps({ cost }).length - 1; set({ cost, step: now.step === steps(now).length - 1 ? last : Math.min(now.step, last) }); };
  const go = by => { const now = state(); set({ step: clamp(now.step + by, 0, steps(now).length - 1) }); };
  const more = (rows, columns) => change(state().cost.map((row, i) => row.map((x, j) => Math.min(LARGEST, x + (rows === i || columns === j ? 1 : 0)))));
  const slider = rangeControl({ label: LABELS.step, low: 0, high: 1, show: step => { const all = steps(state()); return fill(LABELS.stepOf, { step, last: all.length - 1, name: LABELS.names[all[step].name] }); }, onchange: step => set({ step }) });
  const back = buttonControl(LABELS.back, () => go(-1)), next = buttonControl(LABELS.next, () => go(1));
  controls.append(back, next, slider,
    buttonControl(LABELS.square, () => set({ cost: structuredClone(COSTS), step: 0 })), buttonControl(LABELS.fewer, () => set({ cost: COSTS.map(row => row.slice(0, 3)), step: 0 })),
    buttonControl(LABELS.other, () => change(state().cost.map(row => row.map(() => 1 + Math.floor(9 * Math.random()))))));
  const costs = h("div", { class: "bk-scroll" }), algorithm = h("div", { class: "bk-scroll" }), sums = h("div", { class: "bk-why" });
  stage.append(h("div", { class: "bk-hungarian-two" }, h("div", {}, costs, sums), algorithm));

  let size = "", inputs = [], tags = [];
  const head = name => h("th", { scope: "col" }, name);
  function lay(now) {                                       // the editable table is made anew only when its size changes
    const rows = now.cost.length, columns = now.cost[0].length, plus = (label, onclick) => h("button", { type: "button", class: "bk-button bk-hungarian-plus", "aria-label": label, onclick }, LABELS.plus);
    inputs = range(rows).map(i => range(columns).map(j => h("input", { type: "number", class: "bk-cell", min: 0, max: LARGEST, step: 1, inputmode: "numeric", "aria-label": fill(LABELS.cell, { row: rowName(now, i), column: columnName(now, j) }),
      oninput: event => { const x = event.target.valueAsNumber; if (isWhole(x, 0, LARGEST)) change(state().cost.map((row, a) => row.map((old, b) => a === i && b === j ? x : old))); },
      onchange: event => { event.target.value = state().cost[i][j]; } })));
    tags = range(rows).map(() => range(columns).map(() => h("span", { class: "bk-hungarian-tag", "aria-hidden": "true" })));
    costs.replaceChildren(h("table", { class: "bk-hungarian" }, h("caption", {}, LABELS.costs), h("thead", {}, h("tr", {}, h("td", {}), range(columns).map(j => head(columnName(now, j))), h("td", {}))),
      h("tbody", {}, range(rows).map(i => h("tr", {}, h("th", { scope: "row" }, rowName(now, i)), range(columns).map(j => h("td", {}, inputs[i][j], tags[i][j])), h("td", {}, plus(fill(LABELS.addRow, { name: rowName(now, i) }), () => more(i, -1))))),
        h("tr", {}, h("td", {}), range(columns).map(j => h("td", {}, plus(fill(LABELS.addColumn, { name: columnName(now, j) }), () => more(-1, j)))), h("td", {})))));
  }

  return now => {
    const all = steps(now), one = all[now.step], before = all[Math.max(0, now.step - 1)], n = one.reduced.length, pairs = { best: all.at(-1).pairs, greedy: greedy(now) };
    if (size !== `${now.cost.length} ${now.cost[0].length}`) { size = `${now.cost.length} ${now.cost[0].length}`; lay(now); }
    slider.querySelector("input").max = all.length - 1;
    slider.update(now.step);
    put(back, { "aria-disabled": now.step === 0 }); put(next, { "aria-disabled": now.step === all.length - 1 });
    now.cost.forEach((row, i) => row.forEach((x, j) => {
      const input = inputs[i][j], best = has(pairs.best, i, j), ours = has(pairs.greedy, i, j);
      if (document.activeElement !== input || input.valueAsNumber !== x) input.value = x;
      tags[i][j].textContent = (best ? LABELS.star : "") + (ours ? LABELS.circle : "");
      input.classList.toggle("bk-hungarian-best", best);
    }));
    sums.replaceChildren(...Object.entries(pairs).map(([kind, list]) => h("p", { class: "bk-hungarian-sum" }, fill(LABELS.sums[kind], { terms: list.map(([i, j]) => now.cost[i][j]).join(" + "), total: total(now, list) }))));
    const cell = (i, j) => {
      const starred = has(one.stars, i, j), covers = one.covered_rows.includes(i) + one.covered_columns.includes(j), changed = one.reduced[i][j] !== before.reduced[i][j], text = `${one.reduced[i][j]}${starred ? LABELS.star : has(one.primes, i, j) ? LABELS.prime : ""}`;
      return h("td", { class: `bk-hungarian-cell bk-hungarian-${covers}${starred ? " bk-hungarian-star" : ""}` }, changed ? h("strong", {}, text) : text);
    };
    const line = (covered, name, scope) => h("th", { scope, class: covered && "bk-hungarian-covered" }, name, covered && h("span", { class: "bk-sign" }, LABELS.covered));
    algorithm.replaceChildren(h("table", { class: "bk-hungarian" }, h("caption", {}, LABELS.reduced), h("thead", {}, h("tr", {}, h("td", {}), range(n).map(j => line(one.covered_columns.includes(j), columnName(now, j), "col")))),
      h("tbody", {}, range(n).map(i => h("tr", {}, line(one.covered_rows.includes(i), rowName(now, i), "row"), range(n).map(j => cell(i, j)))))));
    return sentence(now);
  };
}

export default bookFigure({ labels: LABELS, keys: ["cost", "step"], check, build });
