import { bookFigure, fill, h, ids, number, put, s, selectControl, toggleControl } from "../_lib/chrome.js";
import { openModel, openWhenNear } from "../_lib/engine/live_model.js";
import { atCharacters, columnHeads, glossed, reading, roomOf, withReading } from "../_lib/glosses.js";
import { meanOfHeads, sharedWords } from "../_lib/live_translation.js";
import { bestClasses, LEAST, objectHandles, PADDED, pictureOf, pixelsOf, rectangle, SIDE, UNIT } from "../_lib/placed_scene.js";
import { reportNames } from "../_lib/report_names.js";
import { unpacked } from "../_lib/scene.js";

export default bookFigure((labels, traits) => {
  const LOOKS = "decoder.layers.1.cross_attention.weights";
  const START = 1;
  const END = 2;
  const LINES = 16; // words of a map
  const CELL = 16;
  const BUGS = traits.bug.enum;
  const SIDES = ["right", "broken"];

  const isDetector = now => now.model === "detector";
  const bugsOf = now => (isDetector(now) ? BUGS.filter(bug => bug !== "causal") : BUGS);
  /* The bug that is shown: a detector has no causal mask to lose. */
  const bugOf = now => (bugsOf(now).includes(now.bug) ? now.bug : "view");
  const isTraining = now => bugOf(now) === "causal";
  const key = now => JSON.stringify([bugOf(now), now.on, isDetector(now) ? now.objects : now.sentence_shown]);
  const isRecorded = now =>
    isDetector(now) ? JSON.stringify(now.objects) === JSON.stringify(traits.objects.default) : now.sentence_shown === 0;
  /* What both sides answer in a recorded state: a translation {words, map} with `said` where it has read the reference; or reports. */
  function recorded(now) {
    const bug = bugOf(now);
    const { [now.model]: answers } = now.data.recorded;
    const right = answers[bug === "padding" ? "padded" : "right"];
    const broken = now.on ? answers[bug] : right;
    const whole = one => (isDetector(now) ? one : { ...one, map: one.map.map(unpacked) });
    return { right: whole(right), broken: whole(broken) };
  }
  const wrongWords = ({ words }, right) => sharedWords(words, right.words).filter(same => !same).length;
  const score = (now, side) => {
    const table = now.data.scores[now.model];
    return table[side === "broken" ? bugOf(now) : bugOf(now) === "padding" ? "padded" : "right"];
  };
  const percent = x => number(100 * x, 1);
  function sentence(now, answers) {
    if (!now.on) return labels.readoutOff;
    const [right, broken] = SIDES.map(side => score(now, side));
    if (isDetector(now)) {
      const [a, b] = SIDES.map(side => answers[side].length);
      return fill(labels.readoutDetector, { a, b, right: number(right, 2), broken: number(broken, 2) });
    }
    const shares = { right: percent(right), broken: percent(broken) };
    const { causal, right: masked } = now.data.scores.teacher_forced;
    if (isTraining(now)) return fill(labels.readoutTraining, { ...shares, read: percent(causal), same: percent(masked) });
    const wrong = wrongWords(answers.broken, answers.right);
    return fill(labels.readoutTranslator, { ...shares, wrong, n: answers.broken.words.length });
  }
  const first = now => sentence(now, recorded(now));

  function build(api) {
    const { state, set, controls, stage } = api;
    let answers = recorded(state());
    let shown = state(); // what was asked for these answers
    let asked = "";
    let asking = false;
    let loaded = false;
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
      const [{ answers }] = await model.ask({ pixels: pixelsOf(now), height: SIDE, width: SIDE, padTo }, [], bug);
      return bestClasses(answers.at(-1)).filter(one => one.score >= LEAST);
    }
    async function translate(now, bug) {
      const { source, reference } = now.data.sentences[now.sentence_shown];
      const isPadded = bugOf(now) === "padding";
      const input = { source: isPadded ? [...source, ...Array(now.data.padded - source.length).fill(0)] : source };
      const model = await (bug === "causal" ? open.unmasked() : open.translator());
      const spoken = list => list.filter(word => word > END).map(word => model.header.words.target[word]);
      const [{ translations }, seen] = await model.ask(input, [LOOKS], isTraining(now) ? "" : bug);
      const answer = { words: spoken(translations[0].words), map: seen[LOOKS].map(one => meanOfHeads(one)[0].slice(0, source.length)) };
      if (!isTraining(now)) return answer;
      const [{ logits }] = await model.ask({ source, target: [START, ...reference] }, [], bug);
      return { ...answer, said: likeliest(logits, reference.length).map(word => model.header.words.target[word]) };
    }
    /* The likeliest word after each word read, END left out. */
    function likeliest(logits, n) {
      const wide = logits.length / (n + 1);
      return Array.from({ length: n }, (_, i) => {
        const row = logits.slice(i * wide, (i + 1) * wide);
        return row.indexOf(Math.max(...row));
      });
    }
    /* Ask the sound and the broken model until they have answered the latest state: both answer one before the next is taken. */
    async function ask() {
      if (asking) return;
      asking = true;
      try {
        for (let now = state(); !isRecorded(now) && asked !== key(now); now = state()) {
          asked = key(now);
          if (!loaded) note = labels.loading[now.model];
          const run = isDetector(now) ? detect : translate;
          const right = await run(now, "");
          const broken = now.on ? await run(now, bugOf(now)) : right;
          loaded = true;
          note = "";
          if (!isRecorded(state())) [answers, shown] = [{ right, broken }, now];
          api.redraw();
        }
      } catch (error) {
        note = fill(labels.refused, { reason: error.message });
        set({ sentence_shown: 0, objects: structuredClone(traits.objects.default) });
      }
      asking = false;
    }

    // ---- what changes it
    const bug = selectControl({ label: labels.bug, options: [], onchange: i => set({ bug: bugsOf(state())[i] }) });
    const on = toggleControl({ label: labels.on, onchange: value => set({ on: value }) });
    const which = selectControl({ label: labels.sentence, options: [], onchange: i => set({ sentence_shown: i }) });
    controls.append(bug, on, which);

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
    put(scenes[0], { role: "group", "aria-label": labels.sides[0] });
    put(scenes[1], { role: "img", "aria-label": labels.sides[1] });
    const columns = SIDES.map((_, i) => h("div", {}, heads[i], told[i], scenes[i]));
    stage.append(h("div", { class: "bk-break-code" }, lines), h("div", { class: "bk-break" }, columns));
    openWhenNear(api.root, () => open[state().model]());

    const chips = (words, right, label) => {
      const same = sharedWords(words, right);
      return h(
        "p",
        { class: "bk-break-words", "aria-label": label },
        words.length
          ? words.map((word, i) => [h("span", { class: same[i] ? null : "bk-break-wrong" }, word), " "])
          : h("em", {}, labels.nothing),
      );
    };
    /* Where each word looked: a row for a word, a column for a character. */
    function map({ words, map: rows }, characters) {
      const kept = words.slice(0, LINES);
      const left = 74;
      const readings = atCharacters(reading(characters.join("")));
      const top = 26 + roomOf(readings);
      const cells = kept.flatMap((_, i) =>
        characters.map((_, j) =>
          s("rect", {
            x: left + j * CELL,
            y: top + i * CELL,
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
          viewBox: `0 0 ${left + CELL * characters.length} ${top + 2 + CELL * kept.length}`,
          role: "img",
          "aria-label": labels.map,
        },
        columnHeads(characters, readings, { x: j => left + (j + 0.5) * CELL, y: top }),
        kept.map((word, i) => s("text", { x: left - 5, y: top + 12 + i * CELL, "text-anchor": "end" }, word)),
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
        h("div", { class: "bk-zh-line" }, glossed(reading(zh))),
        h("p", { class: "bk-why" }, fill(labels.read, { right, n: wanted.length })),
        chips(answer.said, wanted, labels.reads),
        h("p", { class: "bk-why" }, labels.wroteAlone),
        chips(answer.words, wanted, labels.wrote),
      ];
    }

    return now => {
      if (isRecorded(now)) {
        if (!asking) asked = "";
        if (Object.values(labels.loading).includes(note)) note = "";
        [answers, shown] = [recorded(now), now];
      } else ask();
      const detector = isDetector(now);
      const name = bugOf(now);
      bug.update(
        bugsOf(now).indexOf(name),
        bugsOf(now).map(one => labels.bugs[one]),
      );
      on.update(now.on);
      which.update(
        now.sentence_shown,
        now.data.sentences.map(({ zh }) => withReading(zh, reading(zh))),
      );
      which.style.display = detector ? "none" : "";
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
        if (!detector) node.replaceChildren(...tell(shown, SIDES[i]));
      });
      if (detector) {
        const wide = UNIT * (name === "padding" ? PADDED : SIDE);
        put(image, { href: pictureOf(now) });
        placing.update(now);
        scenes.forEach((svg, i) => {
          const list = answers[SIDES[i]];
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
      return note || sentence(shown, answers);
    };
  }

  return { build, sentence, first, recorded };
});
