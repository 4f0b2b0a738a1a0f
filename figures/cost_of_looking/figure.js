import { bookFigure, clamp, fill, h, number, put, rangeControl, s, selectControl } from "../_lib/chrome.js";

export default bookFigure((labels, traits) => {
  const STRIDES = [[32], [16, 32], [8, 16, 32], [8, 16, 32, 64]];
  const D = 256;
  const HEADS = 8;
  const BYTES = 4;
  const STEP = 32;
  const range = n => [...Array(n).keys()];

  const shapes = ({ height, width, levels }) => STRIDES[levels - 1].map(stride => [Math.ceil(height / stride), Math.ceil(width / stride)]);
  const tokens = now => shapes(now).reduce((sum, [rows, columns]) => sum + rows * columns, 0);
  const places = ({ levels, points }) => levels * points;

  /* What one layer over n tokens costs: multiplications, and numbers that say where it looks. */
  function costs(n, each) {
    const dense = { projections: 4 * n * D * D, choosing: 0, looking: 2 * n * n * D, kept: HEADS * n * n };
    const few = { projections: 2 * n * D * D, choosing: 3 * n * D * HEADS * each, looking: 4 * n * D * each, kept: 3 * HEADS * n * each };
    for (const one of [dense, few]) one.total = one.projections + one.choosing + one.looking;
    return { dense, few };
  }

  function short(x, units, base = 1000) {
    let power = 0;
    while (x >= base && power < units.length - 1) {
      x /= base;
      power += 1;
    }
    return `${number(x, x < 10 && power ? 1 : 0)}${units[power]}`;
  }
  const bytes = x => short(BYTES * x, labels.bytes);
  const count = x => short(x, labels.units);

  function sentence(now) {
    const n = tokens(now);
    const { dense, few } = costs(n, places(now));
    const ratio = dense.total / few.total;
    return fill(ratio >= 1 ? labels.readout : labels.readoutMore, {
      n,
      places: HEADS * places(now),
      dense: count(dense.total),
      few: count(few.total),
      ratio: number(ratio >= 1 ? ratio : 1 / ratio, 1),
      denseBytes: bytes(dense.kept),
      fewBytes: bytes(few.kept),
    });
  }

  function build({ set, controls, stage }) {
    const side = name =>
      rangeControl({
        label: labels[name],
        low: traits[name].minimum,
        high: traits[name].maximum,
        step: STEP,
        big: 4 * STEP,
        show: n => fill(labels.px, { n }),
        onchange: n => set({ [name]: n }),
      });
    const height = side("height");
    const width = side("width");
    const levels = selectControl({ label: labels.levels, options: labels.levelsOf, onchange: i => set({ levels: i + 1 }) });
    const points = rangeControl({
      label: labels.points,
      low: 1,
      high: traits.points.maximum,
      show: String,
      onchange: k => set({ points: k }),
    });
    controls.append(height, width, levels, points);

    const [left, right, top, bottom] = [46, 352, 14, 236];
    const [low, high] = [0, 5]; // powers of ten of tokens
    const [least, most] = [5, 14]; // of multiplications
    const x = n => left + ((Math.log10(n) - low) / (high - low)) * (right - left);
    const y = count => bottom - ((Math.log10(count) - least) / (most - least)) * (bottom - top);
    const power = (p, at, anchor) =>
      s("text", { ...at, "text-anchor": anchor, class: "bk-small" }, "10", s("tspan", { dy: -5, class: "bk-looking-power" }, p));
    const grid = [
      range(high - low + 1).flatMap(p => [
        s("line", { x1: x(10 ** p), x2: x(10 ** p), y1: top, y2: bottom, class: "bk-grid" }),
        power(p, { x: x(10 ** p), y: bottom + 18 }, "middle"),
      ]),
      range(5).flatMap(i => {
        const p = least + 1 + 2 * i;
        return [
          s("line", { x1: left, x2: right, y1: y(10 ** p), y2: y(10 ** p), class: "bk-grid" }),
          power(p, { x: left - 6, y: y(10 ** p) + 5 }, "end"),
        ];
      }),
    ];
    const curves = { dense: s("path", { class: "bk-looking-dense" }), few: s("path", { class: "bk-looking-few" }) };
    const dots = {
      dense: s("circle", { r: 6, class: "bk-looking-dot-dense" }),
      few: s("rect", { width: 11, height: 11, class: "bk-looking-dot-few" }),
    };
    const names = { dense: s("text", { class: "bk-looking-name-dense" }), few: s("text", { class: "bk-looking-name-few" }) };
    const stem = s("line", { y1: top, y2: bottom, class: "bk-looking-stem" });
    const svg = s(
      "svg",
      { viewBox: "0 0 366 270", class: "bk-looking-plot", role: "img", "aria-label": labels.plot },
      grid,
      s("text", { x: right, y: 268, "text-anchor": "end", class: "bk-small" }, labels.axisX),
      s("text", { x: left + 6, y: top + 8, class: "bk-small" }, labels.axisY),
      stem,
      Object.values(curves),
      Object.values(dots),
      Object.values(names),
    );
    const table = h("div", { class: "bk-scroll", role: "group", tabindex: 0, "aria-label": labels.plot });
    const sums = h(
      "div",
      { class: "bk-derivation" },
      labels.derivation.map(line => h("p", {}, line)),
    );
    stage.append(h("div", { class: "bk-looking-two" }, svg, h("div", {}, table, sums)));
    const path = (kind, each) =>
      range(41)
        .map(i => 10 ** (low + 0.4 + (i / 40) * (high - low - 0.6)))
        .map((n, i) => `${i ? "L" : "M"}${x(n).toFixed(1)} ${y(costs(n, each)[kind].total).toFixed(1)}`)
        .join("");

    return now => {
      const n = tokens(now);
      const each = places(now);
      const both = costs(n, each);
      height.update(now.height);
      width.update(now.width);
      levels.update(now.levels - 1);
      points.update(now.points);
      put(stem, { x1: x(n), x2: x(n) });
      for (const kind of ["dense", "few"]) put(curves[kind], { d: path(kind, each) });
      put(dots.dense, { cx: x(n), cy: y(both.dense.total) });
      put(dots.few, { x: x(n) - 5.5, y: y(both.few.total) - 5.5 });
      const above = both.dense.total >= both.few.total;
      put(names.dense, { x: x(n) - 10, y: y(both.dense.total) + (above ? -8 : 20), "text-anchor": "end" });
      put(names.few, { x: clamp(x(n), left + 40, right - 34), y: y(both.few.total) + (above ? 31 : -12), "text-anchor": "middle" });
      names.dense.textContent = labels.dense;
      names.few.textContent = fill(labels.few, { n: HEADS * each });
      const shown = (name, one) => (name === "kept" ? bytes(one.kept) : one[name] ? count(one[name]) : labels.none);
      table.replaceChildren(
        h(
          "table",
          {},
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              labels.head.map(name => h(name ? "th" : "td", name ? { scope: "col" } : {}, fill(name, { n: HEADS * each }))),
            ),
          ),
          h(
            "tbody",
            {},
            Object.entries(labels.rows).map(([name, said]) =>
              h("tr", {}, h("th", { scope: "row" }, said), h("td", {}, shown(name, both.dense)), h("td", {}, shown(name, both.few))),
            ),
          ),
        ),
      );
      return sentence(now);
    };
  }

  return { build, sentence, shapes, tokens, places, costs, short };
});
