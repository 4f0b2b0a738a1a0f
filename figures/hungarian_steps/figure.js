import { bookFigure, buttonControl, clamp, fill, h, put, rangeControl } from "../_lib/chrome.js";

export default bookFigure((labels, traits) => {
  const LARGEST = traits.cost.items.items.maximum;
  const COSTS = traits.cost.default;
  const range = n => [...Array(n).keys()];
  const add = list => list.reduce((a, b) => a + b, 0);
  const has = (pairs, i, j) => pairs.some(([a, b]) => a === i && b === j);

  /* The Hungarian algorithm on paper (Munkres 1957), every step kept, as assignment_steps in book_lib.detection.hungarian. */
  function steps({ cost }) {
    const n = Math.max(cost.length, cost[0].length);
    const all = range(n);
    const reduced = all.map(i => all.map(j => cost[i]?.[j] ?? 0));
    const star = Array(n).fill(-1);
    const prime = Array(n).fill(-1);
    const rows = new Set();
    const columns = new Set();
    const found = []; // marks: for each row a column
    const marks = list => list.flatMap((j, i) => (j < 0 ? [] : [[i, j]]));
    const sorted = set => [...set].sort((a, b) => a - b);
    const keep = (name, more = {}) =>
      found.push({
        name,
        reduced: reduced.map(row => [...row]),
        stars: marks(star),
        primes: marks(prime),
        covered_rows: sorted(rows),
        covered_columns: sorted(columns),
        ...more,
      });
    const cover = () => {
      star.forEach(j => {
        if (j >= 0) columns.add(j);
      });
      keep("cover");
    };
    keep("start");
    const lines = [
      ["subtract rows", i => i],
      ["subtract columns", (i, j) => j],
    ];
    for (const [name, line] of cost.length <= cost[0].length ? lines : lines.reverse()) {
      // the fewer first
      const minima = Array(n).fill(Infinity);
      all.forEach(i =>
        all.forEach(j => {
          minima[line(i, j)] = Math.min(minima[line(i, j)], reduced[i][j]);
        }),
      );
      all.forEach(i =>
        all.forEach(j => {
          reduced[i][j] -= minima[line(i, j)];
        }),
      );
      keep(name, { minima });
    }
    all.forEach(i =>
      all.forEach(j => {
        if (reduced[i][j] === 0 && star[i] < 0 && !star.includes(j)) star[i] = j;
      }),
    );
    keep("star");
    cover();
    while (columns.size < n) {
      let path = null;
      while (!path) {
        const free = all.filter(i => !rows.has(i)).flatMap(i => all.filter(j => !columns.has(j)).map(j => [i, j]));
        const zero = free.find(([i, j]) => reduced[i][j] === 0);
        if (!zero) {
          const delta = Math.min(...free.map(([i, j]) => reduced[i][j]));
          all.forEach(i =>
            all.forEach(j => {
              reduced[i][j] += delta * (rows.has(i) && columns.has(j)) - delta * (!rows.has(i) && !columns.has(j));
            }),
          );
          keep("adjust", { delta });
          continue;
        }
        prime[zero[0]] = zero[1];
        if (star[zero[0]] >= 0) {
          rows.add(zero[0]);
          columns.delete(star[zero[0]]);
          keep("prime", { zero });
          continue;
        }
        path = [zero];
        while (star.includes(path.at(-1)[1])) {
          const i = star.indexOf(path.at(-1)[1]);
          path.push([i, star[i]], [i, prime[i]]);
        }
      }
      path.forEach(([i, j], place) => {
        if (place % 2 === 0) star[i] = j;
      });
      prime.fill(-1);
      rows.clear();
      columns.clear();
      keep("augment", { path });
      cover();
    }
    const pairs = cost.flatMap((row, i) => (star[i] < row.length ? [[i, star[i]]] : []));
    keep("done", { pairs, total: total({ cost }, pairs) });
    return found;
  }
  /* Always the cheapest pair that is still free, of equals the first row by row. */
  function greedy({ cost }) {
    let free = cost.flatMap((row, i) => row.map((x, j) => [x, i, j])).sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
    const pairs = [];
    while (free.length) {
      const [, i, j] = free[0];
      pairs.push([i, j]);
      free = free.filter(pair => pair[1] !== i && pair[2] !== j);
    }
    return pairs.sort((a, b) => a[0] - b[0]);
  }
  const total = ({ cost }, pairs) => add(pairs.map(([i, j]) => cost[i][j]));
  const rowName = ({ cost }, i) => (i < cost.length ? fill(labels.query, { i: i + 1 }) : labels.nobody);
  const columnName = ({ cost }, j) => (j < cost[0].length ? fill(labels.object, { letter: "ABCDE"[j] }) : labels.nobody);
  const pairName = (now, [i, j]) => fill(labels.pair, { row: rowName(now, i), column: columnName(now, j) });
  function about(now, one) {
    const n = one.reduced.length;
    const { minima = [], path = [] } = one;
    const zero = one.zero ?? path[0] ?? [0, 0];
    const kind =
      one.name === "start" && now.cost.length !== now.cost[0].length
        ? "start padded"
        : one.name === "cover" && one.covered_columns.length === n
          ? "cover all"
          : one.name;
    return fill(labels.steps[kind], {
      n,
      minima: minima.join(", "),
      sum: add(minima),
      count: one.stars.length,
      zero: pairName(now, zero),
      row: rowName(now, zero[0]),
      delta: one.delta ?? "",
      path: path.map((pair, place) => pairName(now, pair) + (place % 2 ? labels.star : labels.prime)).join(" → "),
      pairs: (one.pairs ?? []).map(pair => pairName(now, pair)).join(", "),
      total: one.total ?? "",
    });
  }
  function sentence(now) {
    const all = steps(now);
    const ours = total(now, greedy(now));
    const best = all.at(-1).total;
    return fill(ours === best ? labels.readoutSame : labels.readout, {
      step: now.step,
      last: all.length - 1,
      about: about(now, all[now.step]),
      greedy: ours,
      best,
    });
  }

  function build({ state, set, controls, stage }) {
    const change = cost => {
      const now = state();
      const last = steps({ cost }).length - 1;
      set({ cost, step: now.step === steps(now).length - 1 ? last : Math.min(now.step, last) });
    };
    const go = by => {
      const now = state();
      set({ step: clamp(now.step + by, 0, steps(now).length - 1) });
    };
    const more = (rows, columns) =>
      change(state().cost.map((row, i) => row.map((x, j) => Math.min(LARGEST, x + (rows === i || columns === j ? 1 : 0)))));
    const slider = rangeControl({
      label: labels.step,
      low: 0,
      high: 1,
      show: step => {
        const all = steps(state());
        return fill(labels.stepOf, { step, last: all.length - 1, name: labels.names[all[step].name] });
      },
      onchange: step => set({ step }),
    });
    const back = buttonControl(labels.back, () => go(-1));
    const next = buttonControl(labels.next, () => go(1));
    controls.append(
      back,
      next,
      slider,
      buttonControl(labels.square, () => set({ cost: structuredClone(COSTS), step: 0 })),
      buttonControl(labels.fewer, () => set({ cost: COSTS.map(row => row.slice(0, 3)), step: 0 })),
      buttonControl(labels.other, () => change(state().cost.map(row => row.map(() => 1 + Math.floor(9 * Math.random()))))),
    );
    const costs = h("div", { class: "bk-scroll" });
    const algorithm = h("div", { class: "bk-scroll" });
    const sums = h("div", { class: "bk-why" });
    stage.append(h("div", { class: "bk-hungarian-two" }, h("div", {}, costs, sums), algorithm));

    let size = "";
    let inputs = [];
    let tags = [];
    const head = name => h("th", { scope: "col" }, name);
    function lay(now) {
      // the editable table is made anew only when its size changes
      const rows = now.cost.length;
      const columns = now.cost[0].length;
      const plus = (label, onclick) =>
        h("button", { type: "button", class: "bk-button bk-hungarian-plus", "aria-label": label, onclick }, labels.plus);
      inputs = range(rows).map(i =>
        range(columns).map(j =>
          h("input", {
            type: "number",
            class: "bk-cell",
            min: 0,
            max: LARGEST,
            step: 1,
            inputmode: "numeric",
            "aria-label": fill(labels.cell, { row: rowName(now, i), column: columnName(now, j) }),
            oninput: event => {
              const x = event.target.valueAsNumber;
              if (Number.isInteger(x) && x >= 0 && x <= LARGEST)
                change(state().cost.map((row, a) => row.map((old, b) => (a === i && b === j ? x : old))));
            },
            onchange: event => {
              event.target.value = state().cost[i][j];
            },
          }),
        ),
      );
      tags = range(rows).map(() => range(columns).map(() => h("span", { class: "bk-hungarian-tag", "aria-hidden": "true" })));
      costs.replaceChildren(
        h(
          "table",
          { class: "bk-hungarian" },
          h("caption", {}, labels.costs),
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              h("td", {}),
              range(columns).map(j => head(columnName(now, j))),
              h("td", {}),
            ),
          ),
          h(
            "tbody",
            {},
            range(rows).map(i =>
              h(
                "tr",
                {},
                h("th", { scope: "row" }, rowName(now, i)),
                range(columns).map(j => h("td", {}, inputs[i][j], tags[i][j])),
                h(
                  "td",
                  {},
                  plus(fill(labels.addRow, { name: rowName(now, i) }), () => more(i, -1)),
                ),
              ),
            ),
            h(
              "tr",
              {},
              h("td", {}),
              range(columns).map(j =>
                h(
                  "td",
                  {},
                  plus(fill(labels.addColumn, { name: columnName(now, j) }), () => more(-1, j)),
                ),
              ),
              h("td", {}),
            ),
          ),
        ),
      );
    }

    return now => {
      const all = steps(now);
      const one = all[now.step];
      const before = all[Math.max(0, now.step - 1)];
      const n = one.reduced.length;
      const pairs = { best: all.at(-1).pairs, greedy: greedy(now) };
      if (size !== `${now.cost.length} ${now.cost[0].length}`) {
        size = `${now.cost.length} ${now.cost[0].length}`;
        lay(now);
      }
      slider.querySelector("input").max = all.length - 1;
      slider.update(now.step);
      put(back, { "aria-disabled": now.step === 0 });
      put(next, { "aria-disabled": now.step === all.length - 1 });
      now.cost.forEach((row, i) =>
        row.forEach((x, j) => {
          const input = inputs[i][j];
          const best = has(pairs.best, i, j);
          const ours = has(pairs.greedy, i, j);
          if (document.activeElement !== input || input.valueAsNumber !== x) input.value = x;
          tags[i][j].textContent = (best ? labels.star : "") + (ours ? labels.circle : "");
          input.classList.toggle("bk-hungarian-best", best);
        }),
      );
      sums.replaceChildren(
        ...Object.entries(pairs).map(([kind, list]) =>
          h(
            "p",
            { class: "bk-hungarian-sum" },
            fill(labels.sums[kind], { terms: list.map(([i, j]) => now.cost[i][j]).join(" + "), total: total(now, list) }),
          ),
        ),
      );
      const cell = (i, j) => {
        const starred = has(one.stars, i, j);
        const covers = one.covered_rows.includes(i) + one.covered_columns.includes(j);
        const changed = one.reduced[i][j] !== before.reduced[i][j];
        const text = `${one.reduced[i][j]}${starred ? labels.star : has(one.primes, i, j) ? labels.prime : ""}`;
        return h(
          "td",
          { class: `bk-hungarian-cell bk-hungarian-${covers}${starred ? " bk-hungarian-star" : ""}` },
          changed ? h("strong", {}, text) : text,
        );
      };
      const line = (covered, name, scope) =>
        h("th", { scope, class: covered && "bk-hungarian-covered" }, name, covered && h("span", { class: "bk-sign" }, labels.covered));
      algorithm.replaceChildren(
        h(
          "table",
          { class: "bk-hungarian" },
          h("caption", {}, labels.reduced),
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              h("td", {}),
              range(n).map(j => line(one.covered_columns.includes(j), columnName(now, j), "col")),
            ),
          ),
          h(
            "tbody",
            {},
            range(n).map(i =>
              h(
                "tr",
                {},
                line(one.covered_rows.includes(i), rowName(now, i), "row"),
                range(n).map(j => cell(i, j)),
              ),
            ),
          ),
        ),
      );
      return sentence(now);
    };
  }

  return { build, sentence, steps, greedy };
});
