import { bookFigure, buttonControl, clamp, fill, h, number, put, s, softmax, toggleControl, vector } from "../_lib/chrome.js";

export default bookFigure(labels => {
  const FEATURES = { dog: [2, 0, 0, 0], man: [0, 2, 0, 0], bites: [0, 0, 2, 0], the: [0, 0, 0, 2] };
  const W = {
    query: [
      [2, -2],
      [-1, 1],
      [-2, 0],
      [0, -1],
    ],
    key: [
      [1, 2],
      [0, 0],
      [-2, -2],
      [-2, -1],
    ],
    value: [
      [2, 0],
      [0, 2],
      [1, 1],
      [0, 0],
    ],
  };
  const BASE = 100;
  const UNIT = 50;
  const LOW = -1.5;
  const HIGH = 4.5;
  const GRID = [-1, 0, 1, 2, 3, 4];

  const times = (x, m) => m[0].map((_, c) => x.reduce((sum, v, r) => sum + v * m[r][c], 0));
  const code = p => [Math.sin(p), Math.cos(p), Math.sin(p / Math.sqrt(BASE)), Math.cos(p / Math.sqrt(BASE))];

  /* Outputs [n][2] of the tokens in this order: order[i] is the word, by its original place, that stands at place i. */
  function outputs(tokens, order, codes) {
    const x = order.map((w, i) => FEATURES[tokens[w]].map((v, c) => (codes ? v + code(i)[c] : v)));
    const [query, key, value] = ["query", "key", "value"].map(part => x.map(row => times(row, W[part])));
    const weights = query.map(q => softmax(key.map(k => (q[0] * k[0] + q[1] * k[1]) / Math.sqrt(2))));
    return weights.map(row => [0, 1].map(c => row.reduce((sum, w, j) => sum + w * value[j][c], 0)));
  }

  const mean = points => [0, 1].map(c => points.reduce((sum, p) => sum + p[c], 0) / points.length);
  const inOrder = tokens => tokens.map((_, i) => i);

  /* now: each place's output; before: the output of that place's word in the original order; moved: the distance between them. */
  function compare({ tokens, order, codes }) {
    const now = outputs(tokens, order, codes);
    const original = outputs(tokens, inOrder(tokens), codes);
    const before = order.map(w => original[w]);
    return { now, before, moved: now.map((p, i) => Math.hypot(p[0] - before[i][0], p[1] - before[i][1])) };
  }

  function sentence({ tokens, order, codes }) {
    const { now, before, moved } = compare({ tokens, order, codes });
    const text = order.map(i => tokens[i]).join(" ");
    if (text === tokens.join(" ")) return fill(labels.same, { mean: vector(mean(now)) });
    return fill(codes ? labels.sees : labels.blind, {
      sentence: text,
      moved: number(Math.max(...moved)),
      before: vector(mean(before)),
      mean: vector(mean(now)),
    });
  }

  function build(api) {
    const { state, set, controls, stage } = api;
    const n = state().tokens.length;
    const place = ([x, y]) => [20 + (x - LOW) * UNIT, 20 + (HIGH - y) * UNIT];
    const move = (from, to) => {
      const order = [...state().order];
      const [word] = order.splice(from, 1);
      order.splice(to, 0, word);
      set({ order });
    };
    const ends = () => {
      const { tokens } = state();
      return [tokens.indexOf("dog"), tokens.indexOf("man")];
    };
    const swap = buttonControl("", () => {
      const [a, b] = ends();
      set({ order: state().order.map(i => (i === a ? b : i === b ? a : i)) });
    });
    const codes = toggleControl({ label: labels.codes, onchange: on => set({ codes: on }) });
    controls.append(
      swap,
      buttonControl(labels.reverse, () => set({ order: [...state().order].reverse() })),
      codes,
    );

    let held = null;
    let before = null;
    const tiles = inOrder(state().tokens).map(i =>
      h("button", {
        type: "button",
        class: "bk-tile",
        onkeydown: event => {
          if (event.key === "Escape" && before) return set({ order: before });
          const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
          if (!way) return;
          event.preventDefault();
          const to = event.shiftKey ? (way > 0 ? n - 1 : 0) : clamp(i + way, 0, n - 1);
          move(i, to);
          tiles[to].focus();
        },
        onfocus: () => {
          before ??= state().order;
        },
        onpointerdown: event => {
          held = i;
          before = state().order;
          event.currentTarget.setPointerCapture(event.pointerId);
          api.busy(true);
        },
        onpointermove: event => {
          if (held === null) return;
          const to = tiles.findIndex(tile => {
            const box = tile.getBoundingClientRect();
            return (
              event.clientX >= box.left && event.clientX <= box.right && Math.abs(event.clientY - (box.top + box.bottom) / 2) < box.height
            );
          });
          if (to >= 0 && to !== held) {
            move(held, to);
            held = to;
            tiles[to].focus();
          }
        },
        onpointerup: () => {
          held = null;
          api.busy(false);
        },
        onpointercancel: () => {
          held = null;
          set({ order: before });
          api.busy(false);
        },
      }),
    );

    const lines = GRID.flatMap(i => [
      s("line", { x1: place([i, 0])[0], x2: place([i, 0])[0], y1: 20, y2: 320, class: i ? "bk-grid" : "bk-axis" }),
      s("line", { y1: place([0, i])[1], y2: place([0, i])[1], x1: 20, x2: 320, class: i ? "bk-grid" : "bk-axis" }),
    ]);
    const marks = tiles.map(() => ({
      path: s("line", { class: "bk-trail" }),
      ring: s("circle", { r: 8, class: "bk-ring" }),
      dot: s("circle", { r: 4.5, class: "bk-point" }),
      text: s("text", { class: "bk-name" }),
    }));
    const square = s("rect", { width: 11, height: 11, class: "bk-mean" });
    const squareText = s("text", { class: "bk-name bk-small" }, labels.mean);
    const plane = s(
      "svg",
      { viewBox: "0 0 340 340", class: "bk-plane", role: "img", "aria-label": labels.plane },
      lines,
      marks.flatMap(m => [m.path, m.ring]),
      square,
      marks.map(m => m.dot),
      squareText,
      marks.map(m => m.text),
    );
    const cells = tiles.map(() => labels.columns.map(() => h("td", {})));
    const table = h(
      "table",
      { class: "bk-table bk-tight" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          labels.columns.map(name => h("th", { scope: "col" }, name)),
        ),
      ),
      h(
        "tbody",
        {},
        cells.map(row => h("tr", {}, row)),
      ),
    );
    stage.append(
      h("div", { class: "bk-tiles", role: "group", "aria-label": labels.tiles }, tiles),
      h("div", { class: "bk-two" }, plane, h("div", { class: "bk-scroll" }, table)),
    );

    return now => {
      const { tokens, order } = now;
      const { now: points, before: rings, moved } = compare(now);
      const [a, b] = ends();
      swap.hidden = a < 0 || b < 0;
      swap.textContent = fill(labels.swap, { a: "dog", b: "man" });
      codes.update(now.codes);
      const names = order.map(i => tokens[i]);
      tiles.forEach((tile, i) => {
        tile.textContent = names[i];
        tile.setAttribute("aria-label", fill(labels.tile, { word: names[i], place: i + 1, n }));
      });
      const near = (p, q) => Math.hypot(p[0] - q[0], p[1] - q[1]) < 0.12;
      marks.forEach((m, i) => {
        const [x, y] = place(points[i]);
        const [rx, ry] = place(rings[i]);
        const first = points.findIndex(p => near(p, points[i])) === i;
        put(m.path, { x1: rx, y1: ry, x2: x, y2: y });
        put(m.ring, { cx: rx, cy: ry });
        put(m.dot, { cx: x, cy: y });
        const side = points[i][0] < mean(points)[0] ? -1 : 1;
        put(m.text, { x: x + 12 * side, y: y + 5, "text-anchor": side < 0 ? "end" : "start" });
        m.text.textContent = first ? names.filter((_, j) => near(points[j], points[i])).join(", ") : "";
        [String(i + 1), names[i], vector(points[i]), vector(rings[i]), number(moved[i])].forEach((text, c) => {
          cells[i][c].textContent = text;
        });
      });
      const [mx, my] = place(mean(points));
      put(square, { x: mx - 5.5, y: my - 5.5 });
      put(squareText, { x: mx, y: my + 20, "text-anchor": "middle" });
      return sentence(now);
    };
  }

  return { build, sentence, outputs, compare };
});
