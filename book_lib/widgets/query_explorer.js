// with _scene.js
const LABELS = {
  "title": "What is one object query looking for?",
  "prompts": [
    "Choose queries one after another with the small maps: how much of the picture does each watch? Which report hardly any large objects?",
    "Change the scene and keep the query. Does it follow an object, or its own place?",
    "Find a query that stays silent in this scene. Where does it look all the same?"
  ],
  "seen": "A query is a list of learned numbers, the same for every picture. Over many scenes each query keeps to a region of its own: its centres lie much closer together than those of all queries. Sizes are shared more evenly, but near the borders there are small objects only. A query does not look for one class; it answers for whatever turns up in its part of the picture, and says “no object” where nothing does or where another query answers.",
  "caption": "Left: a scene that the network was not trained on. Bright cells are those the chosen query looks at in the last decoder layer, mean of all heads; its box is thick, the boxes of the other queries that report something are thin, the objects have a double outline. Right: the centres of all boxes the query reported over many scenes, as shares of the picture.",
  "scene": "Scene", "sceneName": "scene {i}", "queries": "Object queries and the centres of what they report", "query": "query {query}", "queryReports": "query {query}: {count} reports",
  "picture": "The scene with the box of query {query}: {name}, score {score}", "name": "{query}: {name} {score}",
  "centres": "Centres of what query {query} reported over {over} scenes", "sizes": ["small", "medium", "large"], "counts": "{size}: {count}",
  "readoutSays": "Query {query} says “{name}” with score {score}, and {inside} of its attention is on cells in its own box.",
  "readoutSilent": "Query {query} reports nothing here: its best class is “{name}” with score {score}; {inside} of its attention is on cells in its box.",
  "readoutReports": "Over {over} scenes it reported {count} objects: {small} small, {medium} medium, {large} large. Their centres spread over {spread} % of a side, those of all queries over {every} %.",
  "readoutNever": "Over {over} scenes it never reported anything."
};
const SIDE = 300, MARKS = ["M-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0", "M-3 3V-3H3V3z", "M-5 4H5L0-5z"];

function isData({ classes, scenes, reports, over, least }) {
  const n = scenes[0].boxes.length;
  return isWords(classes, 1, 12) && isWhole(scenes.length, 1, 6) && isWhole(n, 2, 100) && isWhole(over, 1, 1e6) && least >= 0 && least <= 1
    && scenes.every(one => isScene(one, classes.length) && one.boxes.length === n && areAnswers(one, classes.length))
    && atob(reports).length % 4 === 0 && all({ reports }).every(([query, size]) => query < n && size < 3);
}
/* All reports: [query, size class, cx, cy] */
const all = ({ reports }) => { const flat = Array.from(atob(reports), c => c.charCodeAt(0)); return Array.from({ length: flat.length / 4 }, (_, i) => [flat[4 * i], flat[4 * i + 1], flat[4 * i + 2] / 255, flat[4 * i + 3] / 255]); };
export function check({ data, scene, query }) {
  let fits = false;
  try { fits = isData(data); } catch { fits = false; }
  if (!fits) return wrong("data", "what explorer makes of a model");
  if (!isWhole(scene, 0, data.scenes.length - 1)) return wrong("scene", `a whole number from 0 to ${data.scenes.length - 1}`);
  return isWhole(query, 0, data.scenes[0].boxes.length - 1) ? null : wrong("query", `a whole number from 0 to ${data.scenes[0].boxes.length - 1}`);
}

export const weights = ({ data, scene, query }) => unpacked(data.scenes[scene].maps[query]);
export const reports = ({ data, query }) => all(data).filter(one => one[0] === query).map(one => one.slice(1));
/* The share of the query's attention on cells whose middle lies in its own box. */
export function inside(now) {
  const one = now.data.scenes[now.scene];
  return shareInside(weights(now), one.grid, one.boxes[now.query]);
}
/* Typical distance of points from their mean, as a share of a side. */
export function spread(points) {
  const n = points.length, mean = axis => points.reduce((sum, point) => sum + point[axis], 0) / n, x = mean(0), y = mean(1);
  return Math.sqrt(points.reduce((sum, [a, b]) => sum + (a - x) ** 2 + (b - y) ** 2, 0) / n);
}
export function sentence(now) {
  const { data, scene, query } = now, one = data.scenes[scene], score = one.scores[query];
  const first = fill(score >= data.least ? LABELS.readoutSays : LABELS.readoutSilent, { query, name: data.classes[one.labels[query]], score: number(score), inside: `${number(100 * inside(now), 0)} %` });
  const found = reports(now), count = size => found.filter(report => report[0] === size).length;
  if (!found.length) return `${first} ${fill(LABELS.readoutNever, { over: data.over })}`;
  return `${first} ${fill(LABELS.readoutReports, { over: data.over, count: found.length, small: count(0), medium: count(1), large: count(2),
    spread: number(100 * spread(found.map(report => report.slice(1))), 0), every: number(100 * spread(all(data).map(report => report.slice(2))), 0) })}`;
}

function build({ state, set, controls, stage }) {
  const { data } = state(), { classes, scenes, least } = data, n = scenes[0].boxes.length, every = all(data);
  const choose = selectControl({ label: LABELS.scene, options: scenes.map((_, i) => fill(LABELS.sceneName, { i: i + 1 })), onchange: scene => set({ scene }) });
  if (scenes.length > 1) controls.append(choose);
  const dots = (query, side) => [0, 1, 2].map(size => s("path", { class: `bk-query-dots bk-size-${size}`, d: every.filter(one => one[0] === query && one[1] === size).map(one => `M${(side * one[2]).toFixed(1)} ${(side * one[3]).toFixed(1)}h0`).join("") }));
  const picks = Array.from({ length: n }, (_, query) => h("button", { type: "button", class: "bk-thumb bk-query", onclick: () => set({ query }),
    "aria-label": fill(LABELS.queryReports, { query, count: every.filter(one => one[0] === query).length }), onkeydown: event => {
      const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!way) return;
      event.preventDefault();
      const next = clamp(query + way, 0, n - 1);
      picks[next].focus(); set({ query: next });
    } }, s("svg", { viewBox: "-2 -2 48 48", "aria-hidden": "true" }, dots(query, 44)), h("span", {}, query)));
  const view = sceneView(), name = h("p", { class: "bk-see-head" }), about = h("p", { class: "bk-why" });
  const points = s("g", {}), plot = s("svg", { class: "bk-query-plot", viewBox: `-6 -6 ${SIDE + 12} ${SIDE + 12}`, role: "img" }, s("rect", { width: SIDE, height: SIDE, class: "bk-frame" }), points);
  const counts = LABELS.sizes.map((_, size) => { const text = h("span", {}); return { text, node: h("span", { class: "bk-query-key" }, s("svg", { viewBox: "-6 -6 12 12", width: 14, height: 14, "aria-hidden": "true" }, s("path", { d: MARKS[size], class: `bk-size-${size}` })), text) }; });
  stage.append(h("div", { class: "bk-query-picks", role: "group", "aria-label": LABELS.queries }, picks),
    h("div", { class: "bk-query-two" }, h("div", {}, view.svg, name), h("div", {}, plot, about, h("p", { class: "bk-query-keys" }, counts.map(one => one.node)))));
  view.svg.addEventListener("click", event => {
    const frame = view.svg.getBoundingClientRect(), x = (event.clientX - frame.left) / frame.width, y = (event.clientY - frame.top) / frame.height, one = scenes[state().scene];
    const hit = one.boxes.map((box, query) => [box.map(side => side / 1e4), query]).filter(([[cx, cy, w, h], query]) => one.scores[query] >= least && Math.abs(x - cx) <= w / 2 && Math.abs(y - cy) <= h / 2);
    if (hit.length) set({ query: hit.sort((a, b) => a[0][2] * a[0][3] - b[0][2] * b[0][3])[0][1] });
  });

  return now => {
    const { scene, query } = now, one = scenes[scene], label = one.labels[query], score = number(one.scores[query]);
    choose.update(scene);
    picks.forEach((pick, i) => { pick.setAttribute("aria-pressed", i === query); pick.tabIndex = i === query ? 0 : -1; pick.classList.toggle("bk-query-quiet", one.scores[i] < least); });
    view.show(one, fill(LABELS.picture, { query, name: classes[label], score }));
    view.dim(weights(now), one.grid);
    const others = one.boxes.map((_, i) => i).filter(i => i !== query && one.scores[i] >= least);
    view.marks.replaceChildren(...others.flatMap(i => s("rect", { ...view.place(one.boxes[i]), class: `bk-query-other bk-class-${one.labels[i]}` })), ...view.box(one.boxes[query], `bk-scene-found bk-query-chosen bk-class-${label}`));
    name.textContent = fill(LABELS.name, { query: fill(LABELS.query, { query }), name: classes[label], score });
    const found = reports(now);
    points.replaceChildren(...found.map(([size, x, y]) => s("path", { d: MARKS[size], transform: `translate(${(SIDE * x).toFixed(1)} ${(SIDE * y).toFixed(1)})`, class: `bk-query-mark bk-size-${size}` })));
    about.textContent = fill(LABELS.centres, { query, over: data.over });
    put(plot, { "aria-label": about.textContent });
    counts.forEach(({ text }, size) => { text.textContent = fill(LABELS.counts, { size: LABELS.sizes[size], count: found.filter(report => report[0] === size).length }); });
    return sentence(now);
  };
}

export default bookFigure({ labels: LABELS, keys: ["data", "scene", "query", "prompts", "seen"], check, build });
