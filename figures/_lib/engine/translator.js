import { topK } from "./boxes.js";
import { feedForward } from "./detr.js";

/* The translator of chapter 5, as in book_lib/transformer.py and book_lib/experiments/translator.py.
   source: numbers of characters, 0 being padding; beams: how many beginnings are kept (1: greedy); closedReading: pairs [i, j], character i
   may not attend to character j; closedWriting: pairs [i, j], the word after place i may not; target: words to read instead of writing.
   Returns the translations, best first, as {words, score}, and the logits of the first, a row after each of its words. */
export function translator(engine, { source, beams = 1, longest = 64, closedReading = [], closedWriting = [], target = null }) {
  const { sizes, limits, words } = engine.header;
  const open = links => {
    const closed = new Set(links.map(([i, j]) => i * source.length + j));
    return (i, j) => source[j] !== 0 && !closed.has(i * source.length + j);
  };
  const mayRead = open(closedReading);
  const mayCross = open(closedWriting);
  const wholes = [...source, ...(target || [])];
  if (
    !source.some(Boolean) ||
    source.length > limits.characters ||
    (target && target.length > limits.words) ||
    beams < 1 ||
    beams > limits.beams ||
    longest > limits.words
  ) {
    throw new Error(
      `The translator reads 1 to ${limits.characters} characters, writes up to ${limits.words} words and keeps 1 to ${limits.beams} beams.`,
    );
  }
  if (
    wholes.some(n => !Number.isInteger(n) || n < 0) ||
    source.some(n => n >= words.source.length) ||
    (target || []).some(n => n >= words.target.length)
  ) {
    throw new Error("The translator was given a word that is not in its vocabulary.");
  }
  const { add, linear, layerNorm, sineCode } = engine;
  const layers = Array.from({ length: sizes.n_layers }, (_, i) => i);
  const d = sizes.d_model;
  const embed = (numbers, name, start = 0) =>
    add(
      engine.embedding(numbers, name, Math.sqrt(d)),
      sineCode(
        Array.from(numbers, (_, i) => start + i),
        d,
      ),
    );
  const addNorm = (tokens, change, name) => layerNorm(add(tokens, change), `${name}.norm`);

  // the encoder: every character looks at every other
  let memory = embed(source, "source_embedding");
  for (const layer of layers) {
    const name = `encoder.layers.${layer}`;
    memory = addNorm(memory, engine.attention(memory, memory, memory, `${name}.self_attention`, mayRead), `${name}.add_norm1`);
    memory = addNorm(memory, feedForward(engine, memory, name), `${name}.add_norm2`);
  }

  // the decoder: each new word looks at the words before it, then at the source
  const read = layers.map(layer => engine.keysAndValues(memory, memory, `decoder.layers.${layer}.cross_attention`));
  const scores = engine.transpose(engine.parameter("target_embedding.weight")); // one table for both uses
  const newCaches = () => layers.map(() => engine.newCache(limits.words, d));
  function decode(numbers, caches) {
    const start = caches[0].length;
    let tokens = embed(numbers, "target_embedding", start);
    for (const layer of layers) {
      const name = `decoder.layers.${layer}`;
      const q = () => linear(tokens, `${name}.cross_attention.q_proj`);
      tokens = addNorm(tokens, engine.attendCausally(tokens, caches[layer], `${name}.self_attention`), `${name}.add_norm1`);
      tokens = addNorm(
        tokens,
        engine.attend(q(), ...read[layer], `${name}.cross_attention`, (i, j) => mayCross(start + i, j)),
        `${name}.add_norm2`,
      );
      tokens = addNorm(tokens, feedForward(engine, tokens, name), `${name}.add_norm3`);
    }
    const logits = engine.multiply(tokens, scores, engine.tensor(numbers.length, scores.columns));
    engine.see("logits", logits);
    return logits.data.slice(0, numbers.length * scores.columns);
  }
  if (target) return { translations: [{ words: target, score: 0 }], logits: decode(target, newCaches()) };
  const next = (numbers, caches) => engine.scratch(() => decode(numbers, caches));
  return beamSearch(next, newCaches, words.target.length, beams, longest);
}

/* Keep the likeliest beginnings at every step (Wu et al. 2016), as in book_lib.transformer.beam_search; with one beam this is greedy decoding. */
function beamSearch(next, newCaches, nWords, beams, longest, alpha = 0.6) {
  const [PAD, START, END] = [0, 1, 2];
  const finished = [];
  let alive = [{ words: [START], total: 0, logits: [] }];
  let caches = Array.from({ length: beams }, newCaches);
  let spare = Array.from({ length: beams > 1 ? beams : 0 }, newCaches);
  for (let length = 1; length < longest && alive.length && finished.length < beams; length++) {
    const penalty = ((5 + length) / 6) ** alpha;
    const totals = new Float64Array(alive.length * nWords);
    const rows = [];
    alive.forEach((beam, b) => {
      const logits = next(beam.words.slice(-1), caches[b]);
      const largest = logits.reduce((a, x) => Math.max(a, x), -Infinity);
      const sum = Math.log(logits.reduce((a, x) => a + Math.exp(x - largest), 0)) + largest;
      rows.push([...beam.logits, logits]);
      for (let w = 0; w < nWords; w++) totals[b * nWords + w] = w === PAD || w === START ? -Infinity : beam.total + logits[w] - sum;
    });
    const longer = topK(totals, 2 * beams).map(place => {
      const from = Math.floor(place / nWords);
      return { from, words: [...alive[from].words, place % nWords], total: totals[place], logits: rows[from] };
    });
    longer.forEach((beam, rank) => {
      if (beam.words.at(-1) === END && rank < beams) finished.push({ ...beam, score: beam.total / penalty });
    });
    alive = longer.filter(beam => beam.words.at(-1) !== END).slice(0, beams);
    if (beams > 1) {
      alive.forEach(({ from }, b) =>
        caches[from].forEach((cache, layer) => {
          const to = spare[b][layer];
          to.length = cache.length;
          to.keys.data.set(cache.keys.data);
          to.values.data.set(cache.values.data);
        }),
      );
      [caches, spare] = [spare, caches];
    }
    if (length === longest - 1 && !finished.length) finished.push(...alive.map(beam => ({ ...beam, score: beam.total / penalty })));
  }
  const best = finished.sort((a, b) => b.score - a.score).slice(0, beams);
  return {
    translations: best.map(({ words, score }) => ({ words, score })),
    logits: Float32Array.from(best[0].logits.flatMap(row => Array.from(row))),
  };
}
