import { bookFigure, clamp, fill, h, number, put, rangeControl, s, toggleControl } from "../_lib/chrome.js";
import { cross, crossOf, crossSample, drawPoints, markSample, sumOfWeights, weightInside } from "../_lib/sampling_points.js";
import { sceneView } from "../_lib/scene.js";

export default bookFigure(labels => {
  const WIDE = 320; // SVG units of the scene
  const MARGIN = 20;
  const STRIDES = [4, 8, 16];
  const ROW = 58; // px of a row of bars
  const BAR = 30;

  const share = x => `${number(100 * x, 0)}\u00a0%`;
  const px = x => fill(labels.px, { n: number(x, 1) });
  const inShares = list => list.map(x => x / 1e4);
  const stepsFrom = ({ points, reference }) => points.map(([x, y]) => [x - reference[0], y - reference[1]]);

  /* The points of one epoch as drawn: as recorded, or on the star of the start round the reference point, or with equal weights. */
  function placesOf({ data, epoch, star, equal }) {
    const one = data.epochs[epoch];
    const first = stepsFrom(data.epochs[0]);
    return one.points.map(([x, y, weight], i) => ({
      x: (star ? one.reference[0] + first[i][0] : x) / 1e4,
      y: (star ? one.reference[1] + first[i][1] : y) / 1e4,
      weight: equal ? 1 / one.points.length : weight / 1e4,
      level: data.levels[i],
    }));
  }
  const insideOf = now => weightInside(placesOf(now), inShares(now.data.scene.objects[now.data.object].slice(1)));
  /* How far the points are off the star round their reference point, in px of the picture: mean and largest. */
  function moved({ data, epoch }) {
    const first = stepsFrom(data.epochs[0]);
    const far = stepsFrom(data.epochs[epoch]).map(([x, y], i) =>
      Math.hypot(((x - first[i][0]) * data.scene.size[0]) / 1e4, ((y - first[i][1]) * data.scene.size[1]) / 1e4),
    );
    return { mean: far.reduce((a, b) => a + b, 0) / far.length, most: Math.max(...far) };
  }
  const at = epoch => (epoch ? fill(labels.atEpoch, { epoch }) : labels.atStart);
  const when = epoch => (epoch ? fill(labels.whenEpoch, { epoch }) : labels.whenStart);

  function sentence(now) {
    const one = now.data.epochs[now.epoch];
    const changes = ["star", "equal"].filter(name => now[name]).map(name => labels[name]);
    const values = { when: when(now.epoch), inside: share(insideOf(now)) };
    if (changes.length) {
      const both = changes.length > 1 ? fill(labels.and, { one: changes[0], other: changes[1] }) : changes[0];
      return fill(labels.readoutChanged, { ...values, changes: both });
    }
    const { mean, most } = moved(now);
    return fill(labels.readout, { ...values, name: now.data.classes[one.label], score: number(one.score), mean: px(mean), most: px(most) });
  }

  function build({ state, set, controls, stage, width }) {
    const { data } = state();
    const n = data.epochs.length;
    const each = read => data.epochs.map((_, epoch) => read({ ...state(), epoch, star: false, equal: false }));
    const rows = [
      { name: labels.rows.inside, values: each(insideOf), most: 1, show: share },
      { name: labels.rows.score, values: data.epochs.map(({ score }) => score), most: 1, show: x => number(x) },
      { name: labels.rows.moved, values: each(now => moved(now).mean), most: STRIDES[0], show: px },
    ];

    const time = rangeControl({ label: labels.time, low: 0, high: n - 1, show: at, onchange: epoch => set({ epoch }) });
    const star = toggleControl({ label: labels.star, onchange: on => set({ star: on }) });
    const equal = toggleControl({ label: labels.equal, onchange: on => set({ equal: on }) });
    controls.append(time, star, equal);

    const view = sceneView();
    const points = s("g", {});
    const over = s("g", {});
    const keys = [...STRIDES.map((_, level) => entry(markSample(level))), entry(crossSample())];
    const bars = s("svg", { class: "bk-training-bars", role: "img", "aria-label": fill(labels.history, { n }) });
    const column = event => {
      const box = bars.getBoundingClientRect();
      set({ epoch: clamp(Math.floor(((event.clientX - box.left) / box.width) * n), 0, n - 1) });
    };
    bars.addEventListener("pointerdown", event => {
      if (!event.button) {
        bars.setPointerCapture(event.pointerId);
        column(event);
      }
    });
    bars.addEventListener("pointermove", event => {
      if (bars.hasPointerCapture(event.pointerId)) column(event);
    });
    const list = h(
      "ul",
      { class: "bk-training-keys" },
      keys.map(({ node }) => node),
    );
    stage.append(h("div", { class: "bk-training-two" }, h("div", {}, view.svg, list), bars));

    function history(now) {
      const wide = Math.min(width() > 620 ? width() / 2 - 16 : width(), 420);
      const cell = wide / n;
      const tall = rows.length * ROW;
      put(bars, { viewBox: `0 0 ${wide} ${tall}`, width: wide, height: tall });
      bars.replaceChildren(
        s("rect", { x: now.epoch * cell, y: 0, width: cell, height: tall, class: "bk-training-now" }),
        ...rows.flatMap(({ name, values, most, show }, i) => [
          s("text", { x: 2, y: i * ROW + 15, class: "bk-small" }, `${name}: ${show(values[now.epoch])}`),
          ...values.map((value, epoch) => {
            const high = Math.max(1, (BAR * value) / most);
            const place = { x: epoch * cell + 2, y: (i + 1) * ROW - 5 - high, width: cell - 4, height: high };
            return s("rect", { ...place, class: epoch === now.epoch ? "bk-training-bar bk-training-bar-now" : "bk-training-bar" });
          }),
        ]),
      );
    }

    return now => {
      const one = data.epochs[now.epoch];
      const places = placesOf(now);
      view.show(data.scene, fill(labels.picture, { when: when(now.epoch) }));
      put(view.svg, { viewBox: `${-MARGIN} ${-MARGIN} ${WIDE + 2 * MARGIN} ${(view.high + 2 * MARGIN).toFixed(1)}` });
      drawPoints(points, places, { wide: WIDE, high: view.high, margin: MARGIN, area: 3600 });
      const [x, y] = inShares(one.reference);
      over.replaceChildren(...crossOf(cross(Math.round(x * WIDE), Math.round(y * view.high), 10)));
      view.marks.replaceChildren(...view.box(one.box, `bk-scene-found bk-class-${one.label}`), points, over);
      STRIDES.forEach((stride, level) => {
        const here = places.filter(place => place.level === level);
        keys[level].say(fill(labels.level, { stride, points: here.length, weight: share(sumOfWeights(here)) }));
      });
      keys[STRIDES.length].say(labels.reference);
      time.update(now.epoch);
      star.update(now.star);
      equal.update(now.equal);
      history(now);
      return sentence(now);
    };
  }

  /* A line of the key under the picture. */
  function entry(picture) {
    const text = h("span", {});
    return { node: h("li", {}, picture, text), say: words => (text.textContent = words) };
  }

  return { build, sentence, placesOf, moved, insideOf };
});
