import { bookFigure, clamp, fill, h, ids, put, rangeControl, s } from "../_lib/chrome.js";

export default bookFigure((labels, traits) => {
  const KERNELS = traits.kernel.enum;
  const DEPTH = traits.layers.maximum;
  const LENGTHS = traits.n.enum;
  const WIDTHS = traits.d.enum;
  const LEFT = 14;
  const TOP = 30;
  const BOTTOM = 158;

  /* For recurrence, convolution and attention: which inputs reach the output, and the path of the source (its layers or steps; null if none). */
  function paths({ tokens, output, source, kernel, layers }) {
    const far = Math.abs(output - source);
    const side = (kernel - 1) / 2;
    const all = tokens.map((_, i) => i);
    return {
      reached: [all.map(i => i <= output), all.map(i => Math.abs(i - output) <= layers * side), all.map(() => true)],
      path: [source <= output ? far : null, far <= layers * side ? layers : null, 1],
      waits: [tokens.length, layers, 1],
      needed: Math.max(1, Math.ceil(far / side)),
    };
  }
  /* Multiplications of one layer, all its linear maps included: plain recurrence, GRU, LSTM, the convolutions, self-attention. */
  const costs = ({ kernel, layers, n, d }) => [
    2 * n * d * d,
    6 * n * d * d,
    8 * n * d * d,
    layers * kernel * n * d * d,
    4 * n * d * d + 2 * n * n * d,
  ];

  const grouped = x => String(x).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const steps = count => (count === 0 ? labels.none : count === 1 ? labels.step : fill(labels.steps, { count }));
  const through = count => (count === 1 ? labels.throughOne : fill(labels.through, { count }));

  function sentence(now) {
    const { path, needed } = paths(now);
    const cost = costs(now);
    const top = Math.max(...cost);
    const words = {
      output: now.tokens[now.output],
      source: now.tokens[now.source],
      path: steps(path[0]),
      layers: through(now.layers),
      kernel: now.kernel,
      needed,
      has: now.layers,
    };
    const which = path[0] === null ? (path[1] === null ? "neither" : "convolution") : path[1] === null ? "recurrence" : "both";
    return `${fill(labels.readout[which], words)} ${fill(labels.most, { n: grouped(now.n), d: now.d, name: labels.layers_counted[cost.indexOf(top)], cost: grouped(top) })}`;
  }

  /* The drawing of one panel on a grid of [column, row], row 0 at the bottom: rows, thin links and the way of the source. */
  function drawing(kind, { tokens, output, source, kernel, layers }) {
    const n = tokens.length;
    const side = (kernel - 1) / 2;
    const links = [];
    if (kind === 0) {
      for (let i = 0; i <= output; i++) links.push([i, 0, i, 1], ...(i < output ? [[i, 1, i + 1, 1]] : []));
      return {
        rows: 2,
        links,
        way:
          source <= output
            ? [
                [source, 0],
                [source, 1],
                [output, 1],
              ]
            : [
                [source, 0],
                [source, 1],
                [n - 1, 1],
              ],
        arrives: source <= output,
      };
    }
    if (kind === 2)
      return {
        rows: 2,
        links: tokens.map((_, i) => [i, 0, output, 1]),
        way: [
          [source, 0],
          [output, 1],
        ],
        arrives: true,
      };
    for (let row = layers; row > 0; row--) {
      const cone = (layers - row) * side;
      for (let i = Math.max(0, output - cone); i <= Math.min(n - 1, output + cone); i++)
        for (let j = Math.max(0, i - side); j <= Math.min(n - 1, i + side); j++) links.push([j, row - 1, i, row]);
    }
    const way = [[source, 0]];
    for (let row = 1, at = source; row <= layers; row++) {
      at += clamp(output - at, -side, side);
      way.push([at, row]);
    }
    return { rows: layers + 1, links, way, arrives: way.at(-1)[0] === output };
  }

  function build(api) {
    const { state, set, controls, stage } = api;
    const tokens = state().tokens;
    const n = tokens.length;
    const pitch = (240 - 2 * LEFT) / (n - 1);
    const x = i => LEFT + pitch * i;
    const choice = trait => {
      const name = ids(trait);
      const boxes = tokens.map((_, i) => h("input", { type: "radio", name, value: i, onchange: () => set({ [trait]: i }) }));
      const node = h(
        "fieldset",
        { class: `bk-see-words bk-see-${trait}` },
        h("legend", {}, labels[trait]),
        boxes.map((box, i) => h("label", {}, box, h("span", {}, tokens[i]))),
      );
      node.update = i =>
        boxes.forEach((box, j) => {
          box.checked = i === j;
        });
      return node;
    };
    const output = choice("output");
    const source = choice("source");
    const kernel = rangeControl({
      label: labels.kernel,
      low: 0,
      high: KERNELS.length - 1,
      big: 2,
      show: i => String(KERNELS[i]),
      onchange: i => set({ kernel: KERNELS[i] }),
    });
    const layers = rangeControl({ label: labels.layers, low: 1, high: DEPTH, show: String, onchange: count => set({ layers: count }) });
    const length = rangeControl({
      label: labels.length,
      low: 0,
      high: LENGTHS.length - 1,
      show: i => fill(LENGTHS[i] === n ? labels.sentence : labels.words, { n: grouped(LENGTHS[i]) }),
      onchange: i => set({ n: LENGTHS[i] }),
    });
    const width = rangeControl({
      label: labels.width,
      low: 0,
      high: WIDTHS.length - 1,
      big: 2,
      show: i => String(WIDTHS[i]),
      onchange: i => set({ d: WIDTHS[i] }),
    });
    controls.append(output, source, kernel, layers);

    const panels = labels.names.map((name, kind) => {
      const links = s("path", { class: "bk-see-link" });
      const way = s("path", { class: "bk-see-way" });
      const nodes = s("g", {});
      const above = s("text", { y: 14, "text-anchor": "middle", class: "bk-name bk-q" });
      const below = s("text", { y: 184, "text-anchor": "middle", class: "bk-name bk-k" });
      const columns = ["output", "source"].map((trait, half) =>
        tokens.map((_, i) =>
          s("rect", {
            x: x(i) - pitch / 2,
            y: half ? 95 : 0,
            width: pitch,
            height: 95,
            class: "bk-see-hit",
            onclick: () => set({ [trait]: i }),
          }),
        ),
      );
      const svg = s("svg", { viewBox: "0 0 240 192", role: "img" }, links, way, nodes, above, below, columns);
      const facts = ["path", "waits"].map(() => h("dd", {}));
      const count = h("p", { class: "bk-why" });
      const node = h(
        "section",
        { class: "bk-see-panel" },
        h("p", { class: "bk-see-head" }, name),
        svg,
        count,
        h(
          "dl",
          {},
          ["path", "waits"].map((fact, i) => [h("dt", {}, labels[fact]), facts[i]]),
        ),
      );
      return { node, svg, links, way, nodes, above, below, facts, count, kind };
    });
    const filled = labels.filled.map(() => h("span", { class: "bk-see-filled" }));
    const numbers = labels.layers_counted.map(() => h("td", { class: "bk-see-number" }));
    const table = h(
      "table",
      { class: "bk-see-costs", "aria-label": labels.costs },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ["layer", "formula", "number"].map(head => h("th", { scope: "col" }, labels[head])),
        ),
      ),
      h(
        "tbody",
        {},
        labels.layers_counted.map((name, i) =>
          h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, labels.formulas[i], filled[i]), numbers[i]),
        ),
      ),
    );
    stage.append(
      h(
        "div",
        { class: "bk-see-panels" },
        panels.map(panel => panel.node),
      ),
      h("div", {}, h("p", { class: "bk-see-head" }, labels.costs), h("div", { class: "bk-controls bk-see-sliders" }, length, width), table),
    );

    function show({ svg, links, way, nodes, above, below, facts, count, kind }, now, { reached, path, waits, needed }) {
      const plan = drawing(kind, now);
      const y = row => BOTTOM - ((BOTTOM - TOP) * row) / (plan.rows - 1);
      const r = plan.rows > 6 ? 2.6 : 4;
      const word = { output: tokens[now.output], source: tokens[now.source] };
      put(links, {
        d: plan.links.map(([a, b, c, d]) => `M${x(a).toFixed(1)} ${y(b).toFixed(1)}L${x(c).toFixed(1)} ${y(d).toFixed(1)}`).join(""),
      });
      put(way, {
        d: "M" + plan.way.map(([i, row]) => `${x(i).toFixed(1)} ${y(row).toFixed(1)}`).join("L"),
        class: `bk-see-way${plan.arrives ? "" : " bk-see-lost"}`,
      });
      nodes.replaceChildren(
        ...[...Array(plan.rows).keys()].flatMap(row =>
          tokens.map((_, i) => {
            const role =
              row === 0
                ? i === now.source
                  ? "bk-see-source"
                  : reached[kind][i]
                    ? "bk-see-on"
                    : ""
                : row === plan.rows - 1 && i === now.output
                  ? "bk-see-output"
                  : "";
            return s("circle", {
              cx: x(i).toFixed(1),
              cy: y(row).toFixed(1),
              r: (role && row !== 0) || role === "bk-see-source" ? 6 : r,
              class: `bk-see-node ${role}`,
            });
          }),
        ),
      );
      put(above, { x: clamp(x(now.output), 18, 222) });
      put(below, { x: clamp(x(now.source), 24, 216) });
      above.textContent = word.output;
      below.textContent = word.source;
      count.textContent = fill(labels.seenBy, { output: word.output, count: reached[kind].filter(Boolean).length, n });
      facts[0].textContent =
        path[kind] === null
          ? fill(kind ? labels.short : labels.later, { needed, source: word.source })
          : kind === 1
            ? through(path[1])
            : steps(path[kind]);
      facts[0].className = path[kind] === null ? "bk-see-no" : "";
      facts[1].textContent =
        kind === 0
          ? fill(labels.waitSteps, { n: waits[0] })
          : kind === 1 && waits[1] > 1
            ? fill(labels.waitLayers, { count: waits[1] })
            : labels.waitNothing;
      svg.setAttribute(
        "aria-label",
        fill(labels.panel, { name: labels.names[kind], output: word.output, verdict: `${word.source}: ${facts[0].textContent}` }),
      );
    }

    return now => {
      const found = paths(now);
      const cost = costs(now);
      const top = Math.max(...cost);
      output.update(now.output);
      source.update(now.source);
      kernel.update(KERNELS.indexOf(now.kernel));
      layers.update(now.layers);
      length.update(LENGTHS.indexOf(now.n));
      width.update(WIDTHS.indexOf(now.d));
      panels.forEach(panel => show(panel, now, found));
      numbers.forEach((cell, i) => {
        cell.textContent = grouped(cost[i]);
        cell.style.setProperty("--w", cost[i] / top);
        filled[i].textContent = fill(labels.filled[i], { ...now, n: grouped(now.n) });
        cell.classList.toggle("bk-see-top", cost[i] === top);
      });
      return sentence(now);
    };
  }

  return { build, sentence, paths, costs, drawing };
});
