import { bookFigure, fill, h, number, put, s, selectControl } from "../_lib/chrome.js";

export default bookFigure((labels, traits) => {
  const [HIGH, WIDE] = [360, 640]; // of a picture as drawn
  const PLACES = Object.keys(labels.places);
  const N = traits.query.maximum + 1;
  const share = (part, whole) => `${number(whole ? (100 * part) / whole : 0, 0)}\u00a0%`;
  /* A recorded curve as the path of an SVG. */
  const pathOf = (xs, rows) =>
    xs
      .map((x, i) =>
        x === null ? "" : `${i && xs[i - 1] !== null ? "L" : "M"}${((x * WIDE) / 1000).toFixed(0)} ${(rows[i] * HIGH).toFixed(0)}`,
      )
      .join("");
  /* Where a recorded curve is lowest in the picture: [x, y] as drawn. */
  function foot(xs, rows) {
    const last = xs.findLastIndex(x => x !== null && x > 20 && x < 960);
    return last < 0 ? null : [(xs[last] * WIDE) / 1000, rows[last] * HIGH];
  }
  const usual = ({ places }) => PLACES.reduce((best, place) => (places[place] > places[best] ? place : best));

  function sentence({ query, data }) {
    const one = data.queries[query];
    if (!one.reports) return fill(labels.silent, { query, roads: data.roads });
    const place = usual(one);
    return fill(labels.readout, {
      query,
      roads: data.roads,
      share: share(one.reports, data.roads),
      place: labels.line[place],
      most: share(one.places[place], one.reports),
    });
  }

  function build({ state, set, controls, stage }) {
    const road = selectControl({ label: labels.road, options: labels.roads, onchange: i => set({ road: i }) });
    controls.append(road);
    const clouds = Array.from({ length: N }, (_, i) => {
      const lines = s("path", { class: "bk-lanes-cloud" });
      const svg = s(
        "svg",
        { viewBox: `0 160 ${WIDE} 200`, "aria-hidden": true },
        s("rect", { y: 160, width: WIDE, height: 200, class: "bk-lanes-frame" }),
        lines,
      );
      const count = h("span", {});
      const node = h(
        "button",
        { type: "button", class: "bk-button bk-lanes-query", onclick: () => set({ query: i }) },
        h("span", {}, fill(labels.query, { query: i })),
        svg,
        count,
      );
      return { node, lines, count };
    });
    const image = s("image", { class: "bk-pixels", preserveAspectRatio: "none", width: WIDE, height: HIGH });
    const marks = s("g", {});
    const seen = s("svg", { class: "bk-lanes-road", viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img" }, image, marks);
    const caption = h("p", { class: "bk-why" });
    const rows = h("tbody", {});
    stage.append(
      h(
        "div",
        { class: "bk-lanes" },
        h(
          "div",
          { class: "bk-lanes-queries", role: "group", "aria-label": labels.queries },
          clouds.map(({ node }) => node),
        ),
        h("div", {}, seen, caption),
        h("div", {}, h("table", { class: "bk-lanes-places" }, h("caption", {}, labels.table), rows)),
      ),
    );

    return now => {
      const { query, data } = now;
      clouds.forEach(({ node, lines, count }, i) => {
        const own = data.queries[i];
        put(lines, { d: own.lanes.map(xs => pathOf(xs, data.rows)).join("") });
        count.textContent = share(own.reports, data.roads);
        put(node, { "aria-pressed": i === query });
      });
      const shown = data.shown[now.road];
      put(image, { href: shown.image });
      marks.replaceChildren(
        ...shown.reports.flatMap(([i, , xs]) => {
          const d = pathOf(xs, data.rows);
          return [s("path", { d, class: "bk-lanes-halo" }), s("path", { d, class: i === query ? "bk-lanes-own" : "bk-lanes-other" })];
        }),
        ...shown.reports.flatMap(([i, , xs]) => {
          const at = foot(xs, data.rows);
          return at
            ? [s("text", { x: at[0] + 6, y: at[1] - 6, class: `bk-lanes-name ${i === query ? "bk-lanes-name-own" : ""}` }, `q${i}`)]
            : [];
        }),
      );
      const asks = shown.reports.find(([i]) => i === query);
      caption.textContent = asks ? fill(labels.reports, { query, score: number(asks[1]) }) : fill(labels.quiet, { query });
      put(seen, { "aria-label": fill(labels.seenLabel, { lines: shown.lines, n: shown.reports.length }) });
      const own = data.queries[query];
      rows.replaceChildren(
        ...PLACES.map(place =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, labels.places[place]),
            h("td", {}, share(own.places[place], own.reports)),
            h(
              "td",
              { class: "bk-lanes-bar" },
              h("span", { style: `width: ${own.reports ? (100 * own.places[place]) / own.reports : 0}%` }),
            ),
          ),
        ),
      );
      road.update(now.road, labels.roads);
      return sentence(state());
    };
  }

  return { build, sentence };
});
