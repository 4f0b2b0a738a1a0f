import { bookFigure, clamp, fill, h, number, put, s, selectControl } from "../_lib/chrome.js";
import { sceneView, shareInside, unpacked } from "../_lib/scene.js";

export default bookFigure(labels => {
  const SIDE = 300;
  const MARKS = ["M-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0", "M-3 3V-3H3V3z", "M-5 4H5L0-5z"];

  /* All reports: [query, size class, cx, cy] */
  const all = ({ reports }) => {
    const flat = Array.from(atob(reports), c => c.charCodeAt(0));
    return Array.from({ length: flat.length / 4 }, (_, i) => [flat[4 * i], flat[4 * i + 1], flat[4 * i + 2] / 255, flat[4 * i + 3] / 255]);
  };

  const weights = ({ data, scene, query }) => unpacked(data.scenes[scene].maps[query]);
  const reports = ({ data, query }) =>
    all(data)
      .filter(one => one[0] === query)
      .map(one => one.slice(1));
  /* The share of the query's attention on cells whose middle lies in its own box. */
  function inside(now) {
    const one = now.data.scenes[now.scene];
    return shareInside(weights(now), one.grid, one.boxes[now.query]);
  }
  /* Typical distance of points from their mean, as a share of a side. */
  function spread(points) {
    const n = points.length;
    const mean = axis => points.reduce((sum, point) => sum + point[axis], 0) / n;
    const x = mean(0);
    const y = mean(1);
    return Math.sqrt(points.reduce((sum, [a, b]) => sum + (a - x) ** 2 + (b - y) ** 2, 0) / n);
  }
  function sentence(now) {
    const { data, scene, query } = now;
    const one = data.scenes[scene];
    const score = one.scores[query];
    const first = fill(score >= data.least ? labels.readoutSays : labels.readoutSilent, {
      query,
      name: data.classes[one.labels[query]],
      score: number(score),
      inside: `${number(100 * inside(now), 0)} %`,
    });
    const found = reports(now);
    const count = size => found.filter(report => report[0] === size).length;
    if (!found.length) return `${first} ${fill(labels.readoutNever, { over: data.over })}`;
    return `${first} ${fill(labels.readoutReports, {
      over: data.over,
      count: found.length,
      small: count(0),
      medium: count(1),
      large: count(2),
      spread: number(100 * spread(found.map(report => report.slice(1))), 0),
      every: number(100 * spread(all(data).map(report => report.slice(2))), 0),
    })}`;
  }

  function build({ state, set, controls, stage }) {
    const { data } = state();
    const { classes, scenes, least } = data;
    const n = scenes[0].boxes.length;
    const every = all(data);
    const choose = selectControl({
      label: labels.scene,
      options: scenes.map((_, i) => fill(labels.sceneName, { i: i + 1 })),
      onchange: scene => set({ scene }),
    });
    if (scenes.length > 1) controls.append(choose);
    const dots = (query, side) =>
      [0, 1, 2].map(size =>
        s("path", {
          class: `bk-query-dots bk-size-${size}`,
          d: every
            .filter(one => one[0] === query && one[1] === size)
            .map(one => `M${(side * one[2]).toFixed(1)} ${(side * one[3]).toFixed(1)}h0`)
            .join(""),
        }),
      );
    const picks = Array.from({ length: n }, (_, query) =>
      h(
        "button",
        {
          type: "button",
          class: "bk-thumb bk-query",
          onclick: () => set({ query }),
          "aria-label": fill(labels.queryReports, { query, count: every.filter(one => one[0] === query).length }),
          onkeydown: event => {
            const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
            if (!way) return;
            event.preventDefault();
            const next = clamp(query + way, 0, n - 1);
            picks[next].focus();
            set({ query: next });
          },
        },
        s("svg", { viewBox: "-2 -2 48 48", "aria-hidden": "true" }, dots(query, 44)),
        h("span", {}, query),
      ),
    );
    const view = sceneView();
    const name = h("p", { class: "bk-see-head" });
    const about = h("p", { class: "bk-why" });
    const points = s("g", {});
    const plot = s(
      "svg",
      { class: "bk-query-plot", viewBox: `-6 -6 ${SIDE + 12} ${SIDE + 12}`, role: "img" },
      s("rect", { width: SIDE, height: SIDE, class: "bk-frame" }),
      points,
    );
    const counts = labels.sizes.map((_, size) => {
      const text = h("span", {});
      return {
        text,
        node: h(
          "span",
          { class: "bk-query-key" },
          s(
            "svg",
            { viewBox: "-6 -6 12 12", width: 14, height: 14, "aria-hidden": "true" },
            s("path", { d: MARKS[size], class: `bk-size-${size}` }),
          ),
          text,
        ),
      };
    });
    stage.append(
      h("div", { class: "bk-query-picks", role: "group", "aria-label": labels.queries }, picks),
      h(
        "div",
        { class: "bk-query-two" },
        h("div", {}, view.svg, name),
        h(
          "div",
          {},
          plot,
          about,
          h(
            "p",
            { class: "bk-query-keys" },
            counts.map(one => one.node),
          ),
        ),
      ),
    );
    view.svg.addEventListener("click", event => {
      const frame = view.svg.getBoundingClientRect();
      const x = (event.clientX - frame.left) / frame.width;
      const y = (event.clientY - frame.top) / frame.height;
      const one = scenes[state().scene];
      const hit = one.boxes
        .map((box, query) => [box.map(side => side / 1e4), query])
        .filter(([[cx, cy, w, h], query]) => one.scores[query] >= least && Math.abs(x - cx) <= w / 2 && Math.abs(y - cy) <= h / 2);
      if (hit.length) set({ query: hit.sort((a, b) => a[0][2] * a[0][3] - b[0][2] * b[0][3])[0][1] });
    });

    return now => {
      const { scene, query } = now;
      const one = scenes[scene];
      const label = one.labels[query];
      const score = number(one.scores[query]);
      choose.update(scene);
      picks.forEach((pick, i) => {
        pick.setAttribute("aria-pressed", i === query);
        pick.tabIndex = i === query ? 0 : -1;
        pick.classList.toggle("bk-query-quiet", one.scores[i] < least);
      });
      view.show(one, fill(labels.picture, { query, name: classes[label], score }));
      view.dim(weights(now), one.grid);
      const others = one.boxes.map((_, i) => i).filter(i => i !== query && one.scores[i] >= least);
      view.marks.replaceChildren(
        ...others.flatMap(i => s("rect", { ...view.place(one.boxes[i]), class: `bk-query-other bk-class-${one.labels[i]}` })),
        ...view.box(one.boxes[query], `bk-scene-found bk-query-chosen bk-class-${label}`),
      );
      name.textContent = fill(labels.name, { query: fill(labels.query, { query }), name: classes[label], score });
      const found = reports(now);
      points.replaceChildren(
        ...found.map(([size, x, y]) =>
          s("path", {
            d: MARKS[size],
            transform: `translate(${(SIDE * x).toFixed(1)} ${(SIDE * y).toFixed(1)})`,
            class: `bk-query-mark bk-size-${size}`,
          }),
        ),
      );
      about.textContent = fill(labels.centres, { query, over: data.over });
      put(plot, { "aria-label": about.textContent });
      counts.forEach(({ text }, size) => {
        text.textContent = fill(labels.counts, { size: labels.sizes[size], count: found.filter(report => report[0] === size).length });
      });
      return sentence(now);
    };
  }

  return { build, sentence, weights, reports, inside, spread };
});
