import { bookFigure, buttonControl, clamp, fill, h, number, put, s, selectControl } from "../_lib/chrome.js";
import { atCharacters, columnHeads, glossed, named, roomOf, withReading, wordsAt } from "../_lib/glosses.js";

export default bookFigure(labels => {
  const boxesOf = (side, list) => list.split(" ").map(name => `${side}-${name}`);
  const ENCODER = boxesOf("enc", "embedding position self norm1 feed norm2");
  const DECODER = [...boxesOf("dec", "embedding position self norm1 cross norm2 feed norm3"), "linear", "softmax"];
  const BOXES = [...ENCODER, ...DECODER];
  const LOOKS = ["enc-self", "dec-self", "dec-cross"];
  const ONCE = ["enc-embedding", "enc-position", "dec-embedding", "dec-position", "linear", "softmax"];
  const KEPT = 16;
  const PRINTED = 4;
  const X = { enc: 16, dec: 186 };
  const HIGH = 548;
  const top = row => 496 - 46 * row - (row >= 2 ? 12 : 0) - (row >= 8 ? 24 : 0);

  const inEncoder = box => box.startsWith("enc");
  const kind = box => box.replace(/^(enc|dec)-|\d$/g, "");
  const isLast = box => kind(box) === box;
  const keyOf = ({ box, layer }) => (ONCE.includes(box) ? box : `${box} ${layer}`);
  const bytes = text => Array.from(atob(text), c => c.charCodeAt(0));
  const numeral = box => (/\d$/.test(box) ? ` ${box.slice(-1)}` : "");
  const nameOf = ({ box, layer }) =>
    fill(ONCE.includes(box) ? labels.boxName : labels.boxInLayer, {
      side: labels.sides[inEncoder(box) ? "enc" : "dec"],
      box: labels.short[kind(box)] + numeral(box),
      layer: layer + 1,
    });
  const counts = (one, box) => [
    inEncoder(box) ? one.source.length : one.target.length - 1,
    box === "dec-self" ? one.target.length - 1 : one.source.length,
  ];

  const rowsOf = ({ data: walks, walk, step, box }) => (inEncoder(box) ? walks[walk].source.length : step);
  function features(now) {
    const one = now.data[now.walk];
    const [scale, text] = one.features[keyOf(now)];
    const kept = Math.min(KEPT, one.sizes[2]);
    const flat = bytes(text).map(x => ((x - 127) * scale) / 127);
    return Array.from({ length: rowsOf(now) }, (_, i) => flat.slice(i * kept, (i + 1) * kept));
  }
  function weights(now) {
    const one = now.data[now.walk];
    const [n, m] = counts(one, now.box);
    const flat = bytes(one.weights[keyOf(now)]);
    const shown = now.box === "dec-self" ? now.step : m;
    return Array.from({ length: rowsOf(now) }, (_, i) =>
      flat.slice((now.head * n + i) * m, (now.head * n + i) * m + shown).map(x => x / 255),
    );
  }

  function about(now) {
    const { data: walks, walk, step, box, head } = now;
    const one = walks[walk];
    const n = rowsOf(now);
    const d = one.sizes[2];
    const name = nameOf(now);
    if (!n) return labels.readoutEmpty;
    if (isLast(box))
      return fill(labels.readoutNext, { word: one.next[step - 1][1][0], p: number(one.next[step - 1][1][2], 3), count: one.sizes[4] });
    if (!LOOKS.includes(box)) return fill(labels.readoutFeatures, { name, n, d, count: n * d });
    const rows = weights(now);
    const tops = rows.map(row => Math.max(...row));
    const keys = box === "dec-self" ? one.target : one.source;
    const i = inEncoder(box) ? tops.indexOf(Math.max(...tops)) : n - 1;
    const readings = wordsAt(one.glosses ?? []);
    const best = rows[i].indexOf(tops[i]);
    return fill(inEncoder(box) ? labels.readoutLook : labels.readoutPlace, {
      name,
      head: head + 1,
      query: inEncoder(box) ? named(one.source[i], readings[i], labels.named) : one.target[step],
      key: box === "dec-self" ? keys[best] : named(keys[best], readings[best], labels.named),
      weight: number(tops[i]),
    });
  }
  function sentence(now) {
    const { source, target, next } = now.data[now.walk];
    const step = now.step;
    const first =
      step === 0
        ? fill(labels.readoutRead, { m: source.length })
        : fill(labels.readoutWrite, { step, given: target.slice(0, step).join(" "), word: target[step], p: number(next[step - 1][0][2]) });
    return `${first} ${about(now)}`;
  }
  /* The shapes of the open box: [[shape, names of its axes], …] */
  function shapes(now) {
    const { sizes, source } = now.data[now.walk];
    const [, n_heads, d_model, d_ff, n_target] = sizes;
    const n = rowsOf(now);
    const { box } = now;
    if (isLast(box)) return [[[1, n, n_target], "words"]];
    const all = [[[1, n, d_model], "features"]];
    if (LOOKS.includes(box)) all.push([[1, n_heads, n, box === "dec-self" ? n : source.length], "weights"]);
    if (box.endsWith("feed")) all.push([[1, n, d_ff], "inside"]);
    return all;
  }

  function build({ state, set, root, controls, stage }) {
    const { data: walks } = state();
    const [n_layers, n_heads] = walks[0].sizes;
    const go = step => {
      const { walk } = state();
      set({ step: clamp(step, 0, walks[walk].target.length - 1) });
    };
    const choose = selectControl({
      label: labels.sentence,
      options: walks.map(one => withReading(one.label, one.glosses)),
      onchange: walk => set({ walk, step: Math.min(state().step, walks[walk].target.length - 1) }),
    });
    const back = buttonControl(labels.previous, () => go(state().step - 1));
    const on = buttonControl(labels.next, () => go(state().step + 1));
    if (walks.length > 1) controls.append(choose);
    controls.append(back, on);

    const pick = (trait, n) =>
      Array.from({ length: n }, (_, i) =>
        h(
          "button",
          {
            type: "button",
            class: "bk-button bk-walk-pick",
            "aria-label": `${labels[trait]} ${i + 1}`,
            onclick: () => set({ [trait]: i }),
          },
          String(i + 1),
        ),
      );
    const layers = pick("layer", n_layers);
    const heads = pick("head", n_heads);
    const boxes = BOXES.map(box => {
      const side = inEncoder(box) ? "enc" : "dec";
      const row = (side === "enc" ? ENCODER : DECODER).indexOf(box);
      return h(
        "button",
        { type: "button", class: "bk-walk-box", style: `left:${X[side] / 3.4}%;top:${top(row)}px`, onclick: () => set({ box }) },
        labels.short[kind(box)],
      );
    });
    const mid = row => top(row) + 20;
    const frame = (side, row) =>
      s("rect", { x: X[side] - 6, y: top(row) - 8, width: 150, height: top(2) - top(row) + 56, rx: 8, class: "bk-walk-layer" });
    const skip = (side, row) => {
      const out = side === "enc" ? -10 : 10;
      const x = out < 0 ? 16 : 324;
      return `M${x - 3 * out} ${top(row) + 43}h${4 * out}V${mid(row + 1)}H${x}`;
    };
    const links = s(
      "svg",
      { viewBox: `0 0 340 ${HIGH}`, preserveAspectRatio: "none", "aria-hidden": "true", class: "bk-walk-links" },
      frame("enc", 5),
      frame("dec", 7),
      s("path", { class: "bk-walk-link", d: `M85 ${HIGH}V${top(5)}M255 ${HIGH}V${top(9) - 10}` }),
      s("path", {
        class: "bk-walk-skip",
        d: [
          ["enc", 2],
          ["enc", 4],
          ["dec", 2],
          ["dec", 4],
          ["dec", 6],
        ]
          .map(([side, row]) => skip(side, row))
          .join(""),
      }),
      s("path", { class: "bk-walk-memory", d: `M120 ${top(5)}V${top(5) - 18}H170V${mid(4)}H186` }),
    );
    const layerName = ["enc", "dec"].map(side =>
      h("span", { class: "bk-walk-tag", style: `left:${(X[side] - 4) / 3.4}%;top:${top(side === "enc" ? 5 : 7) - 28}px` }),
    );
    const stepOf = h("strong", {});
    const what = h("span", {});
    const writes = h("strong", {});
    const choice = (trait, buttons) =>
      h(
        "div",
        { class: "bk-choice", role: "group", "aria-label": labels[trait] },
        h("span", { class: "bk-walk-word" }, labels[trait]),
        buttons,
      );
    const side = h("div", { class: "bk-walk-side" }, stepOf, choice("layer", layers), what);
    const headRow = choice("head", heads);
    const source = h("div", { class: "bk-walk-tokens" });
    const given = h("div", { class: "bk-walk-tokens" });
    const diagram = h(
      "div",
      { role: "group", "aria-label": labels.diagram },
      h(
        "div",
        { class: "bk-walk-diagram", style: `height:${HIGH}px` },
        links,
        layerName,
        side,
        h("p", { class: "bk-walk-out" }, `${labels.writes} `, writes),
        boxes,
      ),
      h(
        "div",
        { class: "bk-walk-words" },
        [
          ["source", source],
          ["given", given],
        ].map(([label, node]) => h("div", {}, h("p", { class: "bk-why" }, labels[label]), node)),
      ),
    );
    const tape = h("div", { class: "bk-walk-tape", role: "group", "aria-label": labels.tape });
    const name = h("p", { class: "bk-walk-name" });
    const formula = h("p", { class: "bk-formula" });
    const shape = h("div", { class: "bk-walk-shape" });
    const inside = h("div", {});
    const note = h("p", { class: "bk-why" });
    const panel = h("div", { class: "bk-walk-open" }, name, formula, shape, headRow, inside, note);
    stage.append(tape, h("div", { class: "bk-walk" }, diagram, panel));
    root.addEventListener("keydown", event => {
      if (event.target.matches("select") || event.altKey || event.ctrlKey || event.metaKey) return;
      const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const i = boxes.indexOf(event.target);
      const up = i >= 0 && { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!way && !up) return;
      event.preventDefault();
      if (way) go(state().step + way);
      else boxes[clamp(i + up, 0, boxes.length - 1)].focus();
    });

    const heat = (x, scale) => `--x:${Math.round((50 * Math.abs(x)) / scale)}%;--hue:var(${x < 0 ? "--q" : "--k"})`;
    const table = (head, rows, marked) =>
      h(
        "table",
        { class: "bk-walk-table" },
        h("thead", {}, h("tr", {}, head)),
        h(
          "tbody",
          {},
          rows.map((row, i) => h("tr", { class: i === marked && "bk-walk-new" }, row)),
        ),
      );
    const th = text => h("th", { scope: "col" }, text);
    const rowHead = text => h("th", { scope: "row" }, text);
    function featureTable(now, words, marked) {
      const rows = features(now);
      const scale = now.data[now.walk].features[keyOf(now)][0];
      const n = rows[0].length;
      const printed = Math.min(PRINTED, n);
      const strip = row =>
        s(
          "svg",
          { viewBox: `0 0 ${n - printed} 1`, preserveAspectRatio: "none", class: "bk-walk-strip", "aria-hidden": "true" },
          row.slice(printed).map((x, i) =>
            s("rect", {
              x: i,
              width: 1,
              height: 1,
              class: x < 0 ? "bk-low" : "bk-high",
              "fill-opacity": (Math.abs(x) / scale).toFixed(2),
            }),
          ),
        );
      return table(
        [
          th(labels.token),
          rows[0].slice(0, printed).map((_, i) => th(fill(labels.feature, { i: i + 1 }))),
          n > printed && th(fill(labels.rest, { from: printed + 1, to: n })),
        ],
        rows.map((row, i) => [
          rowHead(words[i]),
          row.slice(0, printed).map(x => h("td", { class: "bk-walk-heat", style: heat(x, scale) }, number(x, 1))),
          n > printed && h("td", {}, strip(row)),
        ]),
        marked,
      );
    }
    function matrix(now, words, keys, marked) {
      const rows = weights(now);
      const one = now.data[now.walk];
      const readings = atCharacters(one.glosses ?? []);
      const chinese = list => list === one.source && readings.length > 0;
      const left = chinese(words) ? 24 + roomOf(readings) : 88;
      const cell = clamp(Math.floor(232 / Math.max(keys.length, rows.length)), 14, 40);
      const upright = keys.every(key => key.length === 1);
      const above = upright ? (chinese(keys) ? 26 + roomOf(readings) : 22) : 72;
      const wide = keys.length * cell;
      const high = rows.length * cell;
      const shade = cell < 26 ? 0.9 : 0.6;
      const text = (x, y, word, more) => s("text", { x, y, class: "bk-small", ...more }, word);
      return s(
        "svg",
        {
          role: "img",
          viewBox: `0 0 ${left + wide + 2} ${above + high + 2}`,
          width: left + wide + 2,
          "aria-label": fill(labels.matrix, { name: nameOf(now), head: now.head + 1 }),
        },
        words.map((word, i) =>
          text(left - 6, above + (i + 0.5) * cell + 4, chinese(words) ? `${readings[i]} ${word}` : word, {
            "text-anchor": "end",
            class: i === marked ? "bk-small bk-q" : "bk-small",
          }),
        ),
        upright
          ? columnHeads(keys, chinese(keys) ? readings : [], { x: j => left + (j + 0.5) * cell, y: above, class: "bk-small" })
          : keys.map((key, j) => text(0, 0, key, { transform: `translate(${left + (j + 0.5) * cell + 4} ${above - 5}) rotate(-90)` })),
        rows.map((row, i) =>
          row.map((w, j) => [
            s("rect", {
              x: left + j * cell,
              y: above + i * cell,
              width: cell,
              height: cell,
              class: "bk-weight",
              "fill-opacity": (shade * w).toFixed(2),
            }),
            cell >= 26 &&
              text(left + (j + 0.5) * cell, above + (i + 0.5) * cell + 4, number(w), { "text-anchor": "middle", class: "bk-walk-cell" }),
          ]),
        ),
        s("rect", { x: left, y: above, width: wide, height: high, class: "bk-frame" }),
        marked >= 0 && s("rect", { x: left - 1, y: above + marked * cell - 1, width: wide + 2, height: cell + 2, class: "bk-walk-mark" }),
      );
    }
    const likeliest = (now, next) =>
      table(
        [th(labels.word), th(labels.logit), th(labels.probability)],
        next.map(([word, x, p]) => [
          rowHead(word),
          h("td", {}, number(x)),
          h("td", { class: "bk-walk-bar", style: `--w:${p}` }, number(p, 3)),
        ]),
        0,
      );

    function open(now) {
      const { step, box } = now;
      const one = now.data[now.walk];
      const look = LOOKS.includes(box);
      const encoder = inEncoder(box);
      const word = one.target[step];
      const given = one.target.slice(0, step);
      const marked = encoder ? -1 : step - 1;
      name.textContent = nameOf(now);
      formula.textContent = labels.formulas[kind(box)];
      shape.replaceChildren(
        ...shapes(now).flatMap(([sizes, axes]) => [h("strong", {}, `[${sizes.join(", ")}]`), h("span", {}, labels.axes[axes])]),
      );
      headRow.hidden = !look;
      if (!rowsOf(now)) {
        inside.replaceChildren();
        note.textContent = labels.readoutEmpty;
        return;
      }
      if (isLast(box)) {
        inside.replaceChildren(likeliest(now, one.next[step - 1]));
        note.textContent = fill(labels.nextNote, { count: one.sizes[4] });
        return;
      }
      const words = encoder ? one.source : box === "dec-cross" ? one.target.slice(1, step + 1) : given;
      inside.replaceChildren(look ? matrix(now, words, box === "dec-self" ? given : one.source, marked) : featureTable(now, words, marked));
      note.textContent =
        look && !encoder
          ? box === "dec-cross"
            ? labels.crossNote
            : fill(labels.lookNote, { word })
          : encoder
            ? labels.onceNote
            : fill(labels.lastNote, { word });
    }

    let shown = null;
    return now => {
      const { walk, step, box, layer, head } = now;
      const one = now.data[walk];
      const steps = one.target.length - 1;
      choose.update(walk);
      if (shown !== walk) {
        shown = walk;
        tape.replaceChildren(
          ...[labels.read, ...one.target.slice(1)].map((word, i) =>
            h(
              "button",
              {
                type: "button",
                class: "bk-walk-step",
                "aria-label": i ? fill(labels.writeStep, { step: i, word }) : labels.readStep,
                onclick: () => go(i),
              },
              word,
            ),
          ),
        );
        given.style.minHeight = `${1.5 * Math.ceil(0.08 * one.target.join(" ").length)}em`;
        panel.style.minHeight = `${230 + 24 * Math.max(one.source.length, steps)}px`;
        source.replaceChildren(...(one.glosses ? glossed(one.glosses) : one.source.map(word => h("span", {}, word))));
      }
      [...tape.children].forEach((button, i) => {
        button.setAttribute("aria-pressed", i === step);
        button.classList.toggle("bk-walk-later", i > step);
      });
      put(back, { "aria-disabled": step === 0 });
      put(on, { "aria-disabled": step === steps });
      given.replaceChildren(
        ...one.target.slice(0, step).map(word => h("span", {}, word)),
        ...(step ? [] : [h("span", { class: "bk-why" }, labels.nothing)]),
      );
      stepOf.textContent = fill(labels.stepOf, { step, steps });
      what.textContent = step ? labels.onWrite : labels.onRead;
      writes.textContent = step ? one.target[step] : "…";
      layerName.forEach(tag => {
        tag.textContent = fill(labels.layerOf, { layer: layer + 1, n: n_layers });
      });
      [
        [layers, layer],
        [heads, head],
      ].forEach(([buttons, chosen]) => buttons.forEach((button, i) => button.setAttribute("aria-pressed", i === chosen)));
      boxes.forEach((button, i) => {
        button.setAttribute("aria-pressed", BOXES[i] === box);
        put(button, { "aria-label": nameOf({ box: BOXES[i], layer }) });
        button.classList.toggle("bk-walk-later", inEncoder(BOXES[i]) === step > 0);
      });
      open(now);
      return sentence(now);
    };
  }

  return { build, sentence, features, weights, shapes };
});
