// Names of a detector's reports that stay readable where reports overlap.
import { clamp, s } from "./chrome.js";

const HIGH = 15; // SVG units a line
const WIDE = 7.2; // a letter of .bk-scene-name

/* Texts at the edges of their rectangles, each at the first place that is free: above or below, at the left or the right end, inside, and
   then line by line downwards. reports: [{area: {x, y, width, height}, words}]; size: side of the square picture in SVG units. */
export function reportNames(reports, size) {
  const taken = [];
  return reports.map(({ area: { x, y, width, height }, words }) => {
    const wide = words.length * WIDE;
    const at = (left, base) => ({ left: clamp(left, 2, Math.max(2, size - wide - 2)), base: clamp(base, HIGH - 2, size - 4) });
    const rows = [y - 4, y + height + HIGH - 2, y + HIGH, y + height - 4];
    const places = rows.flatMap(base => [at(x, base), at(x + width - wide, base)]);
    for (let base = HIGH; base < size; base += HIGH) places.push(at(x, base));
    const free = ({ left, base }) =>
      taken.every(one => Math.abs(one.base - base) >= HIGH - 1 || left >= one.left + one.wide || one.left >= left + wide);
    const { left, base } = places.find(free) ?? places[0];
    taken.push({ left, base, wide });
    return s("text", { x: left, y: base, class: "bk-scene-name" }, words);
  });
}
