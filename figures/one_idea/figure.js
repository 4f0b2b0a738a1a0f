import { bookFigure, clamp, fill, h, number, put, s } from "../_lib/chrome.js";
import { sceneView, shareInside, unpacked } from "../_lib/scene.js";

export default bookFigure(labels => {
  const STEP = 20;
  const TALL = 84;
  const PRONOUN = "它";

  const shown = ({ data, sentence_shown }) => data.sentences[sentence_shown];
  const place = now => (now.word < 0 ? shown(now).noun : now.word);
  const looks = now => unpacked(shown(now).maps[place(now)]);
  /* The share of the chosen answer's attention on cells whose middle lies in its box. */
  const inside = ({ data: { scene }, query }) => shareInside(unpacked(scene.maps[query]), scene.grid, scene.boxes[query]);
  function sentence(now) {
    const one = shown(now);
    const weights = looks(now);
    const { scene } = now.data;
    const [i, j] = weights.map((_, i) => i).sort((a, b) => weights[b] - weights[a]);
    return `${fill(labels.readoutWord, { word: one.words[place(now)], first: one.source[i], a: number(100 * weights[i], 0), second: one.source[j], b: number(100 * weights[j], 0) })} ${fill(
      labels.readoutBox,
      { name: scene.classes[scene.labels[now.query]], inside: number(100 * inside(now), 0) },
    )}`;
  }

  /* A row of buttons of which one is pressed: a click or the arrow keys choose. */
  function picks(label, onchoose) {
    const node = h("div", { class: "bk-idea-picks", role: "group", "aria-label": label });
    node.update = (texts, chosen, mark) => {
      if (node.children.length !== texts.length)
        node.replaceChildren(
          ...texts.map((_, i) =>
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
            }),
          ),
        );
      [...node.children].forEach((button, i) => {
        button.textContent = texts[i];
        button.tabIndex = i === chosen ? 0 : -1;
        put(button, { "aria-pressed": i === chosen });
        button.classList.toggle("bk-idea-mark", i === mark);
      });
    };
    return node;
  }

  function build({ state, set, stage }) {
    const {
      data: { sentences, scene },
    } = state();
    const endings = picks(labels.sentences, sentence_shown => set({ sentence_shown, word: -1 }));
    const words = picks(labels.words, word => set({ word }));
    const objects = picks(labels.objects, query => set({ query }));
    const bars = s("svg", { class: "bk-idea-line", role: "img" });
    const view = sceneView();
    stage.append(h("div", { class: "bk-query-two bk-idea" }, h("div", {}, endings, bars, words), h("div", {}, view.svg, objects)));
    view.svg.classList.add("bk-cell-scene");
    view.svg.addEventListener("click", event => {
      const frame = view.svg.getBoundingClientRect();
      const x = (event.clientX - frame.left) / frame.width;
      const y = (event.clientY - frame.top) / frame.height;
      const away = scene.boxes.map(([cx, cy], query) => [Math.hypot(x - cx / 1e4, y - cy / 1e4), query]).sort((a, b) => a[0] - b[0]);
      set({ query: away[0][1] });
    });

    return now => {
      const one = shown(now);
      const weights = looks(now);
      const top = Math.max(...weights);
      const n = one.source.length;
      endings.update(
        sentences.map((_, i) => labels.endings[i] ?? `${i + 1}`),
        now.sentence_shown,
      );
      words.update(one.words, place(now), one.noun);
      put(bars, {
        viewBox: `0 0 ${STEP * n} ${TALL + 66}`,
        "aria-label": `${labels.source}: ${weights
          .map((x, i) =>
            x >= 0.05 ? fill(labels.glyph, { character: one.source[i], gloss: one.gloss[i], percent: number(100 * x, 0) }) : "",
          )
          .filter(Boolean)
          .join(", ")}`,
      });
      bars.replaceChildren(
        ...one.source.flatMap((character, i) => {
          const x = STEP * (i + 0.5);
          const tall = TALL * weights[i];
          const counts = weights[i] >= 0.05;
          const asked = character === PRONOUN;
          return [
            s("rect", { x: x - 7, y: TALL + 14 - tall, width: 14, height: tall, class: "bk-idea-bar" }),
            s(
              "text",
              { x, y: TALL + 33, class: weights[i] >= top / 2 ? "bk-idea-glyph bk-idea-seen" : "bk-idea-glyph", lang: "zh" },
              character,
            ),
            asked && s("path", { d: `M${x - 8} ${TALL + 39}h16`, class: "bk-idea-asked" }),
            counts && s("text", { x, y: TALL + 10 - tall, class: "bk-idea-share" }, number(100 * weights[i], 0)),
            (counts || asked) && s("text", { x, y: TALL + 51 + 12 * (i % 2), class: "bk-idea-gloss" }, one.gloss[i]),
          ].filter(Boolean);
        }),
      );
      const name = scene.classes[scene.labels[now.query]];
      view.show({ ...scene, objects: [] }, fill(labels.scene, { name }));
      view.dim(unpacked(scene.maps[now.query]), scene.grid);
      view.marks.replaceChildren(
        ...scene.boxes.flatMap((box, i) =>
          i === now.query
            ? view.box(box, `bk-scene-found bk-query-chosen bk-class-${scene.labels[i]}`)
            : [s("rect", { ...view.place(box), class: "bk-query-other" })],
        ),
      );
      objects.update(
        scene.labels.map((label, i) => fill(labels.object, { name: scene.classes[label], score: number(scene.scores[i]) })),
        now.query,
      );
      return sentence(now);
    };
  }

  return { build, sentence, looks, inside };
});
