import { bookFigure, clamp, fill, h, number, put, s, selectControl } from "../_lib/chrome.js";

export default bookFigure(labels => {
  const SIDE = 8;
  const CELL = 42;
  const EDGE = 3;
  const rowOf = i => Math.floor(i / SIDE);
  const columnOf = i => i % SIDE;
  const mean = list => (list.length ? list.reduce((a, b) => a + b, 0) / list.length : null);
  const cosines = ({ data, when, patch }) =>
    data[when ? "start" : "trained"].slice(patch * SIDE * SIDE, (patch + 1) * SIDE * SIDE).map(x => x / 100);

  const isBorder = i => [rowOf(i), columnOf(i)].some(x => x === 0 || x === SIDE - 1);
  /* The group that patch i belongs to, seen from the chosen one: 0 neighbour, 1 on the border, 2 inside; -1 itself. */
  function groupOf(patch, i) {
    const steps = Math.abs(rowOf(patch) - rowOf(i)) + Math.abs(columnOf(patch) - columnOf(i));
    return steps < 2 ? steps - 1 : isBorder(i) ? 1 : 2;
  }
  /* The mean cosine of the chosen patch with those of each group. */
  function means(now) {
    const found = cosines(now);
    return labels.groups.map((_, group) => mean(found.filter((__, i) => groupOf(now.patch, i) === group)));
  }

  function sentence(now) {
    const { patch, when } = now;
    const found = cosines(now);
    const others = found.map((x, i) => (i === patch ? -Infinity : x));
    const most = Math.max(...others);
    const best = others.indexOf(most);
    const [near, border, inside] = means(now);
    const said = labels.whens[when];
    return fill(labels.readout, {
      when: said[0].toUpperCase() + said.slice(1),
      row: rowOf(patch) + 1,
      column: columnOf(patch) + 1,
      otherRow: rowOf(best) + 1,
      otherColumn: columnOf(best) + 1,
      most: number(most),
      near: number(near),
      border: number(border),
      inside: number(inside),
    });
  }

  function build({ state, set, controls, stage }) {
    const when = selectControl({ label: labels.when, options: labels.whens, onchange: i => set({ when: i }) });
    controls.append(when);
    const at = i => ({ x: EDGE + columnOf(i) * CELL, y: EDGE + rowOf(i) * CELL });
    const cells = Array.from({ length: SIDE * SIDE }, (_, i) => {
      const { x, y } = at(i);
      const box = s("rect", { x, y, width: CELL, height: CELL, class: "bk-similar-cell" });
      const text = s("text", { x: x + CELL / 2, y: y + CELL / 2 + 4.5, "text-anchor": "middle", class: "bk-similar-number" });
      return { box, text };
    });
    const frame = s("rect", { width: CELL, height: CELL, class: "bk-similar-frame" });
    const handle = s("g", { tabindex: 0, role: "slider", class: "bk-similar-handle", "aria-label": labels.patch }, frame);
    const extent = SIDE * CELL + 2 * EDGE;
    const grid = s(
      "svg",
      { viewBox: `0 0 ${extent} ${extent}`, class: "bk-similar-grid" },
      cells.map(({ box, text }) => [box, text]),
      handle,
    );
    const choose = (row, column) => set({ patch: clamp(row, 0, SIDE - 1) * SIDE + clamp(column, 0, SIDE - 1) });
    handle.addEventListener("keydown", event => {
      const way = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
      if (!way) return;
      event.preventDefault();
      const { patch } = state();
      const [down, right] = way.map(x => (event.shiftKey ? 3 * x : x));
      choose(rowOf(patch) + down, columnOf(patch) + right);
    });
    const point = event => {
      const box = grid.getBoundingClientRect();
      const index = (place, size) => Math.floor(((place / size) * extent - EDGE) / CELL);
      const row = clamp(index(event.clientY - box.top, box.height), 0, SIDE - 1);
      const column = clamp(index(event.clientX - box.left, box.width), 0, SIDE - 1);
      if (row * SIDE + column !== state().patch) choose(row, column);
    };
    grid.addEventListener("pointermove", event => {
      if (event.pointerType === "mouse") point(event);
    });
    grid.addEventListener("pointerdown", event => {
      if (event.button) return;
      handle.focus({ preventScroll: true });
      point(event);
      event.preventDefault();
    });
    const values = labels.groups.map(() => h("td", {}));
    const table = h(
      "table",
      {},
      h(
        "tbody",
        {},
        labels.groups.map((name, i) => h("tr", {}, h("th", { scope: "row" }, name), values[i])),
      ),
    );
    stage.append(h("div", { class: "bk-similar-two" }, grid, h("div", {}, h("p", { class: "bk-see-head" }, labels.groupHead), table)));

    return now => {
      const { patch } = now;
      const found = cosines(now);
      when.update(now.when);
      found.forEach((cosine, i) => {
        const { box, text } = cells[i];
        put(box, {
          class: `bk-similar-cell bk-similar-${cosine < 0 ? "apart" : "alike"}`,
          "fill-opacity": number(0.6 * Math.abs(cosine)).replace("−", "-"),
        });
        text.textContent = number(cosine);
      });
      put(frame, at(patch));
      const said = fill(labels.where, { row: rowOf(patch) + 1, column: columnOf(patch) + 1 });
      put(handle, { "aria-valuemin": 1, "aria-valuemax": SIDE * SIDE, "aria-valuenow": patch + 1, "aria-valuetext": said });
      means(now).forEach((x, i) => (values[i].textContent = x === null ? labels.none : number(x)));
      return sentence(now);
    };
  }

  return { build, sentence, cosines, means, groupOf };
});
