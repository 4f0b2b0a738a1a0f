// What the figures of detection share.
import { clamp, put, s } from "./chrome.js";

/* Numbers that Python packed as [scale, text]: whole numbers up to 255 in base64. */
export const unpacked = ([scale, text]) => Array.from(atob(text), c => (c.charCodeAt(0) * scale) / 255);
/* The share of weights over the cells of a grid on cells whose middle lies in a box in ten thousandths. */
export function shareInside(weights, [rows, columns], box) {
  const [cx, cy, w, h] = box.map(x => x / 1e4);
  const add = list => list.reduce((a, b) => a + b, 0);
  return (
    add(
      weights.filter(
        (_, i) => Math.abs(((i % columns) + 0.5) / columns - cx) <= w / 2 && Math.abs((Math.floor(i / columns) + 0.5) / rows - cy) <= h / 2,
      ),
    ) / add(weights)
  );
}
/* A scene 320 units wide: its picture, its objects outlined and perhaps numbered, groups `under` and `marks` to draw in.
   `place(box)` gives the corner and the sides of a box in ten thousandths, `cell(i, grid)` those of a cell, `dim(weights, grid)` darkens
   each cell the more the less weight it has. */
export function sceneView() {
  const image = s("image", { preserveAspectRatio: "none", class: "bk-pixels" });
  const under = s("g", {});
  const truth = s("g", {});
  const marks = s("g", {});
  const picture = s("g", { role: "img" }, image, under, truth, marks);
  const svg = s("svg", { class: "bk-scene-view" }, picture);
  const view = { svg, under, marks, high: 320 };
  view.place = ([cx, cy, w, h]) => ({
    x: (cx - w / 2) * 0.032,
    y: ((cy - h / 2) * view.high) / 1e4,
    width: w * 0.032,
    height: (h * view.high) / 1e4,
  });
  view.cell = (i, [rows, columns]) => ({
    x: ((i % columns) * 320) / columns,
    y: (Math.floor(i / columns) * view.high) / rows,
    width: 320 / columns,
    height: view.high / rows,
  });
  view.dim = (weights, grid) => {
    const top = Math.max(...weights);
    under.replaceChildren(
      ...weights.map((x, i) => s("rect", { ...view.cell(i, grid), class: "bk-dim", "fill-opacity": (0.7 * (1 - x / top)).toFixed(2) })),
    );
  };
  view.box = (box, role) => [s("rect", { ...view.place(box), class: "bk-scene-halo" }), s("rect", { ...view.place(box), class: role })];
  view.text = (x, y, words, more) =>
    s("text", { x: clamp(x, 2, 308), y: clamp(y, 14, view.high - 4), class: "bk-scene-name", ...more }, words);
  view.show = (one, label, numbered) => {
    view.high = (320 * one.size[1]) / one.size[0];
    put(svg, { viewBox: `0 0 320 ${view.high.toFixed(1)}` });
    put(picture, { "aria-label": label });
    put(image, { href: one.image, width: 320, height: view.high });
    truth.replaceChildren(
      ...one.objects.flatMap(([, ...box], i) => {
        const { x, y, width, height } = view.place(box);
        return [
          ...view.box(box, "bk-scene-truth"),
          ...(numbered ? [view.text(x + width + 3, y + height + 2, i + 1, { class: "bk-scene-name bk-scene-number" })] : []),
        ];
      }),
    );
  };
  return view;
}
