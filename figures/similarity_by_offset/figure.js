import { bookFigure, clamp, dragging, fill, number, put, rangeControl, s, selectControl } from "../_lib/chrome.js";

export default bookFigure((labels, traits) => {
  const N = traits.query.maximum + 1;
  const WIDTHS = traits.width.enum;
  const BASES = traits.base.enum;
  const FARTHEST = traits.look.maximum;
  const LEFT = 30;
  const STEP = 6.5;
  const ZERO = 140;
  const UNIT = 116;

  const speed = (i, d, base) => Math.pow(base, (-2 * i) / d);
  const unit = v => {
    const long = Math.hypot(...v);
    return v.map(x => x / long);
  };
  /* All codes [48][d], each of length 1. Random ones come from a counter that Python counts alike. */
  function codes(kind, d, base) {
    if (kind === 0)
      return Array.from({ length: N }, (_, p) =>
        unit(Array.from({ length: d }, (_, c) => (c % 2 ? Math.cos : Math.sin)(p * speed(c >> 1, d, base)))),
      );
    let seed = 2017;
    const draw = () => {
      seed = (Math.imul(1664525, seed) + 1013904223) >>> 0;
      return seed / 2147483648 - 1;
    };
    return Array.from({ length: N }, () => unit(Array.from({ length: d }, draw)));
  }

  /* A vector turned by the rotation that takes the code of p to the code of p + k. */
  function turned(v, k, base) {
    return v.map((x, c) => {
      const a = k * speed(c >> 1, v.length, base);
      return c % 2 ? v[c] * Math.cos(a) - v[c - 1] * Math.sin(a) : v[c] * Math.cos(a) + v[c + 1] * Math.sin(a);
    });
  }

  /* Similarity [48] of the query, turned to look k places away, with every position. */
  function similarities({ query, look, kind, width, base }, k = look) {
    const all = codes(kind, width, base);
    const q = turned(all[query], k, base);
    return all.map(v => v.reduce((sum, x, c) => sum + x * q[c], 0));
  }

  const bestOf = list => list.reduce((best, x, i) => (x > list[best] + 1e-9 ? i : best), 0);

  const looking = k => (k ? fill(k < 0 ? labels.back : labels.ahead, { k: Math.abs(k) }) : labels.here);

  function sentence(now) {
    const list = similarities(now);
    const best = bestOf(list);
    const wanted = now.query + now.look;
    const at = i => (i in list ? number(list[i]) : labels.edge);
    const words = now.kind === 1 && best !== wanted ? labels.noise : labels.readout;
    return fill(words, {
      query: now.query,
      look: looking(now.look),
      best,
      wanted,
      top: number(list[best]),
      left: at(best - 1),
      right: at(best + 1),
    });
  }

  function build(api) {
    const { state, set, controls, stage } = api;
    const x = p => LEFT + (p + 0.5) * STEP;
    const y = v => ZERO - v * UNIT;
    const texts = list => list.map(v => String(v).replace(/\B(?=(\d{3})+$)/g, " "));
    const query = rangeControl({ label: labels.query, low: 0, high: N - 1, show: String, onchange: q => set({ query: q }) });
    const look = rangeControl({ label: labels.look, low: -FARTHEST, high: FARTHEST, show: looking, onchange: k => set({ look: k }) });
    const kind = selectControl({ label: labels.kind, options: labels.kinds, onchange: i => set({ kind: i }) });
    const width = selectControl({ label: labels.width, options: texts(WIDTHS), onchange: i => set({ width: WIDTHS[i] }) });
    const base = selectControl({ label: labels.base, options: texts(BASES), onchange: i => set({ base: BASES[i] }) });
    controls.append(query, look, kind, width, base);

    const grid = [-0.5, 0, 0.5, 1].flatMap(v => [
      s("line", { x1: LEFT, x2: LEFT + N * STEP, y1: y(v), y2: y(v), class: v ? "bk-grid" : "bk-axis" }),
      s("text", { x: LEFT - 5, y: y(v) + 4, "text-anchor": "end", class: "bk-small" }, number(v, 1)),
    ]);
    const ticks = [0, 10, 20, 30, 40].map(p => s("text", { x: x(p), y: 236, "text-anchor": "middle", class: "bk-small" }, p));
    const axis = s("text", { x: LEFT + N * STEP, y: 252, "text-anchor": "end", class: "bk-small" }, labels.axis);
    const ghost = s("path", { class: "bk-ghost" });
    const curve = s("path", { class: "bk-curve" });
    const dots = s("g", {});
    const peak = s("circle", { r: 7, class: "bk-peak" });
    const peakText = s("text", { class: "bk-name bk-k", "text-anchor": "middle" });
    const stem = s("line", { y1: y(1), y2: y(-0.6), class: "bk-stem" });
    const tip = s("rect", { width: 11, height: 11, class: "bk-tip bk-q" });
    const hit = s("circle", { r: 21, cy: y(-0.6), class: "bk-hit" });
    const name = s("text", { class: "bk-name bk-q", y: 234, "text-anchor": "middle" }, "q");
    const node = s(
      "g",
      { class: "bk-handle", tabindex: 0, role: "slider", "aria-valuemin": 0, "aria-valuemax": N - 1, "aria-label": labels.handle },
      stem,
      hit,
      tip,
      name,
    );
    const points = Array.from({ length: N }, () => s("circle", { r: 2.2, class: "bk-key" }));
    dots.append(...points);
    const svg = s(
      "svg",
      { viewBox: "0 0 350 258", class: "bk-wide", role: "group", "aria-label": labels.plot },
      grid,
      ticks,
      axis,
      ghost,
      curve,
      dots,
      node,
      peak,
      peakText,
    );
    dragging(
      svg,
      api,
      () => [
        {
          node,
          at: () => [x(state().query), 110],
          move: ([px]) => set({ query: clamp(Math.floor((px - LEFT) / STEP), 0, N - 1) }),
          nudge: (dx, dy, big) =>
            set({ query: clamp(state().query + dx * (big ? 4 : 1), 0, N - 1), look: clamp(state().look + dy, -FARTHEST, FARTHEST) }),
        },
      ],
      400,
    );
    stage.append(svg);
    const path = list => list.map((v, p) => `${p ? "L" : "M"}${x(p).toFixed(1)} ${y(v).toFixed(1)}`).join("");

    return now => {
      const list = similarities(now);
      const best = bestOf(list);
      const q = now.query;
      query.update(q);
      look.update(now.look);
      kind.update(now.kind);
      width.update(WIDTHS.indexOf(now.width));
      base.update(BASES.indexOf(now.base));
      put(ghost, { d: path(similarities(now, 0)), visibility: now.look ? "visible" : "hidden" });
      put(curve, { d: path(list) });
      points.forEach((point, p) => put(point, { cx: x(p), cy: y(list[p]) }));
      put(stem, { x1: x(q), x2: x(q) });
      put(hit, { cx: x(q) });
      put(tip, { x: x(q) - 5.5, y: y(-0.6) - 5.5, transform: `rotate(45 ${x(q)} ${y(-0.6)})` });
      put(name, { x: x(q) + 14, y: y(-0.6) + 5 });
      put(peak, { cx: x(best), cy: y(list[best]) });
      put(peakText, { x: clamp(x(best), LEFT + 20, LEFT + N * STEP - 20), y: y(list[best]) - 10 });
      peakText.textContent = `${best}: ${number(list[best])}`;
      put(node, { "aria-valuenow": q, "aria-valuetext": fill(labels.value, { query: q, best, top: number(list[best]) }) });
      return sentence(now);
    };
  }

  return { build, sentence, speed, codes, turned, similarities };
});
