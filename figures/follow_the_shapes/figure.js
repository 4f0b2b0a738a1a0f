import { bookFigure, buttonControl, clamp, dragging, fill, h, ids, number, put, rangeControl, s } from "../_lib/chrome.js";

export default bookFigure((labels, traits) => {
  const SMALLEST = traits.image_height.minimum;
  const LARGEST = traits.image_height.maximum;
  const MOST = traits.batch.maximum;
  const SCALE = 8;
  const STAGES = [
    ["c2", 3, 64, 1],
    ["c3", 4, 128, 2],
    ["c4", 6, 256, 2],
    ["c5", 3, 512, 2],
  ];
  const D = 256;
  const HEADS = 8;
  const FF = 2048;
  const LAYERS = 6;
  const QUERIES = 100;
  const CLASSES = 92;
  const BACKBONE = ["stem", "c2", "c3", "c4", "c5"];
  const BOXES = Object.keys(labels.boxes);

  const halved = n => Math.ceil(n / 2);
  const sum = list => list.reduce((a, b) => a + b, 0);
  const area = ([h, w]) => h * w;
  const grouped = n =>
    n >= 1e9 ? `${number(n / 1e9)} billion` : n >= 1e6 ? `${number(n / 1e6)} million` : String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const memory = n => (4 * n >= 1e9 ? `${number((4 * n) / 1e9)} GB` : `${number((4 * n) / 1e6)} MB`);
  const percent = (part, whole) => `${number((100 * part) / whole, 1)} %`;

  const images = ({ image_height, image_width, other_height, other_width, batch }) =>
    Array.from({ length: batch }, (_, i) => (i && i === batch - 1 ? [other_height, other_width] : [image_height, image_width]));
  const canvas = now => [0, 1].map(axis => Math.max(...images(now).map(sides => sides[axis])));
  /* (height, width) of the image, of the two maps of the stem, and of C2 to C5 */
  function maps(now) {
    const sides = [canvas(now)];
    for (const stride of [2, 2, ...STAGES.map(stage => stage[3])]) sides.push(stride === 2 ? sides.at(-1).map(halved) : sides.at(-1));
    return sides;
  }
  const tokens = now => area(maps(now).at(-1));
  /* For each image, how many rows and columns of the last map are real: cell i of n looks at pixel ⌊i · size / n⌋. */
  function real(now) {
    const size = canvas(now);
    const cells = maps(now).at(-1);
    return images(now).map(sides =>
      sides.map((side, axis) => [...Array(cells[axis]).keys()].filter(i => Math.floor((i * size[axis]) / cells[axis]) < side).length),
    );
  }
  const padded = now => now.batch * tokens(now) - sum(real(now).map(area));

  function shapes(now) {
    const b = now.batch;
    const n = tokens(now);
    const sides = maps(now);
    const [h, w] = sides.at(-1);
    const map = (channels, side) => [[[b, channels, ...side], "map"]];
    return {
      image: [[[b, 3, ...sides[0]], "image"]],
      mask: [
        [[b, h, w], "maskMap"],
        [[b, ...sides[0]], "mask"],
      ],
      stem: [[[b, 64, ...sides[2]], "pooled"], ...map(64, sides[1])],
      ...Object.fromEntries(STAGES.map(([stage, , inner], i) => [stage, map(4 * inner, sides[i + 3])])),
      project: map(D, [h, w]),
      code: map(D, [h, w]),
      tokens: [[[b, n, D], "tokens"]],
      encoder: [
        [[b, n, D], "memory"],
        [[b, HEADS, n, n], "weights"],
        [[b, n, FF], "inside"],
      ],
      queries: [[[QUERIES, D], "queries"]],
      decoder: [
        [[LAYERS, b, QUERIES, D], "states"],
        [[b, HEADS, QUERIES, QUERIES], "self"],
        [[b, HEADS, QUERIES, n], "cross"],
        [[b, QUERIES, FF], "inside"],
      ],
      classes: [[[LAYERS, b, QUERIES, CLASSES], "logits"]],
      boxes: [[[LAYERS, b, QUERIES, 4], "coordinates"]],
    };
  }
  /* Attention weights of one layer for the batch: in the encoder, among the queries, from queries to image. */
  function weights(now) {
    const n = tokens(now);
    const all = now.batch * HEADS;
    return { encoder: all * n * n, self: all * QUERIES ** 2, cross: all * QUERIES * n };
  }
  /* Multiply-adds of each box for the whole batch, in convolutions and matrix products. */
  function work(now) {
    const n = tokens(now);
    const [, stem, pooled, ...after] = maps(now).map(area);
    const found = { stem: stem * 7 * 7 * 3 * 64 };
    let channels = 64;
    let before = pooled;
    STAGES.forEach(([stage, blocks, inner], i) => {
      const rest = after[i] * 13 * inner * inner;
      found[stage] =
        before * channels * inner + rest + after[i] * channels * 4 * inner + (blocks - 1) * (rest + after[i] * 4 * inner * inner);
      channels = 4 * inner;
      before = after[i];
    });
    const looks = 4 * QUERIES * D * D + 2 * QUERIES ** 2 * D + 2 * (QUERIES + n) * D * D + 2 * QUERIES * n * D;
    Object.assign(found, {
      project: n * channels * D,
      encoder: LAYERS * (4 * n * D * D + 2 * n * n * D + 2 * n * D * FF),
      decoder: LAYERS * (looks + 2 * QUERIES * D * FF),
      classes: LAYERS * QUERIES * D * CLASSES,
      boxes: LAYERS * QUERIES * (2 * D * D + 4 * D),
    });
    return Object.fromEntries(BOXES.map(box => [box, now.batch * (found[box] || 0)]));
  }
  /* Numbers that are learned in each box; the frozen batch norms of the backbone have none. */
  function parameters() {
    const found = { stem: 7 * 7 * 3 * 64 };
    const attention = 4 * (D * D + D);
    const norm = 2 * D;
    const feed = 2 * D * FF + FF + D;
    let channels = 64;
    STAGES.forEach(([stage, blocks, inner]) => {
      found[stage] = 5 * channels * inner + 13 * inner * inner + (blocks - 1) * 17 * inner * inner;
      channels = 4 * inner;
    });
    Object.assign(found, {
      project: channels * D + D,
      encoder: LAYERS * (attention + feed + 2 * norm),
      queries: QUERIES * D,
      decoder: LAYERS * (2 * attention + feed + 3 * norm) + norm,
      classes: D * CLASSES + CLASSES,
      boxes: 2 * (D * D + D) + 4 * D + 4,
    });
    return Object.fromEntries(BOXES.map(box => [box, found[box] || 0]));
  }

  function sentence(now) {
    const [h, w] = canvas(now);
    const looks = weights(now);
    const costs = work(now);
    const total = sum(Object.values(costs));
    const all = now.batch * tokens(now);
    const first = fill(now.batch === 1 ? labels.readoutOne : labels.readoutBatch, {
      h,
      w,
      b: now.batch,
      n: grouped(tokens(now)),
      all: grouped(all),
      padded: grouped(padded(now)),
      share: percent(padded(now), all),
    });
    const second = fill(labels.readoutCost, {
      encoder: grouped(looks.encoder),
      memory: memory(LAYERS * looks.encoder),
      cross: grouped(looks.cross),
      self: grouped(looks.self),
      total: grouped(total),
      backbone: percent(sum(BACKBONE.map(box => costs[box])), total),
      encoderShare: percent(costs.encoder, total),
    });
    return `${first} ${second}`;
  }
  /* The values of the formulas */
  function values(now) {
    const looks = weights(now);
    const [[H, W], [h1, w1], , [h2, w2], [h3, w3], [h4, w4], [h5, w5]] = maps(now);
    const sizes = axis => [...new Set(images(now).map(sides => sides[axis]))].join(", ");
    return {
      H,
      W,
      h1,
      w1,
      h2,
      w2,
      h3,
      w3,
      h4,
      w4,
      h5,
      w5,
      heights: sizes(0),
      widths: sizes(1),
      b: now.batch,
      n: h5 * w5,
      numbers: grouped(now.batch * 3 * H * W),
      real: real(now)
        .map(([h, w]) => `${h} · ${w}`)
        .join(" + "),
      work: grouped(work(now).project),
      weights: grouped(looks.encoder),
      memory: memory(LAYERS * looks.encoder),
      self: grouped(looks.self),
      cross: grouped(looks.cross),
    };
  }

  function build({ state, set, controls, stage, busy }) {
    const side = (trait, label) =>
      rangeControl({ label, low: SMALLEST, high: LARGEST, big: 32, show: x => fill(labels.px, { x }), onchange: x => set({ [trait]: x }) });
    const sliders = {
      image_height: side("image_height", labels.imageHeight),
      image_width: side("image_width", labels.imageWidth),
      other_height: side("other_height", labels.otherHeight),
      other_width: side("other_width", labels.otherWidth),
    };
    const batch = rangeControl({ label: labels.batch, low: 1, high: MOST, big: 2, show: String, onchange: count => set({ batch: count }) });
    const double = buttonControl(labels.double, () =>
      set(Object.fromEntries(Object.keys(sliders).map(trait => [trait, Math.min(LARGEST, 2 * state()[trait])]))),
    );
    const upright = buttonControl(labels.upright, () => {
      const { image_height, image_width, batch } = state();
      set({ other_height: image_width, other_width: image_height, batch: Math.max(2, batch) });
    });
    controls.append(double, upright, sliders.image_height, sliders.image_width, batch, sliders.other_height, sliders.other_width);

    const rows = BOXES.map(box => {
      const shape = h("span", { class: "bk-shapes-shape" });
      const share = h("span", { class: "bk-shapes-share" });
      const button = h(
        "button",
        {
          type: "button",
          class: "bk-shapes-box",
          onclick: () => set({ box }),
          onkeydown: event => {
            const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
            if (!way) return;
            event.preventDefault();
            rows[clamp(BOXES.indexOf(box) + way, 0, BOXES.length - 1)].button.focus();
          },
        },
        h("span", { class: "bk-shapes-name" }, labels.boxes[box]),
        shape,
        share,
      );
      return { button, shape, share };
    });
    const name = h("p", { class: "bk-walk-name" });
    const tensors = h("div", { class: "bk-walk-shape" });
    const formulas = h("div", {});
    const counts = h("p", { class: "bk-why" });
    const hint = h("p", { class: "bk-why" });
    const canvases = ["first", "last"].map((which, last) => {
      const grid = s("path", { class: "bk-shapes-grid" });
      const real = s("rect", { class: "bk-shapes-real" });
      const hatch = ids("hatch");
      const whole = s("rect", { fill: `url(#${hatch})` });
      const edge = s("rect", { class: "bk-shapes-edge" });
      const spot = s("circle", { r: 22, class: "bk-hit" });
      const handle = s(
        "g",
        { class: "bk-handle", tabindex: 0, role: "slider", "aria-label": fill(labels.corner, { which: labels[which] }) },
        spot,
        s("circle", { r: 7, class: "bk-shapes-dot" }),
      );
      const lines = s(
        "pattern",
        { id: hatch, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        s("path", { d: "M0 0V6", class: "bk-hatch" }),
      );
      const picture = s("g", { role: "img" }, s("defs", {}, lines), whole, real, grid, edge);
      const svg = s(
        "svg",
        { class: "bk-shapes-drawing", viewBox: `-8 -8 ${LARGEST / SCALE + 16} ${LARGEST / SCALE + 16}` },
        picture,
        handle,
      );
      const traits = last ? ["other_height", "other_width"] : ["image_height", "image_width"];
      const at = () => {
        const now = state();
        return traits.map(trait => now[trait]);
      };
      const to = (h, w) => set(Object.fromEntries([h, w].map((x, axis) => [traits[axis], clamp(Math.round(x), SMALLEST, LARGEST)])));
      dragging(
        svg,
        { state, set, busy },
        () => [
          {
            node: handle,
            at: () => {
              const [h, w] = at();
              return [w / SCALE, h / SCALE];
            },
            move: ([x, y]) => to(y * SCALE, x * SCALE),
            nudge: (dx, dy, large) => {
              const [h, w] = at();
              const step = large ? 32 : 1;
              to(h - dy * step, w + dx * step);
            },
          },
        ],
        26,
      );
      return { svg, picture, grid, real, whole, edge, handle, at, which };
    });
    stage.append(
      h(
        "div",
        { class: "bk-shapes" },
        h(
          "div",
          { class: "bk-shapes-list", role: "group", "aria-label": labels.shape },
          rows.map(row => row.button),
        ),
        h(
          "div",
          { class: "bk-shapes-open" },
          name,
          tensors,
          formulas,
          counts,
          hint,
          h(
            "div",
            { class: "bk-shapes-drawings" },
            canvases.map(one => one.svg),
          ),
        ),
      ),
    );

    return now => {
      const all = shapes(now);
      const costs = work(now);
      const total = sum(Object.values(costs));
      const [high, wide] = canvas(now);
      const [n_rows, n_columns] = maps(now).at(-1);
      const found = real(now);
      const two = now.batch > 1;
      Object.entries(sliders).forEach(([trait, slider]) => {
        slider.update(now[trait]);
        slider.querySelector("input").disabled = trait.startsWith("other") && !two;
      });
      batch.update(now.batch);
      rows.forEach(({ button, shape, share }, i) => {
        const box = BOXES[i];
        button.setAttribute("aria-pressed", box === now.box);
        shape.textContent = `[${all[box][0][0].join(", ")}]`;
        share.textContent = costs[box] ? percent(costs[box], total) : "";
        share.style.setProperty("--w", costs[box] / total);
      });
      name.textContent = labels.boxes[now.box];
      tensors.replaceChildren(
        ...all[now.box].flatMap(([shape, axes]) => [h("strong", {}, `[${shape.join(", ")}]`), h("span", {}, labels.axes[axes])]),
      );
      formulas.replaceChildren(...labels.formulas[now.box].map(line => h("p", { class: "bk-shapes-formula" }, fill(line, values(now)))));
      const learned = parameters()[now.box];
      counts.textContent = [
        [labels.learned, learned],
        [labels.work, costs[now.box]],
      ]
        .filter(pair => pair[1])
        .map(([label, x]) => `${label}: ${grouped(x)}`)
        .join(" · ");
      hint.textContent = fill(labels.drag, { rows: n_rows, columns: n_columns });
      canvases.forEach(({ svg, picture, grid, real, whole, edge, handle, at, which }, last) => {
        svg.style.display = last && !two ? "none" : "";
        const [y, x] = at();
        const [realRows, realColumns] = found[last ? found.length - 1 : 0];
        const cell = [high / n_rows / SCALE, wide / n_columns / SCALE];
        put(picture, { "aria-label": fill(labels.drawn, { which: labels[which], h: y, w: x, rows: n_rows, columns: n_columns }) });
        put(whole, { width: wide / SCALE, height: high / SCALE });
        put(real, { width: realColumns * cell[1], height: realRows * cell[0] });
        put(edge, { width: x / SCALE, height: y / SCALE });
        put(grid, {
          d:
            [...Array(n_columns + 1).keys()].map(j => `M${(j * cell[1]).toFixed(1)} 0v${(high / SCALE).toFixed(1)}`).join("") +
            [...Array(n_rows + 1).keys()].map(i => `M0 ${(i * cell[0]).toFixed(1)}h${(wide / SCALE).toFixed(1)}`).join(""),
        });
        put(handle, {
          transform: `translate(${x / SCALE} ${y / SCALE})`,
          "aria-valuemin": SMALLEST,
          "aria-valuemax": LARGEST,
          "aria-valuenow": x,
          "aria-valuetext": fill(labels.cornerAt, { h: y, w: x }),
        });
      });
      return sentence(now);
    };
  }

  return { build, sentence, maps, real, padded, shapes, weights, work, parameters };
});
