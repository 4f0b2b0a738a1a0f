import {
  bookFigure,
  buttonControl,
  clamp,
  dragging,
  fill,
  h,
  ids,
  number,
  put,
  rangeControl,
  s,
  selectControl,
  toggleControl,
} from "../_lib/chrome.js";
import { nonMaximumSuppression } from "../_lib/engine/boxes.js";
import { boxOf, CLASSES, drawGround, drawOn, outline, pictureAddress } from "../_lib/engine/draw_scene.js";
import { openModel } from "../_lib/engine/live_model.js";
import { assign, cornersOf, detectionLoss, matchingCost, readAnswers } from "../_lib/engine/matching.js";
import { shareInside } from "../_lib/scene.js";

export default bookFigure((labels, traits) => {
  const UNIT = 4; // SVG units a pixel
  const SIDE = 80; // px of the scene
  const PADDED = 96;
  const LEAST = 0.5; // score of a report
  const MOST = traits.objects.maxItems;
  const WATCHED = "decoder_layers.2.cross_attention.weights";
  const bytesOf = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));

  // ---- the scene
  const describe = (one, data) => ({
    ...one,
    ink: one.name === "digit" ? data.digits[one.digit].map(row => row.map(x => Math.min(1, 1.3 * (x / 16)))) : null,
    centre: [one.x, one.y],
    colour: data.colours[one.colour],
  });
  const grounds = new Map(); // data -> what never changes of its pictures
  function pixelsOf({ objects, data }) {
    if (!grounds.has(data.noise)) {
      const noise = Float32Array.from(new Int8Array(bytesOf(data.noise).buffer), x => x * data.noise_step);
      grounds.set(data.noise, { ground: drawGround(data.ground), noise });
    }
    const { ground, noise } = grounds.get(data.noise);
    return drawOn(
      ground,
      data.ground.size,
      objects.map(one => describe(one, data)),
      noise,
    );
  }
  const isKnown = one => one.name !== "drawing";
  const kind = one => (isKnown(one) ? labels.kinds[CLASSES.indexOf(one.name)] : labels.drawing);
  const nameOf = (objects, i) => fill(labels.object, { name: kind(objects[i]), i: i + 1 });
  /* The nearest place at which an object lies inside the picture. */
  function placed(one, data) {
    const { half } = outline(describe(one, data));
    const [x, y] = [one.x, one.y].map((place, axis) =>
      half[axis] * 2 > SIDE - 2 ? SIDE / 2 : clamp(place, half[axis] + 1, SIDE - 1 - half[axis]),
    );
    return { ...one, x: Math.round(10 * x) / 10, y: Math.round(10 * y) / 10 };
  }

  // ---- the answer
  const recorded = ({ data: { answer } }) => ({ ...answer, weights: Float32Array.from(bytesOf(answer.weights)) });
  const key = ({ objects, padded }) => JSON.stringify([objects, padded]);
  const isFirst = now => key(now) === key({ objects: traits.objects.default, padded: traits.padded.default });
  /* What the engine returns for a scene as the figure reads it: the last layer, and attention [n_queries · cells], mean over heads. */
  function lastLayer([{ grid, answers }, seen]) {
    const [{ shape, data }] = seen[WATCHED];
    const [heads, n, cells] = shape;
    const weights = Float32Array.from({ length: n * cells }, (_, i) => {
      let sum = 0;
      for (let head = 0; head < heads; head++) sum += data[head * n * cells + i];
      return sum / heads;
    });
    return { grid, ...answers.at(-1), weights };
  }
  /* What an answer means for the objects placed: reports, pairs of the matching, cost and loss. */
  function read({ objects, data }, answer) {
    const answers = readAnswers(answer).map(({ chances, box }) => {
      const score = Math.max(...chances.slice(0, -1));
      return { chances, box, score, label: chances.indexOf(score) };
    });
    const known = objects.filter(isKnown);
    const targets = known.map(one => ({ label: CLASSES.indexOf(one.name), box: boxOf(describe(one, data), data.ground.size) }));
    const cost = matchingCost(answers, targets);
    const pairs = assign(cost);
    const reports = answers.map((_, query) => query).filter(query => answers[query].score >= LEAST);
    const stay = nonMaximumSuppression(
      reports.map(query => cornersOf(answers[query].box)),
      reports.map(query => answers[query].score),
      reports.map(query => answers[query].label),
    );
    const loss = detectionLoss(answers, targets, pairs);
    return { answers, known, cost, pairs, reports, duplicates: reports.length - stay.length, loss };
  }
  /* The query looked at: the chosen one; or the one that answers for the chosen object, for a drawing the report nearest to it. */
  function queryOf({ objects, chosen, query }, { answers, known, pairs, reports }) {
    if (query >= 0) return query;
    const one = objects[chosen];
    if (one && isKnown(one)) return pairs[known.indexOf(one)];
    const far = i => (one ? Math.hypot(answers[i].box[0] * SIDE - one.x, answers[i].box[1] * SIDE - one.y) : -answers[i].score);
    const among = reports.length ? reports : answers.map((_, i) => i);
    return among.reduce((best, i) => (far(i) < far(best) ? i : best));
  }
  /* The share of a query's attention on cells whose middle lies in its own box; cells of padding count. */
  function inside({ padded }, { grid, weights }, { box }, query) {
    const cells = grid[0] * grid[1];
    const share = padded ? SIDE / PADDED : 1;
    return shareInside(
      Array.from(weights.slice(query * cells, (query + 1) * cells)),
      grid,
      box.map(side => 1e4 * share * side),
    );
  }
  const says = ({ score, label }) => `${labels.kinds[label]} ${number(score)}`;
  function sentence(now, answer) {
    const found = read(now, answer);
    const query = queryOf(now, found);
    const own = found.answers[query];
    const count = n => fill(labels.counts[Math.min(n, 2)], { n });
    const one = now.objects[now.chosen];
    const values = {
      object: one && nameOf(now.objects, now.chosen),
      query,
      says: says(own),
      inside: `${number(100 * inside(now, answer, own, query), 0)} %`,
    };
    const answering = now.query < 0 && one && isKnown(one);
    const second = fill(answering ? labels.readoutChosen : labels.readoutQuery, values);
    const third = found.duplicates ? ` ${fill(labels.duplicates, { n: found.duplicates })}` : "";
    return `${fill(labels.readout, { n: count(now.objects.length), reports: count(found.reports.length) })} ${second}${third}`;
  }

  function build(api) {
    const { state, set, controls, stage } = api;
    let answer = recorded(state());
    let asked = "";
    let note = "";
    let ready = false;

    // ---- the model
    async function ask(now) {
      asked = key(now);
      const padTo = now.padded ? [PADDED, PADDED] : [SIDE, SIDE];
      try {
        if (!ready) note = labels.loading;
        const model = await openModel("detr", labels.chrome.live);
        ready = true;
        const got = await model.ask({ pixels: pixelsOf(now), height: SIDE, width: SIDE, padTo }, [WATCHED]);
        note = "";
        if (got) answer = lastLayer(got);
      } catch (error) {
        note = fill(labels.refused, { reason: error.message });
        answer = recorded(state());
        set({ objects: traits.objects.default, padded: traits.padded.default });
      }
      api.redraw();
    }

    // ---- what changes the scene
    const change = (i, changes) =>
      set({ objects: state().objects.map((one, j) => (j === i ? placed({ ...one, ...changes }, state().data) : one)) });
    const place = one => {
      const { objects, data } = state();
      if (objects.length < MOST) set({ objects: [...objects, placed(one, data)], chosen: objects.length, query: -1 });
    };
    const remove = i => {
      const objects = state().objects.filter((_, j) => j !== i);
      set({ objects, chosen: Math.max(0, Math.min(i, objects.length - 1)) });
    };
    const resize = (i, step) => change(i, { side: clamp(state().objects[i].side + step, 8, 60) });
    const begin = selectControl({
      label: labels.begin,
      options: labels.scenes,
      onchange: i => set({ objects: structuredClone(state().data.scenes[i - 1] ?? state().objects), chosen: 0, query: -1 }),
    });
    const pad = toggleControl({ label: labels.pad, onchange: padded => set({ padded }) });
    const query = selectControl({ label: labels.query, options: [], onchange: i => set({ query: i - 1 }) });
    controls.append(begin, query, pad);

    const add = CLASSES.map((name, i) =>
      buttonControl(labels.kinds[i], () =>
        place({
          name,
          x: 30 + ((state().objects.length * 17) % 24),
          y: 34 + ((state().objects.length * 11) % 20),
          side: 18,
          colour: i,
          ...(name === "digit" ? { digit: 7 } : {}),
        }),
      ),
    );
    const pen = toggleControl({ label: labels.draw, onchange: on => view.svg.classList.toggle("bk-yours-pen", on) });
    const size = rangeControl({
      label: labels.size,
      low: 8,
      high: 60,
      show: n => fill(labels.px, { n }),
      onchange: side => change(state().chosen, { side }),
    });
    const colour = selectControl({ label: labels.colour, options: labels.colours, onchange: i => change(state().chosen, { colour: i }) });
    const copy = buttonControl(labels.copy, () => {
      const one = state().objects[state().chosen];
      if (one) place({ ...one, x: one.x + 5, y: one.y + 3 });
    });
    const gone = buttonControl(labels.remove, () => remove(state().chosen));
    const whose = h("span", { class: "bk-yours-whose" });

    // ---- what shows it
    const view = sceneOf(
      s("image", { id: ids("scene"), class: "bk-pixels", preserveAspectRatio: "none", width: SIDE * UNIT, height: SIDE * UNIT }),
    );
    const look = sceneOf(s("use", { href: `#${view.picture.id}` }));
    put(view.svg, { role: "group", class: "bk-scene-view bk-yours-view bk-yours-hand" });
    put(look.svg, { role: "img" });
    const handles = Array.from({ length: MOST }, (_, i) => {
      const halo = s("rect", { class: "bk-scene-halo" });
      const edge = s("rect", { class: "bk-scene-truth" });
      const text = s("text", { class: "bk-scene-name" });
      const node = s(
        "g",
        { class: "bk-yours-object", tabindex: 0, role: "slider", "aria-valuemin": 0, "aria-valuemax": SIDE },
        halo,
        edge,
        text,
      );
      node.addEventListener("focus", () => {
        if (state().chosen !== i) set({ chosen: i, query: -1 });
      });
      return {
        node,
        halo,
        edge,
        text,
        at: () => (state().objects[i] ? [UNIT * state().objects[i].x, UNIT * state().objects[i].y] : null),
        move: ([x, y]) => change(i, { x: x / UNIT, y: y / UNIT }),
        nudge: (dx, dy, big) => change(i, { x: state().objects[i].x + dx * (big ? 8 : 1), y: state().objects[i].y - dy * (big ? 8 : 1) }),
      };
    });
    view.marks.append(...handles.map(({ node }) => node));
    drawByHand(view.svg, place);
    dragging(view.svg, api, () => handles, 60);
    view.svg.addEventListener("keydown", event => {
      const i = handles.findIndex(({ node }) => node === event.target);
      const act = {
        "+": () => resize(i, 1),
        "=": () => resize(i, 1),
        "-": () => resize(i, -1),
        Delete: () => remove(i),
        Backspace: () => remove(i),
      }[event.key];
      if (i < 0 || !act) return;
      event.preventDefault();
      act();
    });
    const reports = s("g", { class: "bk-yours-reports" });
    view.svg.append(reports);
    const box = s("g", {});
    look.svg.append(box);
    const about = h("p", { class: "bk-why" });
    const rows = h("tbody", {});
    const table = h(
      "table",
      { class: "bk-yours-table" },
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
    );
    const loss = h("p", {});
    const unmatched = h("p", { class: "bk-why" });
    const costs = h("div", { class: "bk-scroll", tabindex: 0, role: "region", "aria-label": labels.costs });
    const whole = h(
      "details",
      { class: "bk-seen", ontoggle: () => api.redraw() },
      h("summary", {}, labels.costs),
      h("p", {}, labels.costCaption),
      costs,
    );
    stage.append(
      h(
        "div",
        { class: "bk-yours" },
        h("div", {}, view.svg),
        h("div", {}, look.svg, about),
        h("div", { class: "bk-yours-tools", role: "group", "aria-label": labels.add }, h("span", {}, labels.add), add, pen),
        h("div", { class: "bk-yours-tools", role: "group", "aria-label": labels.change }, whose, size, colour, copy, gone),
        h(
          "div",
          { class: "bk-scroll bk-yours-wide", tabindex: 0, role: "region", "aria-label": labels.table },
          table,
          loss,
          unmatched,
          whole,
        ),
      ),
    );
    const wake = () => openModel("detr", labels.chrome.live).catch(() => {});
    ["pointerdown", "focusin"].forEach(event => stage.addEventListener(event, wake, { once: true }));

    return now => {
      const { objects, chosen, padded, data } = now;
      if (isFirst(now) && asked !== key(now)) {
        asked = "";
        answer = recorded(now);
      } else if (asked !== key(now)) ask(now);
      const found = read(now, answer);
      const query_shown = queryOf(now, found);
      const own = found.answers[query_shown];
      const address = pictureAddress(pixelsOf(now), SIDE, SIDE);
      const wide = padded ? PADDED : SIDE;
      for (const { svg } of [view, look]) put(svg, { viewBox: `0 0 ${wide * UNIT} ${wide * UNIT}` });
      put(view.picture, { href: address });
      put(view.svg, { "aria-label": fill(labels.scene, { n: objects.length, reports: found.reports.length }) });

      handles.forEach(({ node, halo, edge, text }, i) => {
        node.style.display = objects[i] ? "" : "none";
        if (!objects[i]) return;
        const area = rectangle(boxOf(describe(objects[i], data), data.ground.size));
        [halo, edge].forEach(rect => put(rect, area));
        node.classList.toggle("bk-yours-chosen", i === chosen);
        put(text, { x: area.x + 3, y: area.y + area.height - 4 });
        text.textContent = i + 1;
        const { x, y, side } = objects[i];
        put(node, {
          "aria-label": nameOf(objects, i),
          "aria-valuenow": Math.round(x),
          "aria-valuetext": fill(labels.handle, { x: Math.round(x), y: Math.round(y), side: Math.round(side) }),
        });
      });
      reports.replaceChildren(
        ...found.reports.flatMap(i => {
          const { box, label } = found.answers[i];
          const area = rectangle(box);
          const words = fill(labels.report, { says: says(found.answers[i]), query: i });
          const atEdge = area.x + 125 > UNIT * wide;
          return [
            s("rect", { ...area, class: `bk-scene-found bk-class-${label}` }),
            s(
              "text",
              {
                x: atEdge ? Math.min(area.x + area.width, UNIT * wide - 2) : Math.max(area.x, 2),
                y: area.y > 16 ? area.y - 4 : area.y + area.height + 13,
                class: "bk-scene-name",
                "text-anchor": atEdge ? "end" : "start",
              },
              words,
            ),
          ];
        }),
      );
      const cells = answer.grid[0] * answer.grid[1];
      look.dim(answer.weights.slice(query_shown * cells, (query_shown + 1) * cells), answer.grid, wide);
      box.replaceChildren(
        s("rect", { ...rectangle(own.box), class: "bk-scene-halo" }),
        s("rect", { ...rectangle(own.box), class: `bk-scene-found bk-class-${own.label}` }),
      );
      about.textContent = fill(labels.attention, { query: query_shown, says: says(own) });
      put(look.svg, { "aria-label": about.textContent });

      begin.update(data.scenes.findIndex(scene => JSON.stringify(scene) === JSON.stringify(objects)) + 1 || 0, labels.scenes);
      query.update(now.query + 1, [labels.queryAuto, ...found.answers.map((_, i) => fill(labels.queryNumber, { query: i }))]);
      pad.update(padded);
      const one = objects[chosen];
      whose.textContent = one ? nameOf(objects, chosen) : labels.none;
      size.update(Math.round(one?.side ?? 18));
      colour.update(one?.colour ?? 0);
      add.forEach(button => put(button, { "aria-disabled": objects.length >= MOST }));
      rows.replaceChildren(
        ...objects.map((object, i) => {
          const query = found.pairs[found.known.indexOf(object)];
          const paired = query === undefined ? null : found.answers[query];
          const cost = paired && found.cost[query][found.known.indexOf(object)];
          const cells = paired
            ? [
                query,
                number(paired.chances[CLASSES.indexOf(object.name)]),
                number(cost),
                paired.score >= LEAST ? says(paired) : fill(labels.nothing, { score: number(paired.score) }),
              ]
            : ["–", "–", "–", labels.noClass];
          return h(
            "tr",
            { class: i === chosen && "bk-yours-row" },
            h("th", { scope: "row" }, nameOf(objects, i)),
            cells.map(cell => h("td", {}, cell)),
          );
        }),
      );
      const { total, classes, boxes, giou } = Object.fromEntries(
        Object.entries(found.loss).map(([name, value]) => [name, number(value, 3)]),
      );
      loss.textContent = fill(labels.loss, { total, classes, boxes, giou });
      const others = found.reports.filter(i => !found.pairs.includes(i));
      unmatched.textContent = others.length
        ? fill(labels.unmatched, { list: others.map(i => fill(labels.report, { says: says(found.answers[i]), query: i })).join(", ") })
        : "";
      costs.replaceChildren(...(whole.open ? [costTable(found)] : []));
      const busy = note || sentence(now, answer);
      return busy;
    };

    function costTable({ known, cost, pairs }) {
      const { objects } = state();
      return h(
        "table",
        { class: "bk-yours-table" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "col" }, labels.query),
            known.map(one => h("th", { scope: "col" }, nameOf(objects, objects.indexOf(one)))),
          ),
        ),
        h(
          "tbody",
          {},
          cost.map((row, i) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, i),
              row.map((value, j) => h("td", { class: pairs[j] === i && "bk-yours-pair" }, number(value))),
            ),
          ),
        ),
      );
    }
  }

  const rectangle = ([cx, cy, w, h]) => ({
    x: (cx - w / 2) * SIDE * UNIT,
    y: (cy - h / 2) * SIDE * UNIT,
    width: w * SIDE * UNIT,
    height: h * SIDE * UNIT,
  });
  /* A picture of the scene, with what is padded round it, cells to darken and marks. */
  function sceneOf(picture) {
    const under = s("g", {});
    const marks = s("g", {});
    const svg = s(
      "svg",
      { class: "bk-scene-view bk-yours-view" },
      s("rect", { class: "bk-yours-padding", width: "100%", height: "100%" }),
      picture,
      under,
      marks,
    );
    return {
      svg,
      picture,
      marks,

      dim(weights, [rows, columns], wide) {
        const top = Math.max(...weights);
        const [w, h] = [columns, rows].map(n => (wide * UNIT) / n);
        under.replaceChildren(
          ...Array.from(weights, (x, i) =>
            s("rect", {
              x: (i % columns) * w,
              y: Math.floor(i / columns) * h,
              width: w,
              height: h,
              class: "bk-dim",
              "fill-opacity": (0.7 * (1 - x / top)).toFixed(2),
            }),
          ),
        );
      },
    };
  }
  /* While the pen is on, a stroke over the picture becomes an object. */
  function drawByHand(svg, place) {
    let points = null;
    const point = event => {
      const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      return [clamp(p.x / UNIT, 0, SIDE), clamp(p.y / UNIT, 0, SIDE)];
    };
    const line = s("path", { class: "bk-yours-stroke" });
    svg.addEventListener("pointerdown", event => {
      if (!svg.classList.contains("bk-yours-pen") || event.button) return;
      event.stopImmediatePropagation();
      event.preventDefault();
      svg.setPointerCapture(event.pointerId);
      points = [point(event)];
      svg.append(line);
    });
    svg.addEventListener("pointermove", event => {
      if (!points) return;
      points.push(point(event));
      put(line, { d: `M${points.map(([x, y]) => `${UNIT * x} ${UNIT * y}`).join("L")}` });
    });
    const end = () => {
      const stroke = points;
      points = null;
      line.remove();
      line.removeAttribute("d");
      if (!stroke || stroke.length < 3) return;
      const [low, high] = [Math.min, Math.max].map(of => [0, 1].map(axis => of(...stroke.map(p => p[axis]))));
      const [x, y] = [0, 1].map(axis => (low[axis] + high[axis]) / 2);
      const side = Math.max(8, ...[0, 1].map(axis => high[axis] - low[axis]));
      const every = Math.ceil(stroke.length / 24);
      const kept = stroke.filter((_, i) => i % every === 0 || i === stroke.length - 1);
      place({
        name: "drawing",
        x,
        y,
        side,
        colour: 2,
        points: kept.map(p => [(p[0] - x) / side, (p[1] - y) / side].map(v => Math.round(100 * v) / 100)),
      });
    };
    svg.addEventListener("pointerup", end);
    svg.addEventListener("pointercancel", () => {
      points = null;
      line.remove();
    });
  }

  return { build, sentence, read, queryOf, inside, pixelsOf, recorded };
});
