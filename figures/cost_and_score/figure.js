import { bookFigure, buttonControl, clamp, fill, h, number, put, s, selectControl } from "../_lib/chrome.js";

export default bookFigure((labels, traits) => {
  const AXES = traits.axis.enum;

  const benchmarks = points => [...new Set(points.map(point => point.benchmark))];
  const listed = ({ data: points, benchmark }) => points.filter(point => point.benchmark === benchmark);

  /* 42 -> "42.0", 25.16 -> "25.16", with a real minus sign. */
  function scored(x) {
    const text = String(Number(x.toFixed(2)));
    return (text.includes(".") ? text : `${text}.0`).replace("-", "−");
  }
  /* 2300 -> "2 300", 3.3e18 -> "3.3·10¹⁸", with as many digits as the number has. */
  function amount(x) {
    if (x >= 1e6) {
      const power = Math.floor(Math.log10(x) + 1e-9);
      return `${Number((x / 10 ** power).toPrecision(4))}·10${[...String(power)].map(digit => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("")}`;
    }
    return String(x).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  }
  const few = x => number(x, x < 10 ? 1 : 0).replace(/\.0$/, "");
  function ratio(x) {
    if (Math.abs(x - 1) < 0.005) return labels.same;
    if (x > 0.5 && x < 2) return fill(labels.percent, { x: number(100 * x, 0) });
    return x > 1 ? fill(labels.times, { x: few(x) }) : fill(labels.part, { x: few(1 / x) });
  }
  function values(point) {
    const parts = [
      point.parameters && fill(labels.parameters, { x: amount(point.parameters) }),
      point.cost && fill(labels.cost, { x: amount(point.cost), unit: point.cost_unit }),
    ].filter(Boolean);
    return parts.length > 1
      ? fill(labels.and, { a: `${parts[0]} ${labels.axes.parameters}`, b: parts[1] })
      : point.cost
        ? parts[0]
        : `${parts[0]} ${labels.axes.parameters}`;
  }
  function sentence(now) {
    const list = listed(now);
    const one = list.find(point => point.model === now.model);
    const other = list.find(point => point.model === now.other);
    const first = fill(labels.one, { ...one, score: scored(one.score), values: values(one) });
    if (one === other) return first;
    const difference = one.score - other.score;
    const said = { other: other.model, difference: (difference < 0 ? "" : "+") + scored(difference) };
    const template =
      one[now.axis] === null || other[now.axis] === null
        ? labels.versusScore
        : now.axis === "cost"
          ? labels.versusCost
          : labels.versusParameters;
    return `${first} ${fill(template, { ...said, ratio: ratio(one[now.axis] / other[now.axis]) })}`;
  }

  const parts = range => (range > 300 ? [1] : range > 10 ? [1, 3] : range > 5 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 8]);
  /* The ends of both axes and the lines across: {x: [low, high], y: [low, high], ticks, steps}. */
  function scales(now) {
    const list = listed(now).filter(point => point[now.axis] !== null);
    const xs = list.map(point => point[now.axis]);
    const ys = list.map(point => point.score);
    const low = Math.min(...xs) / 1.25;
    const high = Math.max(...xs) * 1.25;
    const ticks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
      for (const part of parts(high / low)) ticks.push(part * 10 ** power);
    const span = Math.max(...ys) - Math.min(...ys);
    const step = [0.5, 1, 2, 5, 10].find(size => span / size <= 6) ?? 10;
    const bottom = Math.floor((Math.min(...ys) - span / 20) / step) * step;
    const top = Math.ceil((Math.max(...ys) + span / 20) / step) * step;
    return {
      x: [low, high],
      y: [bottom, top],
      ticks: ticks.filter(x => x >= low && x <= high),
      steps: Array.from({ length: Math.round((top - bottom) / step) + 1 }, (_, i) => bottom + i * step),
    };
  }

  /* Where the names of the dots go: right, left, above or below, wherever nothing else is; a dot in a crowd keeps its number alone. */
  function named(dots, [left, right, top, bottom]) {
    const taken = dots.map(({ x, y }) => [x - 12, x + 12, y - 12, y + 12]);
    return dots.flatMap(({ x, y, text }) => {
      const long = 6.7 * text.length;
      const sides = [
        [x + 15, x + 15 + long, y, "start"],
        [x - 15 - long, x - 15, y, "end"],
        [x - long / 2, x + long / 2, y - 21, "middle"],
        [x - long / 2, x + long / 2, y + 21, "middle"],
      ];
      const side = sides.find(
        ([a, b, at]) =>
          a >= left &&
          b <= right &&
          at - 8 >= top &&
          at + 8 <= bottom &&
          taken.every(([c, d, e, f]) => b <= c || a >= d || at + 8 <= e || at - 8 >= f),
      );
      if (!side) return [];
      const [a, b, at, anchor] = side;
      taken.push([a, b, at - 8, at + 8]);
      return [{ text, anchor, x: anchor === "start" ? a : anchor === "end" ? b : x, y: at + 4 }];
    });
  }

  function build(api) {
    const { state, set, controls, stage } = api;
    const all = benchmarks(state().data);
    const start = benchmark => {
      // a benchmark begins with its last model beside its first
      const list = listed({ data: state().data, benchmark });
      const axis = list.some(point => point[state().axis] !== null)
        ? state().axis
        : AXES.find(name => list.some(point => point[name] !== null));
      set({ benchmark, axis, model: list.filter(point => point[axis] !== null).at(-1).model, other: list[0].model });
    };
    const benchmark = selectControl({ label: labels.benchmark, options: all, onchange: i => start(all[i]) });
    const buttons = AXES.map(axis =>
      buttonControl(labels.axes[axis], () => {
        if (listed(state()).some(point => point[axis] !== null)) set({ axis });
      }),
    );
    const other = selectControl({ label: labels.other, options: [], onchange: i => set({ other: listed(state())[i].model }) });
    controls.append(
      benchmark,
      h(
        "div",
        { class: "bk-cost-axis", role: "group", "aria-label": labels.axis },
        h("p", { class: "bk-why" }, labels.axis),
        h("div", { class: "bk-choice" }, buttons),
      ),
      other,
    );
    const svg = s("svg", { class: "bk-cost", role: "radiogroup" });
    const table = h("div", { class: "bk-scroll", tabindex: 0, role: "region", "aria-label": labels.table });
    stage.append(svg, h("p", { class: "bk-why" }, labels.table), table);
    const plotted = now =>
      listed(now)
        .map((point, i) => ({ ...point, n: i + 1 }))
        .filter(point => point[now.axis] !== null);
    svg.addEventListener("keydown", event => {
      const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (!way) return;
      event.preventDefault();
      const now = state();
      const list = plotted(now).sort((a, b) => a[now.axis] - b[now.axis] || a.score - b.score);
      const place = list.findIndex(point => point.model === now.model);
      set({ model: list[clamp(place < 0 ? 0 : place + way, 0, list.length - 1)].model });
      requestAnimationFrame(() => requestAnimationFrame(() => svg.querySelector("[tabindex='0']")?.focus({ preventScroll: true })));
    });

    function plot(now) {
      const wide = clamp(api.width(), 280, 760);
      const high = 340;
      const left = 40;
      const bottom = high - 44;
      const {
        x: [a, b],
        y: [c, d],
        ticks,
        steps,
      } = scales(now);
      const at = x => left + (Math.log(x / a) / Math.log(b / a)) * (wide - left - 12);
      const up = y => bottom - ((y - c) / (d - c)) * (bottom - 14);
      const list = plotted(now);
      const held = svg.contains(document.activeElement);
      const focus = list.some(point => point.model === now.model) ? now.model : list[0].model;
      const unit = now.axis === "cost" ? list[0].cost_unit : labels.millions;
      const near = point => (point.model === now.model ? 0 : point.model === now.other ? 1 : 2);
      const dots = list.map(point => ({ x: at(point[now.axis]), y: up(point.score), text: point.model, near: near(point) }));
      const names = named(
        dots.sort((p, q) => p.near - q.near),
        [left, wide, 2, bottom],
      );
      const order = point => (point.model === now.model ? 2 : point.model === now.other ? 1 : 0);
      put(svg, {
        viewBox: `0 0 ${wide} ${high}`,
        width: wide,
        height: high,
        "aria-label": fill(labels.stage, { benchmark: now.benchmark, unit }),
      });
      svg.replaceChildren(
        ...ticks.flatMap(x => [
          s("line", { class: "bk-grid", x1: at(x), x2: at(x), y1: 6, y2: bottom }),
          s("text", { class: "bk-small", x: at(x), y: bottom + 17, "text-anchor": "middle", "aria-hidden": "true" }, amount(x)),
        ]),
        ...steps.flatMap(y => [
          s("line", { class: "bk-grid", x1: left, x2: wide, y1: up(y), y2: up(y) }),
          s("text", { class: "bk-small", x: left - 6, y: up(y) + 4, "text-anchor": "end", "aria-hidden": "true" }, number(y, 1, true)),
        ]),
        s("text", { class: "bk-small", x: wide, y: high - 4, "text-anchor": "end", "aria-hidden": "true" }, `${unit} →`),
        s("text", { class: "bk-small", x: 0, y: 4, "aria-hidden": "true" }, `↑ ${labels.up}`),
        ...names.map(({ text, anchor, x, y }) =>
          s(
            "text",
            { class: "bk-small bk-cost-label", x: x.toFixed(1), y: y.toFixed(1), "text-anchor": anchor, "aria-hidden": "true" },
            text,
          ),
        ),
        ...list
          .sort((p, q) => order(p) - order(q))
          .map(point =>
            s(
              "g",
              {
                role: "radio",
                tabindex: point.model === focus ? 0 : -1,
                "aria-checked": String(point.model === now.model),
                "aria-label": fill(labels.mark, { ...point, score: scored(point.score), values: values(point) }),
                class: `bk-cost-dot${point.model === now.model ? " bk-cost-on" : point.model === now.other ? " bk-cost-other" : ""}`,
                onclick: () => set({ model: point.model }),
              },
              s("circle", { cx: at(point[now.axis]).toFixed(1), cy: up(point.score).toFixed(1), r: 11 }),
              s("text", { x: at(point[now.axis]).toFixed(1), y: (up(point.score) + 4).toFixed(1), "text-anchor": "middle" }, point.n),
            ),
          ),
      );
      if (held) svg.querySelector("[tabindex='0']").focus({ preventScroll: true });
    }

    return now => {
      const list = listed(now);
      benchmark.update(all.indexOf(now.benchmark));
      AXES.forEach((axis, i) =>
        put(buttons[i], { "aria-pressed": now.axis === axis, "aria-disabled": list.every(point => point[axis] === null) }),
      );
      other.querySelector("select").replaceChildren(...list.map((point, i) => h("option", { value: i }, point.model)));
      other.update(
        list.findIndex(point => point.model === now.other),
        list.map(point => point.model),
      );
      plot(now);
      const held = table.contains(document.activeElement) && document.activeElement !== table;
      table.replaceChildren(
        h(
          "table",
          { class: "bk-cost-table" },
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              Object.values(labels.columns).map(name => h("th", { scope: "col" }, name)),
            ),
          ),
          h(
            "tbody",
            {},
            list.map((point, i) =>
              h(
                "tr",
                { class: point.model === now.model && "bk-cost-row" },
                h(
                  "th",
                  { scope: "row" },
                  h(
                    "button",
                    {
                      type: "button",
                      class: "bk-cost-name",
                      "aria-pressed": String(point.model === now.model),
                      onclick: () => set({ model: point.model }),
                    },
                    `${i + 1}. ${point.model}`,
                  ),
                ),
                h("td", {}, scored(point.score)),
                ["parameters", "cost"].map(name =>
                  h("td", {}, point[name] === null ? labels.none : fill(labels[name], { x: amount(point[name]), unit: point.cost_unit })),
                ),
                h("td", { class: "bk-cost-where" }, point.where),
              ),
            ),
          ),
        ),
      );
      if (held) table.querySelector("[aria-pressed='true']").focus({ preventScroll: true });
      return sentence(now);
    };
  }

  return { build, sentence, listed, scored, amount, ratio, values, scales, named };
});
