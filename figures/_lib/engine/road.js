/* The geometry of a road seen by a pitched camera, as in book_lib/lanes/curves.py, and its picture, as in book_lib/data/lanes.py. A camera is {height (m), pitch (radians, down), focal
   (widths of the picture), aspect (height over width)}; a line on the road {k, m, n, b}: X = k Z³ + m Z² + n Z + b in metres; a curve the six
   numbers [k″, f″, m″, n′, b″, b′′′] of x(y) = k″ / (y − f″)² + m″ / (y − f″) + n′ + b″ y − b′′′, in shares of the picture. */

/* The row in which a flat road vanishes. */
export const horizon = ({ pitch, focal, aspect }) => 0.5 - (focal * Math.tan(pitch)) / aspect;

/* The curve of a line, exactly. */
export function laneCurve({ k, m, n, b }, camera) {
  const { height, pitch, focal, aspect } = camera;
  const cosine = Math.cos(pitch);
  const shift = height * Math.tan(pitch);
  const reach = (height * focal) / cosine ** 2;
  const scale = cosine / height;
  const moved = { m: m - 3 * k * shift, n: n - 2 * m * shift + 3 * k * shift ** 2, b: b - n * shift + m * shift ** 2 - k * shift ** 3 };
  const far = horizon(camera);
  const own = scale * aspect * moved.b;
  return [
    (scale * k * reach ** 3) / aspect ** 2,
    far,
    (scale * moved.m * reach ** 2) / aspect,
    0.5 + scale * moved.n * reach,
    own,
    own * far,
  ];
}

/* Where a curve crosses a row. */
export function laneX([k, far, m, n, slope, shift], y) {
  const s = y - far;
  return k / s ** 2 + m / s + n + slope * y - shift;
}

/* The place in the picture, [x, y], of a point X metres to the right, Z metres ahead and `drop` metres below the flat road. */
export function seenAt(X, Z, { height, pitch, focal, aspect }, drop = 0) {
  const [sine, cosine] = [Math.sin(pitch), Math.cos(pitch)];
  const down = height + drop;
  const depth = Z * cosine + down * sine;
  return [0.5 + (focal * X) / depth, 0.5 + (focal * (down * cosine - Z * sine)) / depth / aspect];
}

/* The road that a place in the picture shows: [X, Z] in metres, for a flat road. */
export function roadAt(x, y, camera) {
  const { height, pitch, focal, aspect } = camera;
  const s = aspect * (y - horizon(camera));
  return [((x - 0.5) * height) / (Math.cos(pitch) * s), (height * focal) / (Math.cos(pitch) ** 2 * s) - height * Math.tan(pitch)];
}

/* How far ahead the road is that a row shows, Infinity above its end; the road rises by hill · Z² metres. */
export function distanceAhead(y, { height, pitch, focal, aspect }, hill = 0) {
  const v = (y - 0.5) * aspect;
  const [sine, cosine] = [Math.sin(pitch), Math.cos(pitch)];
  const fall = (v * cosine + focal * sine) / (focal * cosine - v * sine);
  const root = fall ** 2 + 4 * hill * height;
  const below = fall + Math.sqrt(Math.max(root, 0));
  return root >= 0 && below > 0 ? (2 * height) / below : Infinity;
}

// ---- the picture, as draw_road in book_lib/data/lanes.py paints it
export const SIZE = [72, 128];
export const FAR = 50; // m; lines are annotated up to here
const FADED = 90; // m; the road is drawn up to here
const FINENESS = 3; // rows drawn for each row of the picture, and averaged
const CAR = [1.8, 1.5]; // width and height, m
const within = (x, low = 0, high = 1) => Math.min(high, Math.max(low, x));
const overlap = (from, to, left, right) => within(Math.min(to, right) - Math.max(from, left), 0, Infinity);

/* How far the middle of the road has moved to the right at Z. */
export const across = ([k, m, n], z) => ((k * z + m) * z + n) * z;

/* The place in the picture of a point of a road {shape, hill, camera} that lies X beside its middle. */
export const seenOnRoad = ({ shape, hill, camera }, X, z, up = 0) => seenAt(across(shape, z) + X, z, camera, -hill * z ** 2 - up);

/* What the camera sees of a road {camera, shape, hill, lines, edges, colours, light, shadows, cars}, as Road in data/lanes.py; noise
   [72 · 128] is added to every pixel. Returns [72 · 128 · 3] whole numbers. */
export function drawRoad(road, noise) {
  const { camera, shape, hill, lines, edges, colours, shadows } = road;
  const [h, w] = SIZE;
  const sums = new Float64Array(3 * h * w);
  const rows = Array.from({ length: h * FINENESS }, (_, i) => (i + 0.5) / (h * FINENESS));
  const ahead = rows.map(y => distanceAhead(y, camera, hill));
  const seen = ahead.flatMap((z, i) => (z <= FADED ? [i] : []));
  const steps = new Map(
    seen.map((i, nth) => {
      const [before, after] = [seen[Math.max(nth - 1, 0)], seen[Math.min(nth + 1, seen.length - 1)]];
      return [i, seen.length > 1 ? Math.abs(ahead[after] - ahead[before]) / (nth && nth < seen.length - 1 ? 2 : 1) : 1];
    }),
  );
  const mixed = (ground, colour, share) => ground.map((one, c) => one + (colour[c] - one) * share);
  rows.forEach((y, i) => {
    const at = 3 * w * Math.floor(i / FINENESS);
    const z = ahead[i];
    const sky = mixed(colours.sky, colours.haze, within((camera.aspect * y - 0.1) / 0.12));
    const metres = (z * Math.cos(camera.pitch) + (camera.height - hill * z ** 2) * Math.sin(camera.pitch)) / camera.focal / w; // a pixel
    const middle = across(shape, z);
    for (let j = 0; j < w; j++) {
      let colour = sky;
      if (z <= FADED) {
        const x = (j + 0.5 - w / 2) * metres - middle;
        const covered = (left, right) => overlap(x - metres / 2, x + metres / 2, left, right) / metres;
        colour = mixed(colours.verge, colours.asphalt, within(covered(...edges)));
        for (const { b, width, colour: paint, dash } of lines) {
          const share = within(covered(b - width / 2, b + width / 2)) * (dash ? dashed(z, steps.get(i), dash) : 1);
          if (share) colour = mixed(colour, paint, share);
        }
        for (const { z_from, z_to, slant, dark } of shadows) {
          const along = z + slant * x;
          const shade = 1 - (1 - dark) * within(along - z_from) * within(z_to - along);
          colour = colour.map(one => one * shade);
        }
        colour = mixed(colour, colours.haze, within((z - 40) / (FADED - 40)) ** 2);
      }
      for (let c = 0; c < 3; c++) sums[at + 3 * j + c] += colour[c] / FINENESS;
    }
  });
  [...road.cars].sort((a, b) => b.z - a.z).forEach(car => paintCar(sums, road, car));
  return Uint8Array.from(sums, (x, i) => within(x * road.light + (noise ? noise[Math.floor(i / 3)] : 0), 0, 255));
}

/* The share of a row, from z − step / 2 to z + step / 2, that lies in dashes. */
function dashed(z, step, [length, period, start]) {
  const painted = u => Math.floor(u / period) * length + Math.min(u - Math.floor(u / period) * period, length);
  return (painted(z + step / 2 - start) - painted(z - step / 2 - start)) / step;
}

/* A car from behind: a dark patch under it, the body, its window and two lights. */
function paintCar(sums, road, { x, z, colour }) {
  const [h, w] = SIZE;
  const box = (left, right, bottom, top, paint, share = 1) => {
    const [x0, y1] = seenOnRoad(road, x + (left * CAR[0]) / 2, z, bottom * CAR[1]);
    const [x1, y0] = seenOnRoad(road, x + (right * CAR[0]) / 2, z, top * CAR[1]);
    for (let i = 0; i < h; i++)
      for (let j = 0; j < w; j++) {
        const part = share * overlap(i, i + 1, y0 * h, y1 * h) * overlap(j, j + 1, x0 * w, x1 * w);
        if (part) for (let c = 0; c < 3; c++) sums[3 * (i * w + j) + c] += (paint[c] - sums[3 * (i * w + j) + c]) * part;
      }
  };
  box(-1.1, 1.1, -0.08, 0.25, [25, 25, 28], 0.85);
  box(-1, 1, 0.15, 0.7, colour);
  box(
    -0.8,
    0.8,
    0.6,
    1,
    colour.map(one => 0.8 * one),
  );
  box(-0.7, 0.7, 0.66, 0.94, [45, 55, 65]);
  for (const left of [-0.95, 0.7]) box(left, left + 0.25, 0.42, 0.58, [190, 40, 35]);
}
