/* Image GPT of chapter 7, as in book_lib/vision/igpt.py. pixels: levels that are known, in raster order, as many as the picture has or fewer;
   draws: for each completion wanted, as many numbers from 0 to 1 as pixels are missing, and each picks one pixel from its distribution.
   Returns logits, a row for every known pixel and one for the next, where there is one; and completions, whole pictures. */
export function igpt(engine, { pixels, draws = [] }) {
  const { sizes } = engine.header;
  const isLevel = level => Number.isInteger(level) && level >= 0 && level < sizes.n_colours;
  if (pixels.length > sizes.n_pixels || !pixels.every(isLevel) || draws.some(list => pixels.length + list.length !== sizes.n_pixels)) {
    throw new Error(`Image GPT reads up to ${sizes.n_pixels} pixels of ${sizes.n_colours} levels, and draws all that are missing.`);
  }
  const d = sizes.d_model;
  const blocks = Array.from({ length: sizes.n_layers }, (_, i) => `blocks.${i}`);
  const newCaches = () => blocks.map(() => engine.newCache(sizes.n_pixels, d));
  const increase = (x, change) => change.data.forEach((value, i) => (x.data[i] += value));

  /* Levels that come after those in the caches -> logits, a row for each place; null stands for the start token. */
  function read(levels, caches) {
    const positions = engine.parameter("positions").data.subarray(caches[0].length * d);
    const tokens = engine.tensor(levels.length, d);
    levels.forEach((level, i) => {
      const from = level === null ? engine.parameter("start").data : engine.parameter("colours.weight").data.subarray(level * d);
      for (let k = 0; k < d; k++) tokens.data[i * d + k] = from[k] + positions[i * d + k];
    });
    blocks.forEach((name, layer) =>
      engine.scratch(() => {
        increase(tokens, engine.attendCausally(engine.rmsNorm(tokens, `${name}.norm1`), caches[layer], `${name}.attention`));
        const inner = engine.quickGelu(engine.linear(engine.rmsNorm(tokens, `${name}.norm2`), `${name}.mlp.linear1`));
        increase(tokens, engine.linear(inner, `${name}.mlp.linear2`));
      }),
    );
    return engine.linear(engine.rmsNorm(tokens, "norm"), "output").data.slice();
  }

  const caches = newCaches();
  const logits = read([null, ...pixels].slice(0, sizes.n_pixels), caches);
  const own = draws.length ? newCaches() : [];
  const completions = draws.map(list => {
    own.forEach((cache, layer) => {
      cache.length = caches[layer].length;
      cache.keys.data.set(caches[layer].keys.data);
      cache.values.data.set(caches[layer].values.data);
    });
    const picture = [...pixels];
    let next = logits.subarray(-sizes.n_colours);
    for (const draw of list) {
      if (picture.length > pixels.length) next = engine.scratch(() => read(picture.slice(-1), own));
      picture.push(pick(next, draw));
    }
    return picture;
  });
  return { logits, completions };
}

/* The level at which the sum of the probabilities first exceeds a number from 0 to 1. */
function pick(logits, draw) {
  const largest = Math.max(...logits);
  const parts = Float64Array.from(logits, logit => Math.exp(logit - largest));
  let left = draw * parts.reduce((a, b) => a + b, 0);
  const level = parts.findIndex(part => (left -= part) < 0);
  return level < 0 ? parts.length - 1 : level;
}
