import { bookFigure, buttonControl, fill, h, ids, number, put, rangeControl, s, selectControl } from "../_lib/chrome.js";
import { assignBy, IGNORED, madeUp, NEGATIVE, priorsOf } from "../_lib/engine/assigners.js";
import { CLASSES } from "../_lib/engine/draw_scene.js";
import { openModel } from "../_lib/engine/live_model.js";
import { assign, cornersOf, matchingCost, readAnswers } from "../_lib/engine/matching.js";
import { boxOfObject, nameOf, objectHandles, pictureOf, pixelsOf, placed, rectangle, SIDE, UNIT } from "../_lib/placed_scene.js";

export default bookFigure((labels, traits) => {
  const MOST = traits.objects.maxItems;
  const METHODS = traits.left.enum;
  const SIDES = ["left", "right"];
  const share = { low: 0, high: 1, step: 0.05, big: 0.2 };
  const radius = { name: "radius", low: 0.5, high: 4, step: 0.25, big: 1 };
  const count = { low: 1, high: 50, step: 1, big: 5 };
  const twoShares = (a, b) => [
    { name: "positive", ...share, value: a },
    { name: "negative", ...share, value: b },
  ];
  /* The settings that a method has, with the values they begin with. */
  const SETTINGS = {
    rpn: twoShares(0.7, 0.3),
    rpn_overwrite: twoShares(0.7, 0.3),
    retinanet: twoShares(0.5, 0.4),
    ssd: twoShares(0.5, 0.5),
    yolo_v2: [{ name: "ignore", ...share, value: 0.6 }],
    yolo_v3_paper: [{ name: "ignore", ...share, value: 0.5 }],
    yolo_v3_released: [{ name: "ignore", ...share, value: 0.7 }],
    fcos: [{ ...radius, value: 1.5 }],
    free_anchor: [{ name: "bag", ...count, value: 20 }],
    atss: [{ name: "nearest", ...count, value: 9 }],
    sim_ota: [{ ...radius, value: 2.5 }],
    task_aligned: [{ name: "best", ...count, value: 13 }],
  };
  const settingsOf = method => SETTINGS[method] ?? [];
  const first = method => settingsOf(method).map(({ value }) => value);

  const truth = ({ objects, data }) => ({
    boxes: objects.map(one => cornersOf(boxOfObject(one, data)).map(x => x * SIDE)),
    labels: objects.map(one => CLASSES.indexOf(one.name)),
  });
  /* What the method of one side decides: priors, objects, and how many positives each object has. */
  function decide(now, side, answer) {
    const method = now[side];
    const { boxes, labels: classes } = truth(now);
    if (method === "detr") return queries(now, answer, classes);
    const priors = priorsOf(method, SIDE);
    const answers = madeUp(boxes, classes, priors, CLASSES.length, now.learnt / 100);
    const settings = now[`${side}_settings`].length === first(method).length ? now[`${side}_settings`] : first(method);
    const found = assignBy(method, boxes, classes, priors, answers, settings, SIDE);
    const weights = found.positive?.length ? found.positive : null;
    const counts = boxes.map((_, i) => (weights ? weights[i].filter(x => x > 0).length : found.objects.filter(j => j === i).length));
    return { priors, ...found, weights, counts };
  }
  function queries({ objects, data }, answer, classes) {
    const answers = readAnswers(answer);
    const targets = objects.map((one, i) => ({ label: classes[i], box: boxOfObject(one, data) }));
    const pairs = assign(matchingCost(answers, targets));
    return { answers, pairs, objects: answers.map((_, i) => pairs.indexOf(i)), weights: null, counts: objects.map(() => 1) };
  }
  function says(now, side, found) {
    const method = labels.methods[now[side]];
    const has = what => found.objects.filter(what).length;
    const lost = found.counts.flatMap((n, i) => (n ? [] : [i + 1]));
    const values = {
      method,
      all: found.objects.length,
      positive: has(x => x >= 0),
      ignored: has(x => x === IGNORED),
      negative: has(x => x === NEGATIVE),
      lost: lost.length ? fill(labels.lost, { list: lost.join(", ") }) : "",
    };
    return fill(now[side] === "detr" ? labels.queries : found.weights ? labels.weighed : labels.readout, values);
  }
  const sentence = (now, answer = now.data.answer) => SIDES.map(side => says(now, side, decide(now, side, answer))).join(" ");

  function build(api) {
    const { state, set, controls, stage } = api;
    let answer = state().data.answer;
    let asked = JSON.stringify(traits.objects.default);
    let note = "";
    let ready = false;

    async function ask(now) {
      asked = JSON.stringify(now.objects);
      try {
        if (!ready) note = labels.loading;
        const model = await openModel("detr", labels.chrome.live);
        ready = true;
        const got = await model.ask({ pixels: pixelsOf(now), height: SIDE, width: SIDE, padTo: [SIDE, SIDE] }, []);
        note = "";
        if (got) answer = got[0].answers.at(-1);
      } catch (error) {
        note = fill(labels.refused, { reason: error.message });
        answer = state().data.answer;
        set({ objects: traits.objects.default });
      }
      api.redraw();
    }

    const remove = i => {
      const objects = state().objects.filter((_, j) => j !== i);
      set({ objects, chosen: Math.max(0, Math.min(i, objects.length - 1)) });
    };
    const begin = selectControl({
      label: labels.begin,
      options: labels.scenes,
      onchange: i => set({ objects: structuredClone(state().data.scenes[i - 1] ?? state().objects), chosen: 0 }),
    });
    const learnt = rangeControl({
      label: labels.learnt,
      low: 0,
      high: 100,
      step: 5,
      big: 25,
      show: x => fill(labels.percent, { x }),
      onchange: value => set({ learnt: value }),
    });
    controls.append(begin, learnt);

    const panels = SIDES.map(side => {
      const method = selectControl({
        label: labels[side],
        options: METHODS.map(name => labels.methods[name]),
        onchange: i => set({ [side]: METHODS[i], [`${side}_settings`]: first(METHODS[i]) }),
      });
      const sliders = h("div", {});
      const hatch = ids("hatch");
      const image = s("image", { class: "bk-pixels", preserveAspectRatio: "none", width: SIDE * UNIT, height: SIDE * UNIT });
      const marks = s("g", { class: "bk-play-marks" });
      const svg = s(
        "svg",
        { class: "bk-scene-view bk-placed-view", viewBox: `0 0 ${SIDE * UNIT} ${SIDE * UNIT}`, role: "group" },
        s(
          "defs",
          {},
          s(
            "pattern",
            { id: hatch, width: 4, height: 4, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
            s("rect", { width: 4, height: 4, class: "bk-play-hatch-ground" }),
            s("line", { y2: 4, class: "bk-play-hatch" }),
          ),
        ),
        image,
      );
      const chosen = i => {
        if (state().chosen !== i) set({ chosen: i });
      };
      const placing = objectHandles(svg, api, { most: MOST, labels, chosen, remove });
      svg.append(...placing.nodes, marks);
      return { side, method, sliders, hatch, image, marks, svg, placing, shown: "" };
    });

    const whose = h("span", {});
    const size = rangeControl({
      label: labels.size,
      low: 8,
      high: 60,
      show: n => fill(labels.px, { n }),
      onchange: side => panels[0].placing.change(state().chosen, { side }),
    });
    const copy = buttonControl(labels.copy, () => {
      const { objects, chosen, data } = state();
      if (!objects[chosen] || objects.length >= MOST) return;
      const twin = placed({ ...objects[chosen], x: objects[chosen].x + 5, y: objects[chosen].y + 3 }, data);
      set({ objects: [...objects, twin], chosen: objects.length });
    });
    const gone = buttonControl(labels.remove, () => remove(state().chosen));
    const rows = h("tbody", {});
    stage.append(
      h(
        "div",
        { class: "bk-play" },
        panels.map(({ method, sliders, svg }) => h("div", { class: "bk-play-side" }, method, sliders, svg)),
        h("div", { class: "bk-play-tools", role: "group", "aria-label": labels.change }, whose, size, copy, gone),
        h(
          "table",
          { class: "bk-play-table" },
          h("caption", {}, labels.table),
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              labels.columns.map(name => h("th", { scope: "col" }, name)),
            ),
          ),
          rows,
        ),
      ),
    );

    function showSettings(panel, now) {
      const method = now[panel.side];
      const key = `${panel.side}_settings`;
      if (panel.shown !== method) {
        panel.shown = method;
        panel.ranges = settingsOf(method).map((one, nth) =>
          rangeControl({
            label: fill(labels.settingOf, { name: labels.settings[one.name], side: labels.sides[panel.side] }),
            ...one,
            show: x => number(x, 2, true),
            onchange: value => set({ [key]: first(method).map((x, i) => (i === nth ? value : (state()[key][i] ?? x))) }),
          }),
        );
        panel.sliders.replaceChildren(...panel.ranges);
      }
      panel.ranges.forEach((range, i) => range.update(now[key][i] ?? first(method)[i]));
    }

    function markOf(panel, prior, found, j, now) {
      const spread = prior.of > 1 ? (prior.nth - (prior.of - 1) / 2) * prior.stride * 0.27 : 0;
      const [x, y] = [(prior.x + spread) * UNIT, prior.y * UNIT];
      const r = { 8: 3, 16: 5, 32: 7 }[prior.stride];
      const i = found.objects[j];
      if (i === IGNORED)
        return [s("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r, class: "bk-play-ignored", fill: `url(#${panel.hatch})` })];
      const strength = i < 0 ? 0 : found.weights ? found.weights[i][j] / Math.max(...found.weights[i]) : 1;
      if (strength < 0.05) return [s("circle", { cx: x, cy: y, r: r / 2, class: "bk-play-negative" })];
      const wide = Math.max(r, 6);
      const anchor = i === now.chosen && !found.weights && panel.anchors;
      return [
        anchor &&
          s("rect", {
            x: (prior.x - prior.w / 2) * UNIT,
            y: (prior.y - prior.h / 2) * UNIT,
            width: prior.w * UNIT,
            height: prior.h * UNIT,
            class: "bk-play-anchor",
          }),
        s("circle", { cx: x, cy: y, r: wide, class: "bk-play-positive", "fill-opacity": strength.toFixed(2) }),
        s("text", { x, y: y + 3.5, class: "bk-play-number" }, i + 1),
      ].filter(Boolean);
    }
    const queryMarks = (now, { answers, pairs }) =>
      pairs.flatMap((query, i) => {
        const { x, y, width, height } = rectangle(answers[query].box);
        const [a, b] = [x + width / 2, y + height / 2];
        return [
          s("rect", { x, y, width, height, class: "bk-play-anchor" }),
          s("line", { x1: a, y1: b, x2: now.objects[i].x * UNIT, y2: now.objects[i].y * UNIT, class: "bk-play-link" }),
          s("circle", { cx: a, cy: b, r: 9, class: "bk-play-positive" }),
          s("text", { x: a, y: b + 3.5, class: "bk-play-number" }, i + 1),
        ];
      });

    return now => {
      const key = JSON.stringify(now.objects);
      if (key === JSON.stringify(traits.objects.default)) {
        asked = key;
        answer = now.data.answer;
      } else if (asked !== key && SIDES.some(side => now[side] === "detr")) ask(now);
      const address = pictureOf(now);
      const found = panels.map(panel => {
        const own = decide(now, panel.side, answer);
        panel.method.update(METHODS.indexOf(now[panel.side]));
        showSettings(panel, now);
        panel.anchors = !["fcos", "auto_assign", "sim_ota", "task_aligned", "one_to_one", "yolo_v1"].includes(now[panel.side]);
        panel.placing.update(now);
        put(panel.image, { href: address });
        put(panel.svg, { "aria-label": says(now, panel.side, own) });
        panel.marks.replaceChildren(
          ...(own.priors
            ? own.priors.map((prior, j) => [prior.stride, markOf(panel, prior, own, j, now)]).sort((a, b) => b[0] - a[0])
            : [[0, queryMarks(now, own)]]
          ).flatMap(([, nodes]) => nodes),
        );
        return own;
      });
      begin.update(now.data.scenes.findIndex(scene => JSON.stringify(scene) === key) + 1 || 0);
      learnt.update(now.learnt);
      whose.textContent = now.objects[now.chosen] ? nameOf(labels, now.objects, now.chosen) : labels.none;
      size.update(Math.round(now.objects[now.chosen]?.side ?? 18));
      put(copy, { "aria-disabled": now.objects.length >= MOST });
      rows.replaceChildren(
        ...now.objects.map((_, i) =>
          h(
            "tr",
            { class: i === now.chosen && "bk-play-row" },
            h("th", { scope: "row" }, nameOf(labels, now.objects, i)),
            found.map(({ counts }) => h("td", { class: !counts[i] && "bk-play-lost" }, counts[i] || labels.lostCell)),
          ),
        ),
      );
      return note || SIDES.map((side, i) => says(now, side, found[i])).join(" ");
    };
  }

  return { build, sentence, decide, settingsOf, priorsOf, madeUp, assignBy };
});
