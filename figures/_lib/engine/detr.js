/* The detector of chapter 9, as in book_lib/detection/detr.py: a picture in, a set of boxes out.
   Returns for every decoder layer logits and boxes (cx, cy, w, h) as shares of the unpadded picture, and the grid [rows, columns]. */
export const detr = (engine, picture) =>
  askPicture(engine, picture, said => {
    const box = mlp(engine, said, "box_head");
    return { logits: engine.linear(said, "class_head").data.slice(), boxes: engine.sigmoid(box).data.slice() };
  });

/* The network of chapter 12, as in book_lib/lanes/lstr.py: a picture of a road in, a set of curves out.
   Returns for every decoder layer logits (no lane, lane) and lanes (lower, upper, k″, f″, m″, n′, b″, b‴) of each query, and the grid. */
export const lanes = (engine, picture) =>
  askPicture(engine, picture, said => {
    const [own, road] = ["own_head", "shared_head"].map(name => mlp(engine, said, name));
    const n = said.rows;
    const mean = [0, 1, 2, 3].map(c => Array.from({ length: n }, (_, i) => road.data[4 * i + c] / n).reduce((a, b) => a + b));
    const { units } = engine.header;
    const found = Array.from({ length: n }, (_, i) => [
      own.data[4 * i],
      own.data[4 * i + 1],
      ...mean,
      own.data[4 * i + 2],
      own.data[4 * i + 3],
    ]);
    return { logits: engine.linear(said, "class_head").data.slice(), lanes: found.flatMap(one => one.map((x, c) => x * units[c])) };
  });

/* A picture through backbone, encoder and decoder: what `answer` reads from the states of the queries, [n_queries, d_model], after every
   decoder layer, and the grid [rows, columns].
   pixels: [height · width · 3] numbers 0 to 255; padTo: [height, width] that the picture is padded to, to the right and below. */
function askPicture(engine, { pixels, height, width, padTo = [height, width] }, answer) {
  const { sizes, limits } = engine.header;
  const inside = side => Number.isInteger(side) && side >= limits.side[0] && side <= limits.side[1];
  if (![height, width, ...padTo].every(inside) || height > padTo[0] || width > padTo[1] || pixels.length !== 3 * height * width) {
    throw new Error(
      `The detector reads pictures with sides of ${limits.side[0]} to ${limits.side[1]} px, and this one has ${width} × ${height}, padded to ${padTo[1]} × ${padTo[0]}.`,
    );
  }
  const { add, linear, convolution, relu, layerNorm, attention } = engine;

  // the backbone: a residual network of 3 × 3 convolutions
  let map = { ...engine.tensor(padTo[0] * padTo[1], 3), height: padTo[0], width: padTo[1] };
  for (let y = 0; y < height; y++)
    for (let x = 0; x < 3 * width; x++) map.data[3 * y * map.width + x] = (pixels[3 * y * width + x] / 255 - 0.5) / 0.25;
  map = relu(convolution(map, "backbone.stem.0", 2));
  [2, 2, 1].forEach((stride, block) => {
    const name = `backbone.blocks.${block}`;
    const inner = convolution(relu(convolution(map, `${name}.conv1`, stride)), `${name}.conv2`);
    const shortcut = engine.has(`${name}.shortcut.weight`) ? convolution(map, `${name}.shortcut`, stride) : map;
    map = { ...inner, ...relu(add(inner, shortcut)) };
  });
  const grid = [map.height, map.width];
  const real = new Uint8Array(grid[0] * grid[1]);
  for (let y = 0, i = 0; y < grid[0]; y++)
    for (let x = 0; x < grid[1]; x++, i++)
      real[i] = Math.floor((y * padTo[0]) / grid[0]) < height && Math.floor((x * padTo[1]) / grid[1]) < width;

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

const mlp = ({ linear, relu }, x, name) => linear(relu(linear(relu(linear(x, `${name}.0`)), `${name}.2`)), `${name}.4`);

export const feedForward = (engine, tokens, name) =>
  engine.linear(engine.relu(engine.linear(tokens, `${name}.feed_forward.linear1`)), `${name}.feed_forward.linear2`);
