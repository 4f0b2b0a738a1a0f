import { bookFigure, fill, h, ids, number, put, rangeControl, s, selectControl, toggleControl } from "../_lib/chrome.js";
import { pictureAddress } from "../_lib/engine/draw_scene.js";
import { openModel, openWhenNear } from "../_lib/engine/live_model.js";
import { rankOf, squeezed } from "../_lib/engine/squeeze.js";
import { glossed, reading, withReading } from "../_lib/glosses.js";
import { sharedWords } from "../_lib/live_translation.js";
import { bestClasses, bytesOf, LEAST, objectHandles, pictureOf, pixelsOf, rectangle, SIDE, UNIT } from "../_lib/placed_scene.js";
import { reportNames } from "../_lib/report_names.js";

export default bookFigure((labels, traits) => {
  const END = 2;
  const BLOCK = 64; // rows and columns that are drawn
  const BINS = 61;
  const WIDE = 320;
  const LEAVE = ["class_head", "box_head"]; // the detector's prediction heads stay as they are
  const NOTHING = { bits: 8, sparsity: 0, rank: 100 };
  const METHODS = traits.method.enum;

  const isDetector = now => now.model === "detector";
  const settingOf = ({ method, lines, ...now }) => ({
    method,
    leave: LEAVE,
    ...(method === "bits" ? { level: now.bits, lines } : { level: now[method] / 100 }),
  });
  const keyOf = ({ method, lines, ...now }) => `${method} ${now[method]}${method === "bits" ? ` ${lines ? "column" : "matrix"}` : ""}`;
  const scoreOf = now => now.data.scores[now.model][keyOf(now)];
  const wholeScore = now => now.data.scores[now.model]["rank 100"];
  const question = now => JSON.stringify([now.model, keyOf(now), isDetector(now) ? now.objects : now.sentence_shown]);
  const first = Object.fromEntries(Object.entries(traits).map(([name, { default: value }]) => [name, value]));
  const isRecorded = now => question(now) === question({ ...first, model: now.model });
  const recorded = now => now.data.recorded[now.model].squeezed;

  // ---- the matrix
  const wholes = new Map(); // model -> its matrix as the page's file has it
  function wholeOf({ model, data }) {
    if (!wholes.has(model)) {
      const { rows, columns, scales, whole } = data.matrices[model];
      const values = Float32Array.from(new Int8Array(bytesOf(whole).buffer), (x, i) => x * scales[i % columns]);
      wholes.set(model, { rows, columns, data: values });
    }
    return wholes.get(model);
  }
  /* The drawn matrix under a setting: its numbers, their relative error, and the share of its float32 bytes that the setting stores. */
  function look(now) {
    const whole = wholeOf(now);
    const values = squeezed(whole, settingOf(now));
    let [lost, all, zeros] = [0, 0, 0];
    whole.data.forEach((x, i) => {
      lost += (x - values[i]) ** 2;
      all += x ** 2;
      zeros += values[i] === 0;
    });
    const { rows, columns } = whole;
    const n = rows * columns;
    const rank = rankOf(whole, now.rank / 100);
    const stored = {
      bits: n * (now.bits / 32) + (now.lines ? columns : 1),
      sparsity: n,
      rank: now.rank < 100 ? rank * (rows + columns) : n,
    };
    return { whole, values, rank, n, error: Math.sqrt(lost / all), zeros: zeros / n, stored: stored[now.method] / n };
  }
  /* Counts of values in BINS equal bins from −edge to edge. */
  function histogram(values, edge) {
    const counts = new Array(BINS).fill(0);
    values.forEach(x => counts[Math.min(BINS - 1, Math.max(0, Math.floor(((x / edge + 1) / 2) * BINS)))]++);
    return counts;
  }

  // ---- what is said
  const percent = (x, digits = 0) => `${number(100 * x, digits)}\u00a0%`;
  /* answer: what the model said when it was asked in the state `asked`. */
  function sentence(now, answer, asked = now) {
    const { rank, n, error, zeros, stored, whole } = look(now);
    const how = fill(labels.how[now.method], {
      bits: now.bits,
      lines: labels.scales[now.lines ? 0 : 1],
      zeros: percent(zeros),
      rank,
      full: Math.min(whole.rows, whole.columns),
      stored: percent(stored, stored < 0.2 ? 1 : 0),
      numbers: rank * (whole.rows + whole.columns),
      n,
    });
    const costs = fill(labels.costs[now.model], {
      error: percent(error, 1),
      score: isDetector(now) ? number(scoreOf(now)) : percent(scoreOf(now), 1),
      whole: isDetector(now) ? number(wholeScore(now)) : percent(wholeScore(now), 1),
    });
    const here = isDetector(asked)
      ? { reports: answer.length, n: asked.objects.length }
      : { wrong: wrongWords(asked, answer), n: answer.length };
    return `${how} ${costs} ${fill(labels.here[asked.model], here)}`;
  }
  const wholeWords = now => now.data.recorded.translator.whole[now.sentence_shown];
  const wrongWords = (now, words) => sharedWords(words, wholeWords(now)).filter(same => !same).length;
  const said = now => sentence(now, recorded(now));

  function build(api) {
    const { state, set, controls, stage } = api;
    let answer = recorded(state());
    let shown = state();
    let asked = "";
    let asking = false;
    let note = "";
    const open = {
      detector: () => openModel("detr", labels.chrome.live),
      translator: () => openModel("translator", labels.chrome.live),
    };

    async function run(now) {
      const model = await open[now.model]();
      note = now.method === "rank" ? labels.working : "";
      if (note) api.redraw();
      if (isDetector(now)) {
        const got = await model.ask({ pixels: pixelsOf(now), height: SIDE, width: SIDE }, [], "", settingOf(now));
        return got && bestClasses(got[0].answers.at(-1)).filter(one => one.score >= LEAST);
      }
      const got = await model.ask({ source: now.data.sentences[now.sentence_shown].source }, [], "", settingOf(now));
      return got && got[0].translations[0].words.filter(word => word > END).map(word => model.header.words.target[word]);
    }
    /* Ask until the latest state has its answer. */
    async function ask() {
      if (asking) return;
      asking = true;
      try {
        for (let now = state(); !isRecorded(now) && asked !== question(now); now = state()) {
          asked = question(now);
          if (!globalThis.bookOpened?.models.has(isDetector(now) ? "detr" : "translator")) note = labels.loading[now.model];
          const got = await run(now);
          note = "";
          if (got && !isRecorded(state()) && state().model === now.model) [answer, shown] = [got, now];
          api.redraw();
        }
      } catch (error) {
        note = fill(labels.refused, { reason: error.message });
        set({ ...first, model: state().model });
      }
      asking = false;
    }

    // ---- what changes it
    const model = selectControl({
      label: labels.model,
      options: traits.model.enum.map(name => labels.models[name]),
      onchange: i => set({ model: traits.model.enum[i] }),
    });
    const which = selectControl({ label: labels.sentence, options: [], onchange: i => set({ sentence_shown: i }) });
    const slide = (method, more) =>
      rangeControl({ label: labels.sliders[method], ...more, onchange: value => set({ ...NOTHING, method, [method]: value }) });
    const sliders = {
      bits: slide("bits", { low: 2, high: 8, big: 2, show: n => fill(labels.shows.bits, { n }) }),
      sparsity: slide("sparsity", { low: 0, high: 95, step: 5, big: 20, show: n => fill(labels.shows.sparsity, { n }) }),
      rank: slide("rank", { low: 10, high: 100, step: 10, big: 30, show: n => fill(labels.shows.rank, { n }) }),
    };
    const lines = toggleControl({
      label: labels.lines,
      onchange: on => set({ ...NOTHING, bits: state().bits, method: "bits", lines: on }),
    });
    controls.append(model, which, sliders.bits, sliders.sparsity, sliders.rank, lines);

    // ---- the weights
    const signs = ["positive", "negative"].map(sign => {
      const image = s("image", { class: "bk-pixels", width: BLOCK, height: BLOCK, preserveAspectRatio: "none" });
      const mask = s("mask", { id: ids("sign"), maskUnits: "userSpaceOnUse", x: 0, y: 0, width: BLOCK, height: BLOCK }, image);
      return { image, nodes: [mask, s("rect", { class: `bk-squeeze-${sign}`, width: BLOCK, height: BLOCK, mask: `url(#${mask.id})` })] };
    });
    const weights = s(
      "svg",
      { class: "bk-squeeze-matrix", viewBox: `0 0 ${BLOCK} ${BLOCK}`, role: "img" },
      signs.map(({ nodes }) => nodes),
    );
    const bars = s("svg", { class: "bk-squeeze-bars", viewBox: `0 0 ${WIDE} 130`, role: "img" });
    const name = h("p", { class: "bk-see-head" });

    // ---- what the model does with them
    const head = h("p", { class: "bk-see-head" });
    const told = h("div", {});
    const image = s("image", { class: "bk-pixels", preserveAspectRatio: "none", width: SIDE * UNIT, height: SIDE * UNIT });
    const reports = s("g", { class: "bk-squeeze-reports" });
    const scene = s("svg", { class: "bk-scene-view bk-placed-view", role: "group", viewBox: `0 0 ${SIDE * UNIT} ${SIDE * UNIT}` }, image);
    const placing = objectHandles(scene, api, {
      most: traits.objects.maxItems,
      labels,
      chosen: i => {
        if (state().chosen !== i) set({ chosen: i });
      },
    });
    scene.append(...placing.nodes, reports);
    const curve = s("svg", { class: "bk-squeeze-curve", viewBox: `0 0 ${WIDE} 170`, role: "img" });
    stage.append(
      h(
        "div",
        { class: "bk-squeeze" },
        h("div", {}, name, weights, bars),
        h("div", {}, head, scene, told),
        h("div", {}, h("p", { class: "bk-see-head" }, labels.quality), curve),
      ),
    );
    openWhenNear(api.root, () => open[state().model]());

    function drawMatrix(now, { whole, values, error }) {
      const { columns } = whole;
      const spread = Math.sqrt(whole.data.reduce((sum, x) => sum + x * x, 0) / whole.data.length);
      signs.forEach(({ image: shade }, sign) => {
        const pixels = new Uint8Array(3 * BLOCK * BLOCK);
        for (let i = 0; i < BLOCK * BLOCK; i++) {
          const x = values[Math.floor(i / BLOCK) * columns + (i % BLOCK)] * (sign ? -1 : 1);
          pixels.fill(Math.max(0, Math.min(255, Math.round((85 * x) / spread))), 3 * i, 3 * i + 3);
        }
        put(shade, { href: pictureAddress(pixels, BLOCK, BLOCK) });
      });
      const about = { rows: whole.rows, columns, block: BLOCK, name: now.data.matrices[now.model].name, error: percent(error, 1) };
      name.textContent = fill(labels.matrix, about);
      put(weights, { "aria-label": fill(labels.matrixLabel, about) });
    }
    function drawBars({ whole, values, zeros, error }) {
      const edge = whole.data.reduce((most, x) => Math.max(most, Math.abs(x)), 0) * 1.02;
      const [before, after] = [whole.data, values].map(list => histogram(list, edge));
      const middle = (BINS - 1) / 2;
      const most = Math.max(...before, ...after.filter((_, i) => i !== middle)) * 1.1;
      const [left, wide, bottom, high] = [4, WIDE - 8, 104, 92];
      const tall = count => Math.min(1.06, count / most) * high;
      const at = i => left + (i * wide) / BINS;
      const outline = before.map((count, i) => `H${at(i).toFixed(1)}V${(bottom - tall(count)).toFixed(1)}`).join("");
      const drawn = [
        ...after.map((count, i) =>
          s("rect", {
            x: (at(i) + 0.4).toFixed(1),
            y: (bottom - tall(count)).toFixed(1),
            width: (wide / BINS - 0.8).toFixed(1),
            height: tall(count).toFixed(1),
            class: i < middle ? "bk-squeeze-negative" : i > middle ? "bk-squeeze-positive" : "bk-squeeze-zero",
          }),
        ),
        s("path", { class: "bk-squeeze-outline", d: `M${left} ${bottom}${outline}H${left + wide}V${bottom}` }),
        ...[
          [left, -edge / 1.02, "start"],
          [WIDE / 2, 0, "middle"],
          [left + wide, edge / 1.02, "end"],
        ].map(([x, value, anchor]) => s("text", { class: "bk-small", x, y: 122, "text-anchor": anchor }, number(value, value ? 2 : 0))),
        zeros > 0.1 && s("text", { class: "bk-small", x: WIDE / 2 + 8, y: 10 }, fill(labels.zeros, { zeros: percent(zeros) })),
      ];
      bars.replaceChildren(...drawn.filter(Boolean));
      put(bars, { "aria-label": fill(labels.barsLabel, { error: percent(error, 1), zeros: percent(zeros) }) });
    }
    /* Quality at every position of the slider in use, least compression on the left. */
    function drawCurve(now) {
      const { [now.method]: about } = traits;
      const step = { bits: 1, sparsity: 5, rank: 10 }[now.method];
      const levels = Array.from({ length: (about.maximum - about.minimum) / step + 1 }, (_, i) => about.minimum + i * step);
      if (now.method !== "sparsity") levels.reverse();
      const [left, right, bottom, top] = [34, WIDE - 8, 128, 14];
      const at = i => left + (i / (levels.length - 1)) * (right - left);
      const up = score => bottom - score * (bottom - top);
      const line = on => levels.map(level => now.data.scores[now.model][keyOf({ ...now, [now.method]: level, lines: on })]);
      const path = scores => `M${scores.map((score, i) => `${at(i).toFixed(1)} ${up(score).toFixed(1)}`).join("L")}`;
      const here = levels.indexOf(now[now.method]);
      const marks = levels.filter((_, i) => now.method === "bits" || i % (now.method === "rank" ? 3 : 4) === 0);
      const drawn = [
        ...[0, 0.5, 1].flatMap(y => [
          s("line", { class: "bk-grid", x1: left, x2: right, y1: up(y), y2: up(y) }),
          s("text", { class: "bk-small", x: left - 6, y: up(y) + 4, "text-anchor": "end" }, number(y, 1)),
        ]),
        ...marks.map(level =>
          s("text", { class: "bk-small", x: at(levels.indexOf(level)), y: bottom + 17, "text-anchor": "middle" }, level),
        ),
        s("text", { class: "bk-small", x: right, y: bottom + 36, "text-anchor": "end" }, labels.sliders[now.method]),
        now.method === "bits" && s("path", { class: "bk-squeeze-other", d: path(line(!now.lines)) }),
        s("path", { class: "bk-squeeze-line", d: path(line(now.lines)) }),
        s("circle", { class: "bk-squeeze-dot", cx: at(here).toFixed(1), cy: up(scoreOf(now)).toFixed(1), r: 5 }),
      ];
      curve.replaceChildren(...drawn.filter(Boolean));
      const [score, whole] = [scoreOf(now), wholeScore(now)].map(x => number(x));
      put(curve, { "aria-label": fill(labels.curveLabel, { slider: labels.sliders[now.method], score, whole }) });
    }
    const chips = (words, mark) => {
      const same = mark ? sharedWords(words, mark) : words.map(() => true);
      const marked = words.map((word, i) => [h("span", { class: same[i] ? null : "bk-squeeze-wrong" }, word), " "]);
      return h("p", { class: "bk-squeeze-words" }, words.length ? marked : h("em", {}, labels.nothing));
    };

    return now => {
      if (isRecorded(now)) {
        if (!asking) asked = "";
        if (!note.includes(labels.stays)) note = "";
        [answer, shown] = [recorded(now), now];
      } else {
        ask();
        if (shown.model !== now.model) [answer, shown] = [recorded(now), { ...now, ...first, model: now.model, data: now.data }];
      }
      const found = look(now);
      const detector = isDetector(now);
      model.update(traits.model.enum.indexOf(now.model));
      which.update(
        now.sentence_shown,
        now.data.sentences.map(({ zh }) => withReading(zh, reading(zh))),
      );
      which.style.display = detector ? "none" : "";
      METHODS.forEach(method => sliders[method].update(now[method]));
      lines.update(now.lines);
      drawMatrix(now, found);
      drawBars(found);
      drawCurve(now);
      head.textContent = labels.does[now.model];
      scene.style.display = detector ? "" : "none";
      told.style.display = detector ? "none" : "";
      if (detector) {
        put(image, { href: pictureOf(now) });
        placing.update(now);
        const areas = answer.map(({ box, label, score }) => ({
          area: rectangle(box),
          words: fill(labels.report, { name: labels.kinds[label], score: number(score) }),
        }));
        reports.replaceChildren(
          ...areas.map(({ area }, i) => s("rect", { ...area, class: `bk-scene-found bk-class-${answer[i].label}` })),
          ...reportNames(areas, SIDE * UNIT),
        );
        put(scene, { "aria-label": fill(labels.scene, { n: now.objects.length, reports: answer.length }) });
      } else {
        told.replaceChildren(
          h("div", { class: "bk-zh-line" }, glossed(reading(now.data.sentences[now.sentence_shown].zh))),
          h("p", { class: "bk-why" }, labels.whole),
          chips(wholeWords(now)),
          h("p", { class: "bk-why" }, labels.compressed),
          chips(answer, wholeWords(shown)),
        );
      }
      return note || sentence(now, answer, shown);
    };
  }

  return { build, sentence, first: said, look, histogram, keyOf };
});
