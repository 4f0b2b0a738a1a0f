import { bookFigure, fill, h, ids, number, put, s, selectControl, toggleControl } from "../_lib/chrome.js";
import { openModel, openWhenNear } from "../_lib/engine/live_model.js";
import { meanOfHeads } from "../_lib/live_translation.js";
import { bestClasses, LEAST, objectHandles, PADDED, pictureOf, pixelsOf, rectangle, SIDE, UNIT } from "../_lib/placed_scene.js";
import { reportNames } from "../_lib/report_names.js";
import { unpacked } from "../_lib/scene.js";

export default bookFigure((labels, traits) => {
  const LOOKS = "decoder.layers.1.cross_attention.weights";
  const START = 1;
  const END = 2;
  const LINES = 16; // words of a map
  const CELL = 16;
  const MODELS = traits.model.enum;
  const BUGS = traits.bug.enum;
  const SIDES = ["right", "broken"];

  const isDetector = ({ model }) => model === "detector";
  const bugsOf = now => (isDetector(now) ? BUGS.filter(bug => bug !== "causal") : BUGS);
  /* The bug that is shown: a detector has no causal mask to lose. */
  const bugOf = now => (bugsOf(now).includes(now.bug) ? now.bug : "view");
  const isTraining = now => bugOf(now) === "causal";
  const key = now => JSON.stringify([now.model, bugOf(now), now.on, isDetector(now) ? now.objects : now.sentence_shown]);
  const isRecorded = now =>
    isDetector(now) ? JSON.stringify(now.objects) === JSON.stringify(traits.objects.default) : now.sentence_shown === 0;
  /* What both sides answer in a recorded state: a translation {words, map} with `said` where it has read the reference; or reports. */
  function recorded(now) {
    const bug = bugOf(now);
    const { [isDetector(now) ? "detector" : "translator"]: answers } = now.data.recorded;
    const right = answers[bug === "padding" ? "padded" : "right"];
    const broken = now.on ? answers[bug] : right;
    const whole = one => (isDetector(now) ? one : { ...one, map: one.map.map(unpacked) });
    return { right: whole(right), broken: whole(broken) };
  }
  const isRight = (word, i, answer) => word === answer.words[i];
  const wrongWords = ({ words }, right) => words.filter((word, i) => !isRight(word, i, right)).length;
  const score = (now, side) => {
    const table = now.data.scores[isDetector(now) ? "detector" : "translator"];
    return table[side === "right" || !now.on ? (bugOf(now) === "padding" ? "padded" : "right") : bugOf(now)];
  };
  const percent = x => number(100 * x, 1);
  function sentence(now, answers) {
    const [right, broken] = SIDES.map(side => score(now, side));
    if (isDetector(now)) {
      const [a, b] = SIDES.map(side => answers[side].length);
      return fill(labels.readoutDetector, { a, b, right: number(right, 3), broken: number(broken, 3), bug: labels.sides[now.on ? 1 : 0] });
    }
    if (isTraining(now))
      return fill(labels.readoutTraining, {
        right: percent(right),
        broken: percent(broken),
        read: percent(now.data.scores.teacher_forced[now.on ? "causal" : "right"]),
        same: percent(now.data.scores.teacher_forced.right),
        bug: labels.sides[now.on ? 1 : 0],
      });
    const wrong = wrongWords(answers.broken, answers.right);
    return fill(labels.readoutTranslator, {
      wrong,
      n: answers.broken.words.length,
      right: percent(right),
      broken: percent(broken),
      bug: labels.sides[now.on ? 1 : 0],
    });
  }
  const first = now => sentence(now, recorded(now));

  function build(api) {
    const { state, set, controls, stage } = api;
    let answers = recorded(state());
    let shown = isDetector(state());
    let asked = "";
    let note = "";
    const open = {
      translator: () => openModel("translator", labels.chrome.live),
      unmasked: () => openModel("translator_no_mask", labels.chrome.live),
      detector: () => openModel("detr", labels.chrome.live),
    };

    // ---- the questions
    async function detect(now, bug) {
      const padTo = bugOf(now) === "padding" ? [PADDED, PADDED] : [SIDE, SIDE];
      const model = await open.detector();
      const got = await model.ask({ pixels: pixelsOf(now), height: SIDE, width: SIDE, padTo }, [], bug);
      return (
        got &&
        bestClasses(got[0].answers.at(-1))
          .filter(one => one.score >= LEAST)
          .map(({ box, label, score }) => ({ box, label, score }))
      );
    }
    async function translate(now, bug) {
      const { source, reference } = now.data.sentences[now.sentence_shown];
      const isPadded = bugOf(now) === "padding";
      const input = { source: isPadded ? [...source, ...Array(now.data.padded - source.length).fill(0)] : source };
      const model = await (bug === "causal" ? open.unmasked() : open.translator());
      const spoken = list => list.filter(word => word > END).map(word => model.header.words.target[word]);
      const wrote = await model.ask(input, [LOOKS], isTraining(now) ? "" : bug);
      if (!wrote) return null;
      const answer = {
        words: spoken(wrote[0].translations[0].words),
        map: wrote[1][LOOKS].map(one => meanOfHeads(one)[0].slice(0, source.length)),
      };
      if (!isTraining(now)) return answer;
      const read = await model.ask({ source, target: [START, ...reference] }, [], bug);
      return read && { ...answer, said: likeliest(read[0].logits, reference.length).map(word => model.header.words.target[word]) };
    }
    /* The likeliest word after each word read, END left out. */
    function likeliest(logits, n) {
      const wide = logits.length / (n + 1);
      return Array.from({ length: n }, (_, i) => {
        const row = logits.slice(i * wide, (i + 1) * wide);
        return row.indexOf(Math.max(...row));
      });
    }
    async function ask(now) {
      const question = key(now);
      asked = question;
      note = labels.loading[now.model];
      try {
        const run = isDetector(now) ? detect : translate;
        const right = await run(now, "");
        if (asked !== question) return;
        const broken = await run(now, now.on ? bugOf(now) : "");
        if (asked !== question || !right || !broken) return;
        answers = { right, broken };
        shown = isDetector(now);
        note = "";
      } catch (error) {
        note = fill(labels.refused, { reason: error.message });
        set({ sentence_shown: 0, objects: structuredClone(traits.objects.default) });
      }
      api.redraw();
    }

    // ---- what changes it
    const model = selectControl({ label: labels.model, options: labels.models, onchange: i => set({ model: MODELS[i] }) });
    const bug = selectControl({ label: labels.bug, options: [], onchange: i => set({ bug: bugsOf(state())[i] }) });
    const on = toggleControl({ label: labels.on, onchange: value => set({ on: value }) });
    const which = selectControl({ label: labels.sentence, options: [], onchange: i => set({ sentence_shown: i }) });
    controls.append(model, bug, on, which);

    // ---- what shows it
    const lines = [0, 1].map(i => h("p", { class: "bk-break-line" }, h("span", {}, labels.lines[i]), h("code", {})));
    const heads = SIDES.map(() => h("p", { class: "bk-see-head" }));
    const told = SIDES.map(() => h("div", { class: "bk-break-told" }));
    const image = s("image", {
      id: ids("scene"),
      class: "bk-pixels",
      preserveAspectRatio: "none",
      width: SIDE * UNIT,
      height: SIDE * UNIT,
    });
    const scenes = SIDES.map((_, i) =>
      s(
        "svg",
        { class: "bk-scene-view bk-placed-view" },
        s("rect", { class: "bk-break-padding", width: "100%", height: "100%" }),
        i ? s("use", { href: `#${image.id}` }) : image,
      ),
    );
    const reports = SIDES.map(() => s("g", { class: "bk-break-reports" }));
    const placing = objectHandles(scenes[0], api, {
      most: traits.objects.maxItems,
      labels,
      chosen: i => {
        if (state().chosen !== i) set({ chosen: i });
      },
    });
    scenes[0].append(...placing.nodes);
    scenes.forEach((svg, i) => svg.append(reports[i]));
    put(scenes[0], { role: "group" });
    put(scenes[1], { role: "img" });
    const columns = SIDES.map((_, i) => h("div", {}, heads[i], told[i], scenes[i]));
    stage.append(h("div", { class: "bk-break-code" }, lines), h("div", { class: "bk-break" }, columns));
    openWhenNear(api.root, () => open[isDetector(state()) ? "detector" : "translator"]());

    const chips = (words, right, label) =>
      h(
        "p",
        { class: "bk-break-words", "aria-label": label },
        words.map((word, i) => [h("span", { class: word === right[i] ? null : "bk-break-wrong" }, word), " "]),
      );
    /* Where each word looked: a row for a word, a column for a character. */
    function map({ words, map: rows }, characters) {
      const kept = words.slice(0, LINES);
      const left = 74;
      const cells = kept.flatMap((_, i) =>
        characters.map((_, j) =>
          s("rect", {
            x: left + j * CELL,
            y: 20 + i * CELL,
            width: CELL - 1,
            height: CELL - 1,
            class: "bk-break-cell",
            "fill-opacity": Math.min(1, rows[i]?.[j] ?? 0).toFixed(2),
          }),
        ),
      );
      return s(
        "svg",
        {
          class: "bk-break-map",
          viewBox: `0 0 ${left + CELL * characters.length} ${22 + CELL * kept.length}`,
          role: "img",
          "aria-label": labels.map,
        },
        characters.map((one, j) => s("text", { x: left + (j + 0.5) * CELL, y: 14, "text-anchor": "middle", lang: "zh" }, one)),
        kept.map((word, i) => s("text", { x: left - 5, y: 32 + i * CELL, "text-anchor": "end" }, word)),
        cells,
      );
    }
    function tell(now, side) {
      const answer = answers[side];
      const { zh, english } = now.data.sentences[now.sentence_shown];
      const wanted = english.split(" ");
      if (!isTraining(now)) return [chips(answer.words, answers.right.words, labels.wrote), map(answer, [...zh])];
      const right = answer.said.filter((word, i) => word === wanted[i]).length;
      return [
        h("p", { class: "bk-why" }, fill(labels.read, { right, n: wanted.length })),
        chips(answer.said, wanted, labels.reads),
        h("p", { class: "bk-why" }, labels.wroteAlone),
        chips(answer.words, wanted, labels.wrote),
      ];
    }

    return now => {
      const wanted = key(now);
      if (isRecorded(now)) {
        asked = "";
        if (Object.values(labels.loading).includes(note)) note = "";
        answers = recorded(now);
        shown = isDetector(now);
      } else if (asked !== wanted) ask(now);
      const detector = isDetector(now);
      const name = bugOf(now);
      model.update(MODELS.indexOf(now.model));
      bug.update(
        bugsOf(now).indexOf(name),
        bugsOf(now).map(one => labels.bugs[one]),
      );
      on.update(now.on);
      which.update(
        now.sentence_shown,
        now.data.sentences.map(({ zh, english }) => fill(labels.option, { zh, english })),
      );
      which.hidden = detector;
      lines.forEach((line, i) => {
        line.lastChild.textContent = labels.code[name][i];
        line.classList.toggle("bk-break-runs", Boolean(i) === now.on);
      });
      heads.forEach((head, i) => {
        head.textContent = (isTraining(now) ? labels.trained : labels.sides)[i && now.on ? 1 : 0];
      });
      scenes.forEach(svg => {
        svg.style.display = detector ? "" : "none";
      });
      told.forEach((node, i) => {
        node.style.display = detector ? "none" : "";
        if (!detector && !shown) node.replaceChildren(...tell(now, SIDES[i]));
      });
      if (detector) {
        const wide = UNIT * (name === "padding" ? PADDED : SIDE);
        put(image, { href: pictureOf(now) });
        placing.update(now);
        scenes.forEach((svg, i) => {
          const list = shown ? answers[SIDES[i]] : [];
          put(svg, { viewBox: `0 0 ${wide} ${wide}`, "aria-label": fill(labels.scene, { side: heads[i].textContent, n: list.length }) });
          const areas = list.map(({ box, label, score }) => ({
            area: rectangle(box),
            words: fill(labels.report, { name: labels.kinds[label], score: number(score) }),
          }));
          reports[i].replaceChildren(
            ...areas.map(({ area }, j) => s("rect", { ...area, class: `bk-scene-found bk-class-${list[j].label}` })),
            ...reportNames(areas, wide),
          );
        });
      }
      return note || sentence(now, answers);
    };
  }

  return { build, sentence, first, recorded };
});
