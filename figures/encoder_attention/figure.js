import { bookFigure, clamp, fill, h, number, put, s, selectControl } from "../_lib/chrome.js";
import { sceneView, unpacked } from "../_lib/scene.js";

export default bookFigure(labels => {
  const MEAN = -1;
  const add = list => list.reduce((a, b) => a + b, 0);
  const percent = x => fill(labels.percent, { x: number(100 * x, 0) });

  function weights({ data, scene, map, cell }) {
    const { grid, maps } = data.scenes[scene];
    const n = grid[0] * grid[1];
    const place = cell[0] * grid[1] + cell[1];
    return unpacked(maps[map][2]).slice(place * n, (place + 1) * n);
  }
  /* For each cell the object it belongs to, -1 for ground; where boxes overlap, the smaller one has the cell. */
  function owners({ data, scene }) {
    const {
      objects,
      grid: [rows, columns],
    } = data.scenes[scene];
    const found = Array(rows * columns).fill(-1);
    const order = objects.map((_, i) => i).sort((a, b) => objects[b][3] * objects[b][4] - objects[a][3] * objects[a][4]);
    for (const i of order) {
      const [cx, cy, w, h] = objects[i].slice(1).map(x => x / 1e4);
      found.forEach((_, place) => {
        const row = Math.floor(place / columns);
        const column = place % columns;
        const within = Math.abs((column + 0.5) / columns - cx) <= w / 2 && Math.abs((row + 0.5) / rows - cy) <= h / 2;
        if (within || (column === Math.trunc(cx * columns) && row === Math.trunc(cy * rows))) found[place] = i;
      });
    }
    return found;
  }
  /* The share of the attention on the cells of each object, and last on the ground. */
  function shares(now) {
    const looks = weights(now);
    const whose = owners(now);
    const total = add(looks);
    const { objects } = now.data.scenes[now.scene];
    return [...objects.keys(), -1].map(i => add(looks.filter((_, place) => whose[place] === i)) / total);
  }
  const names = ({ data, scene }) => [
    ...data.scenes[scene].objects.map(([label], i) => fill(labels.object, { i: i + 1, name: data.classes[label] })),
    labels.ground,
  ];
  const mapName = ([layer, head]) => fill(head === MEAN ? labels.mean : labels.head, { layer: layer + 1, head: head + 1 });

  function sentence(now) {
    const { data, scene, map, cell } = now;
    const one = data.scenes[scene];
    const columns = one.grid[1];
    const looks = weights(now);
    const whose = owners(now);
    const top = Math.max(...looks);
    const best = looks.indexOf(top);
    const owner = whose[cell[0] * columns + cell[1]];
    const count = whose.filter(i => i === owner).length;
    return fill(owner < 0 ? labels.readoutGround : labels.readout, {
      map: mapName(one.maps[map]),
      row: cell[0] + 1,
      column: cell[1] + 1,
      name: names(now).at(owner),
      share: percent(shares(now).at(owner)),
      count,
      even: percent(count / whose.length),
      there: names(now).at(whose[best]),
      weight: percent(top / add(looks)),
      bestRow: Math.floor(best / columns) + 1,
      bestColumn: (best % columns) + 1,
    });
  }

  function build({ state, set, controls, stage }) {
    const { data } = state();
    const { scenes } = data;
    const fits = (scene, cell) => cell.map((x, axis) => Math.min(x, scenes[scene].grid[axis] - 1));
    const choose = selectControl({
      label: labels.scene,
      options: scenes.map((_, i) => fill(labels.sceneName, { i: i + 1 })),
      onchange: scene => set({ scene, cell: fits(scene, state().cell) }),
    });
    const kind = selectControl({ label: labels.map, options: scenes[0].maps.map(mapName), onchange: map => set({ map }) });
    if (scenes.length > 1) controls.append(choose);
    controls.append(kind);
    const view = sceneView();
    const frame = s("rect", { class: "bk-cell-frame" });
    const handle = s(
      "g",
      { tabindex: 0, role: "slider", class: "bk-cell-handle", "aria-label": labels.cell },
      s("rect", { class: "bk-cell-halo" }),
      frame,
    );
    view.svg.append(handle);
    view.svg.classList.add("bk-cell-scene");
    const move = (rows, columns) => {
      const { scene, cell } = state();
      const { grid } = scenes[scene];
      set({ cell: [clamp(cell[0] + rows, 0, grid[0] - 1), clamp(cell[1] + columns, 0, grid[1] - 1)] });
    };
    handle.addEventListener("keydown", event => {
      const way = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
      if (!way) return;
      event.preventDefault();
      move(...way.map(x => (event.shiftKey ? 3 * x : x)));
    });
    const point = event => {
      const box = view.svg.getBoundingClientRect();
      const { grid } = scenes[state().scene];
      set({
        cell: [
          [event.clientY - box.top, box.height, grid[0]],
          [event.clientX - box.left, box.width, grid[1]],
        ].map(([at, side, n]) => clamp(Math.floor((at / side) * n), 0, n - 1)),
      });
    };
    view.svg.addEventListener("pointerdown", event => {
      if (!event.button) {
        if (event.pointerType === "mouse") view.svg.setPointerCapture(event.pointerId);
        handle.focus({ preventScroll: true });
        point(event);
        event.preventDefault();
      }
    });
    view.svg.addEventListener("pointermove", event => {
      if (view.svg.hasPointerCapture(event.pointerId)) point(event);
    });
    const bars = h("div", { class: "bk-bars" });
    stage.append(h("div", { class: "bk-cell-two" }, view.svg, h("div", {}, h("p", { class: "bk-see-head" }, labels.split), bars)));

    return now => {
      const {
        scene,
        map,
        cell: [row, column],
      } = now;
      const one = scenes[scene];
      const [rows, columns] = one.grid;
      const looks = weights(now);
      const total = add(looks);
      const whose = owners(now);
      const parts = shares(now);
      const called = names(now);
      choose.update(scene);
      kind.update(map);
      view.show(one, fill(labels.picture, { map: mapName(one.maps[map]), row: row + 1, column: column + 1 }), true);
      view.dim(looks, one.grid);
      view.marks.replaceChildren(
        ...(columns <= 10
          ? looks.map((share, place) => {
              const { x, y, width, height } = view.cell(place, one.grid);
              return s(
                "text",
                { x: x + width / 2, y: y + height / 2 + 5, "text-anchor": "middle", class: "bk-scene-name" },
                number((100 * share) / total, 0),
              );
            })
          : []),
      );
      [...handle.children].forEach(rect => put(rect, view.cell(row * columns + column, one.grid)));
      put(handle, {
        "aria-valuemin": 0,
        "aria-valuemax": rows * columns - 1,
        "aria-valuenow": row * columns + column,
        "aria-valuetext": fill(labels.cellAt, { row: row + 1, column: column + 1, name: called.at(whose[row * columns + column]) }),
      });
      bars.replaceChildren(
        ...parts.map((share, i) => {
          const mine = (i < one.objects.length ? i : -1) === whose[row * columns + column];
          const even = whose.filter(owner => owner === (i < one.objects.length ? i : -1)).length / whose.length;
          return h(
            "div",
            { class: "bk-bar-row" },
            mine ? h("strong", { class: "bk-bar-name bk-q" }, called[i]) : h("span", { class: "bk-bar-name" }, called[i]),
            h(
              "span",
              { class: "bk-bar", style: `--guess:${100 * even}%` },
              h("span", { class: "bk-bar-fill", style: `width:${100 * share}%` }),
            ),
            h("span", { class: "bk-bar-share" }, percent(share)),
          );
        }),
      );
      return sentence(now);
    };
  }

  return { build, sentence, weights, owners, shares };
});
