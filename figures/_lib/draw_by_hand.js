// A pen for the figures in which a reader composes a scene.
import { clamp, put, s } from "./chrome.js";
import { SIDE, UNIT } from "./placed_scene.js";

/* While the scene's SVG has the class bk-pen, a stroke over it becomes an object: place({name: "drawing", x, y, side, colour, points}). */
export function drawByHand(svg, place) {
  let points = null;
  const point = event => {
    const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [clamp(p.x / UNIT, 0, SIDE), clamp(p.y / UNIT, 0, SIDE)];
  };
  const line = s("path", { class: "bk-pen-stroke" });
  svg.addEventListener("pointerdown", event => {
    if (!svg.classList.contains("bk-pen") || event.button) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    svg.setPointerCapture(event.pointerId);
    points = [point(event)];
    svg.append(line);
  });
  svg.addEventListener("pointermove", event => {
    if (!points) return;
    points.push(point(event));
    put(line, { d: `M${points.map(([x, y]) => `${UNIT * x} ${UNIT * y}`).join("L")}` });
  });
  const end = () => {
    const stroke = points;
    points = null;
    line.remove();
    line.removeAttribute("d");
    if (!stroke || stroke.length < 3) return;
    const [low, high] = [Math.min, Math.max].map(of => [0, 1].map(axis => of(...stroke.map(p => p[axis]))));
    const [x, y] = [0, 1].map(axis => (low[axis] + high[axis]) / 2);
    const side = Math.max(8, ...[0, 1].map(axis => high[axis] - low[axis]));
    const every = Math.ceil(stroke.length / 24);
    const kept = stroke.filter((_, i) => i % every === 0 || i === stroke.length - 1);
    place({
      name: "drawing",
      x,
      y,
      side,
      colour: 2,
      points: kept.map(p => [(p[0] - x) / side, (p[1] - y) / side].map(v => Math.round(100 * v) / 100)),
    });
  };
  svg.addEventListener("pointerup", end);
  svg.addEventListener("pointercancel", () => {
    points = null;
    line.remove();
  });
}
