import { bookFigure, buttonControl, fill, h, ids, number, put, rangeControl, s, selectControl, toggleControl } from "../_lib/chrome.js";
import { nonMaximumSuppression } from "../_lib/engine/boxes.js";
import { CLASSES } from "../_lib/engine/draw_scene.js";
import { openModel, openWhenNear } from "../_lib/engine/live_model.js";
import { assign, cornersOf, detectionLoss, matchingCost } from "../_lib/engine/matching.js";
import { drawByHand } from "../_lib/draw_by_hand.js";
import {
  attentionInside,
  bestClasses,
  boxOfObject,
  dimming,
  isKnown,
  lastLayer,
  LEAST,
  nameOf,
  objectHandles,
  PADDED,
  pictureOf,
  pixelsOf,
  placed,
  recordedAnswer,
  rectangle,
  SIDE,
  UNIT,
  WATCHED,
  weightsOfQuery,
} from "../_lib/placed_scene.js";
import { reportNames } from "../_lib/report_names.js";

export default bookFigure((labels, traits) => {
  const MOST = traits.objects.maxItems;

  // ---- the answer
  const key = ({ objects, padded }) => JSON.stringify([objects, padded]);
  const isFirst = now => key(now) === key({ objects: traits.objects.default, padded: traits.padded.default });
  /* What an answer means for the objects placed: reports, pairs of the matching, cost and loss. */
  function read({ objects, data }, answer) {
    const answers = bestClasses(answer);
    const known = objects.filter(isKnown);
    const targets = known.map(one => ({ label: CLASSES.indexOf(one.name), box: boxOfObject(one, data) }));
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
  const inside = ({ padded }, answer, { box }, query) => attentionInside(answer, query, box, padded);
  const says = ({ score, label }) => `${labels.kinds[label]} ${number(score)}`;
  const reportOf = ({ answers }, i) => fill(labels.report, { says: says(answers[i]), query: i });
  function sentence(now, answer) {
    const found = read(now, answer);
    const query = queryOf(now, found);
    const own = found.answers[query];
    const count = n => fill(labels.counts[Math.min(n, 2)], { n });
    const one = now.objects[now.chosen];
    const values = {
      object: one && nameOf(labels, now.objects, now.chosen),
      query,
      says: says(own),
      score: number(own.score),
      inside: `${number(100 * inside(now, answer, own, query), 0)}\u00a0%`,
    };
    const answering = now.query < 0 && one && isKnown(one);
    const missed = answering && own.score < LEAST;
    const second = fill(missed ? labels.readoutMissed : answering ? labels.readoutChosen : labels.readoutQuery, values);
    const third = found.duplicates ? ` ${fill(labels.duplicates, { n: found.duplicates })}` : "";
    return `${fill(labels.readout, { n: count(now.objects.length), reports: count(found.reports.length) })} ${second}${third}`;
  }

  function build(api) {
    const { state, set, controls, stage } = api;
    let answer = recordedAnswer(state());
    let asked = "";
    let note = "";
    let ready = false;

    // ---- the model
    async function ask(now) {
      asked = key(now);
      const padTo = now.padded ? [PADDED, PADDED] : [SIDE, SIDE];
      try {
        if (!ready) note = labels.loading;
        const model = await open();
        ready = true;
        const got = await model.ask({ pixels: pixelsOf(now), height: SIDE, width: SIDE, padTo }, [WATCHED]);
        note = "";
        if (got) answer = lastLayer(got);
      } catch (error) {
        note = fill(labels.refused, { reason: error.message });
        answer = recordedAnswer(state());
        set({ objects: traits.objects.default, padded: traits.padded.default });
      }
      api.redraw();
    }

    // ---- what changes the scene
    const place = one => {
      const { objects, data } = state();
      if (objects.length < MOST) set({ objects: [...objects, placed(one, data)], chosen: objects.length, query: -1 });
    };
    const remove = i => {
      const objects = state().objects.filter((_, j) => j !== i);
      set({ objects, chosen: Math.max(0, Math.min(i, objects.length - 1)) });
    };
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
    const pen = toggleControl({ label: labels.draw, onchange: on => view.svg.classList.toggle("bk-pen", on) });
    const size = rangeControl({
      label: labels.size,
      low: 8,
      high: 60,
      show: n => fill(labels.px, { n }),
      onchange: side => placing.change(state().chosen, { side }),
    });
    const colour = selectControl({
      label: labels.colour,
      options: labels.colours,
      onchange: i => placing.change(state().chosen, { colour: i }),
    });
    const copy = buttonControl(labels.copy, () => {
      const one = state().objects[state().chosen];
      if (one) place({ ...one, x: one.x + 5, y: one.y + 3 });
    });
    const gone = buttonControl(labels.remove, () => remove(state().chosen));
    const whose = h("span", { class: "bk-yours-whose" });
    const adding = h("span", {}, labels.add);

    // ---- what shows it
    const view = sceneOf(
      s("image", { id: ids("scene"), class: "bk-pixels", preserveAspectRatio: "none", width: SIDE * UNIT, height: SIDE * UNIT }),
    );
    const look = sceneOf(s("use", { href: `#${view.picture.id}` }));
    put(view.svg, { role: "group" });
    view.svg.classList.add("bk-yours-hand");
    put(look.svg, { role: "img" });
    drawByHand(view.svg, place); // before the handles, which must not take the pen's strokes
    const placing = objectHandles(view.svg, api, {
      most: MOST,
      labels,
      chosen: i => {
        if (state().chosen !== i) set({ chosen: i, query: -1 });
      },
      remove,
    });
    view.marks.append(...placing.nodes);
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
        h("div", { class: "bk-yours-tools", role: "group", "aria-label": labels.add }, adding, add, pen),
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
    const open = () => openModel("detr", labels.chrome.live);
    openWhenNear(stage, open);

    return now => {
      const { objects, chosen, padded, data } = now;
      if (isFirst(now) && asked !== key(now)) {
        asked = "";
        answer = recordedAnswer(now);
      } else if (asked !== key(now)) ask(now);
      const found = read(now, answer);
      const query_shown = queryOf(now, found);
      const own = found.answers[query_shown];
      const address = pictureOf(now);
      const wide = padded ? PADDED : SIDE;
      for (const { svg } of [view, look]) put(svg, { viewBox: `0 0 ${wide * UNIT} ${wide * UNIT}` });
      put(view.picture, { href: address });
      put(view.svg, { "aria-label": fill(labels.scene, { n: objects.length, reports: found.reports.length }) });

      placing.update(now);
      const areas = found.reports.map(i => ({ area: rectangle(found.answers[i].box), words: reportOf(found, i) }));
      reports.replaceChildren(
        ...found.reports.map((i, nth) => s("rect", { ...areas[nth].area, class: `bk-scene-found bk-class-${found.answers[i].label}` })),
        ...reportNames(areas, UNIT * wide),
      );
      look.under.replaceChildren(...dimming(weightsOfQuery(answer, query_shown), answer.grid, wide));
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
      whose.textContent = one ? nameOf(labels, objects, chosen) : labels.none;
      size.update(Math.round(one?.side ?? 18));
      colour.update(one?.colour ?? 0);
      adding.textContent = objects.length < MOST ? labels.add : fill(labels.full, { n: MOST });
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
            h("th", { scope: "row" }, nameOf(labels, objects, i)),
            cells.map(cell => h("td", {}, cell)),
          );
        }),
      );
      const { total, classes, boxes, giou } = Object.fromEntries(
        Object.entries(found.loss).map(([name, value]) => [name, number(value, name === "total" ? 3 : 4)]),
      );
      loss.textContent = fill(labels.loss, { total, classes, boxes, giou });
      const others = found.reports.filter(i => !found.pairs.includes(i));
      unmatched.textContent = others.length ? fill(labels.unmatched, { list: others.map(i => reportOf(found, i)).join(", ") }) : "";
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
            known.map(one => h("th", { scope: "col" }, nameOf(labels, objects, objects.indexOf(one)))),
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

  /* A picture of the scene, with what is padded round it, cells to darken and marks. */
  function sceneOf(picture) {
    const under = s("g", {});
    const marks = s("g", {});
    const svg = s(
      "svg",
      { class: "bk-scene-view bk-placed-view" },
      s("rect", { class: "bk-yours-padding", width: "100%", height: "100%" }),
      picture,
      under,
      marks,
    );
    return { svg, picture, under, marks };
  }

  return { build, sentence, read, queryOf, inside, pixelsOf };
});
