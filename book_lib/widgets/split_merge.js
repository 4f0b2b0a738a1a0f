const LABELS = {
  "title": "What goes into which head?",
  "prompts": [
    "Point at a number, or walk over the first table with the arrow keys, and find it again inside the heads.",
    "Change the number of heads. Which column belongs to which head?",
    "Now switch to “view at once”. The shapes stay the same. What does head 1 hold?"
  ],
  "seen": "Split the right way, a head holds some columns of every word. Viewed at once, it holds some words with all their columns, cut to pieces: nothing that attention does with it makes sense, and no shape gives it away.",
  "caption": "The query of every word (a row of the upper table), split into heads. A number is called word·channel, and its shade is the head that its channel belongs to. Hatched: a number that stands in the row of another word.",
  "width": "width d", "heads": "heads h",
  "right": "view, then transpose", "wrong": "view at once", "way": "How to split",
  "whole": "query, [n, d] = [{n}, {d}]", "head": "head {head}, [n, d/h] = [{n}, {dh}]",
  "code": ["q.view({n}, {h}, {dh}).transpose(0, 1)", "q.view({h}, {n}, {dh})"],
  "shape": "→ [h, n, d/h] = [{h}, {n}, {dh}]",
  "word": "word", "cell": "{label}, channel {channel} of {word}",
  "readout": "{misplaced} of {all} numbers stand in the row of another word. Channel {channel} of “{word}” has gone to head {head}, row “{row}”."
};

// where a number of the query goes: [head, row, column]
export function destination(token, channel, n, d, n_heads, at_once) {
  const dh = d / n_heads, flat = token * d + channel;
  return at_once ? [Math.floor(flat / (n * dh)), Math.floor(flat / dh) % n, flat % dh] : [Math.floor(channel / dh), token, channel % dh];
}

export function check({ tokens, width, n_heads, at_once, picked }) {
  if (!isWords(tokens, 2, 6)) return wrong("tokens", "a list of 2 to 6 words");
  if (!isWhole(width, 2, 12)) return wrong("width", "a whole number from 2 to 12");
  if (!isWhole(n_heads, 1, 6) || width % n_heads) return wrong("n_heads", "a whole number from 1 to 6 that divides the width");
  if (typeof at_once !== "boolean") return wrong("at_once", "true or false");
  if (!Array.isArray(picked) || !isWhole(picked[0], 0, tokens.length - 1) || !isWhole(picked[1], 0, width - 1)) return wrong("picked", "a word and a channel");
  return null;
}

export function misplaced({ tokens, width, n_heads, at_once }) {
  let count = 0;
  for (let t = 0; t < tokens.length; t++) for (let c = 0; c < width; c++) count += destination(t, c, tokens.length, width, n_heads, at_once)[1] !== t;
  return count;
}

export function sentence(now) {
  const { tokens, width, n_heads, at_once, picked: [t, c] } = now, [head, row] = destination(t, c, tokens.length, width, n_heads, at_once);
  return fill(LABELS.readout, { misplaced: misplaced(now), all: tokens.length * width, channel: c + 1, word: tokens[t], head: head + 1, row: tokens[row] });
}

// pointing counts only when the mouse moves, not when the page scrolls under it
const pointed = act => event => { if (event.pointerType === "mouse" && (event.movementX || event.movementY)) act(); };

function build({ state, set, controls, stage }) {
  const divisors = width => [1, 2, 3, 4, 6].filter(k => width % k === 0), widths = [4, 6, 8, 12];
  const clip = (changes) => {
    const next = { ...state(), ...changes };
    const picked = [Math.min(next.picked[0], next.tokens.length - 1), Math.min(next.picked[1], next.width - 1)];
    const n_heads = next.width % next.n_heads ? 2 : next.n_heads;
    set({ ...(changes.width && changes.width < state().width ? { picked, n_heads, ...changes } : { ...changes, picked, n_heads }) });
  };
  const heads = selectControl({ label: LABELS.heads, options: [], onchange: i => set({ n_heads: divisors(state().width)[i] }) });
  const width = selectControl({ label: LABELS.width, options: widths, onchange: i => clip({ width: widths[i] }) });
  const ways = [LABELS.right, LABELS.wrong].map((text, i) => buttonControl(text, () => set({ at_once: i === 1 })));
  controls.append(heads, width, h("div", { class: "bk-choice", role: "group", "aria-label": LABELS.way }, ways));
  const whole = h("div", { class: "bk-scroll" }), parts = h("div", { class: "bk-parts" }), code = h("p", { class: "bk-code" });
  stage.append(whole, code, parts);
  let key = "", cells = [], copies = [];

  function lay({ tokens, width, n_heads, at_once }) {
    const n = tokens.length, dh = width / n_heads;
    const table = (label, columns, body) => h("table", { class: "bk-split", "aria-label": label },
      h("caption", {}, label), h("tbody", {}, tokens.map((word, i) => h("tr", {}, h("th", { scope: "row" }, word), Array.from({ length: columns }, (_, k) => body(i, k))))));
    cells = tokens.map((word, t) => Array.from({ length: width }, (_, c) => h("button", { type: "button", class: `bk-number bk-head-${Math.floor(c / dh) + 1}`, "aria-label": fill(LABELS.cell, { label: `${t + 1}·${c + 1}`, channel: c + 1, word }),
      onclick: () => set({ picked: [t, c] }), onpointermove: pointed(() => set({ picked: [t, c] })), onfocus: () => set({ picked: [t, c] }),
      onkeydown: event => {
        const way = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
        if (!way) return;
        event.preventDefault();
        cells[clamp(t + way[0], 0, n - 1)][clamp(c + way[1], 0, width - 1)].focus();
      } }, `${t + 1}·${c + 1}`)));
    whole.replaceChildren(table(fill(LABELS.whole, { n, d: width }), width, (i, k) => h("td", {}, cells[i][k])));
    copies = [];
    const grids = Array.from({ length: n_heads }, () => tokens.map(() => Array(dh)));
    tokens.forEach((_, t) => cells[t].forEach((_, c) => {
      const [head, row, column] = destination(t, c, n, width, n_heads, at_once);
      const copy = h("span", { class: `bk-number bk-head-${Math.floor(c / dh) + 1}${row === t ? "" : " bk-stranger"}`, onclick: () => set({ picked: [t, c] }), onpointermove: pointed(() => set({ picked: [t, c] })) }, `${t + 1}·${c + 1}`);
      copies.push({ t, c, copy });
      grids[head][row][column] = copy;
    }));
    parts.replaceChildren(...grids.map((grid, head) => table(fill(LABELS.head, { head: head + 1, n, dh }), dh, (i, k) => h("td", {}, grid[i][k]))));
    code.replaceChildren(h("code", {}, fill(LABELS.code[+at_once], { n, h: n_heads, dh })), " ", h("span", { class: "bk-why" }, fill(LABELS.shape, { n, h: n_heads, dh })));
  }

  return now => {
    const { tokens, width: d, n_heads, at_once, picked: [t, c] } = now, next = JSON.stringify([tokens, d, n_heads, at_once]);
    if (key !== next) { const held = cells.flat().includes(document.activeElement); lay(now); key = next; if (held) cells[t][c].focus(); }
    heads.update(divisors(d).indexOf(n_heads), divisors(d));
    width.update(widths.indexOf(d));
    ways.forEach((button, i) => button.setAttribute("aria-pressed", at_once === (i === 1)));
    cells.forEach((row, i) => row.forEach((cell, k) => { const on = i === t && k === c; cell.tabIndex = on ? 0 : -1; cell.setAttribute("aria-pressed", on); }));
    copies.forEach(({ t: i, c: k, copy }) => copy.classList.toggle("bk-picked", i === t && k === c));
    return sentence(now);
  };
}

export default bookFigure({ labels: LABELS, keys: ["tokens", "width", "n_heads", "at_once", "picked"], check, build });
