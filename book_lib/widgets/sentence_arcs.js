const LABELS = {
  "title": "What does “it” mean, and where is the animal?",
  "titleSentence": "Which words does each word look at?",
  "prompts": [
    "Point at another word, or choose it. Which one asks for nothing?",
    "Drag the blue frame over the picture. What does the dashed box find?"
  ],
  "seen": "“road” has the query (0, 0): all its scores are 0, so each word gets a quarter. In the picture a patch of the animal gives most of its attention to the rest of the animal, although nobody told it where the animal is: a query finds the keys that resemble it. A little goes to the road, whose colour comes nearest. A real detector learns features that are better than colour.",
  "caption": "One formula, softmax(q·k / √dₖ), for words and for patches. Words: queries and keys small enough to check on paper (chapter 2); the grey words are left out of that calculation. Picture: the query and the key of a patch are its colour and nothing else; patches with little weight fade, and the box surrounds those with more than twice their equal share.",
  "captionSentence": "The thicker the arc, the more a word looks there. Queries and keys are small enough to check on paper (chapter 2); the grey words are left out of that calculation.",
  "words": "Words of the sentence. Choosing one shows where it looks.",
  "looks": "{word}; {row} gives it {weight}",
  "self": "{word}, chosen; it gives itself {weight}",
  "arcs": "Arcs from “{row}” to the other words, as thick as their attention weights",
  "picture": "An animal on a road under a sky, as a grid of coloured patches; those the chosen patch looks at stand out",
  "patch": "Patch that asks",
  "at": "row {row}, column {column}: {thing}",
  "most": "“{row}” gives {weight} of its attention to “{best}”.",
  "even": "“{row}” has no preference: it gives {weight} of its attention to each word.",
  "found": "The framed patch is part of the {thing} and gives {share} of its attention to the {thing}: {count} of the {n} patches.",
  "things": { "s": "sky", "y": "sun", "h": "hills", "g": "grass", "b": "animal", "r": "road" }
};
const PALETTE = { s: [150, 200, 232], y: [247, 214, 92], h: [110, 166, 140], g: [150, 184, 86], b: [150, 78, 40], r: [128, 126, 140] };
const LENGTH = 4, PATCH = 30, THICK = 17;

export function sceneWeights(scene) {
  const pixels = [...scene.join("")].map(letter => PALETTE[letter]);
  const mean = [0, 1, 2].map(c => pixels.reduce((sum, p) => sum + p[c], 0) / pixels.length);
  const features = pixels.map(p => p.map((x, c) => x - mean[c])).map(p => p.map(x => LENGTH * x / (Math.hypot(...p) || 1)));
  return features.map(q => softmax(features.map(k => (q[0] * k[0] + q[1] * k[1] + q[2] * k[2]) / Math.sqrt(3))));
}

export function check({ tokens, nodes, weights, row, scene, patch }) {
  if (!isWords(tokens, 2, 40)) return wrong("tokens", "a list of 2 to 40 words");
  if (!Array.isArray(nodes) || nodes.length < 2 || !nodes.every((at, i) => isWhole(at, 0, tokens.length - 1) && (!i || at > nodes[i - 1]))) return wrong("nodes", "rising places of at least two words");
  const n = nodes.length;
  if (!isMatrix(weights, n, n, 0, 1) || weights.some(r => Math.abs(r.reduce((a, b) => a + b, 0) - 1) > 0.01)) return wrong("weights", `${n} rows of ${n} weights, each row with the sum 1`);
  if (!isWhole(row, 0, n - 1)) return wrong("row", `a whole number from 0 to ${n - 1}`);
  if (!Array.isArray(scene) || scene.length > 12 || scene.some(r => typeof r !== "string" || r.length < 2 || r.length > 24 || r.length !== scene[0].length || [...r].some(x => !(x in PALETTE)))) return wrong("scene", "rows of equally many letters out of " + Object.keys(PALETTE).join(" "));
  if (!Array.isArray(patch) || patch.length !== 2 || scene.length && !(isWhole(patch[0], 0, scene.length - 1) && isWhole(patch[1], 0, scene[0].length - 1))) return wrong("patch", "a row and a column of the picture");
  return null;
}

export function sentence({ tokens, nodes, weights, row, scene, patch }) {
  const own = weights[row], best = own.indexOf(Math.max(...own)), even = own.every(w => Math.abs(w - own[0]) < 0.005);
  const said = fill(even ? LABELS.even : LABELS.most, { row: tokens[nodes[row]], best: tokens[nodes[best]], weight: number(own[best]) });
  if (!scene.length) return said;
  const letters = [...scene.join("")], thing = scene[patch[0]][patch[1]];
  const shares = sceneWeights(scene)[patch[0] * scene[0].length + patch[1]].filter((_, i) => letters[i] === thing);
  return `${said} ${fill(LABELS.found, { thing: LABELS.things[thing], share: number(shares.reduce((a, b) => a + b)), count: shares.length, n: letters.length })}`;
}

const thick = weight => 0.8 + THICK * weight;

// how far from its middle each arc leaves the word that asks: side by side, near arcs inside far ones, none crossing
function offsets(row, weights) {
  const places = weights.map((_, j) => j), order = [...places.slice(0, row).reverse(), ...places.slice(row + 1).reverse()];
  let at = -order.reduce((sum, j) => sum + thick(weights[j]), 0) / 2;
  return Object.fromEntries(order.map(j => { at += thick(weights[j]); return [j, at - thick(weights[j]) / 2]; }));
}

function buildSentence({ state, set, width }, redraw) {
  const { tokens, nodes } = state();
  let peek = null;
  const look = at => { peek = at; redraw(); };
  const arcs = nodes.map(() => {
    const id = ids("arc"), gradient = s("linearGradient", { id, gradientUnits: "userSpaceOnUse" }, s("stop", { offset: 0.1, class: "bk-from" }), s("stop", { offset: 0.9, class: "bk-to" }));
    return { gradient, path: s("path", { class: "bk-arc", stroke: `url(#${id})` }) };
  });
  const svg = s("svg", { class: "bk-arcs", "aria-hidden": "true" }, s("defs", {}, ...arcs.map(arc => arc.gradient)), ...arcs.map(arc => arc.path));
  const words = tokens.map((token, i) => {
    const at = nodes.indexOf(i);
    if (at < 0) return h("span", { class: "bk-arc-word bk-arc-off" }, h("span", {}, token));
    return h("button", {
      type: "button", class: "bk-arc-word", onclick: () => set({ row: at }), onfocus: event => { if (event.target.matches(":focus-visible")) set({ row: at }); },
      onpointerenter: event => { if (event.pointerType === "mouse") look(at); }, onpointerleave: () => { if (peek !== null) look(null); },
      onkeydown: event => {
        const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!way) return;
        event.preventDefault();
        words[nodes[clamp(at + way, 0, nodes.length - 1)]].focus();
      },
    }, h("span", {}, token), h("span", { class: "bk-arc-weight" }));
  });
  const line = h("div", { class: "bk-arc-line", role: "group", "aria-label": LABELS.words }, svg, ...words);
  const draw = now => {
    const { weights } = now, row = peek ?? now.row, own = weights[row], shift = offsets(row, own);
    nodes.forEach((at, j) => {
      const word = words[at], weight = number(own[j]);
      word.lastChild.textContent = weight;
      word.style.setProperty("--w", own[j]);
      put(word, { "aria-pressed": j === row, "aria-description": fill(j === row ? LABELS.self : LABELS.looks, { word: tokens[at], row: tokens[nodes[row]], weight }) });
    });
    if (!line.clientWidth) return;                                   // not on the page yet: drawn when it has a width
    line.classList.remove("bk-arc-down");
    const down = width() < 560 || line.scrollWidth > line.clientWidth + 1;
    line.classList.toggle("bk-arc-down", down);
    const along = nodes.map(at => { const word = words[at]; return down ? word.offsetTop + word.offsetHeight / 2 : word.offsetLeft + word.offsetWidth / 2; });
    const edge = down ? Math.max(...nodes.map(at => words[at].offsetLeft + words[at].offsetWidth)) + 6 : Math.min(...nodes.map(at => words[at].offsetTop)) - 4;
    const point = (a, rise) => (down ? [edge + rise, a] : [a, edge - rise]).map(x => x.toFixed(1)).join(" ");
    const room = down ? width() - edge - 8 : edge - 8, far = along.at(-1) - along[0];
    put(svg, { width: line.clientWidth, height: line.clientHeight, viewBox: `0 0 ${line.clientWidth} ${line.clientHeight}` });
    arcs.forEach(({ gradient, path }, j) => {
      const same = j === row, [a, b] = same ? [along[j] - 13, along[j] + 13] : [along[row] + shift[j], along[j]];
      const rise = (same ? 34 : 34 + (room - 44) * Math.abs(b - a) / far) / 0.75;
      const [x1, y1] = point(a, 0).split(" "), [x2, y2] = point(b, 0).split(" ");
      put(gradient, { x1, y1, x2, y2 });
      put(path, { d: `M${point(a, 0)}C${point(a, rise)} ${point(b, rise)} ${point(b, 0)}`, "stroke-width": thick(own[j]).toFixed(1), "stroke-opacity": (0.35 + 0.6 * Math.sqrt(own[j])).toFixed(2) });
    });
  };
  return { node: line, draw };
}

function buildPicture(api) {
  const { set } = api, { scene } = api.state(), rows = scene.length, columns = scene[0].length, all = sceneWeights(scene), letters = [...scene.join("")];
  const square = i => ({ x: i % columns * PATCH, y: Math.floor(i / columns) * PATCH, width: PATCH + 0.4, height: PATCH + 0.4 });
  const veils = letters.map((_, i) => s("rect", { ...square(i), class: "bk-veil" }));
  const halo = s("rect", { class: "bk-box-halo", rx: 4 }), box = s("rect", { class: "bk-box", rx: 4 }), side = { width: PATCH, height: PATCH, rx: 3 };
  const frame = s("g", { role: "slider", tabindex: 0, class: "bk-patch bk-handle", "aria-label": LABELS.patch, "aria-valuemin": 1, "aria-valuemax": letters.length },
    s("rect", { ...side, class: "bk-patch-halo" }), s("rect", { ...side, class: "bk-patch-frame" }));
  const svg = s("svg", { class: "bk-scene", viewBox: `0 0 ${columns * PATCH} ${rows * PATCH}`, role: "group", "aria-label": LABELS.picture },
    ...letters.map((letter, i) => s("rect", { ...square(i), fill: `rgb(${PALETTE[letter]})` })), ...veils, halo, box, frame);
  const go = (row, column) => set({ patch: [clamp(row, 0, rows - 1), clamp(column, 0, columns - 1)] });
  const under = ([x, y]) => go(Math.floor(y / PATCH), Math.floor(x / PATCH));
  dragging(svg, api, () => [{
    node: frame,
    at: () => api.state().patch.map(x => (x + 0.5) * PATCH).reverse(),
    move: under,
    nudge: (dx, dy, big) => { const [row, column] = api.state().patch, step = big ? 3 : 1; go(row - dy * step, column + dx * step); },
  }], Infinity);
  svg.addEventListener("click", event => { const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse()); under([p.x, p.y]); });
  const draw = ({ patch: [row, column] }) => {
    const weights = all[row * columns + column], top = Math.max(...weights);
    veils.forEach((veil, i) => put(veil, { "fill-opacity": (0.66 * (1 - Math.sqrt(weights[i] / top))).toFixed(2) }));
    const held = weights.flatMap((w, i) => w > 2 / weights.length ? [[Math.floor(i / columns), i % columns]] : []), ys = held.map(place => place[0]), xs = held.map(place => place[1]);
    const [left, above, right, below] = held.length ? [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1] : [0, 0, columns, rows];
    for (const node of [halo, box]) put(node, { x: left * PATCH, y: above * PATCH, width: (right - left) * PATCH, height: (below - above) * PATCH });
    put(frame, { transform: `translate(${column * PATCH} ${row * PATCH})`, "aria-valuenow": row * columns + column + 1,
      "aria-valuetext": fill(LABELS.at, { row: row + 1, column: column + 1, thing: LABELS.things[scene[row][column]] }) });
  };
  return { node: svg, draw };
}

function build(api) {
  const words = buildSentence(api, () => words.draw(api.state())), picture = api.state().scene.length ? buildPicture(api) : null;
  api.stage.append(...[words, picture].flatMap(part => part ? [part.node] : []));
  return now => {
    words.draw(now);
    if (picture) picture.draw(now);
    return sentence(now);
  };
}

export default bookFigure({ labels: LABELS, keys: ["tokens", "nodes", "weights", "row", "scene", "patch"], check, build });
