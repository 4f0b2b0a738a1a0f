import { bookFigure, buttonControl, fill, h, number, put, rangeControl, s, selectControl, softmax, toggleControl } from "../_lib/chrome.js";
import { drawable, stroked } from "../_lib/digit_pad.js";
import { openModel, openWhenNear } from "../_lib/engine/live_model.js";
import { boxOf, LEVELS, levelBars, pixelPicture, placeOf, SIDE } from "../_lib/pixels.js";
import { uniform } from "../_lib/random.js";

export default bookFigure((labels, traits) => {
  const N = SIDE * SIDE;
  const COMPLETIONS = 6;

  const known = ({ drawing, given }) => drawing.slice(0, given);
  /* What the model is asked: the pixels that are there, and numbers that pick those to come. */
  const question = now => ({
    pixels: known(now),
    draws: Array.from({ length: COMPLETIONS }, (_, i) => uniform(COMPLETIONS * now.seed + i, N - now.given)),
  });
  const read = ({ logits, completions }) => ({ next: softmax(Array.from(logits.slice(-LEVELS))), completions });
  /* In how many of the missing pixels the completions do not all agree. */
  const differing = (completions, from) =>
    Array.from({ length: N - from }, (_, i) => new Set(completions.map(picture => picture[from + i])).size > 1).filter(Boolean).length;

  function sentence(now, answer = now.data.answer) {
    const from = now.given;
    const level = answer.next.indexOf(Math.max(...answer.next));
    return fill(labels.readout, {
      known: from,
      next: placeOf(labels, from),
      level,
      share: number(answer.next[level]),
      differ: differing(answer.completions, from),
      missing: N - from,
    });
  }

  function build(api) {
    const { state, set, controls, stage } = api;
    const key = now => JSON.stringify([known(now), now.seed]);
    const first = key(Object.fromEntries(Object.entries(traits).map(([name, about]) => [name, about.default])));
    let answer = state().data.answer;
    let shown = state();
    let asked = "";
    let note = "";
    let ready = false;
    let erases = false;
    const open = () => openModel("igpt", labels.chrome.live);
    async function ask(now) {
      asked = key(now);
      try {
        if (!ready) note = labels.loading;
        const model = await open();
        ready = true;
        const got = await model.ask(question(now));
        note = "";
        if (got && asked === key(now)) {
          answer = read(got[0]);
          shown = now;
        }
      } catch (error) {
        note = fill(labels.refused, { reason: error.message });
        answer = state().data.answer;
        set(Object.fromEntries(Object.entries(traits).map(([name, about]) => [name, about.default])));
      }
      api.redraw();
    }

    const begin = selectControl({
      label: labels.begin,
      options: labels.starts,
      onchange: i => set({ drawing: [...(state().data.starts[i - 1] ?? Array(N).fill(0))] }),
    });
    const given = rangeControl({
      label: labels.given,
      low: traits.given.minimum,
      high: traits.given.maximum,
      big: SIDE,
      show: n => fill(labels.ofPixels, { n }),
      onchange: n => set({ given: n }),
    });
    const eraser = toggleControl({
      label: labels.eraser,
      onchange: on => {
        erases = on;
      },
    });
    const again = buttonControl(labels.again, () => set({ seed: (state().seed % traits.seed.maximum) + 1 }));
    const clear = buttonControl(labels.clear, () => set({ drawing: Array(N).fill(0) }));
    controls.append(begin, given, again, clear, eraser);

    // ---- the drawing
    const cut = s("path", { class: "bk-finish-cut" });
    const next = s("rect", { class: "bk-finish-next" });
    const paper = pixelPicture({ class: "bk-pad bk-finish-paper", role: "group", "aria-label": labels.paper }, [cut, next]);
    drawable(paper, {
      drawing: () => state().drawing,
      given: () => state().given,
      erases: () => erases,
      draw: drawing => set({ drawing }),
    });

    // ---- what the model makes of it
    const pictures = Array.from({ length: COMPLETIONS }, () => pixelPicture({ role: "img" }));
    const bars = levelBars(labels);
    stage.append(
      h(
        "div",
        { class: "bk-finish" },
        h("div", {}, h("p", { class: "bk-see-head" }, labels.yours), paper.svg),
        h(
          "div",
          {},
          h("p", { class: "bk-see-head" }, labels.completions),
          h(
            "div",
            { class: "bk-finish-six" },
            pictures.map(({ svg }) => svg),
          ),
          bars.node,
        ),
      ),
    );
    openWhenNear(stage, open);

    return now => {
      if (key(now) === first) {
        asked = "";
        answer = now.data.answer;
        shown = now;
        if (ready) note = "";
      } else if (asked !== key(now)) ask(now);
      const from = now.given;
      paper.update(now.drawing.map((level, i) => (i < from ? level : null)));
      paper.cells.forEach((cell, i) =>
        put(cell, {
          "aria-label": fill(i < from ? labels.cell : labels.cellOpen, { place: placeOf(labels, i), level: now.drawing[i] }),
          "aria-disabled": i >= from,
        }),
      );
      const { x, y, width } = boxOf(from);
      put(cut, { d: `M0 ${y + width}H${x}V${y}H${SIDE * width}` });
      put(next, boxOf(from, 1.5));
      const start = shown.given;
      pictures.forEach((picture, k) => {
        picture.update(answer.completions[k], i => (i < start ? "ink" : "q"));
        put(picture.svg, { "aria-label": fill(labels.completion, { k: k + 1 }) });
      });
      bars.update(answer.next, null, fill(labels.nextPixel, { next: placeOf(labels, start) }));
      begin.update(1 + now.data.starts.findIndex(start => String(start) === String(now.drawing)), labels.starts);
      given.update(now.given);
      eraser.update(erases);
      return note || sentence(shown, answer);
    };
  }

  return { build, sentence, question, stroked, uniform, differing };
});
