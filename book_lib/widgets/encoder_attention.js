// with _scene.js
const LABELS = {
  "title": "What does one place of the picture see of the rest?",
  "prompts": [
    "Click a cell inside an object: are the bright cells those of the same object?",
    "Move step by step with the arrow keys from one object over the ground into another. Where does the pattern turn over?",
    "Compare the layers: in which one does the cell know best where its object ends?"
  ],
  "seen": "Nobody told the encoder what an object is. In the first layer a cell inside an object still spreads its attention much as an even share would; in the last one it looks at the cells of the same object clearly more than that, and past them at the ground. So the decoder can read a whole object from a few cells.",
  "caption": "Encoder self-attention of a DETR on a scene that it was not trained on. Blue: the chosen cell, the query. Bright cells are those it looks at, darker ones less; where there is room, with the share of its attention in per cent. Double outlines: the objects. A cell counts to an object if its middle lies in the object’s box.",
  "scene": "Scene", "sceneName": "scene {i}", "map": "Layer and head", "mean": "Layer {layer}, mean of its heads", "head": "Layer {layer}, head {head}",
  "object": "{name} {i}", "ground": "ground", "cell": "chosen cell", "cellAt": "row {row}, column {column}: {name}", "picture": "The scene; {map}: what the cell in row {row}, column {column} looks at",
  "split": "Where the attention goes; dashed: an even share", "percent": "{x} %",
  "readout": "{map}: the cell in row {row}, column {column} belongs to {name} and gives its {count} cells {share} of its attention; an even share would be {even}. Most, {weight}, goes to row {bestRow}, column {bestColumn}: {there}.",
  "readoutGround": "{map}: the cell in row {row}, column {column} lies on the ground and gives the {count} cells of the ground {share} of its attention; an even share would be {even}. Most, {weight}, goes to row {bestRow}, column {bestColumn}: {there}."
};
const MEAN = -1;
const add = list => list.reduce((a, b) => a + b, 0), percent = x => fill(LABELS.percent, { x: number(100 * x, 0) });

function isData({ classes, scenes }) {
  const kinds = one => one.maps.map(([layer, head]) => `${layer} ${head}`).join();
  return isWords(classes, 1, 12) && isWhole(scenes.length, 1, 6) && scenes.every(one => isScene(one, classes.length) && one.grid.length === 2 && one.grid.every(side => isWhole(side, 1, 32))
    && isWhole(one.maps.length, 1, 40) && kinds(one) === kinds(scenes[0]) && one.maps.every(([layer, head, pair]) => isWhole(layer, 0, 23) && isWhole(head, MEAN, 31) && isPacked(pair, (one.grid[0] * one.grid[1]) ** 2)));
}
export function check({ data, scene, map, cell }) {
  let fits = false;
  try { fits = isData(data); } catch { fits = false; }
  if (!fits) return wrong("data", "what encoder_maps makes of a model");
  if (!isWhole(scene, 0, data.scenes.length - 1)) return wrong("scene", `a whole number from 0 to ${data.scenes.length - 1}`);
  const { maps, grid } = data.scenes[scene];
  if (!isWhole(map, 0, maps.length - 1)) return wrong("map", `a whole number from 0 to ${maps.length - 1}`);
  if (!Array.isArray(cell) || cell.length !== 2 || !cell.every((x, axis) => isWhole(x, 0, grid[axis] - 1))) return wrong("cell", `a row from 0 to ${grid[0] - 1} and a column from 0 to ${grid[1] - 1}`);
  return null;
}

export function weights({ data, scene, map, cell }) {
  const { grid, maps } = data.scenes[scene], n = grid[0] * grid[1], place = cell[0] * grid[1] + cell[1];
  return unpacked(maps[map][2]).slice(place * n, (place + 1) * n);
}
/* For each cell the object it belongs to, -1 for ground; where boxes overlap, the smaller one has the cell. */
export function owners({ data, scene }) {
  const { objects, grid: [rows, columns] } = data.scenes[scene], found = Array(rows * columns).fill(-1), order = objects.map((_, i) => i).sort((a, b) => objects[b][3] * objects[b][4] - objects[a][3] * objects[a][4]);
  for (const i of order) {
    const [cx, cy, w, h] = objects[i].slice(1).map(x => x / 1e4);
    found.forEach((_, place) => {
      const row = Math.floor(place / columns), column = place % columns, within = Math.abs((column + .5) / columns - cx) <= w / 2 && Math.abs((row + .5) / rows - cy) <= h / 2;
      if (within || column === Math.trunc(cx * columns) && row === Math.trunc(cy * rows)) found[place] = i;
    });
  }
  return found;
}
/* The share of the attention on the cells of each object, and last on the ground. */
export function shares(now) {
  const looks = weights(now), whose = owners(now), total = add(looks), { objects } = now.data.scenes[now.scene];
  return [...objects.keys(), -1].map(i => add(looks.filter((_, place) => whose[place] === i)) / total);
}
const names = ({ data, scene }) => [...data.scenes[scene].objects.map(([label], i) => fill(LABELS.object, { i: i + 1, name: data.classes[label] })), LABELS.ground];
const mapName = ([layer, head]) => fill(head === MEAN ? LABELS.mean : LABELS.head, { layer: layer + 1, head: head + 1 });

export function sentence(now) {
  const { data, scene, map, cell } = now, one = data.scenes[scene], columns = one.grid[1], looks = weights(now), whose = owners(now), top = Math.max(...looks), best = looks.indexOf(top);
  const owner = whose[cell[0] * columns + cell[1]], count = whose.filter(i => i === owner).length;
  return fill(owner < 0 ? LABELS.readoutGround : LABELS.readout, { map: mapName(one.maps[map]), row: cell[0] + 1, column: cell[1] + 1, name: names(now).at(owner), share: percent(shares(now).at(owner)), count,
    even: percent(count / whose.length), there: names(now).at(whose[best]), weight: percent(top / add(looks)), bestRow: Math.floor(best / columns) + 1, bestColumn: best % columns + 1 });
}

function build({ state, set, controls, stage }) {
  const { data } = state(), { scenes } = data;
  const fits = (scene, cell) => cell.map((x, axis) => Math.min(x, scenes[scene].grid[axis] - 1));
  const choose = selectControl({ label: LABELS.scene, options: scenes.map((_, i) => fill(LABELS.sceneName, { i: i + 1 })), onchange: scene => set({ scene, cell: fits(scene, state().cell) }) });
  const kind = selectControl({ label: LABELS.map, options: scenes[0].maps.map(mapName), onchange: map => set({ map }) });
  if (scenes.length > 1) controls.append(choose);
  controls.append(kind);
  const view = sceneView(), frame = s("rect", { class: "bk-cell-frame" }), handle = s("g", { tabindex: 0, role: "slider", class: "bk-cell-handle", "aria-label": LABELS.cell }, s("rect", { class: "bk-cell-halo" }), frame);
  view.svg.append(handle);
  view.svg.classList.add("bk-cell-scene");
  const move = (rows, columns) => { const { scene, cell } = state(), { grid } = scenes[scene]; set({ cell: [clamp(cell[0] + rows, 0, grid[0] - 1), clamp(cell[1] + columns, 0, grid[1] - 1)] }); };
  handle.addEventListener("keydown", event => {
    const way = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!way) return;
    event.preventDefault();
    move(...way.map(x => event.shiftKey ? 3 * x : x));
  });
  const point = event => {
    const box = view.svg.getBoundingClientRect(), { grid } = scenes[state().scene];
    set({ cell: [[event.clientY - box.top, box.height, grid[0]], [event.clientX - box.left, box.width, grid[1]]].map(([at, side, n]) => clamp(Math.floor(at / side * n), 0, n - 1)) });
  };
  view.svg.addEventListener("pointerdown", event => { if (!event.button) { if (event.pointerType === "mouse") view.svg.setPointerCapture(event.pointerId); handle.focus({ preventScroll: true }); point(event); event.preventDefault(); } });
  view.svg.addEventListener("pointermove", event => { if (view.svg.hasPointerCapture(event.pointerId)) point(event); });
  const bars = h("div", { class: "bk-bars" });
  stage.append(h("div", { class: "bk-cell-two" }, view.svg, h("div", {}, h("p", { class: "bk-see-head" }, LABELS.split), bars)));

  return now => {
    const { scene, map, cell: [row, column] } = now, one = scenes[scene], [rows, columns] = one.grid, looks = weights(now), total = add(looks), whose = owners(now), parts = shares(now), called = names(now);
    choose.update(scene); kind.update(map);
    view.show(one, fill(LABELS.picture, { map: mapName(one.maps[map]), row: row + 1, column: column + 1 }), true);
    view.dim(looks, one.grid);
    view.marks.replaceChildren(...columns <= 10 ? looks.map((share, place) => {
      const { x, y, width, height } = view.cell(place, one.grid);
      return s("text", { x: x + width / 2, y: y + height / 2 + 5, "text-anchor": "middle", class: "bk-scene-name" }, number(100 * share / total, 0));
    }) : []);
    [...handle.children].forEach(rect => put(rect, view.cell(row * columns + column, one.grid)));
    put(handle, { "aria-valuemin": 0, "aria-valuemax": rows * columns - 1, "aria-valuenow": row * columns + column, "aria-valuetext": fill(LABELS.cellAt, { row: row + 1, column: column + 1, name: called.at(whose[row * columns + column]) }) });
    bars.replaceChildren(...parts.map((share, i) => {
      const mine = (i < one.objects.length ? i : -1) === whose[row * columns + column], even = whose.filter(owner => owner === (i < one.objects.length ? i : -1)).length / whose.length;
      return h("div", { class: "bk-bar-row" }, mine ? h("strong", { class: "bk-bar-name bk-q" }, called[i]) : h("span", { class: "bk-bar-name" }, called[i]),
        h("span", { class: "bk-bar", style: `--guess:${100 * even}%` }, h("span", { class: "bk-bar-fill", style: `width:${100 * share}%` })), h("span", { class: "bk-bar-share" }, percent(share)));
    }));
    return sentence(now);
  };
}

export default bookFigure({ labels: LABELS, keys: ["data", "scene", "map", "cell", "prompts", "seen"], check, build });
