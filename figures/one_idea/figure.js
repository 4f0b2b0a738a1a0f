import { bookFigure, clamp, fill, h, ids, number, put, s } from "../_lib/chrome.js";
import { openModel, openWhenNear } from "../_lib/engine/live_model.js";
import { isMark, named, reading } from "../_lib/glosses.js";
import { translation } from "../_lib/live_translation.js";
import {
  attentionInside,
  bestClasses,
  dimming,
  lastLayer,
  LEAST,
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
import { unpacked } from "../_lib/scene.js";

export default bookFigure((labels, traits) => {
  const STEP = 20;
  const WIDE = 340;
  const TALL = 48;
  const LINE = TALL + 70;
  const LETTER = 5.8; // px of a letter of 11 px
  const PRONOUN = "它";
  const LOOKS = "decoder.layers.1.cross_attention.weights";
  const NOUN = 2; // words after "because" stands the noun

  // ---- the sentence
  const choice = ({ who, why }) => `${who},${why}`;
  const sourceOf = ({ who, why, data }) => [...fill(data.sentence, { who: data.who[who], why: data.why[why] })];
  /* Words and, for each word, the weights of the characters; null where the sentence is not recorded. */
  function recordedTranslation(now) {
    const one = now.data.translations[choice(now)];
    return one ? { of: choice(now), words: one.words, maps: one.maps.map(unpacked) } : null;
  }
  const place = ({ word }, { words }) => (word < 0 ? words.indexOf("because") + NOUN : Math.min(word, words.length - 1));
  const looks = (now, told = recordedTranslation(now)) => told.maps[place(now, told)];

  // ---- the scene
  const isFirst = ({ objects }) => JSON.stringify(objects) === JSON.stringify(traits.objects.default);
  /* What the detector reports, most confident first, and the place in this list of the report looked at: the one chosen, or the one nearest
     to the chosen object. */
  function reports({ objects, chosen, query }, answer) {
    const queries = bestClasses(answer)
      .map((one, query) => ({ ...one, query }))
      .sort((a, b) => b.score - a.score);
    const found = queries.filter(({ score }) => score >= LEAST);
    if (!found.length) found.push(queries[0]);
    const one = objects[Math.min(chosen, objects.length - 1)];
    const far = ({ box }) => (one ? Math.hypot(box[0] * SIDE - one.x, box[1] * SIDE - one.y) : 0);
    const wanted = found.findIndex(report => report.query === query);
    return { found, shown: wanted >= 0 ? wanted : found.reduce((best, report, i) => (far(report) < far(found[best]) ? i : best), 0) };
  }
  const inside = (now, answer = recordedAnswer(now)) => {
    const { found, shown } = reports(now, answer);
    return attentionInside(answer, found[shown].query, found[shown].box);
  };
  function sentence(now, told, answer) {
    const weights = looks(now, told);
    const source = sourceOf(now);
    const [i, j] = weights.map((_, i) => i).sort((a, b) => weights[b] - weights[a]);
    const { found, shown } = reports(now, answer);
    return `${fill(labels.readoutWord, { word: told.words[place(now, told)], first: source[i], a: number(100 * weights[i], 0), second: source[j], b: number(100 * weights[j], 0) })} ${fill(
      labels.readoutBox,
      {
        name: labels.kinds[found[shown].label],
        inside: number(100 * inside(now, answer), 0),
        covers: number(100 * found[shown].box[2] * found[shown].box[3], 0),
      },
    )}`;
  }
  const first = now => sentence(now, recordedTranslation(now), recordedAnswer(now));

  /* A row of buttons of which one is pressed: a click or the arrow keys choose. */
  function picks(label, onchoose) {
    const node = h("div", { class: "bk-idea-picks", role: "group", "aria-label": label });
    node.update = (texts, chosen, mark) => {
      while (node.children.length > texts.length) node.lastChild.remove();
      while (node.children.length < texts.length) node.append(pick(node, node.children.length, onchoose));
      [...node.children].forEach((button, i) => {
        button.textContent = texts[i];
        button.tabIndex = i === chosen ? 0 : -1;
        put(button, { "aria-pressed": i === chosen });
        button.classList.toggle("bk-idea-mark", i === mark);
      });
    };
    return node;
  }
  const pick = (node, i, onchoose) =>
    h("button", {
      type: "button",
      class: "bk-button",
      onclick: () => onchoose(i),
      onkeydown: event => {
        const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        const next = clamp(i + way, 0, node.children.length - 1);
        if (!way) return;
        event.preventDefault();
        node.children[next].focus();
        onchoose(next);
      },
    });

  function build(api) {
    const { state, set, stage } = api;
    let told = recordedTranslation(state());
    let answer = recordedAnswer(state());
    const asked = { sentence: "", scene: "" };
    const openTranslator = () => openModel("translator", labels.chrome.live);
    const openDetector = () => openModel("detr", labels.chrome.live);

    /* Ask one of the models; what it says, unless a newer question or the recorded state has taken its place. `hint` tells how it goes. */
    async function ask(which, question, hint, loading, open, run) {
      asked[which] = question;
      hint.textContent = loading;
      try {
        const model = await open();
        hint.textContent = labels.hints[which];
        const got = await run(model);
        return got && asked[which] === question ? got : null;
      } catch (error) {
        hint.textContent = fill(labels.refused, { reason: error.message });
        set(
          which === "sentence"
            ? { who: traits.who.default, why: traits.why.default, word: -1 }
            : { objects: traits.objects.default, query: -1 },
        );
        return null;
      }
    }
    async function translate(now) {
      const of = choice(now);
      const got = await ask("sentence", of, hints.sentence, labels.loadingSentence, openTranslator, model => {
        const source = sourceOf(now).map(character => model.header.words.source.indexOf(character));
        return translation(model, { source }, [LOOKS], () => asked.sentence === of);
      });
      if (got) told = { of, words: got.words, maps: got.maps[0] };
      api.redraw();
    }
    async function detect(now) {
      const got = await ask("scene", JSON.stringify(now.objects), hints.scene, labels.loadingScene, openDetector, model =>
        model.ask({ pixels: pixelsOf(now), height: SIDE, width: SIDE }, [WATCHED]),
      );
      if (got) answer = lastLayer(got);
      api.redraw();
    }

    const hints = Object.fromEntries(
      ["sentence", "scene"].map(part => [part, h("p", { class: "bk-why bk-idea-hint" }, labels.hints[part])]),
    );
    const whos = picks(labels.who, who => set({ who, word: -1 }));
    const whys = picks(labels.why, why => set({ why, word: -1 }));
    const words = picks(labels.words, word => set({ word }));
    const bars = s("svg", { class: "bk-idea-line", role: "img" });
    const image = s("image", {
      id: ids("scene"),
      class: "bk-pixels",
      preserveAspectRatio: "none",
      width: SIDE * UNIT,
      height: SIDE * UNIT,
    });
    const under = s("g", {});
    const marks = s("g", { class: "bk-idea-reports" });
    const picture = s("g", { role: "img" }, image, under, marks);
    const svg = s(
      "svg",
      { class: "bk-scene-view bk-placed-view bk-idea-scene", viewBox: `0 0 ${SIDE * UNIT} ${SIDE * UNIT}`, role: "group" },
      picture,
    );
    const placing = objectHandles(svg, api, {
      most: traits.objects.maxItems,
      labels,
      reach: 40,
      chosen: i => {
        if (state().chosen !== i || state().query >= 0) set({ chosen: i, query: -1 });
      },
    });
    svg.append(...placing.nodes);
    put(svg, { "aria-label": labels.objects });
    let queries = [];
    const found = picks(labels.found, i => set({ query: queries[i] }));
    const left = h("div", {}, h("p", {}, labels.begin), whos, h("p", {}, labels.middle), whys, bars, words, hints.sentence);
    const right = h("div", {}, svg, found, hints.scene);
    stage.append(h("div", { class: "bk-query-two bk-idea" }, left, right));
    openWhenNear(left, openTranslator);
    openWhenNear(right, openDetector);

    /* A line for each part of the sentence up to its mark: bars over characters, pinyin and gloss under words. */
    function drawBars(now, weights) {
      const top = Math.max(0.01, ...weights);
      const words = reading(sourceOf(now).join(""));
      const counts = x => x >= 0.05;
      let i = 0;
      let x = 0;
      let line = 0;
      const said = [];
      const parts = words.map(entry => {
        const [word, pinyin, gloss] = entry;
        const room = isMark(entry) ? STEP : Math.max(STEP * word.length, LETTER * Math.max(pinyin.length, gloss.length) + 8);
        const middle = x + room / 2;
        const y = line * LINE + TALL + 14;
        [x, line] = isMark(entry) ? [0, line + 1] : [x + room, line];
        return [
          [...word].map((character, place) => {
            const weight = weights[i++];
            const at = middle + STEP * (place - (word.length - 1) / 2);
            const tall = TALL * weight;
            const seen = weight >= top / 2 ? "bk-idea-glyph bk-idea-seen" : "bk-idea-glyph";
            if (counts(weight)) {
              const percent = number(100 * weight, 0);
              said.push(fill(labels.glyph, { character: named(character, entry, labels.named), percent }));
            }
            return [
              s("rect", { x: at - 7, y: y - tall, width: 14, height: tall, class: "bk-idea-bar" }),
              s("text", { x: at, y: y + 19, class: seen, lang: "zh" }, character),
              character === PRONOUN && s("path", { d: `M${at - 8} ${y + 24}h16`, class: "bk-idea-asked" }),
              counts(weight) && s("text", { x: at, y: y - 4 - tall, class: "bk-idea-share" }, number(100 * weight, 0)),
            ];
          }),
          !isMark(entry) && [pinyin, gloss].map((text, k) => s("text", { x: middle, y: y + 36 + 12 * k, class: "bk-idea-gloss" }, text)),
        ];
      });
      put(bars, { viewBox: `0 0 ${WIDE} ${LINE * line}`, "aria-label": `${labels.source}: ${said.join(", ")}` });
      bars.replaceChildren(...parts.flat(Infinity).filter(Boolean));
    }

    return now => {
      const recorded = recordedTranslation(now);
      if (recorded) {
        asked.sentence = "";
        told = recorded;
      } else if (told.of !== choice(now) && asked.sentence !== choice(now)) translate(now);
      const objects = JSON.stringify(now.objects);
      if (isFirst(now)) {
        if (asked.scene) answer = recordedAnswer(now);
        asked.scene = "";
      } else if (asked.scene !== objects) detect(now);

      whos.update(labels.whos, now.who);
      whys.update(labels.whys, now.why);
      words.update(told.words, place(now, told), told.words.indexOf("because") + NOUN);
      const isTold = told.of === choice(now); // else the translation of the sentence before still stands, without its bars
      left.classList.toggle("bk-idea-waits", !isTold);
      drawBars(now, isTold ? looks(now, told) : sourceOf(now).map(() => 0));

      const { found: list, shown } = reports(now, answer);
      const one = list[shown];
      queries = list.map(({ query }) => query);
      put(image, { href: isFirst(now) ? now.data.image : pictureOf(now) });
      put(picture, { "aria-label": fill(labels.scene, { name: labels.kinds[one.label] }) });
      under.replaceChildren(...dimming(weightsOfQuery(answer, one.query), answer.grid, SIDE));
      marks.replaceChildren(
        ...list.flatMap(({ box, label }, i) => {
          const area = rectangle(box);
          return i === shown
            ? [
                s("rect", { ...area, class: "bk-scene-halo" }),
                s("rect", { ...area, class: `bk-scene-found bk-query-chosen bk-class-${label}` }),
              ]
            : [s("rect", { ...area, class: "bk-query-other" })];
        }),
      );
      placing.update(now);
      found.update(
        list.map(({ label, score }) => fill(labels.report, { name: labels.kinds[label], score: number(score) })),
        shown,
      );
      return isTold ? sentence(now, told, answer) : labels.loadingSentence;
    };
  }

  return { build, sentence, first, looks, inside, sourceOf, reports, recordedAnswer };
});
