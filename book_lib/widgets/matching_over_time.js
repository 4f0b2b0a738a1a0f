// with _scene.js
const LABELS = {
  "title": "Which query answers for which object, and when is that settled?",
  "prompts": [
    "Drag the slider from the first snapshot to the last and watch the lines: how often does an object change its query?",
    "Stop where a pair changes and read the cost table: how close was the second best?",
    "Is the cheapest query of an object always the one it gets?"
  ],
  "seen": "At first all queries say much the same, the costs lie close together, and a small step of training gives an object to another query. Each change sends the loss of that object to another slot, so the target moves while the network learns. As the queries divide the picture among them the gaps between the costs grow and changes become rarer; where two queries answer almost equally well, they can still swap late. The pairing of least total cost may give an object a query that is not its cheapest, where another object needs that one more.",
  "caption": "One scene that the network was not trained on, answered by the same network at several steps of its training. Thick outlines: the objects, numbered. Dashed: the boxes of the matched queries, with a line from each to its object. Table: the cost of each pair, stars for the pairing of least total cost; only queries that are matched at some snapshot. Below: for each object the query that answers for it; a new bar is a new query.",
  "time": "snapshot", "atStep": "step {step}", "query": "query {query}", "says": "{name} {score}", "object": "{i} {name}",
  "picture": "The scene at step {step}, with the boxes of the matched queries", "table": "Cost of each query for each object", "starred": "{cost}, matched",
  "history": "Queries matched to each object over {n} snapshots", "bars": "Whose turn is it? Queries matched to each object, over the training", "flipRow": "changes",
  "readoutFirst": "Step {step}, total cost {total}: {right} of {n} matched queries say the class of their object. {later} changes of partner are still to come.",
  "readout": "Step {step}, total cost {total}: {right} of {n} matched queries say the class of their object. Since step {before} {flips} of {n} objects changed their query; {sofar} changes so far, {later} still to come."
};
const isSnapshot = (one, n_queries, n_objects, n_classes) => isWhole(one.step, 0, 1e9) && [one.boxes, one.scores, one.classes, one.cost].every(list => list.length === n_queries)
  && one.boxes.every(isBox) && one.scores.every(x => x >= 0 && x <= 1) && one.classes.every(label => isWhole(label, 0, n_classes - 1)) && isMatrix(one.cost, n_queries, n_objects)
  && one.matched.length === n_objects && new Set(one.matched).size === n_objects && one.matched.every(row => isWhole(row, 0, n_queries - 1));
function isRun({ classes, scene, queries, of, snapshots }) {
  return isWords(classes, 1, 12) && isScene(scene, classes.length) && queries.length >= scene.objects.length && queries.length <= 40
    && queries.every((query, i) => isWhole(query, 0, of - 1) && (!i || queries[i - 1] < query)) && snapshots.length >= 2 && snapshots.length <= 60
    && snapshots.every((one, i) => isSnapshot(one, queries.length, scene.objects.length, classes.length) && (!i || snapshots[i - 1].step < one.step));
}
export function check({ run, snapshot }) {
  let fits = false;
  try { fits = isRun(run); } catch { fits = false; }
  if (!fits) return wrong("run", "what matching_run makes of a training");
  return isWhole(snapshot, 0, run.snapshots.length - 1) ? null : wrong("snapshot", `a whole number from 0 to ${run.snapshots.length - 1}`);
}

export const flips = ({ run }) => run.snapshots.map(({ matched }, i) => i ? matched.filter((row, k) => row !== run.snapshots[i - 1].matched[k]).length : 0);
export const total = ({ run, snapshot }) => { const { cost, matched } = run.snapshots[snapshot]; return matched.reduce((sum, row, i) => sum + cost[row][i], 0); };
const right = ({ run, snapshot }) => { const { classes, matched } = run.snapshots[snapshot]; return matched.filter((row, i) => classes[row] === run.scene.objects[i][0]).length; };
const sum = list => list.reduce((a, b) => a + b, 0);

export function sentence(now) {
  const { run, snapshot } = now, one = run.snapshots[snapshot], changes = flips(now);
  return fill(snapshot ? LABELS.readout : LABELS.readoutFirst, { step: one.step, before: snapshot ? run.snapshots[snapshot - 1].step : "", total: number(total(now)), right: right(now), n: one.matched.length,
    flips: changes[snapshot], sofar: sum(changes.slice(0, snapshot + 1)), later: sum(changes.slice(snapshot + 1)) });
}

function build({ state, set, controls, stage, width }) {
  const { run } = state(), { classes, scene, queries, snapshots } = run, n = snapshots.length, objects = scene.objects;
  const time = rangeControl({ label: LABELS.time, low: 0, high: n - 1, big: 4, show: i => fill(LABELS.atStep, { step: snapshots[i].step }), onchange: snapshot => set({ snapshot }) });
  time.classList.add("bk-match-time");
  controls.append(time);
  const view = sceneView();
  const cells = queries.map(() => objects.map(() => h("td", { class: "bk-match-cell" }))), heads = queries.map(query => {
    const says = h("span", { class: "bk-why" });
    return { says, node: h("th", { scope: "row" }, h("span", {}, fill(LABELS.query, { query })), says) };
  });
  const table = h("div", { class: "bk-scroll", role: "group", tabindex: 0, "aria-label": LABELS.table }, h("table", { class: "bk-match-table" }, h("caption", {}, LABELS.table),
    h("thead", {}, h("tr", {}, h("td", {}), objects.map(([label], i) => h("th", { scope: "col" }, fill(LABELS.object, { i: i + 1, name: classes[label] }))))),
    h("tbody", {}, queries.map((_, row) => h("tr", {}, heads[row].node, cells[row])))));
  const bars = s("svg", { class: "bk-match-bars", role: "img", "aria-label": fill(LABELS.history, { n }) });
  const jump = event => { const box = bars.getBoundingClientRect(), left = 74, x = event.clientX - box.left - left; if (x >= 0) set({ snapshot: clamp(Math.floor(x / (box.width - left) * n), 0, n - 1) }); };
  bars.addEventListener("pointerdown", event => { if (!event.button) { bars.setPointerCapture(event.pointerId); jump(event); } });
  bars.addEventListener("pointermove", event => { if (bars.hasPointerCapture(event.pointerId)) jump(event); });
  stage.append(h("div", { class: "bk-match" }, view.svg, table), h("div", {}, h("p", { class: "bk-see-head" }, LABELS.bars), bars));

  const text = (x, y, content, role, more) => s("text", { x, y, class: role, ...more }, content);
  function draw(now, one) {
    view.show(scene, fill(LABELS.picture, { step: one.step }), true);
    const middle = box => { const { x, y, width, height } = view.place(box); return [x + width / 2, y + height / 2]; };
    const pairs = one.matched.map((row, i) => ({ row, found: one.boxes[row], way: `M${middle(one.boxes[row])}L${middle(objects[i].slice(1))}`, end: middle(objects[i].slice(1)) }));
    view.marks.replaceChildren(...pairs.flatMap(({ row, found }) => view.box(found, `bk-scene-found bk-class-${one.classes[row]}`)),
      ...pairs.flatMap(({ way, end }) => [s("path", { d: way, class: "bk-scene-halo" }), s("path", { d: way, class: "bk-match-line" }), s("circle", { cx: end[0], cy: end[1], r: 4, class: "bk-match-end" })]),
      ...pairs.map(({ row, found }) => { const { x, y } = view.place(found); return view.text(Math.min(x, 260), y - 4, fill(LABELS.query, { query: queries[row] })); }));
  }
  function history(now) {
    const wide = Math.min(760, width()), left = 74, cell = (wide - left) / n, high = 26, tall = objects.length * high + 24;
    put(bars, { viewBox: `0 0 ${wide} ${tall}`, width: wide, height: tall });
    const changes = flips(now);
    bars.replaceChildren(s("rect", { x: left + now.snapshot * cell, y: 0, width: cell, height: tall, class: "bk-match-now" }),
      ...objects.flatMap(([label], k) => {
        const y = k * high, runs = [];
        snapshots.forEach(({ matched }, i) => { if (i && snapshots[i - 1].matched[k] === matched[k]) runs.at(-1)[1] = i + 1; else runs.push([i, i + 1, matched[k]]); });
        return [text(0, y + 17, fill(LABELS.object, { i: k + 1, name: classes[label] }), "bk-small"), ...runs.flatMap(([from, to, row]) => [
          s("rect", { x: left + from * cell + 1, y: y + 4, width: (to - from) * cell - 2, height: high - 8, rx: 3, class: "bk-match-bar" }),
          (to - from) * cell >= 20 && text(left + (from + to) / 2 * cell, y + 17, queries[row], "bk-match-name", { "text-anchor": "middle" })])].filter(Boolean);
      }),
      text(0, tall - 7, LABELS.flipRow, "bk-small"), ...(cell >= 11 ? changes.map((count, i) => i ? text(left + (i + .5) * cell, tall - 7, count, "bk-small", { "text-anchor": "middle" }) : "") : []));
  }

  return now => {
    const one = snapshots[now.snapshot], flat = one.cost.flat(), low = Math.min(...flat), high = Math.max(...flat);
    time.update(now.snapshot);
    draw(now, one);
    history(now);
    cells.forEach((row, r) => row.forEach((cell, i) => {
      const matched = one.matched[i] === r, cost = number(one.cost[r][i]);
      cell.replaceChildren(...matched ? [h("span", { "aria-hidden": "true" }, "★ "), h("strong", { "aria-label": fill(LABELS.starred, { cost }) }, cost)] : [cost]);
      cell.className = `bk-match-cell${matched ? " bk-match-star" : ""}`;
      cell.style.setProperty("--w", high > low ? ((high - one.cost[r][i]) / (high - low)).toFixed(2) : 0);
    }));
    heads.forEach(({ says, node }, r) => {
      says.textContent = fill(LABELS.says, { name: classes[one.classes[r]], score: number(one.scores[r]) });
      node.className = one.matched.includes(r) ? "" : "bk-match-idle";
    });
    return sentence(now);
  };
}

export default bookFigure({ labels: LABELS, keys: ["run", "snapshot", "prompts", "seen"], check, build });
