// with _scene.js
const LABELS = {
  "title": "What does “it” mean, and where is each thing?",
  "prompts": [],
  "seen": "The translator has to write a noun for 它, it. Where the sentence ends in tired it looks back at 动物, animal; where it ends in wide, at 路, road. The detector looks at the cells of the object it reports, and around its edges. Nobody told either of them where to look, and both look by the same few lines of code.",
  "caption": "One attention answers both. Left: how much the book’s translator looks at each character while it writes the chosen word. Right: bright cells are those the book’s detector looks at while it finds the chosen object. Both: last layer of the decoder, mean of the heads, recorded from the models that come with the book.",
  "sentences": "The sentence ends in", "endings": ["… too tired", "… too wide"], "words": "Words that the translator writes", "objects": "Objects that the detector finds",
  "source": "The Chinese sentence with the attention on each of its characters", "glyph": "{character} ({gloss}): {percent} %",
  "scene": "A drawn scene; bright is where the detector looks for the {name}", "object": "{name} {score}",
  "readoutWord": "While it writes “{word}”, the translator looks at {first} ({a} %) and {second} ({b} %).",
  "readoutBox": "While it finds the {name}, the detector has {inside} % of its attention inside the box."
};
const STEP = 20, TALL = 84, PRONOUN = "它";

function isData({ sentences, scene }) {
  return isWhole(sentences.length, 1, 4) && sentences.every(({ source, gloss, words, noun, maps }) => isWords(source, 2, 24) && isWords(gloss, source.length, source.length)
      && isWords(words, 2, 24) && isWhole(noun, 0, words.length - 1) && maps.length === words.length && maps.every(pair => isPacked(pair, source.length)))
    && isWords(scene.classes, 1, 12) && isScene(scene, scene.classes.length) && isWhole(scene.boxes.length, 1, 12) && areAnswers(scene, scene.classes.length);
}
export function check({ data, sentence_shown, word, query }) {
  let fits = false;
  try { fits = isData(data); } catch { fits = false; }
  if (!fits) return wrong("data", "sentences and a scene as book_lib.widgets.one_idea makes them of models");
  if (!isWhole(sentence_shown, 0, data.sentences.length - 1)) return wrong("sentence_shown", `a whole number below ${data.sentences.length}`);
  const { words } = data.sentences[sentence_shown];
  if (!isWhole(word, -1, words.length - 1)) return wrong("word", `a whole number below ${words.length}`);
  return isWhole(query, 0, data.scene.boxes.length - 1) ? null : wrong("query", `a whole number below ${data.scene.boxes.length}`);
}

const shown = ({ data, sentence_shown }) => data.sentences[sentence_shown];
const place = now => now.word < 0 ? shown(now).noun : now.word;
export const looks = now => unpacked(shown(now).maps[place(now)]);
/* The share of the chosen answer's attention on cells whose middle lies in its box. */
export const inside = ({ data: { scene }, query }) => shareInside(unpacked(scene.maps[query]), scene.grid, scene.boxes[query]);
export function sentence(now) {
  const one = shown(now), weights = looks(now), { scene } = now.data;
  const [i, j] = weights.map((_, i) => i).sort((a, b) => weights[b] - weights[a]);
  return `${fill(LABELS.readoutWord, { word: one.words[place(now)], first: one.source[i], a: number(100 * weights[i], 0), second: one.source[j], b: number(100 * weights[j], 0) })} ${
    fill(LABELS.readoutBox, { name: scene.classes[scene.labels[now.query]], inside: number(100 * inside(now), 0) })}`;
}

/* A row of buttons of which one is pressed: a click or the arrow keys choose. */
function picks(label, onchoose) {
  const node = h("div", { class: "bk-idea-picks", role: "group", "aria-label": label });
  node.update = (texts, chosen, mark) => {
    if (node.children.length !== texts.length) node.replaceChildren(...texts.map((_, i) => h("button", { type: "button", class: "bk-button", onclick: () => onchoose(i), onkeydown: event => {
      const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key], next = clamp(i + way, 0, node.children.length - 1);
      if (!way) return;
      event.preventDefault();
      node.children[next].focus(); onchoose(next);
    } })));
    [...node.children].forEach((button, i) => {
      button.textContent = texts[i]; button.tabIndex = i === chosen ? 0 : -1;
      put(button, { "aria-pressed": i === chosen }); button.classList.toggle("bk-idea-mark", i === mark);
    });
  };
  return node;
}

function build({ state, set, stage }) {
  const { data: { sentences, scene } } = state();
  const endings = picks(LABELS.sentences, sentence_shown => set({ sentence_shown, word: -1 }));
  const words = picks(LABELS.words, word => set({ word })), objects = picks(LABELS.objects, query => set({ query }));
  const bars = s("svg", { class: "bk-idea-line", role: "img" }), view = sceneView();
  stage.append(h("div", { class: "bk-query-two bk-idea" },
    h("div", {}, endings, bars, words), h("div", {}, view.svg, objects)));
  view.svg.classList.add("bk-cell-scene");
  view.svg.addEventListener("click", event => {
    const frame = view.svg.getBoundingClientRect(), x = (event.clientX - frame.left) / frame.width, y = (event.clientY - frame.top) / frame.height;
    const away = scene.boxes.map(([cx, cy], query) => [Math.hypot(x - cx / 1e4, y - cy / 1e4), query]).sort((a, b) => a[0] - b[0]);
    set({ query: away[0][1] });
  });

  return now => {
    const one = shown(now), weights = looks(now), top = Math.max(...weights), n = one.source.length;
    endings.update(sentences.map((_, i) => LABELS.endings[i] ?? `${i + 1}`), now.sentence_shown);
    words.update(one.words, place(now), one.noun);
    put(bars, { viewBox: `0 0 ${STEP * n} ${TALL + 66}`, "aria-label": `${LABELS.source}: ${weights.map((x, i) => x >= .05 ? fill(LABELS.glyph, { character: one.source[i], gloss: one.gloss[i], percent: number(100 * x, 0) }) : "").filter(Boolean).join(", ")}` });
    bars.replaceChildren(...one.source.flatMap((character, i) => {
      const x = STEP * (i + .5), tall = TALL * weights[i], counts = weights[i] >= .05, asked = character === PRONOUN;
      return [s("rect", { x: x - 7, y: TALL + 14 - tall, width: 14, height: tall, class: "bk-idea-bar" }),
        s("text", { x, y: TALL + 33, class: weights[i] >= top / 2 ? "bk-idea-glyph bk-idea-seen" : "bk-idea-glyph", lang: "zh" }, character),
        asked && s("path", { d: `M${x - 8} ${TALL + 39}h16`, class: "bk-idea-asked" }),
        counts && s("text", { x, y: TALL + 10 - tall, class: "bk-idea-share" }, number(100 * weights[i], 0)),
        (counts || asked) && s("text", { x, y: TALL + 51 + 12 * (i % 2), class: "bk-idea-gloss" }, one.gloss[i])].filter(Boolean);
    }));
    const name = scene.classes[scene.labels[now.query]];
    view.show({ ...scene, objects: [] }, fill(LABELS.scene, { name }));
    view.dim(unpacked(scene.maps[now.query]), scene.grid);
    view.marks.replaceChildren(...scene.boxes.flatMap((box, i) => i === now.query ? view.box(box, `bk-scene-found bk-query-chosen bk-class-${scene.labels[i]}`) : [s("rect", { ...view.place(box), class: "bk-query-other" })]));
    objects.update(scene.labels.map((label, i) => fill(LABELS.object, { name: scene.classes[label], score: number(scene.scores[i]) })), now.query);
    return sentence(now);
  };
}

export default bookFigure({ labels: LABELS, keys: ["data", "sentence_shown", "word", "query"], check, build });
