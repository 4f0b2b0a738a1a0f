// Pictures of few grey levels, and the probabilities of a pixel's levels, for the figures of Image GPT.
import { fill, h, number, put, s } from "./chrome.js";

export const SIDE = 8;
export const LEVELS = 17;
const CELL = 20; // of a pixel as drawn
const HIGH = 96; // of a bar for probability 1

export const placeOf = (labels, i) => fill(labels.place, { i: i + 1, row: Math.floor(i / SIDE) + 1, column: (i % SIDE) + 1 });

/* A picture whose pixels are drawn by update(levels, kindOf): null is a pixel that is not known; kindOf(i) "ink" or "q" colours pixel i. */
export function pixelPicture(attributes, more = []) {
  const cells = Array.from({ length: SIDE * SIDE }, (_, i) =>
    s("rect", { x: CELL * (i % SIDE), y: CELL * Math.floor(i / SIDE), width: CELL, height: CELL }),
  );
  const size = CELL * SIDE;
  const frame = s("rect", { class: "bk-px-frame", width: size, height: size });
  const svg = s(
    "svg",
    { viewBox: `-2 -2 ${size + 4} ${size + 4}`, ...attributes },
    s("rect", { width: size, height: size, class: "bk-px-paper" }),
    cells,
    frame,
    more,
  );
  const update = (levels, kindOf = () => "ink") =>
    cells.forEach((cell, i) => {
      const known = levels[i] !== null;
      put(cell, {
        class: known ? `bk-px-${kindOf(i)}` : "bk-px-unknown",
        "fill-opacity": known ? (levels[i] / (LEVELS - 1)).toFixed(3) : 1,
      });
    });
  return { svg, cells, update };
}

/* Where pixel i lies in such a picture, with a margin inwards. */
export const boxOf = (i, margin = 0) => ({
  x: CELL * (i % SIDE) + margin,
  y: CELL * Math.floor(i / SIDE) + margin,
  width: CELL - 2 * margin,
  height: CELL - 2 * margin,
});

/* Seventeen bars, one for each level, in per cent; update(shares, truth): truth is the level that the pixel has, or null. */
export function levelBars(labels) {
  const bars = Array.from({ length: LEVELS }, () => s("rect", { width: CELL - 4 }));
  const said = Array.from({ length: LEVELS }, (_, level) => s("text", { x: CELL * level + CELL / 2, "text-anchor": "middle" }));
  const swatches = Array.from({ length: LEVELS }, (_, level) => [
    s("rect", {
      x: CELL * level + 2,
      y: HIGH + 20,
      width: CELL - 4,
      height: 12,
      class: "bk-px-ink",
      "fill-opacity": (level / (LEVELS - 1)).toFixed(3),
    }),
    s("rect", { x: CELL * level + 2, y: HIGH + 20, width: CELL - 4, height: 12, class: "bk-px-frame" }),
    level % 4 === 0 && s("text", { x: CELL * level + CELL / 2, y: HIGH + 48, "text-anchor": "middle" }, level),
  ]);
  const mark = s("rect", { width: CELL, height: 16, y: HIGH + 18, class: "bk-px-truth" });
  const svg = s(
    "svg",
    { viewBox: `0 0 ${CELL * LEVELS} ${HIGH + 54}`, role: "img", class: "bk-px-bars" },
    bars,
    swatches.flat().filter(Boolean),
    said,
    mark,
  );
  const title = h("p", { class: "bk-see-head" });
  const update = (shares, truth, heading) => {
    title.textContent = heading;
    shares.forEach((share, level) => {
      const high = HIGH * share;
      put(bars[level], {
        x: CELL * level + 2,
        y: (HIGH + 18 - high).toFixed(1),
        height: high.toFixed(1),
        class: level === truth ? "bk-px-bar bk-px-bar-true" : "bk-px-bar",
      });
      put(said[level], { y: (HIGH + 14 - high).toFixed(1) });
      said[level].textContent = share >= 0.045 ? number(100 * share, 0) : "";
    });
    put(mark, { x: CELL * (truth ?? 0), visibility: truth === null ? "hidden" : "visible" });
    const order = shares.map((share, level) => [share, level]).sort((a, b) => b[0] - a[0]);
    const most = order.slice(0, 3).map(([share, level]) => fill(labels.share, { level, share: number(100 * share, 0) }));
    put(svg, { "aria-label": fill(labels.bars, { most: most.join(", ") }) });
  };
  return { node: h("div", { class: "bk-px-chart" }, title, svg), update };
}
