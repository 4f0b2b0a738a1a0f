import { bookFigure, fill, h, number, pieces, put, rangeControl, s, selectControl, toggleControl } from "../_lib/chrome.js";
import { pictureAddress } from "../_lib/engine/draw_scene.js";
import { openModel, openWhenNear } from "../_lib/engine/live_model.js";
import { across, distanceAhead, drawRoad, FAR, horizon, laneCurve, laneX, roadAt, seenOnRoad, SIZE } from "../_lib/engine/road.js";

export default bookFigure((labels, traits) => {
  const [HIGH, WIDE] = [360, 640]; // of the picture as drawn
  const ABOVE = [264, 250]; // of the view from above
  const SCALE = 4; // its units for a metre
  const LEAST = 0.5; // score of a report
  const ROW = 0.8; // in which the arithmetic is shown
  const ROWS = Array.from({ length: 56 }, (_, i) => (160 + 10 * i) / 720); // in which lines are compared

  // ---- the road
  const cameraOf = ({ pitch, data }) => ({
    height: data.height,
    pitch: (pitch * Math.PI) / 180,
    focal: data.focal,
    aspect: SIZE[0] / SIZE[1],
  });
  function roadOf(now) {
    const { bend, offset, hill, car, data } = now;
    const { road } = data;
    return {
      ...road,
      camera: cameraOf(now),
      shape: [0, 0.001 * bend, 0],
      hill: hill / 2500,
      lines: road.lines.map(line => ({ ...line, b: line.b - offset })),
      edges: road.edges.map(x => x - offset),
      cars: car ? [{ ...data.car, x: data.car.x - offset }] : [],
    };
  }
  const noiseOf = ({ data }) => Float32Array.from(atob(data.noise), c => ((c.charCodeAt(0) << 24) >> 24) * data.noise_step);
  const pixelsOf = now => drawRoad(roadOf(now), noiseOf(now));
  /* The curves of the formula, one for each line of the road, as if it were flat. */
  const curvesOf = now => {
    const { camera, shape, lines } = roadOf(now);
    return lines.map(({ b }) => laneCurve({ k: shape[0], m: shape[1], n: shape[2], b }, camera));
  };

  // ---- the network's answer
  const reports = ({ logits, lanes }) =>
    Array.from({ length: logits.length / 2 }, (_, i) => ({
      score: 1 / (1 + Math.exp(logits[2 * i] - logits[2 * i + 1])),
      lower: lanes[8 * i],
      upper: lanes[8 * i + 1],
      curve: Array.from(lanes.slice(8 * i + 2, 8 * i + 8)),
    })).filter(({ score }) => score >= LEAST);
  /* For each line of the road how far, in shares of the width and at most 1, the nearest reported curve lies beside its paint, on average over the
     rows. */
  function distances(now, answer) {
    const road = roadOf(now);
    const found = reports(answer);
    return road.lines.map(({ b }) => {
      const places = ROWS.flatMap(y => {
        const z = distanceAhead(y, road.camera, road.hill);
        const x = z <= FAR ? seenOnRoad(road, b, z)[0] : -1;
        return x >= 0 && x < 1 ? [[x, y]] : [];
      });
      const off = found.map(
        ({ curve }) => places.reduce((sum, [x, y]) => sum + Math.min(Math.abs(laneX(curve, y) - x), 1), 0) / places.length,
      );
      return places.length && off.length ? Math.min(...off) : null;
    });
  }
  const signed = x => (x < 0 ? `(${small(x)})` : small(x));
  const small = x => number(x, Math.abs(x) < 0.1 && x ? 4 : 3);
  function sentence(now, answer = now.data.answer) {
    const curve = curvesOf(now)[now.line];
    const off = distances(now, answer).filter(x => x !== null);
    const mean = off.reduce((a, b) => a + b, 0) / off.length;
    return [
      fill(labels.readout, { line: now.line + 1, far: number(curve[1], 3), x: number(laneX(curve, ROW), 3), row: ROW }),
      off.length
        ? fill(labels.network, { n: reports(answer).length, mean: number(100 * mean, 1), most: number(100 * Math.max(...off), 1) })
        : labels.nothing,
    ].join(" ");
  }

  function build(api) {
    const { state, set, controls, stage } = api;
    let answer = state().data.answer;
    let asked = "";
    let note = "";
    let ready = false;
    const key = ({ bend, pitch, offset, hill, car }) => JSON.stringify([bend, pitch, offset, hill, car]);
    const first = key(Object.fromEntries(Object.entries(traits).map(([name, about]) => [name, about.default])));
    const open = () => openModel("lanes", labels.chrome.live);
    async function ask(now) {
      asked = key(now);
      try {
        if (!ready) note = labels.loading;
        const model = await open();
        ready = true;
        const got = await model.ask({ pixels: pixelsOf(now), height: SIZE[0], width: SIZE[1] });
        note = "";
        if (got) answer = got[0].answers.at(-1);
      } catch (error) {
        note = fill(labels.refused, { reason: error.message });
        answer = state().data.answer;
        set(Object.fromEntries(Object.entries(traits).map(([name, about]) => [name, about.default])));
      }
      api.redraw();
    }

    const range = (name, show, more) => {
      const { minimum: low, maximum: high } = traits[name];
      return rangeControl({ label: labels[name], low, high, show, onchange: x => set({ [name]: x }), ...more });
    };
    const side = (x, words) => words[Math.sign(x) + 1];
    const bend = range("bend", x => fill(side(x, labels.bends), { radius: Math.round(500 / Math.abs(x)) }), { big: 2 });
    const pitch = range("pitch", x => fill(labels.degrees, { n: number(x, 1) }), { step: 0.5, big: 2 });
    const offset = range("offset", x => fill(side(x, labels.offsets), { n: number(Math.abs(x), 1) }), { step: 0.1, big: 0.6 });
    const hill = range("hill", x => fill(side(x, labels.hills), { n: Math.abs(x) }), { big: 2 });
    const car = toggleControl({ label: labels.car, onchange: on => set({ car: on }) });
    const line = selectControl({ label: labels.line, options: labels.lines, onchange: i => set({ line: i }) });
    controls.append(bend, pitch, offset, hill, line, car);

    const image = s("image", { class: "bk-pixels", preserveAspectRatio: "none", width: WIDE, height: HIGH });
    const far = s("path", { class: "bk-road-far" });
    const farName = s("text", { class: "bk-road-name", x: 8 });
    const marks = s("g", {});
    const found = s("g", {});
    const seen = s("svg", { class: "bk-road-seen", viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img" }, image, far, found, marks, farName);
    const ground = s("g", {});
    const above = s("svg", { class: "bk-road-above", viewBox: `0 0 ${ABOVE[0]} ${ABOVE[1]}`, role: "img" }, ground);
    const shared = h("table", { class: "bk-road-numbers" });
    const sum = h("p", { class: "bk-road-sum" });
    stage.append(
      h(
        "div",
        { class: "bk-road" },
        h(
          "div",
          {},
          seen,
          h("p", { class: "bk-road-key" }, keyOf("bk-road-formula", labels.keyFormula), keyOf("bk-road-found", labels.keyFound)),
        ),
        h("div", {}, above),
        h("div", { class: "bk-road-wide bk-scroll", tabindex: 0, role: "region", "aria-label": labels.numbers }, shared, sum),
      ),
    );
    openWhenNear(stage, open);

    return now => {
      if (key(now) === first && asked !== key(now)) {
        asked = "";
        answer = now.data.answer;
      } else if (asked !== key(now)) ask(now);
      const road = roadOf(now);
      const curves = curvesOf(now);
      const told = reports(answer);
      put(image, { href: pictureAddress(pixelsOf(now), ...SIZE) });
      const y0 = horizon(road.camera);
      put(far, { d: `M0 ${HIGH * y0}h${WIDE}` });
      put(farName, { y: HIGH * y0 - 5 });
      farName.textContent = fill(labels.far, { y: number(y0, 3) });
      const nearest = seenOnRoad({ ...road, hill: 0 }, 0, FAR)[1];
      found.replaceChildren(
        ...told.flatMap(({ curve, lower, upper }) => {
          const d = pathOf(y => laneX(curve, y), Math.max(lower, curve[1] + 0.01), upper);
          return [s("path", { d, class: "bk-road-halo" }), s("path", { d, class: "bk-road-found" })];
        }),
      );
      marks.replaceChildren(
        ...curves.flatMap((curve, i) => {
          const d = pathOf(y => laneX(curve, y), nearest, 1);
          const edge = [0.97, 0.9, 0.83, 0.76, 0.69, 0.62].find(y => Math.abs(laneX(curve, y) - 0.5) < 0.46);
          return [
            s("path", { d, class: "bk-road-halo" }),
            s("path", { d, class: `bk-road-formula ${i === now.line ? "bk-road-chosen" : ""}` }),
            edge && s("text", { x: WIDE * laneX(curve, edge) + 6, y: HIGH * edge, class: "bk-road-name" }, i + 1),
          ].filter(Boolean);
        }),
      );
      put(seen, { "aria-label": fill(labels.seenLabel, { n: told.length }) });
      drawAbove(now, road, told);
      drawNumbers(now, curves, told);
      for (const [control, value] of [
        [bend, now.bend],
        [pitch, now.pitch],
        [offset, now.offset],
        [hill, now.hill],
        [car, now.car],
      ])
        control.update(value);
      line.update(now.line, labels.lines);
      return note || sentence(now, answer);
    };

    function drawAbove(now, road, told) {
      const place = (X, Z) => `${(ABOVE[0] / 2 + SCALE * X).toFixed(1)} ${(ABOVE[1] - 22 - SCALE * Z).toFixed(1)}`;
      const path = points => `M${points.map(point => place(...point)).join("L")}`;
      const steps = Array.from({ length: 26 }, (_, i) => 2 * i);
      const edge = side => steps.map(z => [across(road.shape, z) + road.edges[side], z]);
      ground.replaceChildren(
        s("path", { d: `${path([...edge(0), ...edge(1).reverse()])}Z`, class: "bk-road-asphalt" }),
        ...[0, 25, 50].flatMap(z => [
          s("path", {
            d: path([
              [-30, z],
              [30, z],
            ]),
            class: "bk-road-tick",
          }),
          s("text", { x: 2, y: ABOVE[1] - 26 - SCALE * z, class: "bk-small" }, fill(labels.metres, { n: z })),
        ]),
        ...told.map(({ curve, lower, upper }) => {
          const rows = Array.from(
            { length: 25 },
            (_, i) => Math.max(lower, curve[1] + 0.01) + ((upper - Math.max(lower, curve[1] + 0.01)) * i) / 24,
          );
          const points = rows.map(y => roadAt(laneX(curve, y), y, road.camera)).filter(([X, Z]) => Z > 0 && Z < 55 && Math.abs(X) < 33);
          return s("path", { d: points.length > 1 ? path(points) : "", class: "bk-road-found" });
        }),
        ...road.lines.map(({ b }, i) =>
          s("path", {
            d: path(steps.map(z => [across(road.shape, z) + b, z])),
            class: `bk-road-formula ${i === now.line ? "bk-road-chosen" : ""}`,
          }),
        ),
        s("path", { d: `M${place(0, 0)}l-6 12h12Z`, class: "bk-road-car" }),
        s("text", { x: ABOVE[0] / 2 + 12, y: ABOVE[1] - 10, class: "bk-small" }, labels.camera),
      );
      put(above, { "aria-label": labels.aboveLabel });
    }

    function drawNumbers(now, curves, told) {
      const row = (name, cells, attributes = {}) => h("tr", attributes, h("th", { scope: "row" }, name), cells);
      const cell = text => h("td", {}, text);
      const road = ([k, y0, m, n]) => `k″ ${small(k)}, f″ ${small(y0)}, m″ ${small(m)}, n′ ${small(n)}`;
      const [k, y0, m, n] = curves[0];
      shared.replaceChildren(
        h("caption", {}, labels.numbers),
        h("tbody", {}, [
          row(labels.shared, [h("td", { colspan: 2 }, road(curves[0]))]),
          ...curves.map((curve, i) =>
            row(labels.lines[i], [cell(`b″ ${small(curve[4])}`), cell(`b′′′ ${small(curve[5])}`)], {
              class: i === now.line && "bk-road-row",
            }),
          ),
          ...told.slice(0, 1).map(({ curve }) => row(labels.keyFound, [h("td", { colspan: 2 }, road(curve))], { class: "bk-road-theirs" })),
        ]),
      );
      const [, , , , slope, shift] = curves[now.line];
      const s0 = number(ROW - y0, 3);
      sum.replaceChildren(
        ...pieces([
          [`x(${ROW}) = `],
          [`${small(k)} / ${s0}² + ${small(m)} / ${s0} + ${small(n)}`, "q"],
          [` + ${signed(slope)} · ${ROW} − ${signed(shift)}`, "k"],
          [` = ${number(laneX(curves[now.line], ROW), 3)}`],
        ]),
      );
    }
  }

  const keyOf = (name, words) =>
    h("span", {}, s("svg", { viewBox: "0 0 30 10", "aria-hidden": true }, s("path", { d: "M1 5h28", class: name })), words);
  /* A curve x(y) between two rows, as long as it stays near the picture. */
  function pathOf(xOf, from, to) {
    const points = Array.from({ length: 41 }, (_, i) => from + (to - from) * (i / 40) ** 2)
      .map(y => [xOf(y), y])
      .filter(([x]) => x > -0.3 && x < 1.3);
    return points.length > 1 ? `M${points.map(([x, y]) => `${(WIDE * x).toFixed(1)} ${(HIGH * y).toFixed(1)}`).join("L")}` : "";
  }

  return { build, sentence, curvesOf, distances, pixelsOf, laneX, roadAt, cameraOf };
});
