import { bookFigure, buttonControl, fill, h, number } from "../_lib/chrome.js";

export default bookFigure(labels => {
  const percent = permille => `${number(permille / 10, 1)} %`;

  const index = removed => removed.reduce((sum, head) => sum + 2 ** head, 0);
  const heads = table => Math.log2(table.length);

  function leastMissed({ table, removed }) {
    const left = [...Array(heads(table)).keys()].filter(head => !removed.includes(head));
    return left.reduce(
      (best, head) => (best < 0 || table[index([...removed, head])][0] > table[index([...removed, best])][0] ? head : best),
      -1,
    );
  }

  function sentence({ table, removed, size, shared }) {
    const n = heads(table);
    const names = [...removed]
      .sort((a, b) => a - b)
      .map(head => head + 1)
      .join(", ");
    return fill(labels.readout, {
      heads: names || labels.none,
      accuracy: percent(table[index(removed)][0]),
      whole: percent(table[0][0]),
      left: size * (n - removed.length) + shared,
      numbers: size * n + shared,
    });
  }

  function build({ state, set, controls, stage }) {
    const { table, kinds, guess } = state();
    const n = heads(table);
    const turn = head => {
      const { removed } = state();
      set({ removed: removed.includes(head) ? removed.filter(x => x !== head) : [...removed, head] });
    };
    const next = buttonControl(labels.next, () => {
      const { removed } = state();
      if (removed.length < n) set({ removed: [...removed, leastMissed(state())] });
    });
    controls.append(
      next,
      buttonControl(labels.back, () => set({ removed: [] })),
    );
    const words = Array.from({ length: n }, () => h("span", { class: "bk-why" }));
    const cards = words.map((word, head) =>
      h(
        "button",
        { type: "button", class: "bk-head-card", onclick: () => turn(head) },
        h("strong", {}, fill(labels.head, { head: head + 1 })),
        word,
        h("span", { class: "bk-why" }, fill(labels.costs, { cost: number((table[0][0] - table[index([head])][0]) / 10, 1) })),
      ),
    );
    const rows = [labels.all, ...kinds].map(name => {
      const bar = h("span", { class: "bk-bar-fill" });
      const share = h("span", { class: "bk-bar-share" });
      const node = h(
        "div",
        { class: "bk-bar-row" },
        h("span", { class: "bk-bar-name" }, name),
        h("span", { class: "bk-bar", style: `--guess:${guess / 10}%` }, bar),
        share,
      );
      return { node, bar, share };
    });
    stage.append(
      h("div", { class: "bk-head-cards", role: "group", "aria-label": labels.heads }, cards),
      h(
        "div",
        { class: "bk-bars", role: "group", "aria-label": labels.bars },
        rows.map(row => row.node),
      ),
    );

    return now => {
      const here = table[index(now.removed)];
      cards.forEach((card, head) => {
        const gone = now.removed.includes(head);
        card.setAttribute("aria-pressed", !gone);
        words[head].textContent = gone ? labels.gone : labels.inLayer;
      });
      next.disabled = now.removed.length === n;
      rows.forEach(({ bar, share }, i) => {
        bar.style.width = `${here[i] / 10}%`;
        share.textContent = percent(here[i]);
      });
      return sentence(now);
    };
  }

  return { build, sentence, index, leastMissed };
});
