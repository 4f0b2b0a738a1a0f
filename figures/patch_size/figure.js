import { bookFigure, clamp, fill, h, number, put, rangeControl, s } from "../_lib/chrome.js";

export default bookFigure((labels, traits) => {
  const SIDES = [1, 2, 4, 7, 8, 14, 16, 28, 32, 56, 112, 224].toReversed();
  const WHOLE = 224;
  const D = 768;
  const LEAST = 4; // px of a patch whose border is drawn
  const grouped = x => String(x).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const percent = x => number(100 * x, 0);

  function short(x) {
    let power = 0;
    while (x >= 1000 && power < labels.units.length - 1) {
      x /= 1000;
      power += 1;
    }
    return `${number(x, x < 10 && power ? 1 : 0)}${labels.units[power]}`;
  }

  /* The chosen patch: its side, row and column, and what a block costs with patches of that side. */
  function about({ size, place }) {
    const side = SIDES[size];
    const rows = WHOLE / side;
    const n = rows * rows;
    const [row, column] = place.map(at => Math.floor(at / side));
    const linear = 12 * n * D * D;
    const pairs = 2 * n * n * D;
    return { side, rows, n, row, column, linear, pairs, total: linear + pairs, numbers: 3 * side * side };
  }

  function sentence(now) {
    const { side, n, pairs, total } = about(now);
    return fill(labels.readout, { side, n: grouped(n), pairs: grouped(n * n), total: short(total), share: percent(pairs / total) });
  }

  function build({ state, set, controls, stage }) {
    const { photograph } = state().data;
    const size = rangeControl({
      label: labels.size,
      low: 0,
      high: traits.size.maximum,
      big: 3,
      show: i => fill(labels.px, { side: SIDES[i] }),
      onchange: i => set({ size: i }),
    });
    controls.append(size);

    const picture = () => s("image", { href: photograph, width: WHOLE, height: WHOLE, class: "bk-patch-pixels" });
    const lines = s("path", { class: "bk-patch-line" });
    const under = s("path", { class: "bk-patch-line bk-patch-under" });
    const frame = s("rect", { class: "bk-patch-frame" });
    const halo = s("rect", { class: "bk-patch-halo" });
    const handle = s("g", { tabindex: 0, role: "slider", class: "bk-patch-handle", "aria-label": labels.patch }, halo, frame);
    const whole = s("svg", { viewBox: `-2 -2 ${WHOLE + 4} ${WHOLE + 4}`, class: "bk-patch-whole" }, picture(), under, lines, handle);
    const choose = (row, column) => {
      const { side, rows } = about(state());
      set({ place: [row, column].map(i => clamp(i, 0, rows - 1) * side + Math.floor(side / 2)) });
    };
    handle.addEventListener("keydown", event => {
      const way = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
      if (!way) return;
      event.preventDefault();
      const { row, column } = about(state());
      const [down, right] = way.map(x => (event.shiftKey ? 4 * x : x));
      choose(row + down, column + right);
    });
    whole.addEventListener("pointerdown", event => {
      if (event.button) return;
      event.preventDefault();
      handle.focus({ preventScroll: true });
      const box = whole.getBoundingClientRect();
      const { side } = about(state());
      const inPixels = (at, extent) => (at / extent) * (WHOLE + 4) - 2;
      choose(
        Math.floor(inPixels(event.clientY - box.top, box.height) / side),
        Math.floor(inPixels(event.clientX - box.left, box.width) / side),
      );
    });

    const part = s("svg", { width: 100, height: 100, class: "bk-patch-part" }, picture());
    const enlarged = s(
      "svg",
      { viewBox: "0 0 100 100", class: "bk-patch-enlarged", role: "img", "aria-label": labels.enlarged },
      part,
      s("rect", { width: 100, height: 100, class: "bk-patch-edge" }),
    );
    const where = h("p", { class: "bk-see-head" });
    const cells = labels.rows.map(() => h("td", {}));
    const table = h(
      "table",
      {},
      h(
        "tbody",
        {},
        labels.rows.map((name, i) => h("tr", {}, h("th", { scope: "row" }, name), cells[i])),
      ),
    );
    const linearPart = h("span", { class: "bk-patch-linear" });
    const pairsPart = h("span", { class: "bk-patch-pairs" });
    const bar = h("div", { class: "bk-patch-bar", role: "img" }, linearPart, pairsPart);
    const linearName = h("span", { class: "bk-patch-linear-name" });
    const pairsName = h("span", { class: "bk-patch-pairs-name" });
    stage.append(
      h(
        "div",
        { class: "bk-patch-two" },
        whole,
        h(
          "div",
          {},
          where,
          enlarged,
          h("div", { class: "bk-scroll" }, table),
          bar,
          h("p", { class: "bk-patch-names" }, linearName, " ", pairsName),
        ),
      ),
    );

    return now => {
      const { side, rows, n, row, column, pairs, linear, total, numbers } = about(now);
      const [x, y] = [column * side, row * side];
      const grid = side < LEAST ? [] : [...Array(rows - 1).keys()].map(i => (i + 1) * side);
      const d = grid.map(at => `M0 ${at}H${WHOLE}M${at} 0V${WHOLE}`).join("");
      size.update(now.size);
      for (const path of [under, lines]) put(path, { d });
      put(whole, { "data-side": side });
      for (const box of [halo, frame]) put(box, { x, y, width: side, height: side });
      const i = row * rows + column + 1;
      const said = fill(labels.where, { i: grouped(i), n: grouped(n), row: row + 1, column: column + 1 });
      where.textContent = said;
      put(handle, { "aria-valuemin": 1, "aria-valuemax": n, "aria-valuenow": i, "aria-valuetext": said });
      put(part, { viewBox: `${x} ${y} ${side} ${side}` });
      const values = [
        fill(labels.tokens, { side, n: grouped(n) }),
        fill(labels.patchNumbers, { side, numbers: grouped(numbers) }),
        grouped(n * n),
        short(total),
      ];
      values.forEach((value, k) => (cells[k].textContent = value));
      const share = { linear: percent(linear / total), pairs: percent(pairs / total) };
      put(linearPart, { style: `width: ${((100 * linear) / total).toFixed(2)}%` });
      put(pairsPart, { style: `width: ${((100 * pairs) / total).toFixed(2)}%` });
      put(bar, { "aria-label": fill(labels.bar, share) });
      linearName.textContent = fill(labels.linear, { share: share.linear });
      pairsName.textContent = fill(labels.pairs, { share: share.pairs });
      return sentence(now);
    };
  }

  return { build, sentence, about, short };
});
