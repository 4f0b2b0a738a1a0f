const LABELS = {
  "title": "How far does a word have to travel to be seen?",
  "prompts": [
    "“it” needs to hear from “animal”. Which of the three layers bring the word there, and which one fails?",
    "Add convolution layers one by one until the trace arrives. How many did it take? Then try a wider kernel.",
    "Double the length n until attention is the most expensive of the three. Where does it overtake recurrence?"
  ],
  "seen": "A stack of convolutions of width 3 moves a word one place to each side per layer, so seven layers link “it” with “animal”, seven words back. Recurrence links them through seven steps, one after the other, and can never look ahead. Attention links any two words in one step, whatever their distance. Its price is n²·d: below n = d it is cheaper than recurrence, above it is dearer, and above n = L·k·d it is dearer than the convolutions too.",
  "caption": "Filled dots at the bottom are the words that reach the output; thin lines are the ways they can take, the thick line is the way of the chosen word. A dashed line ends where its trace ends. Operations are counted as in Table 2.1: without constant factors and without attention’s linear maps.",
  "output": "output word", "source": "input word",
  "kernel": "kernel width k", "layers": "convolution layers L", "length": "length n", "width": "width d",
  "words": "{n} words", "sentence": "{n} words, this sentence",
  "names": ["Recurrence", "Convolution", "Self-attention"],
  "panel": "{name}: ways from the words of the sentence (bottom) to the output “{output}” (top). {verdict}",
  "path": "path", "waits": "one after the other",
  "seenBy": "“{output}” sees {count} of {n} words",
  "steps": "{count} steps", "step": "1 step", "none": "no step, its own input", "later": "none: “{source}” comes later",
  "through": "{count} layers", "throughOne": "1 layer", "short": "none: needs {needed} layers",
  "waitSteps": "{n} steps", "waitLayers": "{count} layers", "waitNothing": "nothing",
  "costs": "Operations for one pass over n words of width d, by the formulas of Table 2.1",
  "layer": "layer", "formula": "formula", "number": "operations",
  "formulas": ["n · d²", "L · k · n · d²", "n² · d"],
  "filled": ["{n} · {d}²", "{layers} · {kernel} · {n} · {d}²", "{n}² · {d}"],
  "readout": {
    "both": "“{output}” sees “{source}” in all three: recurrence takes a path of {path}, convolution {layers}, self-attention one step.",
    "recurrence": "“{output}” sees “{source}” through recurrence (path of {path}) and self-attention (one step), but not through convolution: with k = {kernel} it needs {needed} layers and has {has}.",
    "convolution": "“{output}” sees “{source}” through convolution ({layers}) and self-attention (one step), but not through recurrence, which has not read “{source}” yet.",
    "neither": "“{output}” sees “{source}” only through self-attention (one step): recurrence has not read it yet, and convolution with k = {kernel} needs {needed} layers and has {has}."
  },
  "dearest": "At n = {n} and d = {d} the most expensive is {name}: {cost} operations."
};
const KERNELS = [3, 5, 7, 9], DEPTH = 11, LENGTHS = [...Array(11).keys()].map(i => 12 * 2 ** i), WIDTHS = [64, 128, 256, 512, 1024];
const LEFT = 14, TOP = 30, BOTTOM = 158;

/* For recurrence, convolution and attention: which inputs reach the output, and the path of the source (its layers or steps; null if none). */
export function paths({ tokens, output, source, kernel, layers }) {
  const far = Math.abs(output - source), side = (kernel - 1) / 2, all = tokens.map((_, i) => i);
  return {
    reached: [all.map(i => i <= output), all.map(i => Math.abs(i - output) <= layers * side), all.map(() => true)],
    path: [source <= output ? far : null, far <= layers * side ? layers : null, 1],
    waits: [tokens.length, layers, 1], needed: Math.max(1, Math.ceil(far / side)),
  };
}
export const costs = ({ kernel, layers, n, d }) => [n * d * d, layers * kernel * n * d * d, n * n * d];

export function check({ tokens, output, source, kernel, layers, n, d }) {
  if (!isWords(tokens, 2, 12)) return wrong("tokens", "a list of 2 to 12 words");
  for (const [trait, i] of Object.entries({ output, source })) if (!isWhole(i, 0, tokens.length - 1)) return wrong(trait, `a whole number from 0 to ${tokens.length - 1}`);
  if (!KERNELS.includes(kernel)) return wrong("kernel", `one of ${KERNELS.join(", ")}`);
  if (!isWhole(layers, 1, DEPTH)) return wrong("layers", `a whole number from 1 to ${DEPTH}`);
  if (!LENGTHS.includes(n)) return wrong("n", `one of ${LENGTHS.join(", ")}`);
  if (!WIDTHS.includes(d)) return wrong("d", `one of ${WIDTHS.join(", ")}`);
  return null;
}

const grouped = x => String(x).replace(/\B(?=(\d{3})+$)/g, "\u202f");
const steps = count => count === 0 ? LABELS.none : count === 1 ? LABELS.step : fill(LABELS.steps, { count });
const through = count => count === 1 ? LABELS.throughOne : fill(LABELS.through, { count });

export function sentence(now) {
  const { path, needed } = paths(now), cost = costs(now), top = Math.max(...cost);
  const words = { output: now.tokens[now.output], source: now.tokens[now.source], path: steps(path[0]), layers: through(now.layers), kernel: now.kernel, needed, has: now.layers };
  const which = path[0] === null ? path[1] === null ? "neither" : "convolution" : path[1] === null ? "recurrence" : "both";
  return `${fill(LABELS.readout[which], words)} ${fill(LABELS.dearest, { n: grouped(now.n), d: now.d, name: LABELS.names[cost.indexOf(top)].toLowerCase(), cost: grouped(top) })}`;
}

/* The drawing of one panel on a grid of [column, row], row 0 at the bottom: rows, thin links and the way of the source. */
export function drawing(kind, { tokens, output, source, kernel, layers }) {
  const n = tokens.length, side = (kernel - 1) / 2, links = [];
  if (kind === 0) {
    for (let i = 0; i <= output; i++) links.push([i, 0, i, 1], ...i < output ? [[i, 1, i + 1, 1]] : []);
    return { rows: 2, links, way: source <= output ? [[source, 0], [source, 1], [output, 1]] : [[source, 0], [source, 1], [n - 1, 1]], arrives: source <= output };
  }
  if (kind === 2) return { rows: 2, links: tokens.map((_, i) => [i, 0, output, 1]), way: [[source, 0], [output, 1]], arrives: true };
  for (let row = layers; row > 0; row--) {
    const cone = (layers - row) * side;
    for (let i = Math.max(0, output - cone); i <= Math.min(n - 1, output + cone); i++)
      for (let j = Math.max(0, i - side); j <= Math.min(n - 1, i + side); j++) links.push([j, row - 1, i, row]);
  }
  const way = [[source, 0]];
  for (let row = 1, at = source; row <= layers; row++) { at += clamp(output - at, -side, side); way.push([at, row]); }
  return { rows: layers + 1, links, way, arrives: way.at(-1)[0] === output };
}

function build(api) {
  const { state, set, controls, stage } = api, tokens = state().tokens, n = tokens.length;
  const pitch = (240 - 2 * LEFT) / (n - 1), x = i => LEFT + pitch * i;
  const choice = trait => {
    const name = ids(trait), boxes = tokens.map((_, i) => h("input", { type: "radio", name, value: i, onchange: () => set({ [trait]: i }) }));
    const node = h("fieldset", { class: `bk-see-words bk-see-${trait}` }, h("legend", {}, LABELS[trait]), boxes.map((box, i) => h("label", {}, box, h("span", {}, tokens[i]))));
    node.update = i => boxes.forEach((box, j) => { box.checked = i === j; });
    return node;
  };
  const output = choice("output"), source = choice("source");
  const kernel = rangeControl({ label: LABELS.kernel, low: 0, high: KERNELS.length - 1, big: 2, show: i => String(KERNELS[i]), onchange: i => set({ kernel: KERNELS[i] }) });
  const layers = rangeControl({ label: LABELS.layers, low: 1, high: DEPTH, show: String, onchange: count => set({ layers: count }) });
  const length = rangeControl({ label: LABELS.length, low: 0, high: LENGTHS.length - 1, show: i => fill(LENGTHS[i] === n ? LABELS.sentence : LABELS.words, { n: grouped(LENGTHS[i]) }), onchange: i => set({ n: LENGTHS[i] }) });
  const width = rangeControl({ label: LABELS.width, low: 0, high: WIDTHS.length - 1, big: 2, show: i => String(WIDTHS[i]), onchange: i => set({ d: WIDTHS[i] }) });
  controls.append(output, source, kernel, layers);

  const panels = LABELS.names.map((name, kind) => {
    const links = s("path", { class: "bk-see-link" }), way = s("path", { class: "bk-see-way" }), nodes = s("g", {});
    const above = s("text", { y: 14, "text-anchor": "middle", class: "bk-name bk-q" }), below = s("text", { y: 184, "text-anchor": "middle", class: "bk-name bk-k" });
    const columns = ["output", "source"].map((trait, half) => tokens.map((_, i) => s("rect", { x: x(i) - pitch / 2, y: half ? 95 : 0, width: pitch, height: 95, class: "bk-see-hit", onclick: () => set({ [trait]: i }) })));
    const svg = s("svg", { viewBox: "0 0 240 192", role: "img" }, links, way, nodes, above, below, columns);
    const facts = ["path", "waits"].map(() => h("dd", {})), count = h("p", { class: "bk-why" });
    const node = h("section", { class: "bk-see-panel" }, h("p", { class: "bk-see-head" }, name), svg, count,
      h("dl", {}, ["path", "waits"].map((fact, i) => [h("dt", {}, LABELS[fact]), facts[i]])));
    return { node, svg, links, way, nodes, above, below, facts, count, kind };
  });
  const filled = LABELS.filled.map(() => h("span", { class: "bk-see-filled" })), numbers = LABELS.names.map(() => h("td", { class: "bk-see-number" }));
  const table = h("table", { class: "bk-see-costs", "aria-label": LABELS.costs }, h("thead", {}, h("tr", {}, ["layer", "formula", "number"].map(head => h("th", { scope: "col" }, LABELS[head])))),
    h("tbody", {}, LABELS.names.map((name, i) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, LABELS.formulas[i], filled[i]), numbers[i]))));
  stage.append(h("div", { class: "bk-see-panels" }, panels.map(panel => panel.node)),
    h("div", {}, h("p", { class: "bk-see-head" }, LABELS.costs), h("div", { class: "bk-controls bk-see-sliders" }, length, width), table));

  function show({ svg, links, way, nodes, above, below, facts, count, kind }, now, { reached, path, waits, needed }) {
    const plan = drawing(kind, now), y = row => BOTTOM - (BOTTOM - TOP) * row / (plan.rows - 1), r = plan.rows > 6 ? 2.6 : 4;
    const word = { output: tokens[now.output], source: tokens[now.source] };
    put(links, { d: plan.links.map(([a, b, c, d]) => `M${x(a).toFixed(1)} ${y(b).toFixed(1)}L${x(c).toFixed(1)} ${y(d).toFixed(1)}`).join("") });
    put(way, { d: "M" + plan.way.map(([i, row]) => `${x(i).toFixed(1)} ${y(row).toFixed(1)}`).join("L"), class: `bk-see-way${plan.arrives ? "" : " bk-see-lost"}` });
    nodes.replaceChildren(...[...Array(plan.rows).keys()].flatMap(row => tokens.map((_, i) => {
      const role = row === 0 ? i === now.source ? "bk-see-source" : reached[kind][i] ? "bk-see-on" : "" : row === plan.rows - 1 && i === now.output ? "bk-see-output" : "";
      return s("circle", { cx: x(i).toFixed(1), cy: y(row).toFixed(1), r: role && row !== 0 || role === "bk-see-source" ? 6 : r, class: `bk-see-node ${role}` });
    })));
    put(above, { x: clamp(x(now.output), 18, 222) });
    put(below, { x: clamp(x(now.source), 24, 216) });
    above.textContent = word.output; below.textContent = word.source;
    count.textContent = fill(LABELS.seenBy, { output: word.output, count: reached[kind].filter(Boolean).length, n });
    facts[0].textContent = path[kind] === null ? fill(kind ? LABELS.short : LABELS.later, { needed, source: word.source }) : kind === 1 ? through(path[1]) : steps(path[kind]);
    facts[0].className = path[kind] === null ? "bk-see-no" : "";
    facts[1].textContent = kind === 0 ? fill(LABELS.waitSteps, { n: waits[0] }) : kind === 1 && waits[1] > 1 ? fill(LABELS.waitLayers, { count: waits[1] }) : LABELS.waitNothing;
    svg.setAttribute("aria-label", fill(LABELS.panel, { name: LABELS.names[kind], output: word.output, verdict: `${word.source}: ${facts[0].textContent}` }));
  }

  return now => {
    const found = paths(now), cost = costs(now), top = Math.max(...cost);
    output.update(now.output); source.update(now.source);
    kernel.update(KERNELS.indexOf(now.kernel)); layers.update(now.layers); length.update(LENGTHS.indexOf(now.n)); width.update(WIDTHS.indexOf(now.d));
    panels.forEach(panel => show(panel, now, found));
    numbers.forEach((cell, i) => { cell.textContent = grouped(cost[i]); cell.style.setProperty("--w", cost[i] / top); filled[i].textContent = fill(LABELS.filled[i], { ...now, n: grouped(now.n) }); cell.classList.toggle("bk-see-top", cost[i] === top); });
    return sentence(now);
  };
}

export default bookFigure({ labels: LABELS, keys: ["tokens", "output", "source", "kernel", "layers", "n", "d"], check, build });
