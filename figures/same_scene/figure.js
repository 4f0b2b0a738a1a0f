import { bookFigure, fill, h, ids, number, put, rangeControl, s, selectControl } from "../_lib/chrome.js";
import { CLASSES } from "../_lib/engine/draw_scene.js";
import { openModel, openWhenNear } from "../_lib/engine/live_model.js";
import { assign, focalCost, matchingCost, readAnswers, sigmoids } from "../_lib/engine/matching.js";
import {
  attentionInside,
  boxOfObject,
  bytesOf,
  lastLayer,
  LEAST,
  nameOf,
  objectHandles,
  pictureOf,
  pixelsOf,
  recordedAnswer,
  rectangle,
  SIDE,
  UNIT,
  WATCHED,
  weightsOfQuery,
} from "../_lib/placed_scene.js";
import { reportNames } from "../_lib/report_names.js";
import {
  cross,
  crossOf,
  crossSample,
  drawPoints,
  isOutside,
  markPath,
  markSample,
  sumOfWeights,
  weightInside,
} from "../_lib/sampling_points.js";

export default bookFigure((labels, traits) => {
  const LOOKS = "decoder_layers.2.cross_attention.looks";
  const WIDE = SIDE * UNIT;
  const MARGIN = 20; // SVG units round the pictures, for places outside them
  const POINTS = { wide: WIDE, high: WIDE, margin: MARGIN, area: 3600 };
  const STRIDES = [4, 8, 16];
  const MAP = STRIDES.indexOf(8); // of DETR

  const key = ({ objects }) => JSON.stringify(objects);
  const first = JSON.stringify(traits.objects.default);
  const kinds = {
    detr: { least: LEAST, chancesOf: undefined, classCost: undefined, watched: WATCHED, read: lastLayer, recorded: recordedAnswer },
    deformable: {
      least: 0.4, // its scores are lower: with this one it finds most of the objects of held-out scenes and adds the fewest
      chancesOf: sigmoids,
      classCost: focalCost,
      watched: LOOKS,
      read([{ answers, ...more }, seen]) {
        const [{ shape, data }] = seen[LOOKS];
        return { ...more, ...answers.at(-1), size: shape.slice(1, 4), looks: data };
      },
      recorded({ data: { deformable } }) {
        const places = new Int16Array(bytesOf(deformable.places).buffer);
        const looks = Array.from(bytesOf(deformable.weights)).flatMap((x, i) => [places[2 * i] / 1e4, places[2 * i + 1] / 1e4, x]);
        return { ...deformable, looks };
      },
    },
  };
  const names = Object.keys(kinds);
  const recorded = now => Object.fromEntries(names.map(name => [name, kinds[name].recorded(now)]));

  // ---- what the answers mean
  /* Of one detector: every query's best class, its reports, best first, and the query that answers for each object. */
  function read(name, { objects, data }, answer) {
    const { least, chancesOf, classCost } = kinds[name];
    const answers = readAnswers(answer, chancesOf);
    const pairs = answers.flatMap(({ chances, box }, query) =>
      chances.slice(0, CLASSES.length).map((score, label) => ({ query, label, score, box })),
    );
    pairs.sort((a, b) => b.score - a.score);
    const targets = objects.map(one => ({ label: CLASSES.indexOf(one.name), box: boxOfObject(one, data) }));
    return {
      best: answers.map((_, query) => pairs.find(pair => pair.query === query)),
      reports: pairs.slice(0, answers.length).filter(({ score }) => score >= least),
      owners: assign(matchingCost(answers, targets, classCost)),
    };
  }
  /* The queries looked at: those that answer for the chosen object; or the chosen one and DETR's report nearest to its box. */
  function queriesOf({ objects, chosen, query }, found) {
    if (query < 0 && objects.length) {
      const i = Math.min(chosen, objects.length - 1);
      return { detr: found.detr.owners[i], deformable: found.deformable.owners[i] };
    }
    const top = ({ best }) => best.reduce((a, b) => (b.score > a.score ? b : a));
    const own = query < 0 ? top(found.deformable) : found.deformable.best[query];
    const far = ({ box }) => Math.hypot(box[0] - own.box[0], box[1] - own.box[1]);
    const { reports, best } = found.detr;
    const nearest = (reports.length ? reports : best).reduce((a, b) => (far(b) < far(a) ? b : a));
    return { detr: nearest.query, deformable: own.query };
  }
  /* The places a query looks at: {x, y} as shares of the picture, {level, weight}, weights of all heads' places summing to 1. */
  function placesOf({ size: [heads, levels, points], looks }, query) {
    const n = heads * levels * points;
    const from = 3 * n * query;
    let all = 0;
    for (let i = 0; i < n; i++) all += looks[from + 3 * i + 2];
    return Array.from({ length: n }, (_, i) => {
      const [x, y, weight] = [0, 1, 2].map(part => looks[from + 3 * i + part]);
      return { x, y, weight: weight / all, level: Math.floor(i / points) % levels };
    });
  }
  const share = x => `${number(100 * x, 0)}\u00a0%`;
  const says = ({ score, label }) => `${labels.kinds[label]} ${number(score)}`;

  function look(now, answers) {
    const found = Object.fromEntries(names.map(name => [name, read(name, now, answers[name])]));
    const queries = queriesOf(now, found);
    const own = Object.fromEntries(names.map(name => [name, found[name].best[queries[name]]]));
    const places = placesOf(answers.deformable, queries.deformable);
    const inside = {
      detr: attentionInside(answers.detr, queries.detr, own.detr.box),
      deformable: weightInside(places, own.deformable.box),
    };
    return { found, own, places, inside };
  }
  function sentence(now, answers, { found, own, places } = look(now, answers)) {
    const count = n => fill(labels.counts[Math.min(n, 2)], { n });
    const values = {
      n: count(now.objects.length),
      detrReports: found.detr.reports.length,
      reports: found.deformable.reports.length,
      object: now.query < 0 && now.objects.length ? nameOf(labels, now.objects, Math.min(now.chosen, now.objects.length - 1)) : "",
      query: own.deformable.query,
      detrQuery: own.detr.query,
      cells: answers.detr.grid[0] * answers.detr.grid[1],
      points: places.length,
      outside: places.filter(isOutside).length,
    };
    const second = values.object ? labels.readoutObject : labels.readoutQuery;
    return `${fill(labels.readout, values)} ${fill(second, values)}`;
  }

  function build(api) {
    const { state, set, controls, stage } = api;
    const answers = recorded(state());
    let asked = "";
    let note = "";
    let ready = false;

    // ---- the models
    const open = { detr: () => openModel("detr", labels.chrome.live), deformable: () => openModel("deformable_detr", labels.chrome.live) };
    openWhenNear(stage, () => Promise.all(names.map(name => open[name]())));
    async function ask(now) {
      asked = key(now);
      const input = { pixels: pixelsOf(now), height: SIDE, width: SIDE };
      if (!ready) note = labels.loading;
      try {
        await Promise.all(
          names.map(async name => {
            const model = await open[name]();
            const got = await model.ask(input, [kinds[name].watched]);
            if (!got || asked === first) return;
            answers[name] = kinds[name].read(got);
            if (ready) api.redraw();
          }),
        );
        ready = true;
        note = "";
      } catch (error) {
        note = fill(labels.refused, { reason: error.message });
        set({ objects: structuredClone(traits.objects.default), query: -1 });
      }
      api.redraw();
    }

    // ---- what changes the scene
    const begin = selectControl({
      label: labels.begin,
      options: labels.scenes,
      onchange: i => set({ objects: structuredClone(state().data.scenes[i - 1] ?? state().objects), chosen: 0, query: -1 }),
    });
    const query = selectControl({ label: labels.query, options: [], onchange: i => set({ query: i - 1 }) });
    const size = rangeControl({
      label: labels.size,
      low: 8,
      high: 40,
      show: n => fill(labels.px, { n }),
      onchange: side => panels.detr.placing.change(state().chosen, { side }),
    });
    controls.append(begin, query, size);

    // ---- what shows it
    const panels = Object.fromEntries(names.map(name => [name, panelOf(name)]));
    function panelOf(name) {
      const image = s("image", { class: "bk-pixels", preserveAspectRatio: "none", width: WIDE, height: WIDE });
      const [reports, marks, over] = ["reports", "marks", "over"].map(part => s("g", { class: `bk-same-${part}` }));
      const svg = s(
        "svg",
        {
          class: "bk-scene-view bk-placed-view",
          role: "group",
          viewBox: `${-MARGIN} ${-MARGIN} ${WIDE + 2 * MARGIN} ${WIDE + 2 * MARGIN}`,
        },
        image,
      );
      const placing = objectHandles(svg, api, {
        most: traits.objects.maxItems,
        labels,
        chosen: i => {
          if (state().chosen !== i || state().query >= 0) set({ chosen: i, query: -1 });
        },
      });
      if (name === "deformable") placing.nodes.forEach(node => put(node, { tabindex: -1 })); // the keyboard has them in the first picture
      svg.append(...placing.nodes, reports, marks, over);
      const about = h("p", { class: "bk-same-about" });
      const keys = h("ul", { class: "bk-same-keys" });
      const id = ids("panel");
      const node = h("section", { "aria-labelledby": id }, h("p", { class: "bk-same-name", id }, labels.names[name]), svg, about, keys);
      return { node, svg, image, reports, marks, over, placing, about, keys };
    }
    const entries = {
      detr: [entry(markSample(MAP))],
      deformable: [...STRIDES.map((_, level) => entry(markSample(level))), entry(crossSample())],
    };
    names.forEach(name => panels[name].keys.append(...entries[name].map(({ node }) => node)));
    stage.append(
      h(
        "div",
        { class: "bk-same" },
        names.map(name => panels[name].node),
      ),
    );

    return now => {
      const { objects, chosen, data } = now;
      if (key(now) === first && asked !== first) {
        asked = first;
        if (ready) note = "";
        Object.assign(answers, recorded(now));
      } else if (asked !== key(now) && key(now) !== first) ask(now);
      const seen = look(now, answers);
      const { found, own, places, inside } = seen;
      const address = pictureOf(now);
      for (const name of names) {
        const { svg, image, reports, placing, about, over } = panels[name];
        const mine = own[name];
        put(image, { href: address });
        placing.update(now);
        const areas = found[name].reports.map(one => ({ area: rectangle(one.box), words: says(one) }));
        reports.replaceChildren(
          ...found[name].reports.map((one, i) => s("rect", { ...areas[i].area, class: `bk-scene-found bk-class-${one.label}` })),
          s("rect", { ...rectangle(mine.box), class: "bk-scene-halo" }),
          s("rect", { ...rectangle(mine.box), class: `bk-same-own bk-class-${mine.label}` }),
        );
        over.replaceChildren(...reportNames(areas, WIDE));
        about.textContent = fill(mine.score < kinds[name].least ? labels.quiet : labels.about, {
          query: mine.query,
          says: says(mine),
          inside: share(inside[name]),
        });
        put(svg, {
          "aria-label": fill(labels.scene, { name: labels.names[name], n: objects.length, reports: found[name].reports.length }),
        });
      }

      const [rows, columns] = answers.detr.grid;
      const cells = weightsOfQuery(answers.detr, own.detr.query);
      const all = cells.reduce((a, b) => a + b, 0);
      drawPoints(
        panels.detr.marks,
        cells.map((weight, i) => ({
          x: ((i % columns) + 0.5) / columns,
          y: (Math.floor(i / columns) + 0.5) / rows,
          weight: weight / all,
          level: MAP,
        })),
        POINTS,
      );
      drawPoints(panels.deformable.marks, places, POINTS);
      const { shapes, references } = answers.deformable;
      const referenceOf = query => [0, 1].map(axis => Math.round(10 * references[2 * query + axis] * WIDE) / 10);
      const others = found.deformable.best.map((_, query) => query).filter(query => query !== own.deformable.query);
      panels.deformable.over.prepend(
        s("path", { class: "bk-same-others", d: others.map(query => cross(...referenceOf(query), 4)).join("") }),
        ...crossOf(cross(...referenceOf(own.deformable.query), 11)),
      );

      const sizes = ([high, wide]) => ({ high, wide, cells: high * wide });
      entries.detr[0].say(fill(labels.map, { ...sizes(answers.detr.grid), stride: STRIDES[MAP] }));
      STRIDES.forEach((stride, level) => {
        const here = places.filter(place => place.level === level);
        entries.deformable[level].say(
          fill(labels.level, { ...sizes(shapes[level]), stride, points: here.length, weight: share(sumOfWeights(here)) }),
        );
      });
      entries.deformable[STRIDES.length].say(labels.reference);

      begin.update(data.scenes.findIndex(scene => JSON.stringify(scene) === JSON.stringify(objects)) + 1 || 0, labels.scenes);
      query.update(now.query + 1, [labels.queryAuto, ...found.deformable.best.map((_, i) => fill(labels.queryNumber, { query: i }))]);
      size.update(Math.round(objects[chosen]?.side ?? 18));
      return note || sentence(now, answers, seen);
    };
  }

  /* A line of the key under a picture. */
  function entry(picture) {
    const text = h("span", {});
    return {
      node: h("li", {}, picture, text),
      say: words => {
        text.textContent = words;
      },
    };
  }

  return { build, sentence, look, recorded, kinds, markPath };
});
