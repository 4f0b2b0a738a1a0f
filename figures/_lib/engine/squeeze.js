/* What chapter 6 does to a weight matrix, as in book_lib/compression.py: `matrix` is {rows, columns, data}, row after row; each function gives
   new data of the same size. */

/* The round(share · n) numbers of least magnitude become 0; of equal ones the first. */
export function pruned({ data }, share) {
  const sizes = Float64Array.from(data, Math.abs);
  const gone = Math.round(share * data.length);
  const edge = gone ? sizes.slice().sort()[gone - 1] : -1;
  let equal = gone - sizes.filter(size => size < edge).length; // as many of those on the edge go
  return data.map((x, i) => (sizes[i] < edge || (sizes[i] === edge && equal-- > 0) ? 0 : x));
}

/* Whole numbers of so many bits, times a scale: one for the matrix, or one for each column (axis 1) or row (axis 0). The largest magnitude
   becomes 2^(bits − 1) − 1. */
export function quantised({ rows, columns, data }, bits, axis = null) {
  const top = 2 ** (bits - 1) - 1;
  const group = i => (axis === null ? 0 : axis ? i % columns : Math.floor(i / columns));
  const scales = new Float64Array(axis === null ? 1 : axis ? columns : rows);
  data.forEach((x, i) => (scales[group(i)] = Math.max(scales[group(i)], Math.abs(x) / top)));
  return data.map((x, i) => (scales[group(i)] ? Math.round(x / scales[group(i)]) * scales[group(i)] : 0));
}

const bases = new WeakMap(); // data -> its singular vectors, found once: {low, high, lines, vectors}

/* The nearest matrix of this rank: the first `rank` terms of the singular value decomposition. */
export function factorised(matrix, rank) {
  if (rank >= Math.min(matrix.rows, matrix.columns)) return matrix.data.slice();
  if (!bases.has(matrix.data)) bases.set(matrix.data, singularVectors(matrix));
  const { low, high, lines, vectors } = bases.get(matrix.data);
  const out = Array.from({ length: low }, () => new Float64Array(high));
  for (const vector of vectors.slice(0, rank))
    for (let j = 0; j < low; j++) {
      let share = 0;
      for (let i = 0; i < high; i++) share += vector[i] * lines[j][i];
      for (let i = 0; i < high; i++) out[j][i] += share * vector[i];
    }
  const isTall = matrix.rows >= matrix.columns;
  return matrix.data.map((_, i) => {
    const [row, column] = [Math.floor(i / matrix.columns), i % matrix.columns];
    return isTall ? out[column][row] : out[row][column];
  });
}

/* One-sided Jacobi rotations (Hestenes 1958): the shorter side's lines are turned in pairs until all are orthogonal; then their lengths are
   the singular values, and their directions the singular vectors, longest first. */
function singularVectors({ rows, columns, data }) {
  const [low, high] = [Math.min(rows, columns), Math.max(rows, columns)];
  const at = (j, i) => (rows >= columns ? data[i * columns + j] : data[j * columns + i]);
  const lines = Array.from({ length: low }, (_, j) => Float64Array.from({ length: high }, (_, i) => at(j, i)));
  const turned = lines.map(line => line.slice());
  const dot = (a, b) => {
    let sum = 0;
    for (let i = 0; i < high; i++) sum += a[i] * b[i];
    return sum;
  };
  for (let moved = true, sweep = 0; moved && sweep < 40; sweep++) {
    moved = false;
    const squares = turned.map(line => dot(line, line));
    for (let p = 0; p < low; p++)
      for (let q = p + 1; q < low; q++) {
        const [a, b] = [turned[p], turned[q]];
        const overlap = dot(a, b);
        if (Math.abs(overlap) <= 1e-9 * Math.sqrt(squares[p] * squares[q])) continue;
        moved = true;
        const zeta = (squares[q] - squares[p]) / (2 * overlap);
        const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const cosine = 1 / Math.sqrt(1 + tangent * tangent);
        const sine = cosine * tangent;
        for (let i = 0; i < high; i++) {
          const x = a[i];
          a[i] = cosine * x - sine * b[i];
          b[i] = sine * x + cosine * b[i];
        }
        squares[p] -= tangent * overlap;
        squares[q] += tangent * overlap;
      }
  }
  const lengths = turned.map(line => Math.sqrt(dot(line, line)));
  const order = lengths.map((_, i) => i).sort((i, j) => lengths[j] - lengths[i]);
  return { low, high, lines, vectors: order.map(i => turned[i].map(x => (lengths[i] ? x / lengths[i] : 0))) };
}

/* A rank as a share of the full one, at least 1. */
export const rankOf = ({ rows, columns }, share) => Math.max(1, Math.round(share * Math.min(rows, columns)));

/* One setting: {method: "sparsity" or "rank", level: a share} or {method: "bits", level: bits, lines: whether each line has its own scale};
   axis says which lines those are: 1 columns, 0 rows. */
export function squeezed(matrix, { method, level, lines }, axis = 1) {
  if (method === "bits") return quantised(matrix, level, lines ? axis : null);
  return method === "rank" ? factorised(matrix, rankOf(matrix, level)) : pruned(matrix, level);
}
