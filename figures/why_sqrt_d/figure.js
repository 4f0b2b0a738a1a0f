import { bookFigure, clamp, dragging, fill, h, number, put, rangeControl, s, softmax } from "../_lib/chrome.js";

export default bookFigure((labels, traits) => {
  const WIDTHS = traits.d_k.enum;
  const SIDES = ["plain", "scaled"];
  const KEYS = 16;
  const AXIS = 96;
  const SCORE_BINS = 33;
  const SCORE_STEP = 0.25;
  const SIZE_BINS = 32;
  const SIZE_STEP = 0.25;
  const SMALLEST = -6;
  const BASE = 72;
  const TALL = 58;

  /* What the figure shows at one width: for each side the spread, the weights of the query shown and its gradient's numbers. */
  function shown({ data: draws, d_k, place }) {
    const found = draws[WIDTHS.indexOf(d_k)];
    return SIDES.map((name, side) => {
      const scale = side ? 1 / Math.sqrt(d_k) : 1;
      const { counts, median, top, dead, chosen } = found.gradients[name];
      return {
        spread: found.spread * scale,
        scale,
        weights: softmax(found.rows[place].map(x => x * scale)),
        counts,
        median,
        top,
        dead,
        size: chosen[place],
      };
    });
  }

  const size = x => (x >= 0.1 || x === 0 ? number(x) : x >= 0.00005 ? number(x, 4) : labels.tiny);
  const percent = x => number(100 * x, 0);
  const above = { 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
  const times = x =>
    x < 1e5
      ? number(x, x < 100 ? 2 : 0)
      : x.toExponential(1).replace(/e\+(\d+)/, (_, power) => " · 10" + [...power].map(c => above[c]).join(""));

  function sentence(now) {
    const [plain, scaled] = shown(now);
    return fill(labels.readout, {
      d: now.d_k,
      spread: number(plain.spread, 1),
      median: size(plain.median),
      dead: percent(plain.dead),
      top: size(plain.top),
      scaledSpread: number(scaled.spread, 1),
      scaledMedian: size(scaled.median),
      scaledDead: percent(scaled.dead),
      scaledTop: size(scaled.top),
    });
  }

  const stats = side => [
    fill(labels.stats[0], { spread: number(side.spread, 1) }),
    fill(labels.stats[1], { first: number(side.weights[0], 3), second: number(side.weights[1], 3) }),
    fill(labels.stats[2], { median: size(side.median), dead: percent(side.dead), top: size(side.top), shown: size(side.size) }),
  ];
  const scoreX = score => 150 + clamp(score, -AXIS, AXIS) * 1.5;
  const sizeX = norm => 6 + 9 * clamp((Math.log10(norm) - SMALLEST) / SIZE_STEP, 0, SIZE_BINS);

  function build(api) {
    const { state, set, controls, stage } = api;
    const width = rangeControl({
      label: labels.width,
      low: 0,
      high: WIDTHS.length - 1,
      show: i => String(WIDTHS[i]),
      onchange: i => set({ d_k: WIDTHS[i] }),
    });
    const query = rangeControl({
      label: labels.query,
      low: 0,
      high: 4,
      big: 2,
      show: i => labels.places[i],
      onchange: place => set({ place }),
    });
    controls.append(width, query);

    const label = (x, text, anchor = "middle") => s("text", { x, y: BASE + 16, "text-anchor": anchor, class: "bk-small" }, text);
    const axis = () => s("line", { x1: 6, x2: 294, y1: BASE, y2: BASE, class: "bk-axis" });
    const bar = (x, width, name) => s("rect", { x, width, y: BASE, height: 0, class: name });
    const rise = (rect, share) => put(rect, { y: (BASE - TALL * share).toFixed(1), height: (TALL * share).toFixed(1) });
    const powers = [
      ["10⁻⁶", 6],
      ["10⁻⁴", 78],
      ["10⁻²", 150],
      ["1", 222],
      ["10²", 294],
    ];
    const panels = SIDES.map((_, side) => {
      const area = s("path", { class: "bk-scale-area" });
      const rug = s("path", { class: "bk-scale-rug" });
      const keys = Array.from({ length: KEYS }, (_, i) => bar(8 + 18 * i, 14, "bk-scale-weight"));
      const bins = Array.from({ length: SIZE_BINS }, (_, i) => bar(6 + 9 * i, 8, "bk-scale-area"));
      const median = s("line", { y1: BASE - TALL - 6, y2: BASE, class: "bk-scale-median" });
      const tip = s("rect", { width: 11, height: 11, class: "bk-tip bk-q" });
      const hit = s("circle", { r: 21, cy: BASE, class: "bk-hit" });
      const mark = s(
        "g",
        side
          ? {}
          : { class: "bk-handle", tabindex: 0, role: "slider", "aria-valuemin": 0, "aria-valuemax": 4, "aria-label": labels.handle },
        side ? null : hit,
        tip,
      );
      const svgs = [
        [area, axis(), rug, [-80, -40, 0, 40, 80].map(x => label(scoreX(x), number(x, 0)))],
        [keys, axis()],
        [
          bins,
          axis(),
          powers.map(([text, x], i) => [
            s("line", { x1: x, x2: x, y1: BASE, y2: BASE + 4, class: "bk-axis" }),
            label(clamp(x, 2, 298), text, ["start", "middle", "middle", "middle", "end"][i]),
          ]),
          median,
          mark,
        ],
      ].map((content, part) =>
        s("svg", { viewBox: part === 1 ? "0 6 300 72" : "0 6 300 86", role: part === 2 && !side ? "group" : "img" }, content),
      );
      if (!side)
        dragging(
          svgs[2],
          api,
          () => [
            {
              node: mark,
              at: () => [sizeX(shown(state())[0].size), BASE],
              move: ([x]) => {
                const chosen = state().data[WIDTHS.indexOf(state().d_k)].gradients.plain.chosen.map(norm => Math.abs(sizeX(norm) - x));
                set({ place: chosen.indexOf(Math.min(...chosen)) });
              },
              nudge: (dx, dy, big) => set({ place: clamp(state().place + (dx + dy) * (big ? 2 : 1), 0, 4) }),
            },
          ],
          60,
        );
      return { area, rug, keys, bins, median, tip, hit, mark, svgs, stats: svgs.map(() => h("p", { class: "bk-scale-stat" })) };
    });
    const formulas = labels.sides.map(() => h("p", { class: "bk-formula" }));
    stage.append(
      ...labels.parts.map((part, i) =>
        h(
          "section",
          { class: "bk-scale-part" },
          h("p", { class: "bk-scale-head" }, h("strong", {}, part), h("span", { class: "bk-why" }, labels.axes[i])),
          panels.map(({ svgs, stats }, side) => h("div", {}, h("p", { class: "bk-scale-side" }, labels.sides[side]), svgs[i], stats[i])),
        ),
      ),
      h("div", { class: "bk-derivation" }, h("p", { class: "bk-why" }, labels.why), formulas),
    );

    return now => {
      const draw = now.data[WIDTHS.indexOf(now.d_k)];
      const scores = draw.rows[now.place];
      const sides = shown(now);
      const root = Math.sqrt(now.d_k);
      width.update(WIDTHS.indexOf(now.d_k));
      query.update(now.place);
      panels.forEach((panel, i) => {
        const side = sides[i];
        const peak = Math.max(...draw.scores);
        const most = Math.max(...side.counts);
        const texts = stats(side);
        const edge = bin => scoreX((bin - SCORE_BINS / 2) * SCORE_STEP * root * side.scale).toFixed(2);
        put(panel.area, {
          d:
            `M${edge(0)} ${BASE}` +
            draw.scores.map((count, bin) => `V${(BASE - (TALL * count) / peak).toFixed(1)}H${edge(bin + 1)}`).join("") +
            `V${BASE}Z`,
        });
        put(panel.rug, { d: scores.map(score => `M${scoreX(score * side.scale).toFixed(1)} ${BASE - 9}v9`).join("") });
        panel.keys.forEach((rect, j) => rise(rect, side.weights[j]));
        panel.bins.forEach((rect, j) => rise(rect, side.counts[j] / most));
        put(panel.median, { x1: sizeX(side.median), x2: sizeX(side.median) });
        const x = sizeX(side.size);
        put(panel.tip, { x: x - 5.5, y: BASE - 5.5, transform: `rotate(45 ${x} ${BASE})` });
        put(panel.hit, { cx: x });
        panel.stats.forEach((line, part) => {
          line.textContent = texts[part];
        });
        panel.svgs.forEach((svg, part) =>
          svg.setAttribute("aria-label", fill(labels.panel, { part: labels.parts[part], side: labels.sides[i], stat: texts[part] })),
        );
        const gap = (scores[0] - scores[1]) * side.scale;
        const signed = x => (x < 0 ? fill(labels.minus, { x: number(x) }) : number(x));
        formulas[i].textContent = fill(labels.formulas[i], {
          a: signed(scores[0]),
          b: signed(scores[1]),
          d: now.d_k,
          gap: number(gap),
          ratio: times(Math.exp(gap)),
        });
      });
      put(panels[0].mark, {
        "aria-valuenow": now.place,
        "aria-valuetext": fill(labels.value, { place: labels.places[now.place], shown: size(sides[0].size) }),
      });
      return sentence(now);
    };
  }

  return { build, sentence, shown };
});
