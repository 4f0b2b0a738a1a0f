import { bookFigure, buttonControl, clamp, fill, h, selectControl } from "../_lib/chrome.js";

export default bookFigure(labels => {
  // where a number of the query goes: [head, row, column]
  function destination(token, channel, n, d, n_heads, at_once) {
    const dh = d / n_heads;
    const flat = token * d + channel;
    return at_once ? [Math.floor(flat / (n * dh)), Math.floor(flat / dh) % n, flat % dh] : [Math.floor(channel / dh), token, channel % dh];
  }

  function misplaced({ tokens, width, n_heads, at_once }) {
    let count = 0;
    for (let t = 0; t < tokens.length; t++)
      for (let c = 0; c < width; c++) count += destination(t, c, tokens.length, width, n_heads, at_once)[1] !== t;
    return count;
  }

  function sentence(now) {
    const {
      tokens,
      width,
      n_heads,
      at_once,
      picked: [t, c],
    } = now;
    const [head, row] = destination(t, c, tokens.length, width, n_heads, at_once);
    return fill(labels.readout, {
      misplaced: misplaced(now),
      all: tokens.length * width,
      channel: c + 1,
      word: tokens[t],
      head: head + 1,
      row: tokens[row],
    });
  }

  // pointing counts only when the mouse moves, not when the page scrolls under it
  const pointed = act => event => {
    if (event.pointerType === "mouse" && (event.movementX || event.movementY)) act();
  };

  function build({ state, set, controls, stage }) {
    const divisors = width => [1, 2, 3, 4, 6].filter(k => width % k === 0);
    const widths = [4, 6, 8, 12];
    const clip = changes => {
      const next = { ...state(), ...changes };
      const picked = [Math.min(next.picked[0], next.tokens.length - 1), Math.min(next.picked[1], next.width - 1)];
      const n_heads = next.width % next.n_heads ? 2 : next.n_heads;
      set({ ...(changes.width && changes.width < state().width ? { picked, n_heads, ...changes } : { ...changes, picked, n_heads }) });
    };
    const heads = selectControl({ label: labels.heads, options: [], onchange: i => set({ n_heads: divisors(state().width)[i] }) });
    const width = selectControl({ label: labels.width, options: widths, onchange: i => clip({ width: widths[i] }) });
    const ways = [labels.right, labels.wrong].map((text, i) => buttonControl(text, () => set({ at_once: i === 1 })));
    controls.append(heads, width, h("div", { class: "bk-choice", role: "group", "aria-label": labels.way }, ways));
    const whole = h("div", { class: "bk-scroll" });
    const parts = h("div", { class: "bk-parts" });
    const code = h("p", { class: "bk-code" });
    stage.append(whole, code, parts);
    let key = "";
    let cells = [];
    let copies = [];

    function lay({ tokens, width, n_heads, at_once }) {
      const n = tokens.length;
      const dh = width / n_heads;
      const table = (label, columns, body) =>
        h(
          "table",
          { class: "bk-split", "aria-label": label },
          h("caption", {}, label),
          h(
            "tbody",
            {},
            tokens.map((word, i) =>
              h(
                "tr",
                {},
                h("th", { scope: "row" }, word),
                Array.from({ length: columns }, (_, k) => body(i, k)),
              ),
            ),
          ),
        );
      cells = tokens.map((word, t) =>
        Array.from({ length: width }, (_, c) =>
          h(
            "button",
            {
              type: "button",
              class: `bk-number bk-head-${Math.floor(c / dh) + 1}`,
              "aria-label": fill(labels.cell, { label: `${t + 1}·${c + 1}`, channel: c + 1, word }),
              onclick: () => set({ picked: [t, c] }),
              onpointermove: pointed(() => set({ picked: [t, c] })),
              onfocus: () => set({ picked: [t, c] }),
              onkeydown: event => {
                const way = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
                if (!way) return;
                event.preventDefault();
                cells[clamp(t + way[0], 0, n - 1)][clamp(c + way[1], 0, width - 1)].focus();
              },
            },
            `${t + 1}·${c + 1}`,
          ),
        ),
      );
      whole.replaceChildren(table(fill(labels.whole, { n, d: width }), width, (i, k) => h("td", {}, cells[i][k])));
      copies = [];
      const grids = Array.from({ length: n_heads }, () => tokens.map(() => Array(dh)));
      tokens.forEach((_, t) =>
        cells[t].forEach((_, c) => {
          const [head, row, column] = destination(t, c, n, width, n_heads, at_once);
          const copy = h(
            "span",
            {
              class: `bk-number bk-head-${Math.floor(c / dh) + 1}${row === t ? "" : " bk-stranger"}`,
              onclick: () => set({ picked: [t, c] }),
              onpointermove: pointed(() => set({ picked: [t, c] })),
            },
            `${t + 1}·${c + 1}`,
          );
          copies.push({ t, c, copy });
          grids[head][row][column] = copy;
        }),
      );
      parts.replaceChildren(
        ...grids.map((grid, head) => table(fill(labels.head, { head: head + 1, n, dh }), dh, (i, k) => h("td", {}, grid[i][k]))),
      );
      code.replaceChildren(
        h("code", {}, fill(labels.code[+at_once], { n, h: n_heads, dh })),
        " ",
        h("span", { class: "bk-why" }, fill(labels.shape, { n, h: n_heads, dh })),
      );
    }

    return now => {
      const {
        tokens,
        width: d,
        n_heads,
        at_once,
        picked: [t, c],
      } = now;
      const next = JSON.stringify([tokens, d, n_heads, at_once]);
      if (key !== next) {
        const held = cells.flat().includes(document.activeElement);
        lay(now);
        key = next;
        if (held) cells[t][c].focus();
      }
      heads.update(divisors(d).indexOf(n_heads), divisors(d));
      width.update(widths.indexOf(d));
      ways.forEach((button, i) => button.setAttribute("aria-pressed", at_once === (i === 1)));
      cells.forEach((row, i) =>
        row.forEach((cell, k) => {
          const on = i === t && k === c;
          cell.tabIndex = on ? 0 : -1;
          cell.setAttribute("aria-pressed", on);
        }),
      );
      copies.forEach(({ t: i, c: k, copy }) => copy.classList.toggle("bk-picked", i === t && k === c));
      return sentence(now);
    };
  }

  return { build, sentence, destination, misplaced };
});
