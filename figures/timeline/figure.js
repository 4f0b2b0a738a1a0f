import { bookFigure, buttonControl, clamp, fill, h, put, rangeControl, s } from "../_lib/chrome.js";

export default bookFigure((labels, traits) => {
  const TASKS = traits.tasks.items.enum;
  const IDEAS = traits.ideas.items.enum;
  const [FIRST, LAST] = traits.years.default;
  const PAD = 10;
  const HEAD = 20;
  const ROW = 28;
  const LETTER = 7.2;

  /* The works that pass the filters: one of the tasks (any, if none is chosen), all of the ideas, within the years. */
  const shown = ({ data: works, tasks, ideas, years }) =>
    works.filter(
      work =>
        (!tasks.length || tasks.includes(work.task)) &&
        ideas.every(idea => work.ideas.includes(idea)) &&
        +work.date.slice(0, 4) >= years[0] &&
        +work.date.slice(0, 4) <= years[1],
    );

  /* Years since the birth of Christ; a date without a day stands in the middle of its month. */
  function time(date) {
    const [year, month, day] = date.split("-").map(Number);
    return year + (month - 1 + (day ? (day - 1) / 31 : 0.5)) / 12;
  }

  /* Dots with their names, packed into as few rows for each task as they need: {dots: [{key, x, y, left}], lanes: [{task, y}], high}. */
  function placed(now, width) {
    const [from, to] = [now.years[0], now.years[1] + 1];
    const dots = [];
    const lanes = [];
    let y = 0;
    for (const task of TASKS) {
      const rows = [];
      const of = shown(now).filter(work => work.task === task);
      if (!of.length) continue;
      lanes.push({ task, y: y + 14 });
      y += HEAD;
      for (const work of of) {
        const x = PAD + ((time(work.date) - from) / (to - from)) * (width - 2 * PAD);
        const long = 18 + LETTER * work.name.length;
        const left = x + long > width;
        const [start, end] = left ? [x - long, x + 8] : [x - 8, x + long];
        let row = rows.findIndex(taken => taken.every(([a, b]) => end < a || start > b));
        if (row < 0) row = rows.push([]) - 1;
        rows[row].push([start, end]);
        dots.push({ key: work.key, x, y: y + (row + 0.5) * ROW, left });
      }
      y += rows.length * ROW + 4;
    }
    return { dots, lanes, high: y };
  }

  function dated(date) {
    const [year, month, day] = date.split("-").map(Number);
    return fill(day ? labels.day : labels.month, { year, month: labels.months[month - 1], day });
  }
  function sentence(now) {
    const list = shown(now);
    const of = now.data.length;
    if (!list.length) return fill(labels.readoutNone, { of });
    const first = list[0];
    const last = list.at(-1);
    const name = now.data.find(work => work.key === now.chosen).name;
    return fill(list.length > 1 ? labels.readout : labels.readoutOne, {
      n: list.length,
      of,
      first: first.name,
      firstDate: dated(first.date),
      last: last.name,
      lastDate: dated(last.date),
      name,
    });
  }

  function build(api) {
    const { state, set, onPage, controls, stage } = api;
    const filter = changes => {
      // the chosen work stays if it still fits, else the first that does is chosen
      const now = { ...state(), ...changes };
      const list = shown(now);
      set({ ...changes, chosen: !list.length || list.some(work => work.key === now.chosen) ? now.chosen : list[0].key });
    };
    const go = by => {
      const list = shown(state());
      const place = list.findIndex(work => work.key === state().chosen);
      if (list.length) set({ chosen: list[clamp(place + by, 0, list.length - 1)].key });
    };
    const choices = (label, trait, words) => {
      const buttons = words.map(word =>
        buttonControl(word, () =>
          filter({
            [trait]: state()[trait].includes(word)
              ? state()[trait].filter(other => other !== word)
              : words.filter(other => other === word || state()[trait].includes(other)),
          }),
        ),
      );
      const node = h(
        "div",
        { class: "bk-time-filter", role: "group", "aria-label": label },
        h("p", { class: "bk-why" }, label),
        h("div", { class: "bk-choice" }, buttons),
      );
      node.update = list => words.forEach((word, i) => put(buttons[i], { "aria-pressed": list.includes(word) }));
      return node;
    };
    const tasks = choices(labels.tasks, "tasks", TASKS);
    const ideas = choices(labels.ideas, "ideas", IDEAS);
    const from = rangeControl({
      label: labels.from,
      low: FIRST,
      high: LAST,
      show: String,
      onchange: year => filter({ years: [year, Math.max(year, state().years[1])] }),
    });
    const to = rangeControl({
      label: labels.to,
      low: FIRST,
      high: LAST,
      show: String,
      onchange: year => filter({ years: [Math.min(year, state().years[0]), year] }),
    });
    const back = buttonControl(labels.back, () => go(-1));
    const next = buttonControl(labels.next, () => go(1));
    controls.append(tasks, ideas, from, to, back, next);

    const svg = s("svg", { class: "bk-time", role: "radiogroup", "aria-label": labels.axis });
    const card = h("div", { class: "bk-time-card" });
    stage.append(svg, card);
    let marks = [];
    svg.addEventListener("keydown", event => {
      const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
      if (!way) return;
      event.preventDefault();
      go(clamp(way, -state().data.length, state().data.length));
      requestAnimationFrame(() => requestAnimationFrame(() => svg.querySelector("[tabindex='0']")?.focus({ preventScroll: true })));
    });
    svg.addEventListener("click", event => {
      const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      const away = ({ x, y, long }) => Math.hypot(Math.max(x - (long < 0 ? -long : 0) - p.x, 0, p.x - x - Math.max(long, 0)), p.y - y);
      const best = [...marks].sort((a, b) => away(a) - away(b))[0];
      if (best && away(best) < 24) set({ chosen: best.key });
    });

    function axis(now) {
      const wide = clamp(api.width(), 280, 900);
      const { dots, lanes, high } = placed(now, wide);
      const [a, b] = now.years;
      const held = svg.contains(document.activeElement);
      const at = year => PAD + ((year - a) / (b + 1 - a)) * (wide - 2 * PAD);
      const every = Math.ceil(((b + 1 - a) * 44) / wide);
      put(svg, { viewBox: `0 0 ${wide} ${high + 22}`, width: wide, height: high + 22 });
      marks = dots.map(dot => ({
        ...dot,
        long: (18 + LETTER * now.data.find(work => work.key === dot.key).name.length) * (dot.left ? -1 : 1),
      }));
      const focus = dots.some(dot => dot.key === now.chosen) ? now.chosen : dots[0]?.key;
      svg.replaceChildren(
        ...Array.from({ length: b + 2 - a }, (_, i) =>
          s("line", { class: "bk-grid", x1: at(a + i), x2: at(a + i), y1: 0, y2: high, "aria-hidden": "true" }),
        ),
        ...Array.from({ length: b + 1 - a }, (_, i) =>
          i % every ? null : s("text", { class: "bk-small", x: at(a + i) + 3, y: high + 15, "aria-hidden": "true" }, a + i),
        ).filter(Boolean),
        ...lanes.map(lane => s("text", { class: "bk-small bk-time-task", x: 0, y: lane.y, "aria-hidden": "true" }, lane.task)),
        ...dots.map(dot => {
          const work = now.data.find(other => other.key === dot.key);
          const on = dot.key === now.chosen;
          return s(
            "g",
            {
              role: "radio",
              tabindex: dot.key === focus ? 0 : -1,
              "aria-checked": String(on),
              "aria-label": fill(labels.mark, { name: work.name, date: dated(work.date), task: work.task }),
              class: on ? "bk-time-dot bk-time-on" : "bk-time-dot",
            },
            s("circle", { cx: dot.x.toFixed(1), cy: dot.y, r: on ? 8 : 6 }),
            s(
              "text",
              { x: (dot.x + (dot.left ? -11 : 11)).toFixed(1), y: dot.y + 4.5, "text-anchor": dot.left ? "end" : "start" },
              work.name,
            ),
          );
        }),
      );
      if (held) svg.querySelector("[tabindex='0']")?.focus({ preventScroll: true });
    }

    return now => {
      tasks.update(now.tasks);
      ideas.update(now.ideas);
      from.update(now.years[0]);
      to.update(now.years[1]);
      axis(now);
      const list = shown(now);
      const place = list.findIndex(work => work.key === now.chosen);
      const work = now.data.find(other => other.key === now.chosen);
      put(back, { "aria-disabled": place <= 0 });
      put(next, { "aria-disabled": place === list.length - 1 });
      const line = (name, text) => [h("dt", {}, name), h("dd", {}, text)];
      const chapter = work.chapter && fill(labels.chapter, { chapter: work.chapter });
      card.replaceChildren(
        ...(list.length
          ? [
              h("p", { class: "bk-time-name" }, work.title),
              h("p", { class: "bk-why" }, work.authors),
              h("p", { class: "bk-why" }, fill(labels.byline, { venue: work.venue, date: dated(work.date) })),
              h("p", {}, h("strong", { class: "bk-time-score" }, fill(labels.headline, work)), " ", fill(labels.stands, work)),
              h(
                "dl",
                { class: "bk-time-say" },
                line(labels.missing, work.missing),
                line(labels.price, work.price),
                line(labels.opened, work.opened),
              ),
              h("p", { class: "bk-why" }, fill(labels.ideasOf, { ideas: work.ideas.join(", ") })),
              h(
                "p",
                { class: "bk-time-links" },
                chapter && (work.page && onPage ? h("a", { href: work.page }, chapter) : h("span", {}, chapter)),
                work.url && h("a", { href: work.url, rel: "noopener" }, work.arxiv ? fill(labels.arxiv, work) : labels.paper),
              ),
            ]
          : [h("p", {}, labels.nothing)]),
      );
      return sentence(now);
    };
  }

  return { build, sentence, shown, time, placed, dated };
});
