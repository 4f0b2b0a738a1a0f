/* Bugs of attention that people report in public: what each puts in place of a part of the engine's attention, for one request. */
export const BUGS = {
  /* scores.softmax(dim=-2): the weights of each key add up to 1 over the queries */
  softmax: {
    softmax(scores, may) {
      for (let j = 0; j < scores.columns; j++) {
        const at = i => i * scores.step + j;
        let largest = -Infinity;
        let sum = 0;
        for (let i = 0; i < scores.rows; i++) if (!may || may(i, j)) largest = Math.max(largest, scores.data[at(i)]);
        for (let i = 0; i < scores.rows; i++) sum += scores.data[at(i)] = !may || may(i, j) ? Math.exp(scores.data[at(i)] - largest) : 0;
        for (let i = 0; i < scores.rows; i++) scores.data[at(i)] /= sum || 1;
      }
      return scores;
    },
  },
  /* x.view(b, heads, n, d_head) instead of x.view(b, n, heads, d_head).transpose(1, 2), and the same on the way back */
  view: {
    split: (x, heads, tensor) => moved(x, heads, tensor, true),
    merge: (x, heads, tensor) => moved(x, heads, tensor, false),
  },
  /* the mask that hides padding is not handed on */
  padding: { open: () => null },
  /* no causal mask: where many words are read at once, each sees those after it, too */
  causal: { past: () => true },
};

/* Row i, head h of the result is what lies at place (h · n + i) of x, counted in heads; or the other way round. */
function moved(x, heads, tensor, split) {
  const out = tensor(x.rows, x.columns);
  const width = x.columns / heads;
  for (let head = 0; head < heads; head++)
    for (let i = 0; i < x.rows; i++) {
      const [inRow, inLine] = [i * x.columns + head * width, (head * x.rows + i) * width];
      const [from, to] = split ? [inLine, inRow] : [inRow, inLine];
      out.data.set(x.data.subarray(from, from + width), to);
    }
  return out;
}
