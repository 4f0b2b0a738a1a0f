import { bookFigure, buttonControl, fill, h, ids, number, selectControl, toggleControl } from "../_lib/chrome.js";
import { openModel, openWhenNear } from "../_lib/engine/live_model.js";
import { named, reading, withReading, wordsAt } from "../_lib/glosses.js";
import { translation } from "../_lib/live_translation.js";

export default bookFigure((labels, traits) => {
  const END = 2;
  const LONGEST = 64;
  const BEAMS = 4;
  const READING = "encoder.layers.1.self_attention.weights";
  const WRITING = "decoder.layers.1.cross_attention.weights";

  const recorded = ({ data: { answer } }) => ({
    words: answer.words,
    reading: answer.reading.map(row => row.map(x => x / 1000)),
    writing: answer.writing.map(row => row.map(x => x / 1000)),
    others: [],
  });
  const key = ({ sentence, closed, beams }) => JSON.stringify([sentence, closed, beams]);
  const isFirst = now => key(now) === key(Object.fromEntries(Object.entries(traits).map(([name, { default: value }]) => [name, value])));
  const english = (words, data) => words.map(word => data.target[word]).join(" ");
  /* What keeps a sentence from being translated, or nothing. */
  function problem({ sentence, data }) {
    const unknown = [...new Set(sentence)].filter(character => data.source.indexOf(character) < 3);
    if (!sentence) return labels.empty;
    if (unknown.length) return fill(labels.unknown, { characters: unknown.join(" "), n: data.source.length - 3 });
    return [...sentence].length > LONGEST ? fill(labels.long, { n: [...sentence].length }) : "";
  }
  const segments = ({ sentence }) => reading(sentence, labels.notKnown);
  /* Who asks: the place of an English word, or −1 − the place of a character; the first of those that are there. */
  const askerOf = ({ asker, sentence }, { words }) =>
    asker >= 0 ? Math.min(asker, words.length - 1) : Math.max(asker, -[...sentence].length);
  const readingsOf = now => wordsAt(segments(now));
  const weightsOf = (asker, { reading, writing }) => (asker >= 0 ? writing[asker] : reading[-1 - asker]) ?? [];
  const askerName = (now, asker, { words }) => (asker >= 0 ? now.data.target[words[asker]] : [...now.sentence][-1 - asker]);
  const read = (now, i) => named([...now.sentence][i], readingsOf(now)[i], labels.named);
  function sentence(now, answer) {
    const asker = askerOf(now, answer);
    const weights = weightsOf(asker, answer);
    const most = weights
      .map((weight, i) => [weight, i])
      .sort((a, b) => b[0] - a[0])
      .slice(0, 2)
      .map(([weight, i]) => fill(labels.share, { character: read(now, i), weight: number(weight) }));
    return fill(labels.readout, {
      sentence: english(answer.words, now.data),
      asker: fill(asker >= 0 ? labels.askerWord : labels.askerCharacter, {
        word: askerName(now, asker, answer),
        character: asker < 0 && read(now, -1 - asker),
      }),
      most: most.join(", "),
      closed: now.closed.length ? fill(labels.closedCount, { n: now.closed.length }) : "",
    });
  }

  function build(api) {
    const { state, set, controls, stage } = api;
    let answer = recorded(state());
    let shown = state();
    let asked = "";
    let note = "";
    let ready = false;
    const open = () => openModel("translator", labels.chrome.live);

    /* Translate, then read the translation again for its attention. */
    async function ask(now) {
      asked = key(now);
      const { data, closed } = now;
      const input = {
        source: [...now.sentence].map(character => data.source.indexOf(character)),
        beams: now.beams ? BEAMS : 1,
        closedReading: closed.filter(([from]) => from < 0).map(([from, to]) => [-1 - from, to]),
        closedWriting: closed.filter(([from]) => from >= 0),
      };
      try {
        if (!ready) note = labels.loading;
        const model = await open();
        ready = true;
        const got = await translation(model, input, [READING, WRITING], () => asked === key(now));
        note = "";
        if (got) {
          const [reading, writing] = got.maps;
          answer = { words: got.numbers, reading, writing, others: got.others };
          shown = now;
        }
      } catch (error) {
        note = fill(labels.refused, { reason: error.message });
        set(Object.fromEntries(Object.entries(traits).map(([name, { default: value }]) => [name, value])));
      }
      api.redraw();
    }

    const say = text => set({ sentence: text, closed: [], asker: 0 });
    const begin = selectControl({
      label: labels.begin,
      options: [],
      onchange: i => say(state().data.sentences[i - 1] ?? state().sentence),
    });
    const beams = toggleControl({ label: labels.beams, onchange: on => set({ beams: on }) });
    const id = ids("typed");
    const input = h("input", { id, class: "bk-speak-input", lang: "zh", autocomplete: "off", maxlength: LONGEST });
    input.addEventListener("input", event => {
      if (!event.isComposing) say(input.value.replace(/\s/g, ""));
    });
    input.addEventListener("compositionend", () => say(input.value.replace(/\s/g, "")));
    controls.append(begin, h("div", { class: "bk-speak-typed" }, h("label", { for: id }, labels.type), input), beams);

    const row = h("div", { class: "bk-speak-row", lang: "zh", role: "group", "aria-label": labels.source });
    const wrote = h("div", { class: "bk-speak-row", role: "group", "aria-label": labels.target });
    const beamList = h("div", {});
    const tiles = Object.entries(state().data.tiles).map(([group, words]) =>
      h(
        "div",
        { role: "group", "aria-label": labels.groups[group] },
        h("span", {}, labels.groups[group]),
        words
          .flatMap(word => reading(word))
          .map(([word, pinyin, gloss]) =>
            h(
              "button",
              { type: "button", class: "bk-speak-tile", onclick: () => say(state().sentence + word) },
              h("span", { lang: "zh" }, word),
              h("small", {}, pinyin),
              h("small", {}, gloss),
            ),
          ),
      ),
    );
    const back = buttonControl(labels.back, () => say([...state().sentence].slice(0, -1).join("")));
    const clear = buttonControl(labels.clear, () => say(""));
    stage.append(
      h(
        "div",
        { class: "bk-speak" },
        h("div", {}, h("p", { class: "bk-see-head" }, labels.source), row),
        h("div", {}, h("p", { class: "bk-see-head" }, labels.target), wrote, beamList),
        h("details", { class: "bk-speak-tiles" }, h("summary", { class: "bk-see-head" }, labels.tiles), tiles, h("div", {}, back, clear)),
      ),
    );
    openWhenNear(api.root, open);

    /* Rows of buttons are made anew only when their signs change, so that the focus stays where it is. */
    let letters = [];
    function makeLetters(now) {
      let place = 0;
      letters = [];
      row.replaceChildren(
        ...segments(now).map(([word, pinyin, gloss]) =>
          h(
            "div",
            { class: "bk-speak-segment" },
            h(
              "div",
              { class: "bk-speak-letters" },
              [...word].map(character => {
                const i = place++;
                const bar = h("i", {});
                const sign = h("button", { type: "button", class: "bk-speak-sign", onclick: () => set({ asker: -1 - i }) }, character);
                const cut = h("button", { type: "button", class: "bk-speak-cut", onclick: () => toggle(i) });
                letters.push({ character, bar, sign, cut });
                return h("div", { class: "bk-speak-letter" }, h("div", { class: "bk-speak-bar" }, bar), cut, sign);
              }),
            ),
            h("span", { class: "bk-speak-gloss", lang: "en" }, pinyin, h("br"), gloss),
          ),
        ),
      );
    }
    function toggle(to) {
      const { closed } = state();
      const from = askerOf(state(), answer);
      const others = closed.filter(([a, b]) => a !== from || b !== to);
      set({ closed: others.length < closed.length ? others : [...closed, [from, to]] });
    }
    let signs = [];
    let spoken = "";
    function makeWords(now) {
      signs = answer.words.map((word, i) =>
        h(
          "button",
          {
            type: "button",
            class: "bk-speak-word bk-speak-new",
            style: `--place: ${i}`,
            "aria-label": fill(labels.word, { i: i + 1, word: now.data.target[word] }),
            onclick: () => set({ asker: i }),
          },
          now.data.target[word],
        ),
      );
      wrote.replaceChildren(...signs);
    }

    return now => {
      const { data } = now;
      const wrong = problem(now);
      if (wrong) asked = "";
      else if (isFirst(now) && asked !== key(now)) {
        asked = "";
        answer = recorded(now);
        shown = now;
      } else if (asked !== key(now)) ask(now);
      const asker = askerOf(now, answer);
      const weights = shown.sentence === now.sentence ? weightsOf(asker, answer) : [];

      if (letters.map(one => one.character).join("") !== now.sentence) makeLetters(now);
      if (JSON.stringify(answer.words) !== spoken) {
        spoken = JSON.stringify(answer.words);
        makeWords(now);
      }
      const name = (asker < 0 ? read(now, -1 - asker) : askerName(now, asker, answer)) ?? "";
      letters.forEach(({ bar, sign, cut }, i) => {
        const isCut = now.closed.some(([from, to]) => from === asker && to === i);
        const weight = number(weights[i] ?? 0);
        bar.style.height = `${Math.round(100 * (weights[i] ?? 0))}%`;
        sign.setAttribute("aria-pressed", asker === -1 - i);
        sign.setAttribute("aria-label", fill(labels.character, { character: read(now, i), i: i + 1 }));
        cut.setAttribute("aria-pressed", isCut);
        cut.setAttribute("aria-label", fill(isCut ? labels.mend : labels.cut, { asker: name, character: read(now, i), weight }));
        cut.textContent = isCut ? labels.closedMark : weight;
      });
      signs.forEach((sign, i) => sign.setAttribute("aria-pressed", asker === i));
      wrote.style.opacity = wrong ? 0.4 : 1;
      beamList.replaceChildren(
        ...(now.beams && answer.others.length > 1
          ? [
              h("p", { class: "bk-why" }, labels.beamList),
              h(
                "ol",
                { class: "bk-speak-beams" },
                answer.others.map(({ words, score }) =>
                  h(
                    "li",
                    {},
                    fill(labels.beam, {
                      score: number(score),
                      sentence: english(
                        words.filter(w => w > END),
                        data,
                      ),
                    }),
                  ),
                ),
              ),
            ]
          : []),
      );
      const examples = data.sentences.map(each => withReading(each, reading(each)));
      begin.update(data.sentences.indexOf(now.sentence) + 1, [labels.own, ...examples]);
      if (input.value !== now.sentence && document.activeElement !== input) input.value = now.sentence;
      beams.update(now.beams);
      return wrong || note || sentence(now, answer);
    };
  }

  return { build, sentence, recorded, problem, segments };
});
