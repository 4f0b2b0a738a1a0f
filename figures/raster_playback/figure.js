import { bookFigure, clamp, fill, h, number, put, rangeControl, s, selectControl, softmax } from "../_lib/chrome.js";
import { openModel, openWhenNear } from "../_lib/engine/live_model.js";
import { boxOf, LEVELS, levelBars, pixelPicture, placeOf, SIDE } from "../_lib/pixels.js";

export default bookFigure((labels, traits) => {
  const N = SIDE * SIDE;
  const LAYERS = traits.layer.maximum + 1;
  const HEADS = traits.head.maximum; // the last choice is the mean over heads
  const LEAST = 0.015; // weight that is drawn
  const MOST = 5; // nats, at the upper edge of the curve
  const WATCHED = Array.from({ length: LAYERS }, (_, i) => `blocks.${i}.attention.weights`);

  /* What the model said of a whole digit: probabilities of every pixel's level, and the weights of all layers and heads. */
  const read = ([{ logits }, seen]) => ({
    shares: Array.from({ length: N }, (_, i) => softmax(Array.from(logits.slice(LEVELS * i, LEVELS * (i + 1))))),
    weights: WATCHED.map(name => seen[name][0].data),
  });
  /* What was recorded: the same for one place alone. */
  const recorded = ({ data }) => ({ recorded: data.answer });
  const sharesAt = (answer, place) => answer.recorded?.shares ?? answer.shares[place];
  const natsOf = ({ digit, data }, answer) =>
    answer.recorded?.nats ?? answer.shares.map((shares, i) => -Math.log(shares[data.digits[digit].pixels[i]]));
  /* How much place attends to the start token, then to each pixel before it: place + 1 weights. */
  function weightsAt({ layer, head, place }, answer) {
    if (answer.recorded) return answer.recorded.weights;
    const of = (one, key) => answer.weights[layer][(one * N + place) * N + key];
    return Array.from({ length: place + 1 }, (_, key) =>
      head < HEADS ? of(head, key) : Array.from({ length: HEADS }, (_, one) => of(one, key)).reduce((a, b) => a + b, 0) / HEADS,
    );
  }
  /* A pixel, as seen from another one. */
  function seenFrom(place, i) {
    const down = Math.floor(place / SIDE) - Math.floor(i / SIDE);
    const right = (place % SIDE) - (i % SIDE);
    const near = { "0,1": "left", "1,0": "above", "1,1": "aboveLeft", "1,-1": "aboveRight", "0,2": "twoLeft", "2,0": "twoAbove" };
    const name = near[`${down},${right}`];
    return name ? labels.near[name] : placeOf(labels, i);
  }

  function sentence(now, answer = recorded(now)) {
    const { place, digit, layer, head, data } = now;
    const shares = sharesAt(answer, place);
    const level = data.digits[digit].pixels[place];
    const likeliest = shares.indexOf(Math.max(...shares));
    const weights = weightsAt(now, answer);
    const key = weights.indexOf(Math.max(...weights));
    return fill(labels.readout, {
      place: placeOf(labels, place),
      level,
      share: number(shares[level]),
      nats: number(-Math.log(shares[level])),
      likeliest: level === likeliest ? labels.thatIs : fill(labels.likeliest, { level: likeliest, share: number(shares[likeliest]) }),
      who: head < HEADS ? fill(labels.headOf, { head: head + 1, layer: layer + 1 }) : fill(labels.meanOf, { layer: layer + 1 }),
      key: key ? seenFrom(place, key - 1) : labels.start,
      weight: number(weights[key]),
    });
  }

  function build(api) {
    const { state, set, controls, stage } = api;
    const first = Object.fromEntries(Object.entries(traits).map(([name, about]) => [name, about.default]));
    const isFirst = now => Object.keys(first).every(name => now[name] === first[name]);
    const answers = {}; // to each digit that was asked about
    let shown = state();
    let note = "";
    let asked = -1;
    const open = () => openModel("igpt", labels.chrome.live);
    async function ask({ digit, data }) {
      if (asked === digit) return;
      asked = digit;
      try {
        if (!Object.keys(answers).length) note = labels.loading;
        const model = await open();
        const got = await model.ask({ pixels: data.digits[digit].pixels }, WATCHED);
        note = "";
        if (got) answers[digit] = read(got);
      } catch (error) {
        note = fill(labels.refused, { reason: error.message });
        set({ ...first });
      }
      asked = -1;
      api.redraw();
    }

    const place = rangeControl({
      label: labels.pixel,
      low: 0,
      high: N - 1,
      big: SIDE,
      show: i => placeOf(labels, i),
      onchange: i => set({ place: i }),
    });
    const digit = selectControl({ label: labels.digit, options: [], onchange: i => set({ digit: i }) });
    const numbered = (n, text) => Array.from({ length: n }, (_, i) => fill(text, { i: i + 1 }));
    const layer = selectControl({ label: labels.layer, options: numbered(LAYERS, labels.ofLayers), onchange: i => set({ layer: i }) });
    const heads = [...numbered(HEADS, labels.ofHeads), labels.mean];
    const head = selectControl({ label: labels.head, options: heads, onchange: i => set({ head: i }) });
    controls.append(digit, place, layer, head);

    const marks = s("g", { class: "bk-raster-marks" });
    const here = s("rect", { class: "bk-raster-here" });
    const picture = pixelPicture({ class: "bk-raster-picture", role: "img" }, [marks, here]);
    picture.svg.addEventListener("click", event => {
      const i = picture.cells.indexOf(event.target);
      if (i >= 0) set({ place: i });
    });
    const start = h("span", {}, labels.start);
    const startBar = h("span", { class: "bk-raster-bar" });
    const startSays = h("span", {});
    const bars = levelBars(labels);
    const curve = s("path", { class: "bk-raster-curve" });
    const dot = s("circle", { r: 6, class: "bk-raster-dot" });
    const at = s("path", { class: "bk-raster-at" });
    const scale = s(
      "g",
      {},
      [0, 1, 2, 3, 4].map(n => [
        s("path", { class: "bk-raster-line", d: `M22 ${yOf(n)}h316` }),
        s("text", { x: 16, y: yOf(n) + 5, "text-anchor": "end" }, n),
      ]),
    );
    const plot = s("svg", { viewBox: "0 0 340 116", role: "img", class: "bk-raster-plot" }, scale, at, curve, dot);
    const mean = h("p", { class: "bk-see-head" });
    stage.append(
      h(
        "div",
        { class: "bk-raster" },
        h(
          "div",
          {},
          h("p", { class: "bk-see-head" }, labels.context),
          picture.svg,
          h("p", { class: "bk-raster-start" }, start, startBar, startSays),
        ),
        h("div", {}, bars.node, h("div", {}, mean, plot)),
      ),
    );
    openWhenNear(stage, async () => {
      await open();
      ask(state());
    });

    return now => {
      const isKnown = answers[now.digit] || isFirst(now);
      if (!answers[now.digit] && !isFirst(now)) ask(now);
      if (isKnown) shown = now;
      const answer = answers[shown.digit] ?? recorded(shown);
      draw(shown, answer);
      digit.update(
        now.digit,
        now.data.digits.map(({ label }) => fill(labels.ofDigits, { label })),
      );
      place.update(now.place);
      layer.update(now.layer);
      head.update(now.head);
      return note || sentence(shown, answer);
    };

    function draw(now, answer) {
      const { pixels } = now.data.digits[now.digit];
      picture.update(pixels.map((level, i) => (i < now.place ? level : null)));
      put(here, boxOf(now.place, 1.5));
      const weights = weightsAt(now, answer);
      marks.replaceChildren(
        ...weights.slice(1).flatMap((weight, i) => {
          const side = boxOf(0).width * Math.sqrt(clamp(weight, 0, 1));
          const { x, y, width } = boxOf(i);
          return weight >= LEAST
            ? [s("rect", { x: x + (width - side) / 2, y: y + (width - side) / 2, width: side, height: side, class: "bk-raster-weight" })]
            : [];
        }),
      );
      put(picture.svg, { "aria-label": fill(labels.pictureLabel, { n: now.place, place: placeOf(labels, now.place) }) });
      put(startBar, { style: `width: ${(100 * weights[0]).toFixed(1)}px` });
      startSays.textContent = number(weights[0]);
      bars.update(sharesAt(answer, now.place), pixels[now.place], fill(labels.levels, { place: placeOf(labels, now.place) }));
      const nats = natsOf(now, answer);
      put(curve, { d: `M${nats.map((x, i) => `${xOf(i)} ${yOf(x)}`).join("L")}` });
      put(dot, { cx: xOf(now.place), cy: yOf(nats[now.place]) });
      put(at, { d: `M${xOf(now.place)} 8V110` });
      mean.textContent = fill(labels.nats, { mean: number(nats.reduce((a, b) => a + b, 0) / N) });
      put(plot, { "aria-label": fill(labels.natsLabel, { nats: number(nats[now.place]) }) });
    }
  }

  const xOf = i => 26 + (308 * i) / (N - 1);
  const yOf = nats => 110 - (100 * Math.min(nats, MOST)) / MOST;

  return { build, sentence };
});
