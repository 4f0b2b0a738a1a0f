import { crc32 } from "./crc32.js";

/* Scenes drawn as book_lib/data/scenes.py draws them, from the same description: pixels [height · width · 3], 0 to 255. */
export const CLASSES = ["disc", "ring", "square", "triangle", "cross", "digit"];
const CORNERS = {
  square: [
    [
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, 1],
    ],
  ],
  triangle: [
    [
      [0, -1],
      [0.87, 0.5],
      [-0.87, 0.5],
    ],
  ],
  cross: [
    [
      [-1, -0.36],
      [1, -0.36],
      [1, 0.36],
      [-1, 0.36],
    ],
    [
      [-0.36, -1],
      [0.36, -1],
      [0.36, 1],
      [-0.36, 1],
    ],
  ],
};
const cut = (x, low = 0, high = 1) => Math.min(high, Math.max(low, x));

/* Stripes and blotches about a mean colour: Float32Array [height · width · 3]. */
export function drawGround({ size: [height, width], angle, length, waves, grid, blotches, tints, colour }) {
  const out = new Float32Array(3 * height * width);
  const pace = Math.fround((2 * Math.PI) / length);
  const stretch = (n, m) =>
    Array.from({ length: n }, (_, i) => {
      const place = cut(((i + 0.5) * m) / n - 0.5, 0, m - 1);
      return Array.from({ length: m }, (_, j) => Math.max(0, 1 - Math.abs(place - j)));
    });
  const down = stretch(height, grid.length);
  const across = stretch(width, grid[0].length);
  for (let y = 0; y < height; y++) {
    const row = grid[0].map((_, j) => grid.reduce((sum, line, i) => sum + down[y][i] * line[j], 0));
    for (let x = 0; x < width; x++) {
      const stripe = Math.fround(Math.sin((Math.cos(angle) * x + Math.sin(angle) * y) * pace) * waves);
      const blotch = Math.fround(row.reduce((sum, value, j) => sum + value * across[x][j], 0) * blotches);
      for (let c = 0; c < 3; c++) {
        const pattern = Math.fround(Math.fround(stripe * Math.fround(tints[0][c])) + Math.fround(blotch * Math.fround(tints[1][c])));
        out[3 * (y * width + x) + c] = pattern + Math.fround(colour[c]);
      }
    }
  }
  return out;
}

/* How much of the pixel at (x, y), seen from the object's centre, it covers, and half its width and height. */
export function outline({ name, side, turn = 0, ink, points }) {
  if (name === "disc" || name === "ring") {
    const radius = side / 2;
    const inner = name === "ring" ? radius * 0.55 : 0;
    return {
      half: [radius, radius],
      cover: (x, y) => {
        const far = Math.hypot(x, y);
        const inside = cut(radius - far + 0.5);
        return inner ? inside * cut(far - inner + 0.5) : inside;
      },
    };
  }
  if (name === "digit") {
    const rows = ink.length;
    const columns = ink[0].length;
    const [h, w] = rows >= columns ? [side, (side * columns) / rows] : [(side * rows) / columns, side];
    return {
      half: [w / 2, h / 2],
      cover: (x, y) => {
        if (Math.abs(y) > h / 2 || Math.abs(x) > w / 2) return 0;
        const row = (y / h + 0.5) * rows - 0.5;
        const column = (x / w + 0.5) * columns - 0.5;
        return ink.reduce(
          (sum, line, i) =>
            sum +
            Math.max(0, 1 - Math.abs(row - i)) * line.reduce((part, dark, j) => part + dark * Math.max(0, 1 - Math.abs(column - j)), 0),
          0,
        );
      },
    };
  }
  if (name === "drawing") return drawing(points.map(point => point.map(place => place * side)));
  const [sine, cosine] = [Math.sin(turn), Math.cos(turn)];
  let parts = CORNERS[name].map(part => part.map(([x, y]) => [x * cosine - y * sine, x * sine + y * cosine]));
  const ends = axis => parts.flat().map(corner => corner[axis]);
  const [low, high] = [Math.min, Math.max].map(of => [0, 1].map(axis => of(...ends(axis))));
  const scale = side / Math.max(high[0] - low[0], high[1] - low[1]);
  parts = parts.map(part => part.map(corner => corner.map((place, axis) => (place - (high[axis] + low[axis]) / 2) * scale)));
  const inPart = (part, x, y) =>
    cut(
      0.5 +
        Math.min(
          ...part.map(([x0, y0], i) => {
            const [x1, y1] = part[(i + 1) % part.length];
            return ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) / Math.hypot(x1 - x0, y1 - y0); // px inside this edge
          }),
        ),
    );
  return {
    half: [0, 1].map(axis => ((high[axis] - low[axis]) / 2) * scale),
    cover: (x, y) => Math.max(...parts.map(part => inPart(part, x, y))),
  };
}

/* A line through points, drawn by hand with a pen 4 px wide. */
function drawing(points) {
  const far = (x, y, [x0, y0], [x1, y1]) => {
    const length = (x1 - x0) ** 2 + (y1 - y0) ** 2;
    const along = length ? cut(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length) : 0;
    return Math.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0));
  };
  return {
    half: [0, 1].map(axis => 2 + Math.max(...points.map(point => Math.abs(point[axis])))),
    cover: (x, y) => cut(2.5 - Math.min(...points.map((point, i) => far(x, y, point, points[i + 1] ?? point)))),
  };
}

/* Paint one object, whose centre stands at `centre`, on pixels that may still be fractions. */
export function paint(pixels, [height, width], { half: [halfW, halfH], cover }, [cx, cy], colour) {
  const box = [cx - halfW, cy - halfH, cx + halfW, cy + halfH].map(Math.trunc);
  const tone = colour.map(Math.fround);
  for (let y = Math.max(box[1] - 1, 0); y < Math.min(box[3] + 2, height); y++)
    for (let x = Math.max(box[0] - 1, 0); x < Math.min(box[2] + 2, width); x++) {
      const share = Math.fround(cover(x + 0.5 - cx, y + 0.5 - cy));
      const at = 3 * (y * width + x);
      if (share) for (let c = 0; c < 3; c++) pixels[at + c] += Math.fround(share * Math.fround(tone[c] - pixels[at + c]));
    }
}

/* The picture of a description: the ground, the objects in this order, the noise [height · width]. Objects: {name, side, turn, ink or points,
   centre, colour}. */
export const drawScene = (ground, objects, noise) => drawOn(drawGround(ground), ground.size, objects, noise);

/* The same on a ground that drawGround has made; it is left as it is. */
export function drawOn(ground, size, objects, noise) {
  const pixels = ground.slice();
  const out = new Uint8Array(pixels.length);
  for (const one of objects) paint(pixels, size, outline(one), one.centre, one.colour);
  for (let i = 0; i < out.length; i++) out[i] = cut(Math.fround(pixels[i] + noise[Math.floor(i / 3)]), 0, 255);
  return out;
}

/* (cx, cy, w, h) of an object as shares of the picture. */
export function boxOf(one, [height, width]) {
  const { half } = outline(one);
  return [one.centre[0] / width, one.centre[1] / height, (2 * half[0]) / width, (2 * half[1]) / height];
}

/* A picture as a PNG in an address, without compression, for <image href>. */
export function pictureAddress(pixels, height, width) {
  const number = n => [24, 16, 8, 0].map(shift => (n >>> shift) & 255);
  const joined = parts => {
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
    return all;
  };
  const chunk = (name, ...parts) => {
    const bytes = joined([Array.from(name, c => c.charCodeAt(0)), ...parts]);
    return joined([number(bytes.length - 4), bytes, number(crc32(bytes))]);
  };
  const rows = Array.from({ length: height }, (_, y) => [[0], pixels.subarray(3 * y * width, 3 * (y + 1) * width)]);
  const raw = joined(rows.flat()); // a filter byte, then the pixels, in every row
  let [a, b] = [1, 0];
  for (let i = 0; i < raw.length; i++) {
    a = (a + raw[i]) % 65521;
    b = (b + a) % 65521;
  }
  const length = [raw.length & 255, raw.length >> 8];
  const stored = [[0x78, 1, 1], length, length.map(byte => 255 - byte), raw, number(b * 65536 + a)];
  const head = [number(width), number(height), [8, 2, 0, 0, 0]];
  const png = joined([[137, 80, 78, 71, 13, 10, 26, 10], chunk("IHDR", ...head), chunk("IDAT", ...stored), chunk("IEND")]);
  return `data:image/png;base64,${btoa(String.fromCharCode(...png))}`;
}
