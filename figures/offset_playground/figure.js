import { bookFigure, clamp, dragging, fill, h, number, pieces, put, rangeControl, s, softmax } from "../_lib/chrome.js";

export default bookFigure((labels, traits) => {
  const ROWS = traits.map.default.length;
  const COLUMNS = traits.map.default[0].length;
  const SAMPLES = traits.offsets.default.length;
  const LARGEST = traits.scores.items.maximum;
  const UNIT = 56; // of the drawing, for a pixel
  const STEP = 0.05; // of a pixel, to which places snap
  const range = n => [...Array(n).keys()];
  const snap = x => Math.round(x / STEP) / (1 / STEP);
  const sum = list => list.reduce((a, b) => a + b, 0);

  /* The four pixels round a place (in pixels from the corner of the map), as bilinear_sample in book_lib.detection.deformable_attention. */
  function corners(map, [x, y]) {
    const left = Math.floor(x - 0.5);
    const top = Math.floor(y - 0.5);
    return [0, 1].flatMap(dy =>
      [0, 1].map(dx => {
        const [column, row] = [left + dx, top + dy];
        const share = (1 - Math.abs(x - 0.5 - column)) * (1 - Math.abs(y - 0.5 - row));
        return { row, column, share, pixel: map[row]?.[column] ?? 0, inside: map[row]?.[column] !== undefined };
      }),
    );
  }
  const read = (map, place) => sum(corners(map, place).map(({ share, pixel }) => share * pixel));
  const places = ({ reference, offsets }) => offsets.map(offset => offset.map((d, axis) => reference[axis] + d));
  const values = now => places(now).map(place => read(now.map, place));
  const output = now => {
    const weights = softmax(now.scores);
    return sum(values(now).map((value, k) => value * weights[k]));
  };

  function sentence(now) {
    const [x, y] = places(now)[now.chosen];
    return fill(labels.readout, {
      k: now.chosen + 1,
      x: number(x),
      y: number(y),
      value: number(values(now)[now.chosen]),
      weight: number(softmax(now.scores)[now.chosen]),
      output: number(output(now)),
    });
  }

  function build(api) {
    const { state, set, controls, stage } = api;
    const picks = range(SAMPLES).map(k =>
      h("button", { type: "button", class: "bk-button", onclick: () => set({ chosen: k }) }, fill(labels.sample, { k: k + 1 })),
    );
    const score = rangeControl({
      label: "",
      low: -LARGEST,
      high: LARGEST,
      big: 2,
      show: x => number(x, 0),
      onchange: x => set({ scores: state().scores.map((old, k) => (k === state().chosen ? x : old)) }),
    });
    controls.append(h("div", { class: "bk-choice", role: "group", "aria-label": labels.samples }, picks), score);

    const at = ([x, y]) => [(x + 1) * UNIT, (y + 1) * UNIT];
    const cells = range(ROWS).map(() =>
      range(COLUMNS).map(() => ({
        box: s("rect", { width: UNIT, height: UNIT, class: "bk-offset-pixel" }),
        name: s("text", { "text-anchor": "middle", class: "bk-offset-number" }),
      })),
    );
    cells.forEach((row, i) =>
      row.forEach(({ box, name }, j) => {
        const [x, y] = at([j, i]);
        put(box, { x, y });
        put(name, { x: x + UNIT / 2, y: y + UNIT / 2 + 5 });
      }),
    );
    const square = s("rect", { width: UNIT, height: UNIT, class: "bk-offset-square" });
    const parts = range(4).map(() => s("rect", { class: "bk-offset-part" }));
    const shares = range(4).map(i => s("text", { "text-anchor": i % 2 ? "end" : "start", class: "bk-offset-share" }));
    const arms = range(SAMPLES).map(() => s("line", { class: "bk-offset-arm" }));
    const handle = (label, low, high, ...drawn) =>
      s(
        "g",
        { class: "bk-handle", tabindex: 0, role: "slider", "aria-label": label, "aria-valuemin": low, "aria-valuemax": high },
        s("circle", { r: 21, class: "bk-hit" }),
        drawn,
      );
    const samples = range(SAMPLES).map(k =>
      handle(
        fill(labels.sample, { k: k + 1 }),
        -8,
        13,
        s("circle", { r: 9, class: "bk-offset-sample" }),
        s("text", { "text-anchor": "middle", y: 4.5, class: "bk-offset-name" }, k + 1),
      ),
    );
    const reference = handle(
      labels.reference,
      -1,
      6,
      s("rect", { x: -7, y: -7, width: 14, height: 14, transform: "rotate(45)", class: "bk-offset-reference" }),
    );
    const svg = s(
      "svg",
      { viewBox: `0 0 ${(COLUMNS + 2) * UNIT} ${(ROWS + 2) * UNIT}`, class: "bk-offset-map", role: "group", "aria-label": labels.plot },
      s("text", { x: UNIT / 2, y: UNIT / 2, class: "bk-small" }, labels.zero),
      cells.flat().map(({ box, name }) => [box, name]),
      parts,
      square,
      arms,
      shares,
      reference,
      samples,
    );

    /* Places stay within half a pixel of the drawing's edge, so that every handle can be seen. */
    const inside = ([x, y]) => [clamp(snap(x), -0.8, COLUMNS + 0.8), clamp(snap(y), -0.8, ROWS + 0.8)];
    const moveReference = to => {
      const low = [0, 1].map(axis => Math.max(-1, ...state().offsets.map(offset => -0.8 - offset[axis])));
      const high = [0, 1].map(axis => Math.min(6, ...state().offsets.map(offset => [COLUMNS, ROWS][axis] + 0.8 - offset[axis])));
      set({ reference: inside(to).map((x, axis) => snap(clamp(x, low[axis], high[axis]))) });
    };
    const moveSample = (k, to) => {
      const place = inside(to);
      set({
        chosen: k,
        offsets: state().offsets.map((old, i) => (i === k ? place.map((x, axis) => snap(x - state().reference[axis])) : old)),
      });
    };
    const nudged = ([x, y], dx, dy, big) => [x + dx * (big ? 1 : 0.25), y - dy * (big ? 1 : 0.25)];
    const pixels = ([x, y]) => [x / UNIT - 1, y / UNIT - 1];
    dragging(svg, api, () => [
      {
        node: reference,
        at: () => at(state().reference),
        move: p => moveReference(pixels(p)),
        nudge: (dx, dy, big) => moveReference(nudged(state().reference, dx, dy, big)),
      },
      ...samples.map((node, k) => ({
        node,
        at: () => at(places(state())[k]),
        move: p => moveSample(k, pixels(p)),
        nudge: (dx, dy, big) => moveSample(k, nudged(places(state())[k], dx, dy, big)),
      })),
    ]);

    const sums = h("div", { class: "bk-derivation" });
    const table = h("div", { class: "bk-scroll", role: "group", tabindex: 0, "aria-label": labels.samples });
    stage.append(h("div", { class: "bk-offset-two" }, svg, h("div", {}, sums, table)));

    return now => {
      const { map, chosen, scores } = now;
      const spots = places(now);
      const four = corners(map, spots[chosen]);
      const weights = softmax(scores);
      const each = values(now);
      picks.forEach((button, k) => button.setAttribute("aria-pressed", k === chosen));
      score.querySelector("label").textContent = fill(labels.score, { k: chosen + 1 });
      score.update(scores[chosen]);
      cells.forEach((row, i) =>
        row.forEach(({ box, name }, j) => {
          put(box, { "fill-opacity": map[i][j] / 15 });
          name.textContent = map[i][j];
        }),
      );
      const [x, y] = spots[chosen];
      put(square, { x: at([x - 0.5, 0])[0], y: at([0, y - 0.5])[1] });
      four.forEach(({ row, column, share, inside }, i) => {
        const left = Math.max(column, x - 0.5);
        const top = Math.max(row, y - 0.5);
        const width = Math.max(0, Math.min(column + 1, x + 0.5) - left);
        const height = Math.max(0, Math.min(row + 1, y + 0.5) - top);
        const [px, py] = at([left, top]);
        put(parts[i], {
          x: px,
          y: py,
          width: width * UNIT,
          height: height * UNIT,
          class: `bk-offset-part${inside ? "" : " bk-offset-nothing"}`,
        });
        put(shares[i], { x: at([column, 0])[0] + (i % 2 ? UNIT - 4 : 4), y: at([0, row])[1] + (i < 2 ? 14 : UNIT - 5) });
        shares[i].textContent = share > 1e-9 ? number(share) : "";
      });
      const place = (node, spot) =>
        put(node, {
          transform: `translate(${at(spot)
            .map(v => v.toFixed(2))
            .join(" ")})`,
        });
      place(reference, now.reference);
      put(reference, {
        "aria-valuenow": now.reference[0],
        "aria-valuetext": fill(labels.place, { x: number(now.reference[0]), y: number(now.reference[1]) }),
      });
      samples.forEach((node, k) => {
        const [[x1, y1], [x2, y2]] = [at(now.reference), at(spots[k])];
        put(arms[k], { x1, y1, x2, y2 });
        place(node, spots[k]);
        node.classList.toggle("bk-offset-chosen", k === chosen);
        put(node, {
          "aria-valuenow": snap(spots[k][0]),
          "aria-valuetext": fill(labels.value, { x: number(spots[k][0]), y: number(spots[k][1]), value: number(each[k]) }),
        });
      });
      const counted = four.filter(({ share }) => share > 1e-9);
      const terms = counted.map(({ share, pixel }) => fill(labels.term, { share: number(share), pixel })).join(" + ");
      const all = each.map((value, k) => fill(labels.term, { share: number(weights[k]), pixel: number(value) })).join(" + ");
      sums.replaceChildren(
        h("p", {}, pieces([[fill(labels.reads, { k: chosen + 1, terms, value: number(each[chosen]) }), "v"]])),
        h("p", {}, fill(labels.output, { terms: all, value: number(output(now)) })),
      );
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
              labels.head.map(name => h("th", { scope: "col" }, name)),
            ),
          ),
          h(
            "tbody",
            {},
            each.map((value, k) =>
              h(
                "tr",
                {},
                h("th", { scope: "row" }, k + 1),
                [`(${spots[k].map(v => number(v)).join(", ")})`, number(value), number(weights[k])].map(text => h("td", {}, text)),
              ),
            ),
          ),
        ),
      );
      return sentence(now);
    };
  }

  return { build, sentence, corners, read, places, values, output };
});
