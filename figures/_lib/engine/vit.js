/* ViT of chapter 8, as in book_lib/vision/vit.py, read from its class token. pixels: [side · side · 3] numbers 0 to 255; patches and positions
   change what stands in each place of the sequence of patches: the number of a patch, and the number of a learned position, counted row by
   row; without them each patch is in its own place. Returns the logits. What every token looks at can be watched as
   "blocks.0.attention.weights", [heads, 1 + patches, 1 + patches]; the class token comes first. */
export function vit(engine, { pixels, patches, positions }) {
  const { sizes } = engine.header;
  const { linear, layerNorm, attention, gelu, parameter } = engine;
  const side = sizes.image_size;
  const p = sizes.patch_size;
  const columns = side / p;
  const n = columns * columns;
  const inPlace = [...Array(n).keys()];
  const isOrder = list => list.length === n && [...list].sort((a, b) => a - b).every((place, i) => place === i);
  if (pixels.length !== 3 * side * side || ![patches ?? inPlace, positions ?? inPlace].every(isOrder)) {
    throw new Error(`This ViT reads pictures of ${side} × ${side} px, and ${n} patches and positions in any order.`);
  }
  const increase = (x, change) => change.data.forEach((value, i) => (x.data[i] += value));

  const cut = engine.tensor(n, 3 * p * p);
  (patches ?? inPlace).forEach((patch, place) => {
    const corner = Math.floor(patch / columns) * p * side + (patch % columns) * p;
    for (let y = 0, at = place * cut.columns; y < p; y++)
      for (let i = 0; i < 3 * p; i++, at++) cut.data[at] = (pixels[3 * (corner + y * side) + i] / 255 - 0.5) / 0.25;
  });
  const tokens = engine.tensor(1 + n, sizes.d_model);
  tokens.data.set(parameter("class_token").data);
  tokens.data.set(linear(cut, "patch_embedding.projection").data, sizes.d_model);
  const code = parameter("positions").data;
  [0, ...(positions ?? inPlace).map(position => 1 + position)].forEach((row, token) => {
    for (let k = 0; k < sizes.d_model; k++) tokens.data[token * sizes.d_model + k] += code[row * sizes.d_model + k];
  });
  for (let layer = 0; layer < sizes.n_layers; layer++) {
    const name = `blocks.${layer}`;
    engine.scratch(() => {
      const normed = layerNorm(tokens, `${name}.norm1`, sizes.eps);
      increase(tokens, attention(normed, normed, normed, `${name}.attention`));
      const inner = gelu(linear(layerNorm(tokens, `${name}.norm2`, sizes.eps), `${name}.mlp.linear1`));
      increase(tokens, linear(inner, `${name}.mlp.linear2`));
    });
  }
  const said = layerNorm({ ...tokens, rows: 1, data: tokens.data.subarray(0, sizes.d_model) }, "norm", sizes.eps);
  return { logits: linear(said, "head").data.slice() };
}
