import { bookFigure, buttonControl, clamp, fill, h, ids, put, s, toggleControl } from "../_lib/chrome.js";

export default bookFigure(labels => {
  const TALL = 58;
  const GAP = 14;
  const SIDE = 26;

  const find = (chapters, number) => chapters.find(chapter => chapter.number === number);
  /* Numbers of all chapters that one needs, directly or not, in the book's order. */
  function needed({ data: chapters }, number) {
    const found = new Set();
    const open = [number];
    while (open.length)
      for (const other of find(chapters, open.pop()).needs)
        if (!found.has(other)) {
          found.add(other);
          open.push(other);
        }
    return [...found].sort((a, b) => a - b);
  }
  /* Numbers of all chapters that need this one, directly or not. */
  const needing = (now, number) => now.data.map(chapter => chapter.number).filter(other => needed(now, other).includes(number));
  /* How many chapters must be read one after the other before this one. */
  const depth = (chapters, number) => Math.max(-1, ...find(chapters, number).needs.map(other => depth(chapters, other))) + 1;

  /* Where the boxes stand, {boxes: [{number, x, y, w}], high}: columns by depth where there is room, else one below the other. */
  function placed({ data: chapters }, width) {
    if (width < 560)
      return {
        boxes: chapters.map(({ number }, i) => ({ number, x: SIDE, y: i * (44 + 8), w: width - SIDE, h: 44 })),
        high: chapters.length * 52 - 8,
        narrow: true,
      };
    const columns = [];
    chapters.forEach(({ number }) => (columns[depth(chapters, number)] ??= []).push(number));
    const most = Math.max(...columns.map(column => column.length));
    const high = most * (TALL + GAP) - GAP;
    const w = (width - SIDE * (columns.length - 1)) / columns.length;
    return {
      boxes: columns.flatMap((column, i) =>
        column.map((number, j) => ({
          number,
          x: i * (w + SIDE),
          y: (high - column.length * (TALL + GAP) + GAP) / 2 + j * (TALL + GAP),
          w,
          h: TALL,
        })),
      ),
      high,
      narrow: false,
    };
  }

  const many = (list, kind, values = {}) =>
    fill(labels[`${kind}${list.length > 1 ? "Many" : list.length ? "One" : "None"}`], { list: list.join(", "), ...values });
  function sentence(now) {
    const needs = needed(now, now.chosen);
    const way = [...needs, now.chosen];
    const all = now.data.map(chapter => chapter.number);
    if (!now.only)
      return fill(labels.readout, { number: now.chosen, needs: many(needs, "needs"), needed: many(needing(now, now.chosen), "needed") });
    const minutes = way.map(number => find(now.data, number).minutes);
    const rest = all.filter(number => !way.includes(number));
    return fill(minutes.every(Boolean) ? labels.wayMinutes : labels.way, {
      number: now.chosen,
      list: way.join(", "),
      minutes: minutes.reduce((a, b) => a + b, 0),
      rest: rest.join(", ") || labels.none,
    });
  }

  function build(api) {
    const { state, set, onPage, controls, stage } = api;
    const only = toggleControl({ label: labels.only, onchange: on => set({ only: on }) });
    controls.append(
      buttonControl(labels.detr, () => set({ chosen: 9, only: true })),
      only,
    );
    const map = h("div", { class: "bk-map", role: "group", "aria-label": labels.map });
    const links = s("svg", { class: "bk-map-links", "aria-hidden": "true" });
    const card = h("div", { class: "bk-map-card" });
    const tip = ids("tip");
    const tipOn = ids("tip");
    const heads = [
      [tip, "bk-map-tip"],
      [tipOn, "bk-map-tip bk-map-tip-on"],
    ].map(([id, name]) =>
      s(
        "marker",
        { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerUnits: "userSpaceOnUse", markerWidth: 10, markerHeight: 10, orient: "auto" },
        s("path", { d: "M0 0L8 4L0 8z", class: name }),
      ),
    );
    const boxes = state().data.map(({ number, title, written }) =>
      h(
        "button",
        {
          type: "button",
          class: `bk-map-box${written ? "" : " bk-map-later"}`,
          "aria-label": fill(written ? labels.node : labels.nodeLater, { number, title }),
          onclick: () => set({ chosen: number }),
        },
        h("span", { class: "bk-map-number" }, number),
        " ",
        h("span", {}, title),
      ),
    );
    map.append(links, ...boxes);
    stage.append(map, card);
    map.addEventListener("keydown", event => {
      const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const place = boxes.indexOf(document.activeElement);
      if (!way || place < 0) return;
      event.preventDefault();
      boxes[clamp(place + way, 0, boxes.length - 1)].focus();
    });

    return now => {
      const width = api.width();
      const place = placed(now, width);
      const needs = needed(now, now.chosen);
      const after = needing(now, now.chosen);
      const way = [...needs, now.chosen];
      const at = number => place.boxes.find(box => box.number === number);
      only.update(now.only);
      map.style.height = `${place.high}px`;
      put(links, { viewBox: `0 0 ${width} ${place.high}`, width, height: place.high });
      links.replaceChildren(
        s("defs", {}, heads),
        ...now.data.flatMap(({ number, needs: direct }) =>
          direct.map(other => {
            const a = at(other);
            const b = at(number);
            const on = way.includes(number) && way.includes(other);
            const out = now.only && !on;
            const bend = Math.min(SIDE - 6, 8 + 4 * (number - other));
            const d = place.narrow
              ? `M${a.x} ${a.y + 28}C${a.x - bend} ${a.y + 28} ${b.x - bend} ${b.y + 14} ${b.x - 1} ${b.y + 14}`
              : `M${a.x + a.w} ${a.y + a.h / 2}C${a.x + a.w + 18} ${a.y + a.h / 2} ${b.x - 18} ${b.y + b.h / 2} ${b.x - 1} ${b.y + b.h / 2}`;
            return s("path", {
              d,
              class: `bk-map-link${on ? " bk-map-on" : out ? " bk-map-out" : ""}`,
              "marker-end": `url(#${on ? tipOn : tip})`,
            });
          }),
        ),
      );
      boxes.forEach((box, i) => {
        const { number } = now.data[i];
        const { x, y, w, h: high } = at(number);
        Object.assign(box.style, { left: `${x}px`, top: `${y}px`, width: `${w}px`, height: `${high}px` });
        put(box, { "aria-pressed": number === now.chosen });
        [
          ["need", needs.includes(number)],
          ["after", !now.only && after.includes(number)],
          ["out", now.only && !way.includes(number)],
        ].forEach(([name, on]) => box.classList.toggle(`bk-map-${name}`, on));
      });
      const one = find(now.data, now.chosen);
      const line = (name, text) => [h("dt", {}, name), h("dd", {}, text)];
      const names = (list, none) => (list.length ? list.map(number => `${number} ${find(now.data, number).title}`).join(" · ") : none);
      card.replaceChildren(
        h("p", { class: "bk-time-name" }, `${one.number} · ${one.title}`),
        (one.minutes && h("p", { class: "bk-why" }, fill(labels.minutes, one))) || "",
        h(
          "dl",
          { class: "bk-time-say" },
          line(labels.question, one.question),
          line(labels.needs, names(one.needs, labels.nothing)),
          line(
            labels.needed,
            names(
              now.data.filter(other => other.needs.includes(now.chosen)).map(other => other.number),
              labels.nobody,
            ),
          ),
        ),
        one.page && onPage
          ? h("p", { class: "bk-time-links" }, h("a", { href: one.page }, fill(labels.open, one)))
          : one.page
            ? ""
            : h("p", { class: "bk-why" }, labels.later),
      );
      return sentence(now);
    };
  }

  return { build, sentence, needed, needing, depth, placed };
});
