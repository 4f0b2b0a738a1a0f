// Sampling points of deformable attention, drawn into an SVG: a mark for each, whose area is its weight and whose shape is its level.
import { clamp, put, s } from "./chrome.js";

export const isOutside = ({ x, y }) => Math.min(x, y) < 0 || Math.max(x, y) > 1;
export const sumOfWeights = places => places.reduce((total, { weight }) => total + weight, 0);
/* The weight of the points that lie in a box [cx, cy, w, h], all in shares of the picture. */
export const weightInside = (places, [cx, cy, w, h]) =>
  sumOfWeights(places.filter(({ x, y }) => Math.abs(x - cx) <= w / 2 && Math.abs(y - cy) <= h / 2));

/* A mark of an area: a circle, a square, or a square on its corner. */
export function markPath(level, x, y, area) {
  const side = Math.sqrt(area);
  const at = (...list) => list.map(value => value.toFixed(1)).join(" ");
  if (level === 0) {
    const r = side / Math.sqrt(Math.PI);
    return `M${at(x - r, y)}a${at(r, r)} 0 1 0 ${at(2 * r, 0)}a${at(r, r)} 0 1 0 ${at(-2 * r, 0)}Z`;
  }
  if (level === 1) return `M${at(x - side / 2, y - side / 2)}h${at(side)}v${at(side)}h${at(-side)}Z`;
  const reach = side / Math.SQRT2;
  return `M${at(x - reach, y)}l${at(reach, -reach)}l${at(reach, reach)}l${at(-reach, reach)}Z`;
}
/* Put marks into a group, one for each of places [{x, y, weight, level}], the largest first; those outside the picture are hollow, in the
   margin. `wide`, `high` and `margin` are SVG units, `area` is that of a mark that would hold all the weight. */
export function drawPoints(group, places, { wide, high, margin, area }) {
  while (group.children.length > places.length) group.lastChild.remove();
  while (group.children.length < places.length) group.append(s("path", {}));
  [...places]
    .sort((a, b) => b.weight - a.weight)
    .forEach((place, i) => {
      const x = clamp(place.x * wide, -margin / 2, wide + margin / 2);
      const y = clamp(place.y * high, -margin / 2, high + margin / 2);
      put(group.children[i], {
        class: `bk-sampled bk-sampled-${place.level}${isOutside(place) ? " bk-sampled-outside" : ""}`,
        d: markPath(place.level, x, y, area * place.weight),
      });
    });
}
export const cross = (x, y, reach) => `M${x - reach} ${y}h${2 * reach}M${x} ${y - reach}v${2 * reach}`;
export const crossOf = d => [s("path", { class: "bk-sampled-cross-halo", d }), s("path", { class: "bk-sampled-cross", d })];
/* The small pictures of a key. */
const sample = (...nodes) => s("svg", { viewBox: "0 0 16 16", class: "bk-sampled-key", "aria-hidden": true }, nodes);
export const markSample = level => sample(s("path", { class: `bk-sampled bk-sampled-${level}`, d: markPath(level, 8, 8, 90) }));
export const crossSample = () => sample(...crossOf(cross(8, 8, 6)));
