import { bookFigure, clamp, dragging, fill, h, number, put, rangeControl, s, selectControl } from "../_lib/chrome.js";

export default bookFigure((labels, traits) => {
  const AXES = traits.axis.enum;
  const HIGH = 330;
  const LEFT = 44;
  const BOTTOM = HIGH - 46;

  const listed = ({ data, model }) => data.filter(one => one.model === model);
  const original = now => listed(now).find(one => one.method === "original");
  /* What the trained ones are compared with: the original with as much further training. */
  const control = now => listed(now).findLast(one => one.method === "original");
  /* The ends of the axis, a little beyond the variants, and what a budget of 0 to 100 means between them, on a scale of ratios. */
  function ends(now) {
    const values = listed(now).map(one => one[now.axis]);
    return [Math.min(...values) / 1.15, Math.max(...values) * 1.15];
  }
  const allowed = now => {
    const [low, high] = ends(now);
    return low * (high / low) ** (now.budget / 100);
  };
  const within = now => listed(now).filter(one => one[now.axis] <= allowed(now));
  /* The best variant under the budget; of equally good ones the cheapest. */
  const best = now =>
    within(now).reduce(
      (a, b) => (!a || b.quality > a.quality || (b.quality === a.quality && b[now.axis] < a[now.axis]) ? b : a),
      undefined,
    );
  /* The variants that nothing beats: each is better than all that are cheaper. Cheapest first. */
  function front(now) {
    const sorted = listed(now).sort((a, b) => a[now.axis] - b[now.axis] || b.quality - a.quality);
    return sorted.filter((one, i) => sorted.slice(0, i).every(other => other.quality < one.quality));
  }

  const bytes = x => (x >= 1e6 ? fill(labels.megabytes, { x: number(x / 1e6) }) : fill(labels.kilobytes, { x: number(x / 1e3, 0) }));
  const counted = x => fill(labels.millions, { x: number(x / 1e6, x < 1e7 ? 1 : 0) });
  const times = x => fill(labels.times, { x: number(x) });
  const shown = (axis, x) => ({ bytes, multiplications: counted, time: times })[axis](x);
  const quality = (model, x) => (model === "detr" ? fill(labels.ap, { x: number(x) }) : fill(labels.right, { x: number(100 * x, 1) }));
  function sentence(now) {
    const limit = shown(now.axis, allowed(now));
    const one = best(now);
    const whole = original(now);
    if (!one) return fill(labels.none, { limit, axis: labels.axes[now.axis] });
    const values = {
      limit: fill(labels.limits[now.axis], { limit }),
      name: one.name,
      quality: quality(now.model, one.quality),
      whole: quality(now.model, control(now).quality),
      bytes: bytes(one.bytes),
      size: number(one.bytes / whole.bytes),
      multiplications: number(one.multiplications / whole.multiplications),
      time: number(one.time),
    };
    return fill(labels.readout, values);
  }

  function build(api) {
    const { state, set, controls, stage } = api;
    const model = selectControl({
      label: labels.model,
      options: traits.model.enum.map(name => labels.models[name]),
      onchange: i => set({ model: traits.model.enum[i] }),
    });
    const axis = selectControl({ label: labels.axis, options: AXES.map(name => labels.axes[name]), onchange: i => set({ axis: AXES[i] }) });
    const budget = rangeControl({
      label: labels.budget,
      low: 0,
      high: 100,
      big: 10,
      show: value => fill(labels.limits[state().axis], { limit: shown(state().axis, allowed({ ...state(), budget: value })) }),
      onchange: value => set({ budget: value }),
    });
    controls.append(model, axis, budget);

    const svg = s("svg", { class: "bk-pick", role: "group" });
    const back = s("g", { "aria-hidden": "true" });
    const shade = s("rect", { class: "bk-pick-shade", y: 8, height: BOTTOM - 8 });
    const line = s("line", { class: "bk-pick-line", y1: 8, y2: BOTTOM });
    const grip = s("rect", { class: "bk-pick-grip", width: 10, height: 34, rx: 5, y: BOTTOM / 2 - 17 });
    const hit = s("rect", { class: "bk-hit", width: 44, y: 8, height: BOTTOM - 8 });
    const handle = s("g", { class: "bk-handle", tabindex: 0, role: "slider", "aria-valuemin": 0, "aria-valuemax": 100 }, hit, line, grip);
    const marks = s("g", { "aria-hidden": "true" });
    svg.append(back, shade, marks, handle);
    const width = () => clamp(api.width(), 280, 760);
    const span = () => width() - LEFT - 14;
    dragging(
      svg,
      api,
      () => [
        {
          node: handle,
          at: () => [LEFT + (state().budget / 100) * span(), BOTTOM / 2],
          move: ([x]) => set({ budget: clamp(Math.round((100 * (x - LEFT)) / span()), 0, 100) }),
          nudge: (dx, dy, big) => set({ budget: clamp(state().budget + (dx || dy) * (big ? 10 : 1), 0, 100) }),
        },
      ],
      400,
    );
    const rows = h("tbody", {});
    const head = h(
      "tr",
      {},
      labels.columns.map(name => h("th", { scope: "col" }, name)),
    );
    const table = h(
      "div",
      { class: "bk-scroll", tabindex: 0, role: "region", "aria-label": labels.table },
      h("table", { class: "bk-pick-table" }, h("thead", {}, head), rows),
    );
    stage.append(svg, h("details", { class: "bk-seen bk-pick-all" }, h("summary", {}, labels.table), table));

    function plot(now) {
      const wide = width();
      const [low, high] = ends(now);
      const list = listed(now);
      const at = x => LEFT + (Math.log(x / low) / Math.log(high / low)) * span();
      const least = Math.min(...list.map(one => one.low));
      const fine = least > 0.85 ? 50 : 10; /* lines of the grid between 0 and 1 */
      const bottom = Math.max(0, Math.floor(fine * least) / fine);
      const top = Math.min(1, Math.ceil(fine * Math.max(...list.map(one => one.high)) + 0.2) / fine);
      const up = y => BOTTOM - ((y - bottom) / (top - bottom)) * (BOTTOM - 16);
      const steps = Array.from({ length: Math.round(fine * (top - bottom)) + 1 }, (_, i) => bottom + i / fine);
      const every = steps.length > 7 ? 2 : 1;
      const lit = best(now);
      const stairs = front(now);
      const path = stairs
        .map((one, i) => `${i ? "H" : "M"}${at(one[now.axis]).toFixed(1)}${i ? "V" : " "}${up(one.quality).toFixed(1)}`)
        .join("");
      const edge = at(allowed(now));
      put(svg, {
        viewBox: `0 0 ${wide} ${HIGH}`,
        width: wide,
        height: HIGH,
        "aria-label": fill(labels.stage, { axis: labels.axes[now.axis], n: list.length }),
      });
      const ticks = ticksOf(low, high, wide < 500 ? 3 : 6);
      back.replaceChildren(
        ...ticks.flatMap(x => [
          s("line", { class: "bk-grid", x1: at(x), x2: at(x), y1: 8, y2: BOTTOM }),
          s("text", { class: "bk-small", x: at(x), y: BOTTOM + 17, "text-anchor": "middle" }, shown(now.axis, x)),
        ]),
        ...steps
          .filter((_, i) => i % every === 0)
          .flatMap(y => [
            s("line", { class: "bk-grid", x1: LEFT, x2: wide - 14, y1: up(y), y2: up(y) }),
            s("text", { class: "bk-small", x: LEFT - 6, y: up(y) + 4, "text-anchor": "end" }, number(y, fine > 10 ? 2 : 1)),
          ]),
        s("text", { class: "bk-small", x: wide - 14, y: HIGH - 6, "text-anchor": "end" }, `${labels.axes[now.axis]} →`),
        s("text", { class: "bk-small", x: 0, y: 4 }, `↑ ${labels.qualities[now.model]}`),
        s("path", { class: "bk-pick-front", d: path }),
      );
      put(shade, { x: edge, width: Math.max(0, wide - 14 - edge) });
      put(line, { x1: edge, x2: edge });
      put(grip, { x: edge - 5 });
      put(hit, { x: edge - 22 });
      put(handle, {
        "aria-label": labels.budget,
        "aria-valuenow": now.budget,
        "aria-valuetext": fill(labels.limits[now.axis], { limit: shown(now.axis, allowed(now)) }),
      });
      const sorted = [...list].sort((a, b) => (a === lit) - (b === lit) || (stairs.includes(a) ? 1 : 0) - (stairs.includes(b) ? 1 : 0));
      const name = lit && nameAt(lit, at(lit[now.axis]), up(lit.quality), wide);
      marks.replaceChildren(
        ...sorted.map(one => {
          const [x, y] = [at(one[now.axis]).toFixed(1), up(one.quality).toFixed(1)];
          const kind = one === lit ? "bk-pick-lit" : one[now.axis] > allowed(now) ? "bk-pick-out" : "";
          return s(
            "g",
            { class: `bk-pick-dot ${kind}` },
            one.high > one.low &&
              s("line", { class: "bk-pick-spread", x1: x, x2: x, y1: up(one.low).toFixed(1), y2: up(one.high).toFixed(1) }),
            s("circle", { cx: x, cy: y, r: one === lit ? 12 : 9 }),
            s("text", { x, y: +y + 4, "text-anchor": "middle" }, labels.letters[one.method]),
          );
        }),
        ...(name ? [name] : []),
      );
    }
    function nameAt({ name }, x, y, wide) {
      const long = 7 * name.length;
      const anchor = x + 18 + long < wide - 14 ? "start" : x - 18 - long > LEFT ? "end" : "middle";
      const place = { start: [x + 14, y - 9], end: [x - 14, y - 9], middle: [clamp(x, LEFT + long / 2, wide - 14 - long / 2), y + 30] };
      return s("text", { class: "bk-name", x: place[anchor][0], y: place[anchor][1], "text-anchor": anchor }, name);
    }

    return now => {
      const lit = best(now);
      model.update(traits.model.enum.indexOf(now.model));
      axis.update(AXES.indexOf(now.axis));
      budget.update(now.budget);
      plot(now);
      rows.replaceChildren(
        ...listed(now)
          .sort((a, b) => b.quality - a.quality || a.bytes - b.bytes)
          .map(one =>
            h(
              "tr",
              { class: one === lit && "bk-pick-row" },
              h("th", { scope: "row" }, `${labels.letters[one.method]} ${one.name}`),
              h("td", {}, quality(one.model, one.quality)),
              h("td", {}, bytes(one.bytes)),
              h("td", {}, counted(one.multiplications)),
              h("td", {}, times(one.time)),
            ),
          ),
      );
      return sentence(now);
    };
  }

  /* At most `most` round numbers between two ends of a scale of ratios. */
  function ticksOf(low, high, most) {
    for (const parts of [[1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]]) {
      const ticks = [];
      for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
        for (const part of parts) ticks.push(part * 10 ** power);
      const inside = ticks.filter(x => x >= low && x <= high);
      if (inside.length <= most) return inside;
    }
    return [];
  }

  return { build, sentence, best, front, allowed, ends, ticksOf };
});
