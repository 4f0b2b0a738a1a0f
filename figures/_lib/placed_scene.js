// Scenes that a reader composes: objects placed on a recorded ground, drawn, dragged, and read by the detector that runs in the page.
import { clamp, dragging, fill, put, s } from "./chrome.js";
import { boxOf, CLASSES, drawGround, drawOn, outline, pictureAddress } from "./engine/draw_scene.js";
import { readAnswers } from "./engine/matching.js";
import { shareInside } from "./scene.js";

export const UNIT = 4; // SVG units a pixel
export const SIDE = 80; // px of a scene
export const PADDED = 96; // px, where it is padded
export const LEAST = 0.5; // score of a report
export const WATCHED = "decoder_layers.2.cross_attention.weights";
export const bytesOf = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));

/* An object of a figure's state, {name, x, y, side, colour} in px with `digit`, `turn` or `points`, as drawOn wants it. */
export const describe = (one, data) => ({
  ...one,
  ink: one.name === "digit" ? data.digits[one.digit].map(row => row.map(x => Math.min(1, 1.3 * (x / 16)))) : null,
  centre: [one.x, one.y],
  colour: data.colours[one.colour],
});
const grounds = new Map(); // noise -> what never changes of the pictures on it
const pictures = new WeakMap(); // a state's objects -> {noise, pixels, address} of their picture, which is drawn once for all who ask
function drawnOnce({ objects, data }) {
  if (pictures.get(objects)?.noise === data.noise) return pictures.get(objects);
  if (!grounds.has(data.noise)) {
    const noise = Float32Array.from(new Int8Array(bytesOf(data.noise).buffer), x => x * data.noise_step);
    grounds.set(data.noise, { ground: drawGround(data.ground), noise });
  }
  const { ground, noise } = grounds.get(data.noise);
  const pixels = drawOn(
    ground,
    data.ground.size,
    objects.map(one => describe(one, data)),
    noise,
  );
  pictures.set(objects, { noise: data.noise, pixels, address: pictureAddress(pixels, SIDE, SIDE) });
  return pictures.get(objects);
}
export const pixelsOf = now => drawnOnce(now).pixels;
export const pictureOf = now => drawnOnce(now).address;
/* The nearest place at which an object lies inside the picture. */
export function placed(one, data) {
  const { half } = outline(describe(one, data));
  const [x, y] = [one.x, one.y].map((place, axis) =>
    half[axis] * 2 > SIDE - 2 ? SIDE / 2 : clamp(place, half[axis] + 1, SIDE - 1 - half[axis]),
  );
  return { ...one, x: Math.round(10 * x) / 10, y: Math.round(10 * y) / 10 };
}
export const boxOfObject = (one, data) => boxOf(describe(one, data), data.ground.size);
/* Corner and sides, in SVG units, of a box in shares of the scene. */
export const rectangle = ([cx, cy, w, h]) => ({
  x: (cx - w / 2) * SIDE * UNIT,
  y: (cy - h / 2) * SIDE * UNIT,
  width: w * SIDE * UNIT,
  height: h * SIDE * UNIT,
});
export const isKnown = one => one.name !== "drawing";
/* `labels` has the figure's words for classes and objects: kinds, drawing, object, handle. */
export const nameOf = (labels, objects, i) =>
  fill(labels.object, { name: isKnown(objects[i]) ? labels.kinds[CLASSES.indexOf(objects[i].name)] : labels.drawing, i: i + 1 });

/* The recorded answer, and what the engine returns, as the figures read them: grid, flat logits and boxes of the last layer, and attention
   [n_queries · cells], mean over heads. */
export const recordedAnswer = ({ data: { answer } }) => ({ ...answer, weights: Float32Array.from(bytesOf(answer.weights)) });
export function lastLayer([{ grid, answers }, seen]) {
  const [{ shape, data }] = seen[WATCHED];
  const [heads, n, cells] = shape;
  const weights = Float32Array.from({ length: n * cells }, (_, i) => {
    let sum = 0;
    for (let head = 0; head < heads; head++) sum += data[head * n * cells + i];
    return sum / heads;
  });
  return { grid, ...answers.at(-1), weights };
}
/* For each query its probabilities, its box, and its best class with the score. */
export const bestClasses = answer =>
  readAnswers(answer).map(({ chances, box }) => {
    const score = Math.max(...chances.slice(0, -1));
    return { chances, box, score, label: chances.indexOf(score) };
  });
export const weightsOfQuery = ({ grid: [rows, columns], weights }, query) =>
  Array.from(weights.slice(query * rows * columns, (query + 1) * rows * columns));
/* The share of a query's attention on cells whose middle lies in its own box; cells of padding count. */
export const attentionInside = (answer, query, box, padded = false) =>
  shareInside(
    weightsOfQuery(answer, query),
    answer.grid,
    box.map(side => 1e4 * (padded ? SIDE / PADDED : 1) * side),
  );
/* Rectangles that darken the cells of a grid over a picture `wide` px wide, the more the less weight a cell has. */
export function dimming(weights, [rows, columns], wide) {
  const top = Math.max(...weights);
  const [w, h] = [columns, rows].map(n => (wide * UNIT) / n);
  return Array.from(weights, (x, i) =>
    s("rect", {
      x: (i % columns) * w,
      y: Math.floor(i / columns) * h,
      width: w,
      height: h,
      class: "bk-dim",
      "fill-opacity": (0.7 * (1 - x / top)).toFixed(2),
    }),
  );
}

/* The objects of a scene as handles in its SVG: drag them, or focus one and use the arrow keys, + and −, and Delete where there is a
   remove(i). chosen(i) is told which was taken. Returns {nodes, change(i, changes), update(now)}. */
export function objectHandles(svg, api, { most, labels, reach = 60, chosen, remove }) {
  const { state, set } = api;
  const change = (i, changes) =>
    set({ objects: state().objects.map((one, j) => (j === i ? placed({ ...one, ...changes }, state().data) : one)) });
  const resize = (i, step) => change(i, { side: clamp(state().objects[i].side + step, 8, 60) });
  const handles = Array.from({ length: most }, (_, i) => {
    const halo = s("rect", { class: "bk-scene-halo" });
    const edge = s("rect", { class: "bk-scene-truth" });
    const text = s("text", { class: "bk-scene-name" });
    const node = s(
      "g",
      { class: "bk-placed-object", tabindex: 0, role: "slider", "aria-valuemin": 0, "aria-valuemax": SIDE },
      halo,
      edge,
      text,
    );
    node.addEventListener("focus", () => chosen(i));
    return {
      node,
      halo,
      edge,
      text,
      at: () => (state().objects[i] ? [UNIT * state().objects[i].x, UNIT * state().objects[i].y] : null),
      move: ([x, y]) => change(i, { x: x / UNIT, y: y / UNIT }),
      nudge: (dx, dy, big) => change(i, { x: state().objects[i].x + dx * (big ? 8 : 1), y: state().objects[i].y - dy * (big ? 8 : 1) }),
    };
  });
  dragging(svg, api, () => handles, reach);
  svg.addEventListener("keydown", event => {
    const i = handles.findIndex(({ node }) => node === event.target);
    const act = {
      "+": () => resize(i, 1),
      "=": () => resize(i, 1),
      "-": () => resize(i, -1),
      ...(remove && { Delete: () => remove(i), Backspace: () => remove(i) }),
    }[event.key];
    if (i < 0 || !act) return;
    event.preventDefault();
    act();
  });
  function update({ objects, chosen: current, data }) {
    handles.forEach(({ node, halo, edge, text }, i) => {
      node.style.display = objects[i] ? "" : "none";
      if (!objects[i]) return;
      const area = rectangle(boxOfObject(objects[i], data));
      [halo, edge].forEach(rect => put(rect, area));
      node.classList.toggle("bk-placed-chosen", i === current);
      put(text, { x: area.x + 3, y: area.y + area.height - 4 });
      text.textContent = i + 1;
      const { x, y, side } = objects[i];
      put(node, {
        "aria-label": nameOf(labels, objects, i),
        "aria-valuenow": Math.round(x),
        "aria-valuetext": fill(labels.handle, { x: Math.round(x), y: Math.round(y), side: Math.round(side) }),
      });
    });
  }
  return { nodes: handles.map(({ node }) => node), change, update };
}
