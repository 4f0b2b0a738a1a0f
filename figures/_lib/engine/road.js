/* The geometry of a flat road seen by a pitched camera, as in book_lib/lanes/curves.py. A camera is {height (m), pitch (radians, down), focal
   (widths of the picture), aspect (height over width)}; a line on the road {k, m, n, b}: X = k Z³ + m Z² + n Z + b in metres; a curve the six
   numbers [k″, f″, m″, n′, b″, b‴] of x(y) = k″ / (y − f″)² + m″ / (y − f″) + n′ + b″ y − b‴, in shares of the picture. */

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

/* The place in the picture, [x, y], of a point X metres to the right and Z metres ahead on the flat road. */
export function seenAt(X, Z, { height, pitch, focal, aspect }) {
  const [sine, cosine] = [Math.sin(pitch), Math.cos(pitch)];
  const depth = Z * cosine + height * sine;
  return [0.5 + (focal * X) / depth, 0.5 + (focal * (height * cosine - Z * sine)) / depth / aspect];
}
