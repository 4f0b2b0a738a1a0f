import { bookFigure, buttonControl, fill, h, number, put, s, selectControl, softmax, toggleControl } from "../_lib/chrome.js";
import { drawable, stroked } from "../_lib/digit_pad.js";
import { openModel, openWhenNear } from "../_lib/engine/live_model.js";
import { boxOf, LEVELS, placeOf, SIDE } from "../_lib/pixels.js";
import { uniform } from "../_lib/random.js";

export default bookFigure((labels, traits) => {
  const N = SIDE * SIDE; // pixels of a drawing, and patches of the network's picture
  const PATCH = 4; // px
  const WIDE = SIDE * PATCH;
  const UNIT = boxOf(0).width / PATCH; // SVG units a px
  const SHADES = 16;
  const LAYERS = 4;
  const PEN = 3.4; // points: about as wide as the strokes of the training's digits
  const HIGH = 84; // px, of a bar for probability 1
  const WATCHED = Array.from({ length: LAYERS }, (_, layer) => `blocks.${layer}.attention.weights`);
  const inPlace = [...Array(N).keys()];

  /* The bytes of the network's picture: the drawing of 8 × 8 levels enlarged bilinearly, as the digits of its training were. */
  function enlarged(levels) {
    const sides = Array.from({ length: WIDE }, (_, i) => {
      const at = Math.max((i + 0.5) / PATCH - 0.5, 0);
      const low = Math.floor(at);
      return [low, Math.min(low + 1, SIDE - 1), at - low];
    });
    return sides.flatMap(([top, bottom, down]) =>
      sides.map(([left, right, over]) => {
        const row = y => levels[y * SIDE + left] * (1 - over) + levels[y * SIDE + right] * over;
        return Math.round(((row(top) * (1 - down) + row(bottom) * down) * 255) / (LEVELS - 1));
      }),
    );
  }
  /* Which patch stands in each place: an order that follows from the seed (Fisher and Yates). */
  function orderOf({ shuffled, seed }) {
    const order = [...inPlace];
    if (!shuffled) return order;
    uniform(seed, N - 1).forEach((draw, i) => {
      const other = i + Math.floor(draw * (N - i));
      [order[i], order[other]] = [order[other], order[i]];
    });
    return order;
  }
  const question = now => {
    const order = orderOf(now);
    return {
      pixels: enlarged(now.drawing).flatMap(x => [x, x, x]),
      patches: order,
      positions: now.follow ? order : inPlace,
    };
  };
  /* Where the class token looks: a list for each layer, the mean of its heads, and for all layers together by rollout; itself first. */
  function looksOf(layers) {
    const means = layers.map(({ shape: [heads, n], data }) =>
      Array.from({ length: n * n }, (_, i) => {
        let sum = 0;
        for (let head = 0; head < heads; head++) sum += data[head * n * n + i];
        return sum / heads;
      }),
    );
    const n = N + 1;
    let made = Array.from({ length: n }, (_, i) => +(i === 0));
    for (const mean of [...means].reverse())
      made = made.map((x, j) => (x + made.reduce((sum, part, i) => sum + part * mean[i * n + j], 0)) / 2);
    return [...means.map(mean => mean.slice(0, n)), made];
  }
  const read = ({ logits }, seen) => ({ shares: softmax(Array.from(logits)), looks: looksOf(WATCHED.map(name => seen[name][0])) });

  const percent = x => number(100 * x, 0);
  function sentence(now, answer = now.data.answer) {
    const order = [...answer.shares.keys()].sort((a, b) => answer.shares[b] - answer.shares[a]);
    const [itself, ...patches] = answer.looks[now.layer];
    const place = patches.indexOf(Math.max(...patches));
    return fill(labels.readout, {
      order: labels[now.shuffled ? (now.follow ? "shuffledBoth" : "shuffledAlone") : "unshuffled"],
      first: order[0],
      share: number(answer.shares[order[0]], 3),
      second: order[1],
      next: number(answer.shares[order[1]], 3),
      map: labels.maps[now.layer],
      itself: percent(itself),
      place: placeOf(labels, place),
      most: percent(patches[place]),
    });
  }

  /* A picture of the network's 32 × 32 px in shades of ink, its patches outlined: {svg, cells, show(bytes, order), tint(weights)}. */
  function patchPicture(attributes) {
    const size = SIDE * boxOf(0).width;
    const shades = Array.from({ length: SHADES }, (_, i) => s("path", { class: "bk-px-ink", "fill-opacity": (i + 1) / SHADES }));
    const tints = inPlace.map(i => s("rect", { ...boxOf(i), class: "bk-naming-tint", "fill-opacity": 0 }));
    const cells = inPlace.map(i => s("rect", { ...boxOf(i), class: "bk-naming-patch" }));
    const paper = s("rect", { width: size, height: size, class: "bk-px-paper" });
    const svg = s("svg", { viewBox: `-2 -2 ${size + 4} ${size + 4}`, ...attributes }, paper, shades, tints, cells);
    const show = (bytes, order) => {
      const paths = shades.map(() => []);
      for (let y = 0; y < WIDE; y++)
        for (let x = 0; x < WIDE; x++) {
          const patch = order[Math.floor(y / PATCH) * SIDE + Math.floor(x / PATCH)];
          const from = (Math.floor(patch / SIDE) * PATCH + (y % PATCH)) * WIDE + (patch % SIDE) * PATCH + (x % PATCH);
          const shade = Math.round((SHADES * bytes[from]) / 255);
          if (shade) paths[shade - 1].push(`M${UNIT * x} ${UNIT * y}h${UNIT}v${UNIT}h-${UNIT}z`);
        }
      shades.forEach((path, i) => put(path, { d: paths[i].join("") }));
    };
    const tint = weights => {
      const top = Math.max(...weights);
      tints.forEach((rect, i) => put(rect, { "fill-opacity": ((0.75 * weights[i]) / top).toFixed(2) }));
    };
    return { svg, cells, show, tint };
  }

  function build(api) {
    const { state, set, controls, stage } = api;
    const beginning = () => Object.fromEntries(Object.entries(traits).map(([name, about]) => [name, about.default]));
    const key = now => JSON.stringify([now.drawing, orderOf(now), now.follow && now.shuffled]);
    const first = key(beginning());
    let answer = state().data.answer;
    let shown = state();
    let asked = "";
    let note = "";
    let ready = false;
    let erases = false;
    const open = () => openModel("vit_digits", labels.chrome.live);
    async function ask(now) {
      asked = key(now);
      try {
        if (!ready) note = labels.loading;
        const model = await open();
        ready = true;
        const got = await model.ask(question(now), WATCHED);
        note = "";
        if (got && asked === key(now)) {
          answer = read(...got);
          shown = now;
        }
      } catch (error) {
        note = fill(labels.refused, { reason: error.message });
        answer = state().data.answer;
        set(beginning());
      }
      api.redraw();
    }

    const begin = selectControl({
      label: labels.begin,
      options: labels.starts,
      onchange: i => set({ drawing: [...(state().data.starts[i - 1] ?? Array(N).fill(0))] }),
    });
    const clear = buttonControl(labels.clear, () => set({ drawing: Array(N).fill(0) }));
    const eraser = toggleControl({
      label: labels.eraser,
      onchange: on => {
        erases = on;
      },
    });
    const shuffle = toggleControl({ label: labels.shuffle, onchange: on => set({ shuffled: on }) });
    const another = buttonControl(labels.another, () => set({ shuffled: true, seed: (state().seed % traits.seed.maximum) + 1 }));
    const follow = toggleControl({ label: labels.follow, onchange: on => set({ follow: on }) });
    const map = selectControl({ label: labels.map, options: labels.maps, onchange: layer => set({ layer }) });
    controls.append(begin, clear, eraser, map, shuffle, another, follow);

    const pad = patchPicture({ class: "bk-pad bk-naming-pad", role: "group", "aria-label": labels.paper });
    drawable(pad, { drawing: () => state().drawing, erases: () => erases, draw: drawing => set({ drawing }), pen: PEN });
    const reads = patchPicture({ class: "bk-naming-read", role: "img" });
    const bars = answer.shares.map((_, digit) => {
      const [said, bar] = [h("span", {}), h("span", { class: "bk-naming-bar" })];
      return { said, bar, node: h("span", { class: "bk-naming-one" }, said, bar, h("strong", {}, digit)) };
    });
    const chart = h(
      "div",
      { class: "bk-naming-bars", role: "img" },
      bars.map(({ node }) => node),
    );
    const { rates } = state().data;
    stage.append(
      h(
        "div",
        { class: "bk-naming" },
        h("div", {}, h("p", { class: "bk-see-head" }, labels.yours), pad.svg),
        h("div", {}, h("p", { class: "bk-see-head" }, labels.reads), reads.svg),
      ),
      h("div", {}, h("p", { class: "bk-see-head" }, labels.classes), chart),
      h("p", { class: "bk-why" }, fill(labels.rates, { n: rates.n, own: percent(rates.own), shuffled: percent(rates.shuffled) })),
    );
    openWhenNear(stage, open);

    return now => {
      if (key(now) === first) {
        asked = "";
        answer = now.data.answer;
        shown = now;
        if (ready) note = "";
      } else if (asked !== key(now)) ask(now);
      pad.show(enlarged(now.drawing), inPlace);
      pad.cells.forEach((cell, i) => put(cell, { "aria-label": fill(labels.cell, { place: placeOf(labels, i), level: now.drawing[i] }) }));
      reads.show(enlarged(shown.drawing), orderOf(shown));
      reads.tint(answer.looks[now.layer].slice(1));
      put(reads.svg, { "aria-label": fill(labels.picture, { map: labels.maps[now.layer] }) });
      const top = Math.max(...answer.shares);
      bars.forEach(({ said, bar }, digit) => {
        const share = answer.shares[digit];
        said.textContent = share >= 0.005 ? percent(share) : "";
        put(bar, {
          style: `height:${(HIGH * share).toFixed(1)}px`,
          class: share === top ? "bk-naming-bar bk-naming-most" : "bk-naming-bar",
        });
      });
      const told = answer.shares.map((share, digit) => fill(labels.share, { digit, share: percent(share) }));
      put(chart, { "aria-label": fill(labels.bars, { shares: told.join(", ") }) });
      begin.update(1 + now.data.starts.findIndex(start => String(start) === String(now.drawing)), labels.starts);
      eraser.update(erases);
      shuffle.update(now.shuffled);
      follow.update(now.follow);
      map.update(now.layer);
      return note || sentence({ ...shown, layer: now.layer }, answer);
    };
  }

  return { build, sentence, question, orderOf, enlarged, looksOf, stroked };
});
