/* The detector of chapter 9, as in book_lib/detection/detr.py: a picture in, a set of boxes out.
   pixels: [height · width · 3] numbers 0 to 255; padTo: [height, width] that the picture is padded to, to the right and below.
   Returns for every decoder layer logits and boxes (cx, cy, w, h) as shares of the unpadded picture, and the grid [rows, columns]. */
export const detr = (engine, picture) =>
  predictSet(engine, picture, said => ({
    logits: engine.linear(said, "class_head").data.slice(),
    boxes: engine.sigmoid(threeLayers(engine, said, "box_head")).data.slice(),
  }));

/* A set of answers to a picture: answer(said) reads one layer's from what its queries say, [queries, d_model]. */
export function predictSet(engine, picture, answer) {
  const { sizes } = engine.header;
  const { add, linear, layerNorm, attention } = engine;
  const map = backbone(engine, picture).at(-1);
  const grid = [map.height, map.width];
  const real = realCells(picture, ...grid);

  // the encoder: the cells of the map look at each other
  const code = engine.sineMap(real, ...grid, sizes.d_model, sizes.base);
  const isReal = (_, key) => real[key];
  let tokens = linear(map, "input_proj");
  for (let layer = 0; layer < sizes.n_encoder_layers; layer++) {
    const name = `encoder_layers.${layer}`;
    const placed = add(tokens, code);
    tokens = layerNorm(add(tokens, attention(placed, placed, tokens, `${name}.self_attention`, isReal)), `${name}.norm1`);
    tokens = layerNorm(add(tokens, feedForward(engine, tokens, name)), `${name}.norm2`);
  }

  // the decoder: the object queries look at each other, then at the picture
  const queries = engine.parameter("queries");
  const placedMemory = add(tokens, code);
  const answers = [];
  let states = engine.tensor(queries.rows, queries.columns);
  for (let layer = 0; layer < sizes.n_decoder_layers; layer++) {
    const name = `decoder_layers.${layer}`;
    const placed = add(states, queries);
    states = layerNorm(add(states, attention(placed, placed, states, `${name}.self_attention`)), `${name}.norm1`);
    states = layerNorm(
      add(states, attention(add(states, queries), placedMemory, tokens, `${name}.cross_attention`, isReal)),
      `${name}.norm2`,
    );
    states = layerNorm(add(states, feedForward(engine, states, name)), `${name}.norm3`);

    answers.push(answer(layerNorm(states, "decoder_norm")));
  }
  return { grid, answers };
}

/* The backbone, a residual network of 3 × 3 convolutions: the maps after each of its blocks. */
export function backbone(engine, { pixels, height, width, padTo = [height, width] }) {
  const { limits, tensors } = engine.header;
  const inside = side => Number.isInteger(side) && side >= limits.side[0] && side <= limits.side[1];
  if (![height, width, ...padTo].every(inside) || height > padTo[0] || width > padTo[1] || pixels.length !== 3 * height * width) {
    throw new Error(
      `The detector reads pictures with sides of ${limits.side[0]} to ${limits.side[1]} px, and this one has ${width} × ${height}, padded to ${padTo[1]} × ${padTo[0]}.`,
    );
  }
  const { add, convolution, relu } = engine;
  let map = { ...engine.tensor(padTo[0] * padTo[1], 3), height: padTo[0], width: padTo[1] };
  for (let y = 0; y < height; y++)
    for (let x = 0; x < 3 * width; x++) map.data[3 * y * map.width + x] = (pixels[3 * y * width + x] / 255 - 0.5) / 0.25;
  map = relu(convolution(map, "backbone.stem.0", 2));
  return [2, 2, 1].map((stride, block) => {
    const name = `backbone.blocks.${block}`;
    const inner = convolution(relu(convolution(map, `${name}.conv1`, stride)), `${name}.conv2`);
    const changes = tensors.some(tensor => tensor.name === `${name}.shortcut.weight`);
    return (map = { ...inner, ...relu(add(inner, changes ? convolution(map, `${name}.shortcut`, stride) : map)) });
  });
}

/* Which cells of a map of a picture are no padding, 1 or 0 each. */
export function realCells({ height, width, padTo = [height, width] }, rows, columns) {
  const real = new Uint8Array(rows * columns);
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, i++)
      real[i] = Math.floor((y * padTo[0]) / rows) < height && Math.floor((x * padTo[1]) / columns) < width;
  return real;
}

export const threeLayers = ({ linear, relu }, said, name) =>
  linear(relu(linear(relu(linear(said, `${name}.0`)), `${name}.2`)), `${name}.4`);

export const feedForward = (engine, tokens, name) =>
  engine.linear(engine.relu(engine.linear(tokens, `${name}.feed_forward.linear1`)), `${name}.feed_forward.linear2`);
