import { bookFigure, clamp, fill, h, ids, number, put, s, selectControl } from "../_lib/chrome.js";
import { atCharacters, columnHeads, isMark, named, roomOf, withReading, wordsAt } from "../_lib/glosses.js";

export default bookFigure(labels => {
  const CELL = 14;

  const isSelf = one => one.queries.length === one.keys.length && one.queries.every((word, i) => word === one.keys[i]);
  const matrixOf = (one, layer, head) => {
    const m = one.keys.length;
    const flat = one.weights[layer][head];
    return one.queries.map((_, i) => flat.slice(i * m, (i + 1) * m).map(x => x / 255));
  };

  /* What stands beside each key in the list: pinyin and gloss at the first character of a word, else "". */
  function atWords({ keys, glosses = [] }) {
    const words = wordsAt(glosses);
    return keys.map((_, j) => {
      const [, pinyin, gloss, place] = words[j] ?? [];
      if (place !== 0) return "";
      return isMark(words[j]) ? gloss : `${pinyin} ${gloss}`;
    });
  }

  function distance(one, layer, head) {
    const rows = matrixOf(one, layer, head);
    const asks = one.asks.length ? one.asks : one.queries.map((_, i) => i);
    const away = asks.map(i => rows[i].reduce((sum, w, j) => sum + w * Math.abs(i - j), 0) / (rows[i].reduce((a, b) => a + b, 0) || 1));
    return away.reduce((a, b) => a + b, 0) / away.length;
  }

  const setNumber = off => off.reduce((sum, head) => sum + 2 ** head, 0);
  const percent = permille => number(permille / 10, 1);
  // what the network answers at a gap while some heads are off: the word, whether it is right, and the probability of the right word
  function answer({ options, right, shares }, off) {
    const share = shares[setNumber(off)];
    return { word: options[share >= 500 ? right : 1 - right], isRight: share >= 500, share };
  }

  function switched({ data: examples, example, off, accuracy }) {
    const n_heads = examples[example].weights[0].length;
    const names = [...off]
      .sort((a, b) => a - b)
      .map(head => fill(labels.headName, { layer: Math.floor(head / n_heads) + 1, head: (head % n_heads) + 1 }).toLowerCase());
    const answers = examples[example].answers.map(one => {
      const { word, isRight, share } = answer(one, off);
      return fill(isRight ? labels.rightly : labels.wrongly, { word, share: percent(share), wanted: one.options[one.right] });
    });
    return fill(labels.switched, {
      heads: names.join("; "),
      answers: answers.join(", "),
      accuracy: percent(accuracy[setNumber(off)]),
      whole: percent(accuracy[0]),
    });
  }

  function sentence(state) {
    const { data: examples, example, layer, head, row, off, accuracy } = state;
    if (off.length && accuracy.length) return switched(state);
    const one = examples[example];
    const weights = matrixOf(one, layer, head)[row];
    const best = weights.indexOf(Math.max(...weights));
    const words = wordsAt(one.glosses ?? []);
    const say = (word, i, readable) => (one.glosses && readable ? named(word, words[i], labels.named) : `“${word}”`);
    return fill(isSelf(one) ? labels.readout : labels.readoutCross, {
      head: fill(labels.headName, { layer: layer + 1, head: head + 1 }),
      query: say(one.queries[row], row, isSelf(one)),
      key: say(one.keys[best], best, true),
      weight: number(weights[best]),
      distance: number(distance(one, layer, head), 1),
    });
  }

  // pointing counts only when the mouse moves, not when the page scrolls under it
  const pointed = act => event => {
    if (event.pointerType === "mouse" && (event.movementX || event.movementY)) act();
  };

  function build({ state, set, controls, stage }) {
    const first = state();
    const names = first.data.map(one => withReading(one.label, one.glosses));
    const n_layers = first.data[0].weights.length;
    const n_heads = first.data[0].weights[0].length;
    const nearest = (example, row) => {
      // keep a gap chosen when the sentence changes
      const { asks, queries } = state().data[example];
      const old = state().data[state().example];
      const which = old.asks.indexOf(row);
      return which >= 0 && asks.length ? asks[Math.min(which, asks.length - 1)] : Math.min(row, queries.length - 1);
    };
    const choose = selectControl({
      label: labels.sentence,
      options: names,
      onchange: i => set({ row: nearest(i, state().row), example: i }),
    });
    controls.append(choose);

    const thumbs = [];
    const { accuracy } = first;
    const turn = which => {
      const { off } = state();
      set({ off: off.includes(which) ? off.filter(x => x !== which) : [...off, which] });
    };
    const overview = h(
      "div",
      { class: "bk-heads" },
      Array.from({ length: n_layers }, (_, layer) => {
        const id = ids("layer");
        return h(
          "div",
          { class: "bk-head-row", role: "group", "aria-labelledby": id },
          h("span", { id, class: "bk-why" }, fill(labels.model, { layer: layer + 1 })),
          Array.from({ length: n_heads }, (_, head) => {
            const svg = s("svg", { "aria-hidden": "true", preserveAspectRatio: "none" });
            const button = h(
              "button",
              {
                type: "button",
                class: "bk-thumb",
                "aria-label": fill(labels.headName, { layer: layer + 1, head: head + 1 }),
                onclick: () => set({ layer, head }),
              },
              svg,
              h("span", {}, fill(labels.short, { head: head + 1 })),
            );
            const which = layer * n_heads + head;
            const name = fill(labels.headOn, { head: fill(labels.headName, { layer: layer + 1, head: head + 1 }) });
            const box = h("input", { type: "checkbox", "aria-label": name, onchange: () => turn(which) });
            const part = h("div", { class: "bk-thumb-on" }, button, accuracy.length > 0 && h("label", {}, box, h("span", {}, labels.on)));
            thumbs.push({ layer, head, which, svg, button, box, part });
            return part;
          }),
        );
      }),
    );
    const left = h("div", { class: "bk-looks" });
    const matrix = s("svg", { class: "bk-matrix", role: "img" });
    const bar = name => {
      const filled = h("span", { class: "bk-bar-fill" });
      const word = h("span", { class: "bk-bar-share" });
      return {
        node: h(
          "div",
          { class: "bk-bar-row" },
          h("span", { class: "bk-bar-name" }, name),
          h("span", { class: "bk-bar", style: "--guess:50%" }, filled),
          word,
        ),
        filled,
        word,
      };
    };
    const show = ({ filled, word }, permille, text) => {
      filled.style.width = `${permille / 10}%`;
      word.textContent = text;
    };
    const answers = h("div", { class: "bk-bars bk-answers", role: "group", "aria-label": labels.answers });
    const overall = bar(labels.overall);
    stage.append(overview);
    if (accuracy.length) stage.append(answers);
    stage.append(h("div", { class: "bk-two bk-two-even" }, left, h("div", {}, matrix)));
    let drawn = null;
    let parts = null;

    const paint = (svg, rows, size) =>
      rows.flatMap((r, i) =>
        r.map((w, j) =>
          w < 0.02
            ? null
            : s("rect", { x: j * size, y: i * size, width: size, height: size, class: "bk-weight", "fill-opacity": w.toFixed(2) }),
        ),
      );

    function lay(one) {
      const n = one.queries.length;
      const m = one.keys.length;
      const self = isSelf(one);
      const beside = atWords(one);
      const readings = atCharacters(one.glosses ?? []);
      const side = self && readings.length ? 24 + roomOf(readings) : 88;
      const above = readings.length ? 26 + roomOf(readings) : 84;
      const upright = one.keys.every(word => [...word].length === 1);
      const high = Math.max(n, m);
      const words = one.queries.map((word, i) =>
        h(
          "button",
          {
            type: "button",
            class: one.asks.includes(i) ? "bk-look bk-ask" : "bk-look",
            onclick: () => set({ row: i }),
            onfocus: () => set({ row: i }),
            onpointermove: pointed(() => set({ row: i })),
            onkeydown: event => {
              const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
              if (!way) return;
              event.preventDefault();
              words[clamp(i + way, 0, n - 1)].focus();
            },
          },
          self && beside[i] && h("small", { class: "bk-gloss", lang: "en" }, beside[i]),
          word,
        ),
      );
      const lines = one.keys.map(() => s("path", { class: "bk-link", "vector-effect": "non-scaling-stroke" }));
      const numbers = one.keys.map(() => h("span", { class: "bk-share" }));
      const keys = one.keys.map((word, j) =>
        h(
          "div",
          { class: "bk-seen-word" },
          h("span", {}, word, !self && beside[j] && h("small", { class: "bk-gloss", lang: "en" }, beside[j])),
          numbers[j],
        ),
      );
      left.replaceChildren(
        h("div", { class: "bk-look-list" }, words),
        s(
          "svg",
          {
            class: "bk-links",
            viewBox: `0 0 100 ${high}`,
            preserveAspectRatio: "none",
            "aria-hidden": "true",
            style: `height:calc(${high} * var(--row))`,
          },
          lines,
        ),
        h("div", { class: "bk-look-list" }, keys),
      );
      const cells = s("g", { transform: `translate(${side} ${above})` });
      const band = s("rect", { x: 0, width: side + m * CELL, height: CELL, class: "bk-band" });
      const names = one.queries.map((word, i) =>
        s(
          "text",
          { x: side - 5, y: above + i * CELL + 11, "text-anchor": "end", class: "bk-small" },
          self && readings[i] ? `${readings[i]} ${word}` : word,
        ),
      );
      put(matrix, { viewBox: `0 0 ${side + m * CELL + 2} ${above + n * CELL + 2}`, width: side + m * CELL + 2 });
      const hits = one.queries.map((_, i) =>
        s("rect", { x: 0, y: above + i * CELL, width: side + m * CELL, height: CELL, class: "bk-hit", onclick: () => set({ row: i }) }),
      );
      matrix.replaceChildren(
        band,
        cells,
        s("rect", { x: side, y: above, width: m * CELL, height: n * CELL, class: "bk-frame" }),
        ...names,
        ...(upright
          ? columnHeads(one.keys, readings, { x: j => side + (j + 0.5) * CELL, y: above, class: "bk-small" })
          : one.keys.map((word, j) =>
              s("text", { transform: `translate(${side + j * CELL + 11} ${above - 5}) rotate(-90)`, class: "bk-small" }, word),
            )
        )
          .flat()
          .filter(Boolean),
        ...hits,
      );
      const bars = (one.answers ?? []).map(({ row }) => bar(one.queries[row]));
      if (accuracy.length) answers.replaceChildren(...bars.map(each => each.node), overall.node);
      return { words, lines, numbers, keys, cells, band, names, bars, above };
    }

    return now => {
      const { data: examples, example, layer, head, row } = now;
      const one = examples[example];
      const rows = matrixOf(one, layer, head);
      choose.update(example);
      if (drawn !== one) {
        parts = lay(one);
        drawn = one;
        thumbs.forEach(t => {
          t.painted = null;
        });
      }
      for (const t of thumbs) {
        t.button.setAttribute("aria-pressed", t.layer === layer && t.head === head);
        t.box.checked = !now.off.includes(t.which);
        t.part.classList.toggle("bk-is-off", now.off.includes(t.which));
        if (t.painted === one) continue;
        t.painted = one;
        put(t.svg, { viewBox: `0 0 ${one.keys.length} ${one.queries.length}` });
        t.svg.replaceChildren(...paint(t.svg, matrixOf(one, t.layer, t.head), 1).filter(Boolean));
      }
      if (accuracy.length) {
        parts.bars.forEach((each, i) => {
          const { word, isRight, share } = answer(one.answers[i], now.off);
          show(each, share, fill(isRight ? labels.rightWord : labels.wrongWord, { word }));
          each.node.classList.toggle("bk-is-wrong", !isRight);
        });
        show(overall, accuracy[setNumber(now.off)], `${percent(accuracy[setNumber(now.off)])} %`);
      }
      parts.cells.replaceChildren(...paint(matrix, rows, CELL).filter(Boolean));
      matrix.setAttribute("aria-label", fill(labels.matrix, { head: fill(labels.headName, { layer: layer + 1, head: head + 1 }) }));
      put(parts.band, { y: parts.above + row * CELL });
      parts.names.forEach((name, i) => name.classList.toggle("bk-q", i === row));
      parts.words.forEach((word, i) => word.setAttribute("aria-pressed", i === row));
      rows[row].forEach((w, j) => {
        put(parts.lines[j], {
          d: `M0 ${row + 0.5}C45 ${row + 0.5} 55 ${j + 0.5} 100 ${j + 0.5}`,
          "stroke-width": (w * 9).toFixed(1),
          "stroke-opacity": w < 0.02 ? 0 : (0.25 + 0.75 * w).toFixed(2),
        });
        parts.numbers[j].textContent = w < 0.005 ? "" : number(w);
        parts.keys[j].style.setProperty("--w", w);
      });
      return sentence(now);
    };
  }

  return { build, sentence, distance, answer, setNumber, atWords };
});
