import {
  bookFigure,
  buttonControl,
  clamp,
  fill,
  h,
  number,
  put,
  rangeControl,
  s,
  selectControl,
  softmax,
  toggleControl,
} from "../_lib/chrome.js";
import { openModel, openWhenNear } from "../_lib/engine/live_model.js";
import { boxOf, LEVELS, levelBars, pixelPicture, placeOf, SIDE } from "../_lib/pixels.js";

export default bookFigure((labels, traits) => {
  const N = SIDE * SIDE;
  const FULL = LEVELS - 1;
  const COMPLETIONS = 6;
  const FINE = 4; // a level counts the dark ones of 4 × 4 points
  const PEN = 2.2; // points from the middle of a stroke to its edge

  const known = ({ drawing, given }) => drawing.slice(0, given);
  /* Numbers from 0 to 1 that follow from a seed (mulberry32). */
  function uniform(seed, n) {
    let a = seed;
    return Array.from({ length: n }, () => {
      a = (a + 0x6d2b79f5) | 0;
      let t = Math.imul(a ^ (a >>> 15), 1 | a);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    });
  }
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

  /* The levels after a stroke through points [x, y], in units of a pixel, on the pixels that are given. */
  function stroked(levels, points, given, erases) {
    const dense = points.flatMap(([x, y], i) => {
      const [x0, y0] = points[Math.max(i - 1, 0)];
      const steps = Math.ceil(FINE * Math.hypot(x - x0, y - y0)) || 1;
      return Array.from({ length: steps }, (_, k) => [x0 + ((x - x0) * (k + 1)) / steps, y0 + ((y - y0) * (k + 1)) / steps]);
    });
    return levels.map((level, i) => {
      if (i >= given) return level;
      let dark = 0;
      for (let p = 0; p < FINE * FINE; p++) {
        const x = (i % SIDE) + ((p % FINE) + 0.5) / FINE;
        const y = Math.floor(i / SIDE) + (Math.floor(p / FINE) + 0.5) / FINE;
        if (dense.some(([a, b]) => Math.hypot(a - x, b - y) * FINE <= PEN)) dark++;
      }
      return erases ? Math.min(level, FULL - dark) : Math.max(level, dark);
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
    let here = 0;
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
    const paper = pixelPicture({ class: "bk-finish-paper", role: "group", "aria-label": labels.paper }, [cut, next]);
    paper.cells.forEach((cell, i) => put(cell, { role: "button", tabindex: i ? -1 : 0, "data-place": i }));
    const paint = (i, change) =>
      i < state().given && set({ drawing: state().drawing.map((level, j) => (j === i ? clamp(change(level), 0, FULL) : level)) });
    const move = i => {
      put(paper.cells[here], { tabindex: -1 });
      here = i;
      put(paper.cells[i], { tabindex: 0 });
    };
    paper.svg.addEventListener("keydown", event => {
      const i = +event.target.dataset?.place;
      const way = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: SIDE, ArrowUp: -SIDE }[event.key];
      const change = {
        " ": () => (erases ? 0 : FULL),
        Enter: () => (erases ? 0 : FULL),
        Backspace: () => 0,
        "+": x => x + 4,
        "-": x => x - 4,
      }[event.key];
      if (Number.isNaN(i) || !(way || change)) return;
      event.preventDefault();
      if (change) return paint(i, change);
      if (i + way < 0 || i + way >= N || (Math.abs(way) === 1 && Math.floor((i + way) / SIDE) !== Math.floor(i / SIDE))) return;
      move(i + way);
      paper.cells[here].focus();
    });
    paper.svg.addEventListener("click", event => {
      if (!event.detail && event.target.dataset?.place) paint(+event.target.dataset.place, () => (erases ? 0 : FULL));
    });
    let points = null;
    let before = null;
    const pointOf = event => {
      const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(paper.svg.getScreenCTM().inverse());
      return [p.x / boxOf(0).width, p.y / boxOf(0).width];
    };
    const stroke = event => {
      points.push(pointOf(event));
      set({ drawing: stroked(before, points, state().given, erases) });
    };
    paper.svg.addEventListener("pointerdown", event => {
      if (event.button) return;
      event.preventDefault();
      paper.svg.setPointerCapture(event.pointerId);
      points = [];
      before = state().drawing;
      stroke(event);
    });
    paper.svg.addEventListener("pointermove", event => {
      if (points) stroke(event);
    });
    for (const end of ["pointerup", "pointercancel"])
      paper.svg.addEventListener(end, event => {
        if (event.type === "pointercancel" && points) set({ drawing: before });
        points = null;
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
