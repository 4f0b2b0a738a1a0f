import { readHeader, readTensor } from "./model_file.js";
import { squeezed } from "./squeeze.js";

/* An engine for the book's small models. A tensor is a matrix {rows, columns, step, data} on one memory: row after row, `step` numbers apart.
   Parameters keep the names they have in PyTorch; linear maps are stored [in, out], convolutions [ky · kx · in, out] with the batch norm
   behind them folded in. What `watch` names is kept: `watch: ["encoder_layers.0.self_attention.weights", "class_head"]` returns, for each
   name, one {shape, data} for every time that part was computed. */

/* An engine over the bytes of a model file. kernel: the bytes of kernel.wasm, or null to multiply in JavaScript. */
export function makeEngine(bytes, name, kernel) {
  const header = readHeader(bytes, name);
  const lengths = header.tensors.map(({ shape }) => (shape[0] * shape[1] + 3) & ~3);
  const weights = lengths.reduce((a, b) => a + b, 0);
  const size = weights + header.room; // in numbers of 4 bytes; sized once, never grown
  const memory = kernel ? new WebAssembly.Memory({ initial: Math.ceil(size / 16384) }) : { buffer: new ArrayBuffer(4 * size) };
  const floats = new Float32Array(memory.buffer, 0, size);
  const parameters = {};
  let used = 0;
  let watched = new Set();
  let seen = {};
  let rules = {}; // of attention: the right ones, or for one request those of a bug in bugs.js
  const multiplier = kernel
    ? new WebAssembly.Instance(new WebAssembly.Module(kernel), { env: { memory } }).exports.multiply
    : multiplyInJavaScript(floats);

  function tensor(rows, columns) {
    const start = used;
    used += (rows * columns + 3) & ~3;
    if (used > size) throw new Error(`This input needs more memory than the model “${name}” has in the page.`);
    return { rows, columns, step: columns, data: floats.fill(0, start, used).subarray(start, start + rows * columns) };
  }
  /* Run what needs room only for a while; the result, tensors written before, stays. */
  function scratch(compute) {
    const before = used;
    const result = compute();
    used = before;
    return result;
  }
  function see(name, { rows, columns, data }, shape = [rows, columns]) {
    if (watched.has(name)) (seen[name] ||= []).push({ shape, data: data.slice(0, rows * columns) });
  }
  /* Answer one request: compute() may use the whole room. Returns [its result, what was watched]. bug: what bugs.js puts in place of parts of
     the attention; setting: what squeeze.js makes of every weight matrix, null for nothing. */
  function answer(compute, watch = [], bug = {}, setting = null) {
    used = weights;
    squeeze(setting);
    rules = { split: x => x, merge: x => x, softmax, open: may => may, past: (i, j) => j <= i, ...bug };
    watched = new Set(watch);
    seen = {};
    return [compute(), seen];
  }

  /* The weight matrices (no biases, norms, object queries, and no parts named in setting.leave) as a setting makes them; they stay so until
     another one comes. */
  let inForce = "null";
  const wholes = {}; // the matrices as the file has them
  function squeeze(setting) {
    if (JSON.stringify(setting) === inForce) return;
    inForce = JSON.stringify(setting);
    for (const [name, { rows, columns, data }] of Object.entries(parameters)) {
      if (rows === 1 || !name.endsWith(".weight")) continue;
      wholes[name] ??= { rows, columns, data: data.slice() };
      const changes = setting && !setting.leave?.some(part => name.startsWith(part));
      data.set(changes ? squeezed(wholes[name], setting, name.endsWith("embedding.weight") ? 0 : 1) : wholes[name].data);
    }
  }

  const parameter = name => {
    if (!parameters[name]) throw new Error(`The model has no parameter “${name}”.`);
    return parameters[name];
  };
  header.tensors.forEach(entry => {
    parameters[entry.name] = tensor(...entry.shape);
    readTensor(bytes, header, entry, parameters[entry.name].data);
  });

  // ---- matrices
  const columnsOf = (x, from, columns) => ({ rows: x.rows, columns, step: x.step, data: x.data.subarray(from) });
  const rowsOf = (x, from, rows) => ({ ...x, rows, data: x.data.subarray(from * x.step) });
  /* out += a · b */
  function multiply(a, b, out) {
    if (a.columns !== b.rows) throw new Error(`A product of [${a.rows}, ${a.columns}] and [${b.rows}, ${b.columns}] was asked for.`);
    multiplier(
      a.data.byteOffset,
      b.data.byteOffset,
      out.data.byteOffset,
      a.rows,
      a.columns,
      b.columns,
      4 * a.step,
      4 * b.step,
      4 * out.step,
    );
    return out;
  }
  function transpose(x, out = tensor(x.columns, x.rows)) {
    for (let i = 0; i < x.rows; i++) for (let j = 0; j < x.columns; j++) out.data[j * out.step + i] = x.data[i * x.step + j];
    return out;
  }
  function each(x, change) {
    for (let i = 0; i < x.data.length; i++) x.data[i] = change(x.data[i]);
    return x;
  }
  function add(a, b) {
    const out = tensor(a.rows, a.columns);
    for (let i = 0; i < out.data.length; i++) out.data[i] = a.data[i] + b.data[i];
    return out;
  }

  // ---- layers
  /* x · W + b */
  function linear(x, name) {
    const weight = parameter(`${name}.weight`);
    const out = tensor(x.rows, weight.columns);
    const bias = parameters[`${name}.bias`];
    if (bias) for (let i = 0; i < x.rows; i++) out.data.set(bias.data, i * out.columns);
    multiply(x, weight, out);
    see(name, out);
    return out;
  }
  /* A map is a tensor with a row for each pixel, and its height and width. Every square of pixels under the kernel becomes one row. */
  function convolution(map, name, stride = 1) {
    const weight = parameter(`${name}.weight`);
    const side = Math.sqrt(weight.rows / map.columns);
    const edge = side >> 1;
    const channels = map.columns;
    const height = Math.ceil(map.height / stride);
    const width = Math.ceil(map.width / stride);
    const patches = tensor(height * width, weight.rows);
    for (let y = 0, at = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let ky = 0; ky < side; ky++)
          for (let kx = 0; kx < side; kx++, at += channels) {
            const row = y * stride + ky - edge;
            const column = x * stride + kx - edge;
            const from = (row * map.width + column) * channels;
            if (row < 0 || row >= map.height || column < 0 || column >= map.width) continue; // outside the picture: zeros
            for (let c = 0; c < channels; c++) patches.data[at + c] = map.data[from + c];
          }
    return { ...linear(patches, name), height, width };
  }
  const relu = x => each(x, value => (value > 0 ? value : 0));
  const sigmoid = x => each(x, value => 1 / (1 + Math.exp(-value)));
  const gelu = x => each(x, value => (value * (1 + erf(value / Math.SQRT2))) / 2);
  const quickGelu = x => each(x, value => value / (1 + Math.exp(-1.702 * value)));
  /* Mean 0 and variance 1 for the features of each token, then a factor and a shift for each feature. */
  function layerNorm(x, name, eps = 1e-5) {
    const out = tensor(x.rows, x.columns);
    const factor = parameter(`${name}.weight`).data;
    const shift = parameter(`${name}.bias`).data;
    const n = x.columns;
    for (let row = 0; row < x.data.length; row += n) {
      let mean = 0;
      let variance = 0;
      for (let i = row; i < row + n; i++) mean += x.data[i] / n;
      for (let i = row; i < row + n; i++) variance += (x.data[i] - mean) ** 2 / n;
      const scale = 1 / Math.sqrt(variance + eps);
      for (let i = 0; i < n; i++) out.data[row + i] = (x.data[row + i] - mean) * scale * factor[i] + shift[i];
    }
    see(name, out);
    return out;
  }
  /* Each token divided by the root of the mean of its squares, then a factor for each feature. */
  function rmsNorm(x, name) {
    const out = tensor(x.rows, x.columns);
    const factor = parameter(`${name}.gain`).data;
    const n = x.columns;
    for (let row = 0; row < x.data.length; row += n) {
      let square = 0;
      for (let i = row; i < row + n; i++) square += x.data[i] ** 2 / n;
      const scale = 1 / Math.sqrt(square + 1e-5);
      for (let i = 0; i < n; i++) out.data[row + i] = x.data[row + i] * scale * factor[i];
    }
    see(name, out);
    return out;
  }
  /* The row of each number in the table, times a factor. */
  function embedding(numbers, name, factor = 1) {
    const table = parameter(`${name}.weight`);
    const out = tensor(numbers.length, table.columns);
    numbers.forEach((number, i) =>
      out.data.set(table.data.subarray(number * table.columns, (number + 1) * table.columns), i * table.columns),
    );
    return each(out, value => value * factor);
  }

  // ---- attention
  /* Exponentials of the scores, divided by their sum, over the keys each query may attend to: may(query, key). A blind query gets zeros. */
  function softmax(scores, may) {
    for (let i = 0; i < scores.rows; i++) {
      const row = scores.data.subarray(i * scores.step, i * scores.step + scores.columns);
      let largest = -Infinity;
      let sum = 0;
      for (let j = 0; j < row.length; j++)
        if (!may || may(i, j)) {
          if (row[j] > largest) largest = row[j];
        } else row[j] = -Infinity;
      if (largest === -Infinity) {
        row.fill(0);
        continue;
      }
      for (let j = 0; j < row.length; j++) sum += row[j] = Math.exp(row[j] - largest);
      for (let j = 0; j < row.length; j++) row[j] /= sum;
    }
    return scores;
  }
  /* softmax(q kᵀ / √d) v in every head: q [n, d_model], keys [d_model, m] with a column for each key, values [m, d_model]. */
  function attend(q, keys, values, name, may) {
    const heads = header.sizes.n_heads;
    const width = q.columns / heads;
    const n = q.rows;
    const m = values.rows;
    const out = tensor(n, q.columns);
    const weights = tensor(heads * n, m);
    const scaled = tensor(n, q.columns);
    const split = rules.split(q, heads, tensor);
    for (let i = 0; i < scaled.data.length; i++) scaled.data[i] = split.data[i] / Math.sqrt(width);
    for (let head = 0; head < heads; head++) {
      const own = rowsOf(weights, head * n, n);
      const from = head * width;
      rules.softmax(multiply(columnsOf(scaled, from, width), rowsOf(keys, from, width), own), rules.open(may));
      multiply(own, columnsOf(values, from, width), columnsOf(out, from, width));
    }
    see(`${name}.weights`, weights, [heads, n, m]);
    return linear(rules.merge(out, heads, tensor), `${name}.o_proj`);
  }
  function keysAndValues(key, value, name) {
    const [k, v] = [linear(key, `${name}.k_proj`), linear(value, `${name}.v_proj`)];
    return [k, v].map(x => rules.split(x, header.sizes.n_heads, tensor)).map((x, i) => (i ? x : transpose(x)));
  }
  /* Multi-head attention as in chapter 3: queries, keys and values each through their own linear map. */
  const attention = (query, key, value, name, may) =>
    attend(linear(query, `${name}.q_proj`), ...keysAndValues(key, value, name), name, may);
  /* Keys and values of words already written, so that a new word costs one row: a column for each key, a row for each value. */
  const newCache = (longest, d) => ({ length: 0, keys: tensor(d, longest), values: tensor(longest, d) });
  /* Causal self-attention of new tokens (one or many) to themselves and all before them, remembered in the cache. */
  function attendCausally(tokens, cache, name, may = () => true) {
    const before = cache.length;
    const [keys, values] = keysAndValues(tokens, tokens, name);
    cache.length += tokens.rows;
    for (let i = 0; i < keys.rows; i++)
      cache.keys.data.set(keys.data.subarray(i * keys.step, i * keys.step + keys.columns), i * cache.keys.step + before);
    cache.values.data.set(values.data, before * values.columns);
    const written = [{ ...cache.keys, columns: cache.length }, rowsOf(cache.values, 0, cache.length)];
    return attend(linear(tokens, `${name}.q_proj`), ...written, name, (i, j) => rules.past(before + i, j) && may(i, j));
  }

  // ---- positions
  /* Sine and cosine of clocks, each slower than the one before: places [n] -> [n, d], sines in even columns. */
  function sineCode(places, d, base = 10000) {
    const out = tensor(places.length, d);
    for (let i = 0; i < places.length; i++)
      for (let k = 0; k < d; k += 2) {
        const angle = places[i] * base ** (-k / d);
        out.data[i * d + k] = Math.sin(angle);
        out.data[i * d + k + 1] = Math.cos(angle);
      }
    return out;
  }
  /* Row code, then column code, for every cell of a map; rows and columns are counted over real cells only, the last real one being 2π.
     offset: what is added to each count, 0 in DETR and −0.5 in Deformable DETR. */
  function sineMap(real, height, width, d, base, offset = 0) {
    const down = new Float64Array(height * width);
    const right = new Float64Array(height * width);
    const out = tensor(height * width, d);
    for (let y = 0, i = 0; y < height; y++)
      for (let x = 0; x < width; x++, i++) {
        down[i] = (y ? down[i - width] : 0) + real[i];
        right[i] = (x ? right[i - 1] : 0) + real[i];
      }
    const angle = (count, last) => ((count + offset) / (last + 1e-6)) * 2 * Math.PI;
    scratch(() => {
      const rows = sineCode(
        down.map((count, i) => angle(count, down[(height - 1) * width + (i % width)])),
        d / 2,
        base,
      );
      const columns = sineCode(
        right.map((count, i) => angle(count, right[i - (i % width) + width - 1])),
        d / 2,
        base,
      );
      for (let i = 0; i < out.rows; i++) {
        out.data.set(rows.data.subarray((i * d) / 2, ((i + 1) * d) / 2), i * d);
        out.data.set(columns.data.subarray((i * d) / 2, ((i + 1) * d) / 2), i * d + d / 2);
      }
    });
    return out;
  }
  /* Bilinear samples of a map at points [x, y], shares of its width and height; outside it there are zeros: [n, channels]. */
  function sample(map, points) {
    const out = tensor(points.length, map.columns);
    points.forEach(([x, y], n) => addSample(map, x, y, 1, out.data.subarray(n * map.columns, (n + 1) * map.columns)));
    return out;
  }
  /* out += factor · the bilinear sample at one point of a map, of the channels from `from` on, as many as out has. */
  function addSample(map, shareX, shareY, factor, out, from = 0) {
    const x = shareX * map.width - 0.5;
    const y = shareY * map.height - 0.5;
    const left = Math.floor(x);
    const top = Math.floor(y);
    for (let row = top; row < top + 2; row++)
      for (let column = left; column < left + 2; column++) {
        if (row < 0 || row >= map.height || column < 0 || column >= map.width) continue;
        const near = factor * (1 - Math.abs(x - column)) * (1 - Math.abs(y - row));
        const at = (row * map.width + column) * map.columns + from;
        for (let c = 0; c < out.length; c++) out[c] += near * map.data[at + c];
      }
  }
  /* A norm over groups of channels that lie side by side, each group over the whole map, then a factor and a shift for each channel. */
  function groupNorm(map, name, groups) {
    const out = { ...map, ...tensor(map.rows, map.columns) };
    const factor = parameter(`${name}.weight`).data;
    const shift = parameter(`${name}.bias`).data;
    const wide = map.columns / groups;
    const n = wide * map.rows;
    for (let first = 0; first < map.columns; first += wide) {
      const each = act => {
        for (let row = first; row < map.data.length; row += map.columns) for (let i = 0; i < wide; i++) act(row + i, first + i);
      };
      let mean = 0;
      let variance = 0;
      each(i => (mean += map.data[i] / n));
      each(i => (variance += (map.data[i] - mean) ** 2 / n));
      const scale = 1 / Math.sqrt(variance + 1e-5);
      each((i, channel) => (out.data[i] = (map.data[i] - mean) * scale * factor[channel] + shift[channel]));
    }
    return out;
  }

  return {
    header,
    parameter,
    tensor,
    scratch,
    answer,
    see,
    multiply,
    transpose,
    add,
    linear,
    convolution,
    relu,
    sigmoid,
    gelu,
    quickGelu,
    layerNorm,
    rmsNorm,
    embedding,
    softmax,
    attend,
    keysAndValues,
    attention,
    newCache,
    attendCausally,
    sineCode,
    sineMap,
    sample,
    addSample,
    groupNorm,
  };
}

/* What kernel.ts does, on the same memory: fallback where there is no WebAssembly SIMD, and what the kernel is tested against, bit for bit. */
function multiplyInJavaScript(floats) {
  const round = Math.fround;
  return (a, b, out, rows, inner, columns, stepA, stepB, stepOut) => {
    for (let i = 0; i < rows; i++)
      for (let k = 0; k < inner; k++) {
        const factor = floats[(a + i * stepA) / 4 + k];
        const from = (b + k * stepB) / 4;
        const to = (out + i * stepOut) / 4;
        for (let j = 0; j < columns; j++) floats[to + j] += round(factor * floats[from + j]);
      }
  };
}

/* The error function, to 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26). */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * Math.exp(-x * x);
  return x < 0 ? tail - 1 : 1 - tail;
}
