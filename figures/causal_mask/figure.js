import { bookFigure, buttonControl, clamp, fill, h, put, rangeControl, toggleControl } from "../_lib/chrome.js";

export default bookFigure((labels, traits) => {
  const CLEAN = 0;
  const FUTURE = 1;
  const ANSWER = 2;
  const DEEPEST = traits.layers.maximum;

  const causal = n => Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => +(j <= i)));

  /* Which inputs can reach which outputs: paths of at most `layers` open cells; the residual keeps a place's own input. */
  function reach({ mask, layers }) {
    let reached = mask.map((_, i) => mask.map((_, j) => +(i === j)));
    for (let layer = 0; layer < layers; layer++)
      reached = reached.map((row, i) => row.map((own, j) => +(own || mask[i].some((open, k) => open && reached[k][j]))));
    return reached;
  }
  /* What each place knows of the tokens it must not know. Column t + first holds the answer of place t. */
  function known(now) {
    const first = now.shifted ? 1 : 0;
    return reach(now).map((row, t) => (row[t + first] ? ANSWER : row.slice(t + first).some(Boolean) ? FUTURE : CLEAN));
  }
  const blind = ({ mask }) => mask.flatMap((row, i) => (row.some(Boolean) ? [] : [i]));
  const inputs = ({ tokens, shifted }) => (shifted ? tokens.slice(0, -1) : tokens.slice(1));

  function sentence(now) {
    const found = known(now);
    const spoiled = found.flatMap((what, t) => (what ? [`“${now.tokens[t + 1]}”`] : []));
    const layers = now.layers === 1 ? labels.oneLayer : fill(labels.someLayers, { layers: now.layers });
    const template = !spoiled.length ? "readoutClean" : !now.shifted ? "readoutAll" : spoiled.length === 1 ? "readoutOne" : "readout";
    const first = fill(labels[template], {
      layers,
      words: spoiled.join(", "),
      count: spoiled.length,
      n: found.length,
      copied: found.filter(what => what === ANSWER).length,
    });
    return blind(now).length ? `${first} ${labels.readoutBlind}` : first;
  }

  function build({ state, set, controls, stage }) {
    const { tokens } = state();
    const n = tokens.length - 1;
    const places = [...Array(n).keys()];
    const turn = (i, j) => set({ mask: state().mask.map((row, a) => row.map((x, b) => (a === i && b === j ? 1 - x : x))) });
    const layers = rangeControl({ label: labels.layers, low: 1, high: DEEPEST, show: String, onchange: count => set({ layers: count }) });
    const shift = toggleControl({ label: labels.shift, onchange: on => set({ shifted: on }) });
    controls.append(
      layers,
      shift,
      buttonControl(labels.causal, () => set({ mask: causal(n) })),
      buttonControl(labels.all, () => set({ mask: places.map(() => places.map(() => 1)) })),
    );

    let here = [0, 0];
    const focus = (i, j) => {
      move(i, j);
      cells[i][j].focus();
    };
    const move = (i, j) => {
      cells[here[0]][here[1]].tabIndex = -1;
      here = [i, j];
      cells[i][j].tabIndex = 0;
    };
    const cells = places.map(i =>
      places.map(j =>
        h("button", {
          type: "button",
          class: "bk-mask-cell",
          tabindex: i || j ? -1 : 0,
          onclick: () => {
            move(i, j);
            turn(i, j);
          },
          onkeydown: event => {
            const way = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
            if (!way) return;
            event.preventDefault();
            focus(clamp(i + way[0], 0, n - 1), clamp(j + way[1], 0, n - 1));
          },
        }),
      ),
    );
    const mask = state().mask;
    const odd = places.flatMap(i => places.map(j => [i, j])).find(([i, j]) => j > i && mask[i][j]);
    if (odd) move(...odd);
    const names = count => Array.from({ length: count }, () => places.map(() => h("span", {})));
    const [rowNames, columnNames, endColumns, endRows] = names(4);
    const table = (columns, rows, body, more) =>
      h(
        "table",
        { class: "bk-mask" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("td", {}),
            columns.map(name => h("th", { scope: "col", class: "bk-mask-top" }, name)),
            more && h("th", { scope: "col", class: "bk-mask-side" }, more),
          ),
        ),
        h(
          "tbody",
          {},
          places.map(i => h("tr", {}, h("th", { scope: "row" }, rows[i]), body(i))),
        ),
      );
    const ends = places.map(() => places.map(() => h("td", { class: "bk-mask-end" })));
    const verdicts = places.map(() => h("td", { class: "bk-mask-verdict" }));
    const reachTitle = h("p", { class: "bk-see-head" });
    stage.append(
      h(
        "div",
        { class: "bk-mask-two" },
        h(
          "div",
          { class: "bk-scroll" },
          h("p", { class: "bk-see-head" }, labels.maskHint),
          table(columnNames, rowNames, i => cells[i].map(cell => h("td", {}, cell))),
        ),
        h(
          "div",
          {},
          reachTitle,
          table(endColumns, endRows, i => [ends[i], verdicts[i]], labels.predicts),
        ),
      ),
    );

    return now => {
      const found = known(now);
      const reached = reach(now);
      const given = inputs(now);
      const closed = blind(now);
      const first = now.shifted ? 1 : 0;
      layers.update(now.layers);
      shift.update(now.shifted);
      reachTitle.textContent = fill(labels.reachTitle, { layers: now.layers });
      places.forEach(i => {
        [rowNames, columnNames, endColumns, endRows].forEach(list => {
          list[i].textContent = given[i];
        });
        verdicts[i].replaceChildren(
          h("strong", {}, now.tokens[i + 1]),
          h(
            "span",
            { class: found[i] ? "bk-mask-bad" : "bk-why" },
            closed.includes(i) ? fill(labels.blindMark, { verdict: labels.verdicts[found[i]] }) : labels.verdicts[found[i]],
          ),
        );
        places.forEach(j => {
          const open = now.mask[i][j];
          const leak = reached[i][j] && j >= i + first;
          put(cells[i][j], {
            "aria-pressed": !!open,
            "aria-label": fill(labels.cell, { row: given[i], column: given[j], i: i + 1, j: j + 1 }),
            class: `bk-mask-cell${j > i ? " bk-mask-later" : ""}`,
          });
          cells[i][j].textContent = labels.marks[open ? "open" : "closed"];
          ends[i][j].textContent = labels.marks[leak ? "leak" : reached[i][j] ? "open" : "closed"];
          ends[i][j].className = `bk-mask-end${leak ? " bk-mask-leak" : reached[i][j] ? " bk-mask-known" : ""}`;
        });
      });
      return sentence(now);
    };
  }

  return { build, sentence, causal, reach, known, blind };
});
