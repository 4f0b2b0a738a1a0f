const LABELS = {
  "title": "What could be done before, and what after?",
  "prompts": [
    "Choose the idea “attention”. How much older is it than the Transformer?",
    "Set both years to 2020. How many works brought the Transformer to pictures in that one year, and how many months lie between them?",
    "Choose “set prediction” and “convolution” together, then take “convolution” away and choose “patches”. What has changed?"
  ],
  "seen": "Attention came to translation in September 2014, almost three years before the Transformer; what the Transformer did was to take away everything else. 2020 holds DETR, iGPT, Deformable DETR, ViT, LSTR and DeiT, all between 26 May and 23 December. And the detectors that predict a set began on top of a convolutional network; those that cut the picture into patches came later.",
  "caption": "Each dot is a work at the date of its first public version, in the row of its task. Its card says what it made possible and what it cost, with the table in which its number stands.",
  "tasks": "Task", "ideas": "Idea (all that are chosen)", "from": "from", "to": "to", "back": "Earlier work", "next": "Later work",
  "axis": "works by date, one group for each task; arrow keys go to the next work",
  "months": ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
  "month": "{month} {year}", "day": "{day} {month} {year}",
  "mark": "{name}, {date}, {task}", "byline": "{venue} · first public {date}",
  "headline": "{score} {unit}", "stands": "{what}. Stands in: {where}.",
  "missing": "Before", "price": "Price", "opened": "After", "ideasOf": "Ideas: {ideas}",
  "chapter": "Chapter {chapter}", "arxiv": "arXiv {arxiv}", "paper": "The paper",
  "nothing": "No work fits all of that. Take a filter away.",
  "readout": "{n} of {of} works, from {first} ({firstDate}) to {last} ({lastDate}). Chosen: {name}.",
  "readoutOne": "{n} of {of} works: {first} ({firstDate}). Chosen: {name}.",
  "readoutNone": "0 of {of} works: no work fits all of that."
};
const TASKS = ["translation", "language", "classification", "generation", "detection", "segmentation", "lanes"];
const IDEAS = ["recurrence", "convolution", "attention", "self-attention", "pre-training", "set prediction", "sparse attention", "patches", "anchors", "promptable"];
const FIRST = 2014, LAST = 2025, PAD = 10, HEAD = 20, ROW = 28, LETTER = 7.2;
const among = (list, known) => Array.isArray(list) && list.every(word => known.includes(word));

export function check({ works, chosen, tasks, ideas, years }) {
  const fits = work => work && ["key", "name", "date", "task", "title"].every(name => typeof work[name] === "string") && TASKS.includes(work.task) && among(work.ideas, IDEAS);
  if (!Array.isArray(works) || !works.length || !works.every(fits)) return wrong("works", "the works of history.yml, as packed_works() gives them");
  if (!works.some(work => work.key === chosen)) return wrong("chosen", "the key of one of the works");
  if (!among(tasks, TASKS)) return wrong("tasks", `a list out of ${TASKS.join(", ")}`);
  if (!among(ideas, IDEAS)) return wrong("ideas", `a list out of ${IDEAS.join(", ")}`);
  if (!Array.isArray(years) || years.length !== 2 || !years.every(year => isWhole(year, FIRST, LAST)) || years[0] > years[1]) return wrong("years", `two years from ${FIRST} to ${LAST}, the earlier first`);
  return null;
}

/* The works that pass the filters: one of the tasks (any, if none is chosen), all of the ideas, within the years. */
export const shown = ({ works, tasks, ideas, years }) => works.filter(work => (!tasks.length || tasks.includes(work.task))
  && ideas.every(idea => work.ideas.includes(idea)) && +work.date.slice(0, 4) >= years[0] && +work.date.slice(0, 4) <= years[1]);

/* Years since the birth of Christ; a date without a day stands in the middle of its month. */
export function time(date) {
  const [year, month, day] = date.split("-").map(Number);
  return year + (month - 1 + (day ? (day - 1) / 31 : 0.5)) / 12;
}

/* Dots with their names, packed into as few rows for each task as they need: {dots: [{key, x, y, left}], lanes: [{task, y}], high}. */
export function placed(now, width) {
  const [from, to] = [now.years[0], now.years[1] + 1], dots = [], lanes = [];
  let y = 0;
  for (const task of TASKS) {
    const rows = [], of = shown(now).filter(work => work.task === task);
    if (!of.length) continue;
    lanes.push({ task, y: y + 14 });
    y += HEAD;
    for (const work of of) {
      const x = PAD + (time(work.date) - from) / (to - from) * (width - 2 * PAD), long = 18 + LETTER * work.name.length, left = x + long > width;
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

export function dated(date) {
  const [year, month, day] = date.split("-").map(Number);
  return fill(day ? LABELS.day : LABELS.month, { year, month: LABELS.months[month - 1], day });
}
export function sentence(now) {
  const list = shown(now), of = now.works.length;
  if (!list.length) return fill(LABELS.readoutNone, { of });
  const first = list[0], last = list.at(-1), name = now.works.find(work => work.key === now.chosen).name;
  return fill(list.length > 1 ? LABELS.readout : LABELS.readoutOne, { n: list.length, of, first: first.name, firstDate: dated(first.date), last: last.name, lastDate: dated(last.date), name });
}

function build(api) {
  const { state, set, controls, stage } = api;
  const filter = changes => {                              // the chosen work stays if it still fits, else the first that does is chosen
    const now = { ...state(), ...changes }, list = shown(now);
    set({ ...changes, chosen: !list.length || list.some(work => work.key === now.chosen) ? now.chosen : list[0].key });
  };
  const go = by => {
    const list = shown(state()), place = list.findIndex(work => work.key === state().chosen);
    if (list.length) set({ chosen: list[clamp(place + by, 0, list.length - 1)].key });
  };
  const choices = (label, trait, words) => {
    const buttons = words.map(word => buttonControl(word, () => filter({ [trait]: state()[trait].includes(word) ? state()[trait].filter(other => other !== word) : words.filter(other => other === word || state()[trait].includes(other)) })));
    const node = h("div", { class: "bk-time-filter", role: "group", "aria-label": label }, h("p", { class: "bk-why" }, label), h("div", { class: "bk-choice" }, buttons));
    node.update = list => words.forEach((word, i) => put(buttons[i], { "aria-pressed": list.includes(word) }));
    return node;
  };
  const tasks = choices(LABELS.tasks, "tasks", TASKS), ideas = choices(LABELS.ideas, "ideas", IDEAS);
  const from = rangeControl({ label: LABELS.from, low: FIRST, high: LAST, show: String, onchange: year => filter({ years: [year, Math.max(year, state().years[1])] }) });
  const to = rangeControl({ label: LABELS.to, low: FIRST, high: LAST, show: String, onchange: year => filter({ years: [Math.min(year, state().years[0]), year] }) });
  const back = buttonControl(LABELS.back, () => go(-1)), next = buttonControl(LABELS.next, () => go(1));
  controls.append(tasks, ideas, from, to, back, next);

  const svg = s("svg", { class: "bk-time", role: "radiogroup", "aria-label": LABELS.axis }), card = h("div", { class: "bk-time-card" });
  stage.append(svg, card);
  let marks = [];
  svg.addEventListener("keydown", event => {
    const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    if (!way) return;
    event.preventDefault();
    go(clamp(way, -state().works.length, state().works.length));
    requestAnimationFrame(() => requestAnimationFrame(() => svg.querySelector("[tabindex='0']")?.focus({ preventScroll: true })));
  });
  svg.addEventListener("click", event => {
    const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const away = ({ x, y, long }) => Math.hypot(Math.max(x - (long < 0 ? -long : 0) - p.x, 0, p.x - x - Math.max(long, 0)), p.y - y);
    const best = [...marks].sort((a, b) => away(a) - away(b))[0];
    if (best && away(best) < 24) set({ chosen: best.key });
  });

  function axis(now) {
    const wide = clamp(api.width(), 280, 900), { dots, lanes, high } = placed(now, wide), [a, b] = now.years, held = svg.contains(document.activeElement);
    const at = year => PAD + (year - a) / (b + 1 - a) * (wide - 2 * PAD), every = Math.ceil((b + 1 - a) * 44 / wide);
    put(svg, { viewBox: `0 0 ${wide} ${high + 22}`, width: wide, height: high + 22 });
    marks = dots.map(dot => ({ ...dot, long: (18 + LETTER * now.works.find(work => work.key === dot.key).name.length) * (dot.left ? -1 : 1) }));
    const focus = dots.some(dot => dot.key === now.chosen) ? now.chosen : dots[0]?.key;
    svg.replaceChildren(
      ...Array.from({ length: b + 2 - a }, (_, i) => s("line", { class: "bk-grid", x1: at(a + i), x2: at(a + i), y1: 0, y2: high, "aria-hidden": "true" })),
      ...Array.from({ length: b + 1 - a }, (_, i) => i % every ? null : s("text", { class: "bk-small", x: at(a + i) + 3, y: high + 15, "aria-hidden": "true" }, a + i)).filter(Boolean),
      ...lanes.map(lane => s("text", { class: "bk-small bk-time-task", x: 0, y: lane.y, "aria-hidden": "true" }, lane.task)),
      ...dots.map(dot => {
        const work = now.works.find(other => other.key === dot.key), on = dot.key === now.chosen;
        return s("g", { role: "radio", tabindex: dot.key === focus ? 0 : -1, "aria-checked": String(on), "aria-label": fill(LABELS.mark, { name: work.name, date: dated(work.date), task: work.task }), class: on ? "bk-time-dot bk-time-on" : "bk-time-dot" },
          s("circle", { cx: dot.x.toFixed(1), cy: dot.y, r: on ? 8 : 6 }), s("text", { x: (dot.x + (dot.left ? -11 : 11)).toFixed(1), y: dot.y + 4.5, "text-anchor": dot.left ? "end" : "start" }, work.name));
      }));
    if (held) svg.querySelector("[tabindex='0']")?.focus({ preventScroll: true });
  }

  return now => {
    tasks.update(now.tasks); ideas.update(now.ideas); from.update(now.years[0]); to.update(now.years[1]);
    axis(now);
    const list = shown(now), place = list.findIndex(work => work.key === now.chosen), work = now.works.find(other => other.key === now.chosen);
    put(back, { "aria-disabled": place <= 0 }); put(next, { "aria-disabled": place === list.length - 1 });
    const line = (name, text) => [h("dt", {}, name), h("dd", {}, text)];
    const chapter = work.chapter && fill(LABELS.chapter, { chapter: work.chapter }), onSite = "__bookEsm" in window;             // a notebook has no pages to go to
    card.replaceChildren(...list.length ? [
      h("p", { class: "bk-time-name" }, work.title), h("p", { class: "bk-why" }, work.authors), h("p", { class: "bk-why" }, fill(LABELS.byline, { venue: work.venue, date: dated(work.date) })),
      h("p", {}, h("strong", { class: "bk-time-score" }, fill(LABELS.headline, work)), " ", fill(LABELS.stands, work)),
      h("dl", { class: "bk-time-say" }, line(LABELS.missing, work.missing), line(LABELS.price, work.price), line(LABELS.opened, work.opened)),
      h("p", { class: "bk-why" }, fill(LABELS.ideasOf, { ideas: work.ideas.join(", ") })),
      h("p", { class: "bk-time-links" }, chapter && (work.page && onSite ? h("a", { href: work.page }, chapter) : h("span", {}, chapter)), work.url && h("a", { href: work.url, rel: "noopener" }, work.arxiv ? fill(LABELS.arxiv, work) : LABELS.paper)),
    ] : [h("p", {}, LABELS.nothing)]);
    return sentence(now);
  };
}

export default bookFigure({ labels: LABELS, keys: ["works", "chosen", "tasks", "ideas", "years"], check, build });
