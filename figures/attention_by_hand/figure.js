import {
  bookFigure,
  buttonControl,
  clamp,
  dragging,
  fill,
  h,
  number,
  pieces,
  put,
  s,
  softmax,
  toggleControl,
  vector,
} from "../_lib/chrome.js";

export default bookFigure((labels, traits) => {
  const LIMIT = traits.key.items.items.maximum;
  const UNIT = 30;
  const MIDDLE = 170;
  const LETTER = 7.9;

  /* Places for names beside their points: [{x, y, text}] -> [{x, y}], the left end and the baseline of each. Earlier ones choose first;
   a name keeps clear of the others, of all points and of the border of the plane, as far as that is possible. */
  function placeNames(points) {
    const taken = [];
    return points.map(({ x, y, text }) => {
      const wide = LETTER * text.length;
      const spots = [12, 24, 48, 72].flatMap(off => [
        [off, -off / 2 - 2],
        [off, off / 2 + 12],
        [-off - wide, -off / 2 - 2],
        [-off - wide, off / 2 + 12],
        [-wide / 2, -off - 2],
        [-wide / 2, off + 12],
        [off, 5],
        [-off - wide, 5],
      ]);
      const costs = spots.map(([dx, dy], i) => {
        const [left, top, right, bottom] = [x + dx, y + dy - 13, x + dx + wide, y + dy + 4];
        const over = taken.filter(b => left < b[2] && b[0] < right && top < b[3] && b[1] < bottom).length;
        const tips = points.filter(p => p.x > left - 7 && p.x < right + 7 && p.y > top - 7 && p.y < bottom + 7).length;
        return over * 100 + tips * 30 + (left < 2 || right > 2 * MIDDLE - 2 || top < 14 || bottom > 326) * 200 + i;
      });
      const [dx, dy] = spots[costs.indexOf(Math.min(...costs))];
      taken.push([x + dx, y + dy - 13, x + dx + wide, y + dy + 4]);
      return { x: x + dx, y: y + dy };
    });
  }

  function attend(query, key, value, scale = true) {
    const root = scale ? Math.sqrt(key[0].length) : 1;
    const scores = query.map(q => key.map(k => q.reduce((sum, x, i) => sum + x * k[i], 0)));
    const scaled = scores.map(row => row.map(x => x / root));
    const weights = scaled.map(softmax);
    const output = weights.map(row => value[0].map((_, c) => row.reduce((sum, w, j) => sum + w * value[j][c], 0)));
    return { scores, scaled, weights, output };
  }

  function sentence({ tokens, query, key, value, row, scale }) {
    const { weights, output } = attend(query, key, value, scale);
    const w = weights[row];
    const ratio = w[0] / w[1];
    return fill(labels.readout, {
      row: tokens[row],
      a: tokens[0],
      b: tokens[1],
      wa: number(w[0]),
      wb: number(w[1]),
      ratio: ratio >= 1000 ? "1000+" : number(ratio),
      output: vector(output[row]),
    });
  }

  // the formula behind one number of the lower table, as coloured pieces
  function derivation({ tokens, query, key, value, row, scale, picked: [step, j] }) {
    const { scores, scaled, weights, output } = attend(query, key, value, scale);
    const loose = x => number(x, 2, true);
    const signed = x => (x < 0 ? `(${loose(x)})` : loose(x));
    const q = query[row];
    const k = key[j];
    const d = q.length;
    const plus = list => list.flatMap((item, i) => (i ? [[" + "], ...item] : item));
    if (step === 0)
      return [
        ["s = "],
        ["q", "q"],
        ["·"],
        ["k", "k"],
        [" = "],
        ...plus(q.map((x, i) => [[signed(x), "q"], ["·"], [signed(k[i]), "k"]])),
        [` = ${loose(scores[row][j])}`],
      ];
    if (step === 1)
      return scale
        ? [["s / √dₖ = "], [`${loose(scores[row][j])} / √${d} = ${number(scaled[row][j])}`]]
        : [[`s = ${loose(scores[row][j])}`]];
    if (step === 2) {
      const powers = scaled[row].map(Math.exp);
      const sum = powers.reduce((a, b) => a + b, 0);
      const long = powers.some(x => x > 1e5);
      const exps = scaled[row].map(x => [[`exp(${number(x)})`]]);
      const end = long ? [] : [[` = ${number(powers[j])} / ${number(sum)}`]];
      return [["α = "], ...exps[j], [" / ("], ...plus(exps), [")"], ...end, [` = ${number(weights[row][j], 3)}`]];
    }
    if (step === 3)
      return [
        ["α "],
        ["v", "v"],
        [` = ${number(weights[row][j], 3)} · `],
        [vector(value[j], 2, true), "v"],
        [` = ${vector(value[j].map(x => x * weights[row][j]))}`],
      ];
    return [
      ["z = "],
      ...plus(tokens.map((_, i) => [[`${number(weights[row][i], 3)} `], [vector(value[i], 2, true), "v"]])),
      [` = ${vector(output[row])}`],
    ];
  }

  function build(api) {
    const { state, set, controls, stage } = api;
    const n = state().tokens.length;
    const withCell = (matrix, i, c, x) => matrix.map((r, a) => (a === i ? r.map((old, b) => (b === c ? x : old)) : r));
    const withRow = (matrix, i, r) => matrix.map((old, a) => (a === i ? r : old));
    const pin = x => clamp(Math.round(x * 2) / 2, -LIMIT, LIMIT);

    const swap = buttonControl("", () => {
      const now = state();
      const { index, token, query, key, value } = now.other;
      const other = { index, token: now.tokens[index], query: now.query[index], key: now.key[index], value: now.value[index] };
      set({
        tokens: withRow(now.tokens, index, token),
        query: withRow(now.query, index, query),
        key: withRow(now.key, index, key),
        value: withRow(now.value, index, value),
        other,
      });
    });
    const scaling = toggleControl({ label: labels.scale, onchange: scale => set({ scale }) });
    controls.append(swap, scaling);

    // the words with their q, k, v
    const words = state().tokens.map((_, i) => h("button", { type: "button", class: "bk-word", onclick: () => set({ row: i }) }));
    const parts = ["query", "key", "value"];
    const cells = parts.map(part =>
      state()[part].map((r, i) =>
        r.map((_, c) => {
          const input = h("input", {
            type: "number",
            min: -LIMIT,
            max: LIMIT,
            step: "any",
            class: `bk-cell bk-${part[0]}`,
            oninput: () => {
              if (input.value !== "" && Number.isFinite(+input.value))
                set({ [part]: withCell(state()[part], i, c, clamp(+input.value, -LIMIT, LIMIT)) });
            },
            onblur: () => {
              input.value = state()[part][i][c];
            },
          });
          return input;
        }),
      ),
    );
    const table = h(
      "table",
      { class: "bk-table", "aria-label": labels.table },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, labels.word),
          parts.map(part => h("th", { scope: "colgroup", colspan: 2, class: `bk-${part[0]}` }, labels[part])),
        ),
      ),
      h(
        "tbody",
        {},
        words.map((word, i) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, word),
            parts.map((_, p) => cells[p][i].map(input => h("td", {}, input))),
          ),
        ),
      ),
    );

    // the plane
    const place = ([x, y]) => [MIDDLE + UNIT * x, MIDDLE - UNIT * y];
    const grid = [...Array(2 * LIMIT + 1).keys()]
      .map(i => i - LIMIT)
      .map(i => [
        s("line", { x1: place([i, 0])[0], x2: place([i, 0])[0], y1: 20, y2: 320, class: i ? "bk-grid" : "bk-axis" }),
        s("line", { y1: place([0, i])[1], y2: place([0, i])[1], x1: 20, x2: 320, class: i ? "bk-grid" : "bk-axis" }),
      ]);
    const zero = s("line", { class: "bk-zero" });
    const zeroText = s("text", { class: "bk-small", "text-anchor": "middle" }, labels.zero);
    const handle = role => {
      const parts = {
        line: s("line", { class: `bk-arrow bk-${role}` }),
        disc: s("circle", { class: `bk-disc bk-${role}` }),
        hit: s("circle", { r: 21, class: "bk-hit" }),
        tip: s(
          role === "q" ? "rect" : "circle",
          role === "q" ? { width: 12, height: 12, class: "bk-tip bk-q" } : { r: 6, class: "bk-tip bk-k" },
        ),
        text: s("text", { class: `bk-name bk-${role}` }),
      };
      parts.node = s(
        "g",
        { class: "bk-handle", tabindex: 0, role: "slider", "aria-valuemin": -LIMIT, "aria-valuemax": LIMIT },
        parts.disc,
        parts.line,
        parts.hit,
        parts.tip,
        parts.text,
      );
      return parts;
    };
    const arrows = [...Array.from({ length: n }, () => handle("k")), handle("q")];
    const which = i => (i < n ? ["key", i] : ["query", state().row]);
    const handles = () =>
      arrows.map(({ node }, i) => {
        const [part, r] = which(i);
        const now = () => state()[part][r];
        const move = v => set({ [part]: withRow(state()[part], r, v.map(pin)) });
        return {
          node,
          at: () => place(now()),
          move: ([x, y]) => move([(x - MIDDLE) / UNIT, (MIDDLE - y) / UNIT]),
          nudge: (dx, dy, big) => move([now()[0] + dx * (big ? 2 : 0.5), now()[1] + dy * (big ? 2 : 0.5)]),
        };
      });
    const plane = s(
      "svg",
      { viewBox: "0 12 340 316", class: "bk-plane", role: "group" },
      grid,
      zero,
      zeroText,
      arrows.map(a => a.node),
    );
    dragging(plane, api, handles);

    // the arithmetic
    const stepCells = [0, 1, 2, 3].map(step =>
      words.map((_, j) => h("button", { type: "button", onclick: () => set({ picked: [step, j] }) })),
    );
    const sum = h("button", { type: "button", onclick: () => set({ picked: [4, 0] }) });
    const heads = words.map(() => h("th", { scope: "col", class: "bk-k" }));
    const corner = h("td", {});
    const signs = labels.sign.map(sign => h("span", { class: "bk-sign" }, sign));
    const steps = h(
      "table",
      { class: "bk-steps" },
      h("thead", {}, h("tr", {}, corner, heads)),
      h(
        "tbody",
        {},
        stepCells.map((buttons, i) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, labels.step[i], signs[i]),
            buttons.map(button => h("td", {}, button)),
          ),
        ),
        h("tr", {}, h("th", { scope: "row" }, labels.step[4], signs[4]), h("td", { colspan: n }, sum)),
      ),
    );
    const why = h("p", { class: "bk-why" });
    const formula = h("p", { class: "bk-formula" });
    stage.append(
      h(
        "div",
        { class: "bk-hand" },
        plane,
        h("div", { class: "bk-hand-table" }, table),
        h("div", { class: "bk-hand-steps" }, steps),
        h("div", { class: "bk-derivation" }, why, formula),
      ),
    );

    return now => {
      const { tokens, query, key, value, row, scale, picked, other } = now;
      const name = tokens[row];
      const { scores, scaled, weights, output } = attend(query, key, value, scale);
      swap.hidden = !other;
      if (other) swap.textContent = fill(labels.swap, { new: other.token, old: tokens[other.index] });
      scaling.update(scale);
      words.forEach((word, i) => {
        word.textContent = tokens[i];
        word.setAttribute("aria-pressed", i === row);
      });
      parts.forEach((part, p) =>
        now[part].forEach((r, i) =>
          r.forEach((x, c) => {
            const input = cells[p][i][c];
            if (document.activeElement !== input || +input.value !== x) input.value = x;
            input.setAttribute("aria-label", fill(labels.cell, { part: labels[part], word: tokens[i], component: c + 1 }));
          }),
        ),
      );

      plane.setAttribute("aria-label", fill(labels.plane, { row: name }));
      const q = query[row];
      const long = Math.hypot(...q);
      const across = long ? [(-q[1] / long) * 4.6, (q[0] / long) * 4.6] : [0, 0];
      const [a, b] = [place(across), place(across.map(x => -x))];
      put(zero, { x1: a[0], y1: a[1], x2: b[0], y2: b[1] });
      put(zeroText, { x: clamp(a[0], 24, 316), y: a[1] + (a[1] <= MIDDLE ? -6 : 15), visibility: long ? "visible" : "hidden" });
      arrows.forEach((arrow, i) => {
        const [part, r] = which(i);
        const v = now[part][r];
        const [x, y] = place(v);
        const isKey = i < n;
        const w = isKey ? weights[row][r] : 0;
        put(arrow.line, { x1: MIDDLE, y1: MIDDLE, x2: x, y2: y });
        put(arrow.disc, { cx: x, cy: y, r: isKey ? 40 * Math.sqrt(w) : 0 });
        put(arrow.hit, { cx: x, cy: y });
        put(arrow.tip, isKey ? { cx: x, cy: y } : { x: x - 6, y: y - 6, transform: `rotate(45 ${x} ${y})` });
        arrow.text.textContent = isKey ? `${tokens[r]} ${number(w)}` : `q ${name}`;
        put(arrow.node, {
          "aria-label": fill(isKey ? labels.handleKey : labels.handleQuery, { word: tokens[r] }),
          "aria-valuenow": v[0],
          "aria-valuetext": fill(isKey ? labels.at : labels.atQuery, {
            x: number(v[0], 1, true),
            y: number(v[1], 1, true),
            score: number(scores[row][r], 2, true),
            weight: number(w),
          }),
        });
      });

      const named = [n, ...key.map((_, j) => j).sort((a, b) => weights[row][b] - weights[row][a] || a - b)];
      const spots = placeNames(
        named.map(i => {
          const [x, y] = place(i < n ? key[i] : q);
          return { x, y, text: arrows[i].text.textContent };
        }),
      );
      named.forEach((i, at) => put(arrows[i].text, spots[at]));

      steps.setAttribute("aria-label", fill(labels.steps, { row: name }));
      corner.textContent = fill(labels.from, { row: name });
      signs[1].textContent = scale ? labels.sign[1] : labels.unscaled;
      heads.forEach((head, j) => {
        head.textContent = tokens[j];
      });
      stepCells.forEach((buttons, step) =>
        buttons.forEach((button, j) => {
          const text =
            step === 0
              ? number(scores[row][j], 2, true)
              : step === 1
                ? number(scaled[row][j])
                : step === 2
                  ? number(weights[row][j], 3)
                  : vector(value[j].map(x => x * weights[row][j]));
          button.textContent = text;
          button.style.setProperty("--w", step === 2 ? weights[row][j] : 0);
          button.setAttribute("aria-pressed", picked[0] === step && picked[1] === j);
          button.setAttribute("aria-label", `${labels.step[step]}, ${tokens[j]}: ${text}`);
        }),
      );
      sum.textContent = vector(output[row]);
      sum.setAttribute("aria-label", `${labels.step[4]}: ${sum.textContent}`);
      sum.setAttribute("aria-pressed", picked[0] === 4);
      why.textContent =
        picked[0] === 1 && !scale
          ? labels.explainUnscaled
          : fill(labels.explain[picked[0]], { key: tokens[picked[1]], row: name, d: q.length });
      formula.replaceChildren(...pieces(derivation(now)));
      return sentence(now);
    };
  }

  return { build, sentence, placeNames, attend };
});
