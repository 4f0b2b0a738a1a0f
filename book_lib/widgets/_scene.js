// What the figures of detection share; put in front of those that say "with _scene.js", behind _chrome.js.
/* Numbers that Python packed as [scale, text]: whole numbers up to 255 in base64. */
const unpacked = ([scale, text]) => Array.from(atob(text), c => c.charCodeAt(0) * scale / 255);
const isPacked = (pair, n) => { try { return pair[0] > 0 && atob(pair[1]).length === n; } catch { return false; } };
const isBox = box => Array.isArray(box) && box.length === 4 && box.every(x => isWhole(x, -10000, 20000));
const isScene = (one, classes) => !!one && typeof one.image === "string" && one.image.startsWith("data:image/png;base64,") && Array.isArray(one.size) && one.size.length === 2
  && one.size.every(side => isWhole(side, 8, 2048)) && Array.isArray(one.objects) && isWhole(one.objects.length, 1, 20)
  && one.objects.every(([label, ...box]) => isWhole(label, 0, classes - 1) && isBox(box));
/* Boxes, labels, scores and maps over the cells of a grid that fit each other: what a detector answers for one scene. */
const areAnswers = ({ boxes, labels, scores, maps, grid }, classes) => grid.length === 2 && grid.every(side => isWhole(side, 1, 64))
  && [labels, scores, maps].every(list => list.length === boxes.length) && boxes.every(isBox) && labels.every(label => isWhole(label, 0, classes - 1))
  && scores.every(x => x >= 0 && x <= 1) && maps.every(pair => isPacked(pair, grid[0] * grid[1]));
/* The share of weights over the cells of a grid on cells whose middle lies in a box in ten thousandths. */
function shareInside(weights, [rows, columns], box) {
  const [cx, cy, w, h] = box.map(x => x / 1e4), add = list => list.reduce((a, b) => a + b, 0);
  return add(weights.filter((_, i) => Math.abs((i % columns + .5) / columns - cx) <= w / 2 && Math.abs((Math.floor(i / columns) + .5) / rows - cy) <= h / 2)) / add(weights);
}
/* A scene 320 units wide: its picture, its objects outlined and perhaps numbered, groups `under` and `marks` to draw in.
   `place(box)` gives the corner and the sides of a box in ten thousandths, `cell(i, grid)` those of a cell, `dim(weights, grid)` darkens
   each cell the more the less weight it has. */
function sceneView() {
  const image = s("image", { preserveAspectRatio: "none", class: "bk-pixels" }), under = s("g", {}), truth = s("g", {}), marks = s("g", {});
  const picture = s("g", { role: "img" }, image, under, truth, marks), svg = s("svg", { class: "bk-scene-view" }, picture), view = { svg, under, marks, high: 320 };
  view.place = ([cx, cy, w, h]) => ({ x: (cx - w / 2) * .032, y: (cy - h / 2) * view.high / 1e4, width: w * .032, height: h * view.high / 1e4 });
  view.cell = (i, [rows, columns]) => ({ x: i % columns * 320 / columns, y: Math.floor(i / columns) * view.high / rows, width: 320 / columns, height: view.high / rows });
  view.dim = (weights, grid) => {
    const top = Math.max(...weights);
    under.replaceChildren(...weights.map((x, i) => s("rect", { ...view.cell(i, grid), class: "bk-dim", "fill-opacity": (.7 * (1 - x / top)).toFixed(2) })));
  };
  view.box = (box, role) => [s("rect", { ...view.place(box), class: "bk-scene-halo" }), s("rect", { ...view.place(box), class: role })];
  view.text = (x, y, words, more) => s("text", { x: clamp(x, 2, 308), y: clamp(y, 14, view.high - 4), class: "bk-scene-name", ...more }, words);
  view.show = (one, label, numbered) => {
    view.high = 320 * one.size[1] / one.size[0];
    put(svg, { viewBox: `0 0 320 ${view.high.toFixed(1)}` }); put(picture, { "aria-label": label });
    put(image, { href: one.image, width: 320, height: view.high });
    truth.replaceChildren(...one.objects.flatMap(([, ...box], i) => {
      const { x, y, width, height } = view.place(box);
      return [...view.box(box, "bk-scene-truth"), ...numbered ? [view.text(x + width + 3, y + height + 2, i + 1, { class: "bk-scene-name bk-scene-number" })] : []];
    }));
  };
  return view;
}
