// The one operation worth a kernel: out += a · b, for matrices stored row by row. AssemblyScript, compiled by tools/page_engine.py.
// a [rows, inner], b [inner, columns] and out [rows, columns] start at these bytes of the memory; their rows lie stepA, stepB and stepOut
// bytes apart, so that a block of columns, one attention head for example, is a matrix, too. Four numbers are added at once (SIMD), and
// every sum goes through `inner` in rising order, as in multiply of engine.js: both give the same bits.
// out must hold what the product is added to: zeros, or a bias in every row.

export function multiply(a: usize, b: usize, out: usize, rows: usize, inner: usize, columns: usize, stepA: usize, stepB: usize, stepOut: usize): void {
  let row: usize = 0;
  for (; row + 4 <= rows; row += 4) block(a + row * stepA, b, out + row * stepOut, inner, columns, stepA, stepB, stepOut, 4);
  for (; row < rows; row++) block(a + row * stepA, b, out + row * stepOut, inner, columns, 0, stepB, 0, 1);
}

/* Four rows of out, or one: with steps of 0 the four are the same row, read and written as one. */
// @ts-ignore: decorator
@inline
function block(a: usize, b: usize, out: usize, inner: usize, columns: usize, stepA: usize, stepB: usize, stepOut: usize, high: usize): void {
  let column: usize = 0;
  for (; column + 8 <= columns; column += 8) {
    const at = out + 4 * column;
    let u0 = v128.load(at), v0 = v128.load(at, 16), u1 = v128.load(at + stepOut), v1 = v128.load(at + stepOut, 16);
    let u2 = v128.load(at + 2 * stepOut), v2 = v128.load(at + 2 * stepOut, 16), u3 = v128.load(at + 3 * stepOut), v3 = v128.load(at + 3 * stepOut, 16);
    for (let k: usize = 0, x = a, y = b + 4 * column; k < inner; k++, x += 4, y += stepB) {
      const u = v128.load(y), v = v128.load(y, 16);
      let s = v128.load32_splat(x);
      u0 = f32x4.add(u0, f32x4.mul(s, u)); v0 = f32x4.add(v0, f32x4.mul(s, v));
      if (high == 1) continue;
      s = v128.load32_splat(x + stepA);
      u1 = f32x4.add(u1, f32x4.mul(s, u)); v1 = f32x4.add(v1, f32x4.mul(s, v));
      s = v128.load32_splat(x + 2 * stepA);
      u2 = f32x4.add(u2, f32x4.mul(s, u)); v2 = f32x4.add(v2, f32x4.mul(s, v));
      s = v128.load32_splat(x + 3 * stepA);
      u3 = f32x4.add(u3, f32x4.mul(s, u)); v3 = f32x4.add(v3, f32x4.mul(s, v));
    }
    v128.store(at, u0); v128.store(at, v0, 16);
    if (high == 1) continue;
    v128.store(at + stepOut, u1); v128.store(at + stepOut, v1, 16);
    v128.store(at + 2 * stepOut, u2); v128.store(at + 2 * stepOut, v2, 16);
    v128.store(at + 3 * stepOut, u3); v128.store(at + 3 * stepOut, v3, 16);
  }
  for (; column < columns; column++) {                                       // the last columns, fewer than eight, one by one
    for (let i: usize = 0; i < high; i++) {
      const at = out + i * stepOut + 4 * column;
      let sum = load<f32>(at);
      for (let k: usize = 0, x = a + i * stepA, y = b + 4 * column; k < inner; k++, x += 4, y += stepB) sum += load<f32>(x) * load<f32>(y);
      store<f32>(at, sum);
    }
  }
}
