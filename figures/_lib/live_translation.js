// The translator in the page, asked for a sentence and for where it looked while it wrote.
const [START, END] = [1, 2];

/* Translate, then read the translation again for its attention. input: {source, …} as engine/translator.js takes it; names: what to watch.
   Gives {numbers, words, others, maps}: the translation as numbers and as words, all beams as {words, score}, and for each name weights
   [n][m], mean over heads. Null where a newer question has taken this one's place; stillWanted() tells so between the two requests. */
export async function translation(model, input, names, stillWanted) {
  const wrote = await model.ask(input);
  if (!wrote || !stillWanted()) return null; // a newer question is waiting, and must not lose its place
  const others = wrote[0].translations;
  const numbers = others[0].words.filter(word => word !== START && word !== END);
  const read = await model.ask({ ...input, target: [START, ...numbers] }, names);
  if (!read) return null;
  const words = numbers.map(number => model.header.words.target[number]);
  return { numbers, words, others, maps: names.map(name => meanOfHeads(read[1][name][0])) };
}

/* Weights [n][m], the mean over heads, of a watched tensor [heads, n, m]. */
export function meanOfHeads({ shape: [heads, n, m], data }) {
  const at = (i, j) => Array.from({ length: heads }, (_, head) => data[(head * n + i) * m + j]).reduce((a, b) => a + b) / heads;
  return Array.from({ length: n }, (_, i) => Array.from({ length: m }, (_, j) => at(i, j)));
}
/* Which words also stand in the other list, in the same order: those of the longest common subsequence. */
export function sharedWords(words, others) {
  const longest = Array.from({ length: words.length + 1 }, () => new Array(others.length + 1).fill(0));
  for (let i = words.length - 1; i >= 0; i--)
    for (let j = others.length - 1; j >= 0; j--)
      longest[i][j] = words[i] === others[j] ? longest[i + 1][j + 1] + 1 : Math.max(longest[i + 1][j], longest[i][j + 1]);
  let j = 0;
  return words.map((word, i) => {
    while (j < others.length && word !== others[j] && longest[i][j + 1] === longest[i][j]) j++;
    return word === others[j] && ++j > 0;
  });
}
