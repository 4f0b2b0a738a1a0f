import { backbone, feedForward, realCells, threeLayers } from "./detr.js";

const GROUPS = 32; // of the norm on every level
const NEVER = 1e-5; // shares nearer than this to 0 or 1 have no logit of their own

/* The detector of chapter 11, as in book_lib/detection/deformable.py: a picture in, as for detr, a set of boxes out. Returns for every decoder
   layer logits [queries · classes], one yes or no a class, and boxes as detr has them; the shapes of the maps of all levels, [rows, columns]
   each; and references [queries · 2], from where the queries look, (x, y) as shares of the unpadded picture. What a layer samples can be
   watched as "decoder_layers.0.cross_attention.looks": x, y and weight of every place, [queries, heads, levels, points, 3]. */
export function deformableDetr(engine, picture) {
  const { sizes } = engine.header;
  const { add, linear, layerNorm, attention } = engine;
  const levels = levelsOf(engine, picture);
  const n = levels.reduce((sum, { rows }) => sum + rows, 0);
  const all = () => ({ data: engine.tensor(n, sizes.d_model).data, at: 0 });
  const [whole, codes] = [all(), all()];
  levels.forEach((level, l) => {
    const own = engine.parameter("level_code").data.subarray(l * sizes.d_model);
    const code = engine.sineMap(level.real, level.height, level.width, sizes.d_model, sizes.base, -0.5);
    whole.data.set(level.data, whole.at);
    for (let i = 0; i < code.data.length; i++) codes.data[whole.at + i] = code.data[i] + own[i % sizes.d_model];
    level.from = whole.at / sizes.d_model;
    whole.at += level.data.length;
  });
  const rows = data => ({ rows: n, columns: sizes.d_model, step: sizes.d_model, data });

  // the encoder: every pixel of every level looks at a few others, from its own centre
  let tokens = rows(whole.data);
  const centres = levels.flatMap(({ height, width, share }) =>
    Array.from({ length: height * width }, (_, i) => [
      ((i % width) + 0.5) / width / share[0],
      (Math.floor(i / width) + 0.5) / height / share[1],
    ]),
  );
  for (let layer = 0; layer < sizes.n_encoder_layers; layer++) {
    const name = `encoder_layers.${layer}`;
    const looked = look(engine, add(tokens, rows(codes.data)), centres, tokens, levels, `${name}.self_attention`);
    tokens = layerNorm(add(tokens, looked), `${name}.norm1`);
    tokens = layerNorm(add(tokens, feedForward(engine, tokens, name)), `${name}.norm2`);
  }

  // the decoder: the object queries look at each other, then at a few places of the picture
  const [code, content] = halves(engine, engine.parameter("queries"));
  const references = engine.sigmoid(linear(code, "reference")).data;
  const from = Array.from({ length: code.rows }, (_, i) => [references[2 * i], references[2 * i + 1]]);
  const answers = [];
  let states = content;
  for (let layer = 0; layer < sizes.n_decoder_layers; layer++) {
    const name = `decoder_layers.${layer}`;
    const placed = add(states, code);
    states = layerNorm(add(states, attention(placed, placed, states, `${name}.self_attention`)), `${name}.norm1`);
    states = layerNorm(add(states, look(engine, add(states, code), from, tokens, levels, `${name}.cross_attention`)), `${name}.norm2`);
    states = layerNorm(add(states, feedForward(engine, states, name)), `${name}.norm3`);

    const moved = threeLayers(engine, states, "box_heads.0");
    from.forEach((reference, i) => reference.forEach((share, axis) => (moved.data[4 * i + axis] += logit(share))));
    answers.push({ logits: linear(states, "class_heads.0").data.slice(), boxes: engine.sigmoid(moved).data.slice() });
  }
  return { shapes: levels.map(({ height, width }) => [height, width]), references: references.slice(), answers };
}

/* The maps of all levels, finest first: each with its cells that are no padding, and which share of its width and height these are. */
function levelsOf(engine, picture) {
  const { n_levels, stages } = engine.header.sizes;
  const maps = backbone(engine, picture);
  const levels = [];
  for (let l = 0; l < n_levels; l++) {
    const map = l < stages.length ? maps[stages[l]] : l === stages.length ? maps[stages.at(-1)] : levels.at(-1);
    const own = engine.convolution(map, `input_proj.${l}.0`, l < stages.length ? 1 : 2);
    const level = engine.groupNorm(own, `input_proj.${l}.1`, GROUPS);
    const real = realCells(picture, level.height, level.width);
    let [across, down] = [0, 0];
    for (let x = 0; x < level.width; x++) across += real[x] / level.width;
    for (let y = 0; y < level.height; y++) down += real[y * level.width] / level.height;
    levels.push({ ...level, real, share: [across, down] });
  }
  return levels;
}

/* Multi-scale deformable attention: every query [n, d_model] mixes a few places of the maps, whose offsets from where it looks, `from`, are
   counted in pixels of each level. from: [x, y] for each query, as shares of the unpadded picture; memory: the tokens of all levels. */
function look(engine, query, from, memory, levels, name) {
  const { n_heads, n_points, d_model } = engine.header.sizes;
  const wide = d_model / n_heads;
  const each = levels.length * n_points;
  const values = engine.linear(memory, `${name}.v_proj`);
  levels.forEach(({ real, from }) => real.forEach((is, i) => is || values.data.fill(0, (from + i) * d_model, (from + i + 1) * d_model)));
  const maps = levels.map(({ height, width, from }) => ({ height, width, columns: d_model, data: values.data.subarray(from * d_model) }));
  const offsets = engine.linear(query, `${name}.offsets`).data;
  const scores = engine.linear(query, `${name}.weights`);
  const weights = engine.softmax({ rows: query.rows * n_heads, columns: each, step: each, data: scores.data }).data;
  const out = engine.tensor(query.rows, d_model);
  const looks = engine.tensor(query.rows * n_heads * each, 3);
  for (let i = 0, place = 0; i < query.rows; i++)
    for (let head = 0; head < n_heads; head++) {
      const mixed = out.data.subarray(i * d_model + head * wide, i * d_model + (head + 1) * wide);
      levels.forEach(({ height, width, share }, l) => {
        for (let point = 0; point < n_points; point++, place++) {
          const x = from[i][0] * share[0] + offsets[2 * place] / width;
          const y = from[i][1] * share[1] + offsets[2 * place + 1] / height;
          engine.addSample(maps[l], x, y, weights[place], mixed, head * wide);
          looks.data.set([x / share[0], y / share[1], weights[place]], 3 * place);
        }
      });
    }
  engine.see(`${name}.looks`, looks, [query.rows, n_heads, levels.length, n_points, 3]);
  return engine.linear(out, `${name}.o_proj`);
}

/* The left and the right half of a matrix's columns, as two. */
function halves(engine, { rows, columns, data }) {
  const wide = columns / 2;
  return [0, wide].map(first => {
    const half = engine.tensor(rows, wide);
    for (let i = 0; i < rows; i++) half.data.set(data.subarray(i * columns + first, i * columns + first + wide), i * wide);
    return half;
  });
}

function logit(share) {
  const inside = Math.min(1, Math.max(0, share));
  return Math.log(Math.max(inside, NEVER) / Math.max(1 - inside, NEVER));
}
