const LABELS = {
  "title": "Which chapter builds on which?",
  "prompts": [
    "Press “I want DETR only”. How many chapters are on the way, and which may you leave out?",
    "Choose chapter 5. How much of the book rests on it?",
    "Which chapter can you read at any time?"
  ],
  "seen": "To DETR it is five chapters: self-attention, then heads and positions in either order, then the Transformer, then DETR itself. Everything after chapter 4 goes through chapter 5, so that is the one not to skip. Chapter 1 needs nothing and nothing needs it: read it first for the story, or last, when you know all its words.",
  "caption": "An arrow goes from a chapter to one that builds on it. Full frames are written, dashed ones are on the way. Chosen: thick blue frame; what it needs: blue ground; what needs it: orange ground.",
  "detr": "I want DETR only", "only": "Show only the way to the chosen chapter",
  "map": "Chapters of the book; arrow keys go from one to the next",
  "node": "{number} {title}", "nodeLater": "{number} {title} (on the way)", "later": "on the way",
  "question": "Its question", "needs": "It needs", "needed": "Needed by", "nothing": "nothing but what is asked at the start", "nobody": "no other chapter",
  "open": "Open chapter {number}", "minutes": "about {minutes} minutes to read",
  "readout": "Chapter {number} rests on {needs}; {needed}.",
  "needsNone": "no other chapter", "needsOne": "chapter {list}", "needsMany": "chapters {list}", "neededNone": "none rests on it", "neededOne": "chapter {list} rests on it", "neededMany": "chapters {list} rest on it",
  "way": "The way to chapter {number}: {list}. You may leave out {rest}.", "wayMinutes": "The way to chapter {number}: {list}, about {minutes} minutes to read. You may leave out {rest}.", "none": "nothing"
};
const TALL = 58, GAP = 14, SIDE = 34;

export function check({ chapters, chosen, only }) {
  const fits = (chapter, i) => chapter && isWhole(chapter.number, 1, 99) && ["title", "question"].every(name => typeof chapter[name] === "string") && Array.isArray(chapter.needs)
    && chapter.needs.every(number => chapters.slice(0, i).some(other => other.number === number));
  if (!Array.isArray(chapters) || !chapters.length || !chapters.every(fits)) return wrong("chapters", "the chapters of the book, as packed_chapters() gives them");
  if (!chapters.some(chapter => chapter.number === chosen)) return wrong("chosen", "the number of a chapter");
  return typeof only === "boolean" ? null : wrong("only", "true or false");
}

const find = (chapters, number) => chapters.find(chapter => chapter.number === number);
/* Numbers of all chapters that one needs, directly or not, in the book's order. */
export function needed({ chapters }, number) {
  const found = new Set(), open = [number];
  while (open.length) for (const other of find(chapters, open.pop()).needs) if (!found.has(other)) { found.add(other); open.push(other); }
  return [...found].sort((a, b) => a - b);
}
/* Numbers of all chapters that need this one, directly or not. */
export const needing = (now, number) => now.chapters.map(chapter => chapter.number).filter(other => needed(now, other).includes(number));
/* How many chapters must be read one after the other before this one. */
export const depth = (chapters, number) => Math.max(-1, ...find(chapters, number).needs.map(other => depth(chapters, other))) + 1;

/* Where the boxes stand, {boxes: [{number, x, y, w}], high}: columns by depth where there is room, else one below the other. */
export function placed({ chapters }, width) {
  if (width < 560) return { boxes: chapters.map(({ number }, i) => ({ number, x: SIDE, y: i * (44 + 8), w: width - SIDE, h: 44 })), high: chapters.length * 52 - 8, narrow: true };
  const columns = [];
  chapters.forEach(({ number }) => (columns[depth(chapters, number)] ??= []).push(number));
  const most = Math.max(...columns.map(column => column.length)), high = most * (TALL + GAP) - GAP, w = (width - SIDE * (columns.length - 1)) / columns.length;
  return { boxes: columns.flatMap((column, i) => column.map((number, j) => ({ number, x: i * (w + SIDE), y: (high - column.length * (TALL + GAP) + GAP) / 2 + j * (TALL + GAP), w, h: TALL }))), high, narrow: false };
}

const many = (list, kind, values = {}) => fill(LABELS[`${kind}${list.length > 1 ? "Many" : list.length ? "One" : "None"}`], { list: list.join(", "), ...values });
export function sentence(now) {
  const needs = needed(now, now.chosen), way = [...needs, now.chosen], all = now.chapters.map(chapter => chapter.number);
  if (!now.only) return fill(LABELS.readout, { number: now.chosen, needs: many(needs, "needs"), needed: many(needing(now, now.chosen), "needed") });
  const minutes = way.map(number => find(now.chapters, number).minutes), rest = all.filter(number => !way.includes(number));
  return fill(minutes.every(Boolean) ? LABELS.wayMinutes : LABELS.way, { number: now.chosen, list: way.join(", "), minutes: minutes.reduce((a, b) => a + b, 0), rest: rest.join(", ") || LABELS.none });
}

function build(api) {
  const { state, set, controls, stage } = api;
  const only = toggleControl({ label: LABELS.only, onchange: on => set({ only: on }) });
  controls.append(buttonControl(LABELS.detr, () => set({ chosen: 9, only: true })), only);
  const map = h("div", { class: "bk-map", role: "group", "aria-label": LABELS.map }), links = s("svg", { class: "bk-map-links", "aria-hidden": "true" }), card = h("div", { class: "bk-map-card" });
  const tip = ids("tip"), tipOn = ids("tip"), heads = [[tip, "bk-map-tip"], [tipOn, "bk-map-tip bk-map-tip-on"]].map(([id, name]) => s("marker", { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerUnits: "userSpaceOnUse", markerWidth: 10, markerHeight: 10, orient: "auto" }, s("path", { d: "M0 0L8 4L0 8z", class: name })));
  const boxes = state().chapters.map(({ number, title, written }) => h("button", { type: "button", class: `bk-map-box${written ? "" : " bk-map-later"}`, "aria-label": fill(written ? LABELS.node : LABELS.nodeLater, { number, title }), onclick: () => set({ chosen: number }) },
    h("span", { class: "bk-map-number" }, number), " ", h("span", {}, title)));
  map.append(links, ...boxes);
  stage.append(map, card);
  map.addEventListener("keydown", event => {
    const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key], place = boxes.indexOf(document.activeElement);
    if (!way || place < 0) return;
    event.preventDefault();
    boxes[clamp(place + way, 0, boxes.length - 1)].focus();
  });

  return now => {
    const width = api.width(), place = placed(now, width), needs = needed(now, now.chosen), after = needing(now, now.chosen), way = [...needs, now.chosen], at = number => place.boxes.find(box => box.number === number);
    only.update(now.only);
    map.style.height = `${place.high}px`;
    put(links, { viewBox: `0 0 ${width} ${place.high}`, width, height: place.high });
    links.replaceChildren(s("defs", {}, heads), ...now.chapters.flatMap(({ number, needs: direct }) => direct.map(other => {
      const a = at(other), b = at(number), on = way.includes(number) && way.includes(other), out = now.only && !on;
      const bend = Math.min(SIDE - 6, 8 + 4 * (number - other));
      const d = place.narrow ? `M${a.x} ${a.y + 28}C${a.x - bend} ${a.y + 28} ${b.x - bend} ${b.y + 14} ${b.x - 1} ${b.y + 14}` : `M${a.x + a.w} ${a.y + a.h / 2}C${a.x + a.w + 18} ${a.y + a.h / 2} ${b.x - 18} ${b.y + b.h / 2} ${b.x - 1} ${b.y + b.h / 2}`;
      return s("path", { d, class: `bk-map-link${on ? " bk-map-on" : out ? " bk-map-out" : ""}`, "marker-end": `url(#${on ? tipOn : tip})` });
    })));
    boxes.forEach((box, i) => {
      const { number } = now.chapters[i], { x, y, w, h: high } = at(number);
      Object.assign(box.style, { left: `${x}px`, top: `${y}px`, width: `${w}px`, height: `${high}px` });
      put(box, { "aria-pressed": number === now.chosen });
      [["need", needs.includes(number)], ["after", !now.only && after.includes(number)], ["out", now.only && !way.includes(number)]].forEach(([name, on]) => box.classList.toggle(`bk-map-${name}`, on));
    });
    const one = find(now.chapters, now.chosen), onSite = "__bookEsm" in window, line = (name, text) => [h("dt", {}, name), h("dd", {}, text)];
    const names = (list, none) => list.length ? list.map(number => `${number} ${find(now.chapters, number).title}`).join(" · ") : none;
    card.replaceChildren(h("p", { class: "bk-time-name" }, `${one.number} · ${one.title}`), one.minutes && h("p", { class: "bk-why" }, fill(LABELS.minutes, one)) || "",
      h("dl", { class: "bk-time-say" }, line(LABELS.question, one.question), line(LABELS.needs, names(one.needs, LABELS.nothing)), line(LABELS.needed, names(now.chapters.filter(other => other.needs.includes(now.chosen)).map(other => other.number), LABELS.nobody))),
      one.page && onSite ? h("p", { class: "bk-time-links" }, h("a", { href: one.page }, fill(LABELS.open, one))) : one.page ? "" : h("p", { class: "bk-why" }, LABELS.later));
    return sentence(now);
  };
}

export default bookFigure({ labels: LABELS, keys: ["chapters", "chosen", "only"], check, build });
