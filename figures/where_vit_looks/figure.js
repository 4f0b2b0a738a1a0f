import { bookFigure, clamp, fill, h, number, put, s, selectControl } from "../_lib/chrome.js";
import { sceneView } from "../_lib/scene.js";

export default bookFigure(labels => {
  const GRID = [8, 8];
  const N = GRID[0] * GRID[1];
  const MOST = 8; // patches of a map that count
  const HEADS = 4;
  const LAYERS = 4;
  const ROLLOUT = LAYERS * (1 + HEADS);
  const percent = (x, digits = 1) => number(x / 100, digits);

  const pictureOf = ({ data, picture }) => data.pictures[picture];
  const order = values => [...values.keys()].sort((a, b) => values[b] - values[a]);
  const most = values => order(values).slice(0, MOST);
  const agreement = (one, map) => most(one.maps[map]).filter(i => most(one.costs).includes(i)).length;
  const mapName = map =>
    map === ROLLOUT
      ? labels.rollout
      : fill(map % (1 + HEADS) ? labels.head : labels.mean, { layer: Math.floor(map / (1 + HEADS)) + 1, head: map % (1 + HEADS) });
  const placeOf = i => fill(labels.place, { row: Math.floor(i / GRID[1]) + 1, column: (i % GRID[1]) + 1 });
  const probability = x => number(x / 1e4, 3);

  function sentence(now) {
    const { data, map, patch } = now;
    const one = pictureOf(now);
    const [weights, costs] = [one.maps[map], one.costs];
    const before = Math.round(1e4 * one.p);
    return fill(labels.readout, {
      map: mapName(map),
      place: placeOf(patch),
      weight: percent(weights[patch]),
      rank: order(weights).indexOf(patch) + 1,
      name: data.classes[one.label],
      before: probability(before),
      after: probability(before - costs[patch] / 100),
      costRank: order(costs).indexOf(patch) + 1,
      same: agreement(one, map),
      mean: number(data.agreement[map], 1),
    });
  }

  function build({ state, set, controls, stage }) {
    const { data } = state();
    const choose = selectControl({
      label: labels.picture,
      options: data.pictures.map(({ label }) => fill(labels.pictureName, { name: data.classes[label] })),
      onchange: picture => set({ picture }),
    });
    controls.append(choose);
    const views = [labels.looks, labels.costs].map((title, i) => {
      const view = sceneView();
      const frame = s("rect", { class: "bk-cell-frame" });
      const handle = s("g", { tabindex: 0, role: "slider", class: "bk-cell-handle" }, s("rect", { class: "bk-cell-halo" }), frame);
      put(handle, { "aria-label": fill(labels.chosen, { title }), "aria-valuemin": 0, "aria-valuemax": N - 1 });
      view.svg.append(handle);
      view.svg.classList.add("bk-cell-scene");
      handle.addEventListener("keydown", event => {
        const way = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
        if (!way) return;
        event.preventDefault();
        const [row, column] = [Math.floor(state().patch / GRID[1]), state().patch % GRID[1]];
        const far = event.shiftKey ? 3 : 1;
        set({ patch: clamp(row + far * way[0], 0, GRID[0] - 1) * GRID[1] + clamp(column + far * way[1], 0, GRID[1] - 1) });
      });
      view.svg.addEventListener("pointerdown", event => {
        if (event.button) return;
        event.preventDefault();
        const box = view.svg.getBoundingClientRect();
        const [row, column] = [
          [event.clientY - box.top, box.height, GRID[0]],
          [event.clientX - box.left, box.width, GRID[1]],
        ].map(([at, side, n]) => clamp(Math.floor((at / side) * n), 0, n - 1));
        handle.focus({ preventScroll: true });
        set({ patch: row * GRID[1] + column });
      });
      return { view, handle, head: h("p", { class: "bk-see-head" }, title), key: i ? "costs" : "maps" };
    });

    const cell = map => {
      const button = h(
        "button",
        { type: "button", class: "bk-button bk-looks-map", onclick: () => set({ map }) },
        number(data.agreement[map], 1),
      );
      put(button, { "aria-label": `${mapName(map)}: ${number(data.agreement[map], 1)}` });
      return button;
    };
    const buttons = data.agreement.map((_, map) => cell(map));
    const rows = Array.from({ length: LAYERS }, (_, layer) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, fill(labels.layer, { layer: layer + 1 })),
        Array.from({ length: 1 + HEADS }, (_, head) => h("td", {}, buttons[layer * (1 + HEADS) + head])),
      ),
    );
    const table = h(
      "table",
      { class: "bk-looks-table" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          [
            labels.columns.layer,
            labels.columns.mean,
            ...Array.from({ length: HEADS }, (_, i) => fill(labels.columns.head, { head: i + 1 })),
          ].map(text => h("th", { scope: "col" }, text)),
        ),
      ),
      h("tbody", {}, rows, h("tr", {}, h("th", { scope: "row" }, labels.columns.rollout), h("td", {}, buttons[ROLLOUT]))),
    );
    const compare = fill(labels.compare, { box: number(data.by_box, 1), n: data.n, matters: data.matters });
    stage.append(
      h(
        "div",
        { class: "bk-query-two" },
        views.map(({ view, head }) => h("div", {}, head, view.svg)),
      ),
      h("p", { class: "bk-see-head bk-looks-head" }, fill(labels.table, { n: data.n })),
      h("div", { class: "bk-looks-both" }, table, h("p", { class: "bk-why" }, compare)),
    );

    return now => {
      const one = pictureOf(now);
      choose.update(now.picture);
      views.forEach(({ view, handle, key }) => {
        const values = (key === "maps" ? one.maps[now.map] : one.costs).map(x => Math.max(x, 0));
        view.show(one, fill(labels[key === "maps" ? "looksPicture" : "costsPicture"], { map: mapName(now.map) }), false);
        view.dim(values, GRID);
        view.marks.replaceChildren(...most(values).map(i => s("rect", { ...view.cell(i, GRID), class: "bk-query-other" })));
        [...handle.children].forEach(rect => put(rect, view.cell(now.patch, GRID)));
        put(handle, {
          "aria-valuenow": now.patch,
          "aria-valuetext": fill(labels[key === "maps" ? "looksAt" : "costsAt"], {
            place: placeOf(now.patch),
            x: percent(key === "maps" ? values[now.patch] : one.costs[now.patch] / 100),
          }),
        });
      });
      buttons.forEach((button, map) => put(button, { "aria-pressed": map === now.map }));
      return sentence(now);
    };
  }

  return { build, sentence, most, agreement };
});
