import { bookFigure, clamp, dragging, fill, h, number, put, rangeControl, s, selectControl } from "../_lib/chrome.js";

export default bookFigure((labels, traits) => {
  const N = traits.position.maximum + 1;
  const WIDTHS = traits.width.enum;
  const BASES = traits.base.enum;
  const LEFT = 26;
  const CELL = 6.5;
  const TOP = 8;
  const TALL = 176;
  const WAVE = 64;
  const ORIGIN = TOP + TALL + 14 + WAVE / 2;

  const speed = (i, d, base) => Math.pow(base, (-2 * i) / d);
  /* The code of one position [d]: sine and cosine of each clock, side by side. */
  function code(position, d, base) {
    return Array.from({ length: d }, (_, c) => (c % 2 ? Math.cos : Math.sin)(position * speed(c >> 1, d, base)));
  }

  /* The other positions whose codes are nearest, one or two that are equally near, and how far they are. */
  function lookalikes(position, d, base) {
    const mine = code(position, d, base);
    let others = [];
    let distance = Infinity;
    for (let p = 0; p < N; p++) {
      if (p === position) continue;
      const away = Math.hypot(...code(p, d, base).map((v, c) => v - mine[c]));
      if (away < distance - 1e-9) {
        others = [p];
        distance = away;
      } else if (away < distance + 1e-9) others.push(p);
    }
    return { others, distance };
  }

  function sentence({ width, base, position }) {
    const {
      others: [first, second],
      distance,
    } = lookalikes(position, width, base);
    const words = second === undefined ? labels.readout : labels.readouts;
    return fill(words, { first, second, position, distance: number(distance), length: number(Math.sqrt(width / 2)) });
  }

  const plain = x => String(x).replace(/\B(?=(\d{3})+$)/g, " ");

  function build(api) {
    const { state, set, controls, stage } = api;
    const texts = list => list.map(plain);
    const width = selectControl({
      label: labels.width,
      options: texts(WIDTHS),
      onchange: i => set({ width: WIDTHS[i], clock: Math.min(state().clock, WIDTHS[i] / 2 - 1) }),
    });
    const base = selectControl({ label: labels.base, options: texts(BASES), onchange: i => set({ base: BASES[i] }) });
    const position = rangeControl({ label: labels.position, low: 0, high: N - 1, show: String, onchange: p => set({ position: p }) });
    controls.append(width, base, position);

    const cells = s("g", {});
    const frame = s("rect", { class: "bk-frame", x: LEFT, width: N * CELL });
    const cursor = s("line", { class: "bk-cursor", y1: TOP - 4, y2: TOP + TALL + 14 + WAVE });
    const waves = ["sine", "cosine"].map(name => ({
      path: s("path", { class: `bk-wave bk-${name}` }),
      dot: s("circle", { r: 4.5, class: `bk-dot bk-${name}` }),
      text: s("text", { class: "bk-small" }, labels[name]),
    }));
    const ticks = [0, 10, 20, 30, 40].map(p =>
      s("text", { x: LEFT + (p + 0.5) * CELL, y: ORIGIN + WAVE / 2 + 16, "text-anchor": "middle", class: "bk-small" }, p),
    );
    const axis = s("text", { x: LEFT + N * CELL, y: ORIGIN + WAVE / 2 + 30, "text-anchor": "end", class: "bk-small" }, labels.axis);
    const clockText = s("text", { class: "bk-small", "text-anchor": "end", x: LEFT - 5 });
    const zero = s("line", { class: "bk-grid", x1: LEFT, x2: LEFT + N * CELL, y1: ORIGIN, y2: ORIGIN });
    const handle = s("rect", {
      class: "bk-hit bk-heat",
      x: LEFT,
      y: TOP,
      width: N * CELL,
      height: TALL,
      tabindex: 0,
      role: "slider",
      "aria-valuemin": 0,
      "aria-valuemax": N - 1,
    });
    const svg = s(
      "svg",
      { viewBox: "0 0 340 296", class: "bk-code", role: "group" },
      cells,
      zero,
      waves.map(w => w.path),
      frame,
      cursor,
      waves.flatMap(w => [w.dot, w.text]),
      ticks,
      axis,
      clockText,
      handle,
    );
    const pick = ([x, y]) =>
      set({
        position: clamp(Math.floor((x - LEFT) / CELL), 0, N - 1),
        clock: clamp(Math.floor((((y - TOP) / TALL) * state().width) / 2), 0, state().width / 2 - 1),
      });
    dragging(
      svg,
      api,
      () => [
        {
          node: handle,
          at: () => [LEFT + (state().position + 0.5) * CELL, TOP + TALL / 2],
          move: pick,
          nudge: (dx, dy, big) =>
            set({
              position: clamp(state().position + dx * (big ? 4 : 1), 0, N - 1),
              clock: clamp(state().clock - dy, 0, state().width / 2 - 1),
            }),
        },
      ],
      400,
    );
    svg.addEventListener("click", event => {
      const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      if (p.y <= TOP + TALL + 6) pick([p.x, p.y]);
    });

    const faces = h("div", { class: "bk-clocks" });
    const why = h("p", { class: "bk-why" });
    const formula = h("p", { class: "bk-formula" });
    stage.append(h("div", { class: "bk-code-two" }, svg, faces), h("div", { class: "bk-derivation" }, why, formula));
    let drawn = "";
    let hands = [];
    const redraw = (d, b) => {
      const high = TALL / d;
      cells.replaceChildren(
        ...Array.from({ length: N }, (_, p) =>
          code(p, d, b).map((v, c) =>
            s("rect", {
              x: LEFT + p * CELL,
              y: TOP + c * high,
              width: CELL,
              height: high,
              class: v < 0 ? "bk-low" : "bk-high",
              "fill-opacity": Math.abs(v).toFixed(2),
            }),
          ),
        ).flat(),
      );
      hands = Array.from({ length: d / 2 }, (_, i) => {
        const hand = s("line", { x1: 20, y1: 20, class: "bk-clock-hand" });
        const tip = s("circle", { r: 3, class: "bk-clock-tip" });
        const node = h(
          "button",
          { type: "button", class: "bk-clock", onclick: () => set({ clock: i }) },
          s("svg", { viewBox: "0 0 40 40", "aria-hidden": "true" }, s("circle", { cx: 20, cy: 20, r: 17, class: "bk-face" }), hand, tip),
        );
        return { hand, tip, node };
      });
      faces.replaceChildren(...hands.map(hand => hand.node));
      drawn = `${d} ${b}`;
    };

    return now => {
      const { width: d, base: b, position: p, clock: i } = now;
      if (drawn !== `${d} ${b}`) redraw(d, b);
      width.update(WIDTHS.indexOf(d));
      base.update(BASES.indexOf(b));
      position.update(p);
      const high = TALL / d;
      const turn = speed(i, d, b);
      const angle = p * turn;
      const x = LEFT + (p + 0.5) * CELL;
      put(frame, { y: TOP + 2 * i * high, height: 2 * high });
      put(cursor, { x1: x, x2: x });
      put(clockText, { y: TOP + (2 * i + 1) * high + 4 });
      clockText.textContent = i;
      waves.forEach(({ path, dot, text }, k) => {
        const f = k ? Math.cos : Math.sin;
        const at = q => ORIGIN - (f(q * turn) * WAVE) / 2;
        put(path, {
          d: Array.from(
            { length: 4 * (N - 1) + 1 },
            (_, t) => `${t ? "L" : "M"}${(LEFT + (t / 4 + 0.5) * CELL).toFixed(1)} ${at(t / 4).toFixed(1)}`,
          ).join(""),
        });
        put(dot, { cx: x, cy: at(p) });
        put(text, { x: LEFT - 5, y: ORIGIN - ((k ? 0.55 : -0.75) * WAVE) / 2, "text-anchor": "end" });
      });
      put(svg, { "aria-label": fill(labels.map, { n: N, d }) });
      put(handle, {
        "aria-label": labels.position,
        "aria-valuenow": p,
        "aria-valuetext": fill(labels.value, {
          position: p,
          clock: i,
          clocks: d / 2,
          sine: number(Math.sin(angle)),
          cosine: number(Math.cos(angle)),
        }),
      });
      hands.forEach(({ hand, tip, node }, k) => {
        const a = p * speed(k, d, b);
        const end = { x: 20 + 15 * Math.cos(a), y: 20 - 15 * Math.sin(a) };
        put(hand, { x2: end.x, y2: end.y });
        put(tip, { cx: end.x, cy: end.y });
        put(node, { "aria-pressed": k === i, "aria-label": fill(labels.clock, { clock: k, angle: number(a / 2 / Math.PI) }) });
      });
      why.textContent = fill(labels.period, { clock: i, period: plain(Number(((2 * Math.PI) / turn).toPrecision(3))) });
      formula.replaceChildren(
        `PE(${p}, ${2 * i}) = sin(${p} / ${plain(b)}`,
        h("sup", {}, `${2 * i}/${d}`),
        `) = sin(${number(angle)}) = ${number(Math.sin(angle))};  PE(${p}, ${2 * i + 1}) = cos(${number(angle)}) = ${number(Math.cos(angle))}`,
      );
      return sentence(now);
    };
  }

  return { build, sentence, speed, code, lookalikes };
});
