const LABELS = {
  "title": "Which heads can go?",
  "prompts": [
    "Remove one head at a time and put it back. Which one is missed most, and by which gaps?",
    "Remove the heads that are missed least, one after the other. How many can go before it hurts?",
    "Find two heads that can each go alone, but not together."
  ],
  "seen": "Some heads can be taken out at no cost, others are the only ones that do a job. And the damage does not add up: where two heads do the same job, either can go, and the loss shows only when both are gone. That is why heads are pruned one at a time, measuring again after each.",
  "caption": "A trained layer of eight heads with any set of them really removed: their rows of W_Q, W_K and W_V, their columns of W_O. Bars: share of gaps filled rightly in 1000 sentences the network has not seen, computed beforehand for all 256 sets. Dashed: guessing.",
  "heads": "Heads in the layer", "head": "head {head}", "inLayer": "in the layer", "gone": "removed", "costs": "alone: {cost} points",
  "all": "all gaps", "none": "none", "next": "Remove the least missed", "back": "Put all back",
  "bars": "Share of gaps filled rightly", "alone": "Share of gaps filled rightly with one head removed", "now": "removed: {heads}",
  "readout": "Removed: {heads}. {accuracy} of the gaps are filled rightly, against {whole} with all heads. The layer has {left} of {numbers} numbers left."
};
const percent = permille => `${number(permille / 10, 1)} %`;

export const index = removed => removed.reduce((sum, head) => sum + 2 ** head, 0);
const heads = table => Math.log2(table.length);

export function check({ table, kinds, removed, guess, size, shared }) {
  if (!isWords(kinds, 1, 8)) return wrong("kinds", "a list of 1 to 8 names");
  const fits = Array.isArray(table) && [2, 4, 8, 16, 32, 64, 128, 256].includes(table.length)
    && table.every(row => Array.isArray(row) && row.length === kinds.length + 1 && row.every(x => isWhole(x, 0, 1000)));
  if (!fits) return wrong("table", "for each set of heads the accuracies in thousandths: all gaps, then one for each kind");
  if (!Array.isArray(removed) || new Set(removed).size !== removed.length || !removed.every(x => isWhole(x, 0, heads(table) - 1))) return wrong("removed", `different heads from 0 to ${heads(table) - 1}`);
  if (!isWhole(guess, 0, 1000)) return wrong("guess", "a whole number of thousandths");
  for (const [trait, value] of Object.entries({ size, shared })) if (!isWhole(value, 0, 1e9)) return wrong(trait, "a whole number");
  return null;
}

export function leastMissed({ table, removed }) {
  const left = [...Array(heads(table)).keys()].filter(head => !removed.includes(head));
  return left.reduce((best, head) => best < 0 || table[index([...removed, head])][0] > table[index([...removed, best])][0] ? head : best, -1);
}

export function sentence({ table, removed, size, shared }) {
  const n = heads(table), names = [...removed].sort((a, b) => a - b).map(head => head + 1).join(", ");
  return fill(LABELS.readout, { heads: names || LABELS.none, accuracy: percent(table[index(removed)][0]), whole: percent(table[0][0]),
    left: size * (n - removed.length) + shared, numbers: size * n + shared });
}

function build({ state, set, controls, stage }) {
  const { table, kinds, guess } = state(), n = heads(table);
  const turn = head => { const { removed } = state(); set({ removed: removed.includes(head) ? removed.filter(x => x !== head) : [...removed, head] }); };
  const next = buttonControl(LABELS.next, () => { const { removed } = state(); if (removed.length < n) set({ removed: [...removed, leastMissed(state())] }); });
  controls.append(next, buttonControl(LABELS.back, () => set({ removed: [] })));
  const words = Array.from({ length: n }, () => h("span", { class: "bk-why" }));
  const cards = words.map((word, head) => h("button", { type: "button", class: "bk-head-card", onclick: () => turn(head) },
    h("strong", {}, fill(LABELS.head, { head: head + 1 })), word, h("span", { class: "bk-why" }, fill(LABELS.costs, { cost: number((table[index([head])][0] - table[0][0]) / 10, 1) }))));
  const rows = [LABELS.all, ...kinds].map(name => {
    const bar = h("span", { class: "bk-bar-fill" }), share = h("span", { class: "bk-bar-share" });
    const node = h("div", { class: "bk-bar-row" }, h("span", { class: "bk-bar-name" }, name), h("span", { class: "bk-bar", style: `--guess:${guess / 10}%` }, bar), share);
    return { node, bar, share };
  });
  stage.append(h("div", { class: "bk-head-cards", role: "group", "aria-label": LABELS.heads }, cards),
    h("div", { class: "bk-bars", role: "group", "aria-label": LABELS.bars }, rows.map(row => row.node)));

  return now => {
    const here = table[index(now.removed)];
    cards.forEach((card, head) => {
      const gone = now.removed.includes(head);
      card.setAttribute("aria-pressed", !gone);
      words[head].textContent = gone ? LABELS.gone : LABELS.inLayer;
    });
    next.disabled = now.removed.length === n;
    rows.forEach(({ bar, share }, i) => { bar.style.width = `${here[i] / 10}%`; share.textContent = percent(here[i]); });
    return sentence(now);
  };
}

export default bookFigure({ labels: LABELS, keys: ["table", "kinds", "removed", "guess", "size", "shared"], check, build });
