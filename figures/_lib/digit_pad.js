// A pen for pictures of 8 × 8 grey levels, by mouse, finger and keyboard, for the figures in which a reader draws a digit.
import { clamp, put } from "./chrome.js";
import { boxOf, LEVELS, SIDE } from "./pixels.js";

const N = SIDE * SIDE;
const FULL = LEVELS - 1;
const FINE = 4; // a level counts the dark ones of 4 × 4 points, as in the digits' own bitmaps
const PEN = 2.2; // points from the middle of a stroke to its edge, where a figure has no other pen

/* The levels after a stroke through points [x, y], in units of a pixel, on the pixels that are given. */
export function stroked(levels, points, given, erases, pen = PEN) {
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
      if (dense.some(([a, b]) => Math.hypot(a - x, b - y) * FINE <= pen)) dark++;
    }
    return erases ? Math.min(level, FULL - dark) : Math.max(level, dark);
  });
}

/* Draw on the cells of an SVG that pixels.js laid out: strokes, and with the keyboard one pixel after another. drawing() gives the levels,
   given() how many of them can be changed, erases() whether the pen does so, pen is how wide it is, draw(levels) takes what comes out. Each
   cell needs a name of its own from the figure. */
export function drawable({ svg, cells }, { drawing, given = () => N, erases, draw, pen = PEN }) {
  let here = 0;
  cells.forEach((cell, i) => put(cell, { role: "button", tabindex: i ? -1 : 0, "data-place": i }));
  const paint = (i, change) => i < given() && draw(drawing().map((level, j) => (j === i ? clamp(change(level), 0, FULL) : level)));
  const ink = () => (erases() ? 0 : FULL);
  svg.addEventListener("keydown", event => {
    const i = +event.target.dataset?.place;
    const way = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: SIDE, ArrowUp: -SIDE }[event.key];
    const change = { " ": ink, Enter: ink, Backspace: () => 0, "+": x => x + 4, "-": x => x - 4 }[event.key];
    if (Number.isNaN(i) || !(way || change)) return;
    event.preventDefault();
    if (change) return paint(i, change);
    if (i + way < 0 || i + way >= N || (Math.abs(way) === 1 && Math.floor((i + way) / SIDE) !== Math.floor(i / SIDE))) return;
    put(cells[here], { tabindex: -1 });
    here = i + way;
    put(cells[here], { tabindex: 0 });
    cells[here].focus();
  });
  svg.addEventListener("click", event => {
    if (!event.detail && event.target.dataset?.place) paint(+event.target.dataset.place, ink);
  });
  let points = null;
  let before = null;
  const stroke = event => {
    const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    points.push([p.x / boxOf(0).width, p.y / boxOf(0).width]);
    draw(stroked(before, points, given(), erases(), pen));
  };
  svg.addEventListener("pointerdown", event => {
    if (event.button) return;
    event.preventDefault();
    svg.setPointerCapture(event.pointerId);
    points = [];
    before = drawing();
    stroke(event);
  });
  svg.addEventListener("pointermove", event => {
    if (points) stroke(event);
  });
  for (const end of ["pointerup", "pointercancel"])
    svg.addEventListener(end, event => {
      if (event.type === "pointercancel" && points) draw(before);
      points = null;
    });
}
