import { crc32 } from "./crc32.js";

/* The book's models as files for the page, written by tools/export_page_model.py: 16 bytes "A2D page model 1", length of the header, CRC-32 of
   all that follows (four bytes each, low byte first), the header as JSON, then the numbers. A tensor is float32, float16 or int8; int8 has one
   scale for each column (or row, for an embedding), and comes as those scales followed by the bytes. */
const MAGIC = "A2D page model 1";

/* Bytes of a file -> its header; a sentence as error where they are no such file or not all of it. */
export function readHeader(bytes, name) {
  const text = part => new TextDecoder().decode(part);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 24 || text(bytes.subarray(0, 16)) !== MAGIC)
    throw new Error(`The file of the model “${name}” is not one of this book’s model files.`);
  const body = 24 + view.getUint32(16, true);
  if (crc32(bytes.subarray(24)) !== view.getUint32(20, true)) throw damaged(name);
  const header = JSON.parse(text(bytes.subarray(24, body)));
  if (header.model !== name) throw new Error(`The file of the model “${name}” holds the model “${header.model}”.`);
  return { ...header, body };
}

/* Write the numbers of one tensor, as float32, to `out`, which has room for all of them. */
export function readTensor(bytes, header, { shape: [rows, columns], kind, axis, offset }, out) {
  const at = bytes.byteOffset + header.body + offset;
  const n = rows * columns;
  if (kind === "float32") return out.set(new Float32Array(bytes.buffer, at, n));
  if (kind === "float16") {
    const halves = new Uint16Array(bytes.buffer, at, n);
    for (let i = 0; i < n; i++) out[i] = fromHalf(halves[i]);
    return;
  }
  const scales = new Float32Array(bytes.buffer, at, axis ? columns : rows);
  const whole = new Int8Array(bytes.buffer, at + 4 * scales.length, n);
  for (let row = 0, i = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, i++) out[i] = whole[i] * scales[axis ? column : row];
}

function fromHalf(bits) {
  const sign = bits >> 15 ? -1 : 1;
  const power = (bits >> 10) & 31;
  const rest = bits & 1023;
  if (power === 31) return rest ? NaN : sign * Infinity;
  return sign * (power ? 2 ** (power - 15) * (1 + rest / 1024) : (2 ** -14 * rest) / 1024);
}

/* The bytes of a file that came as text. */
export function fromBase64(text, name) {
  try {
    return Uint8Array.fromBase64 ? Uint8Array.fromBase64(text) : Uint8Array.from(atob(text), c => c.charCodeAt(0));
  } catch {
    throw damaged(name);
  }
}

const damaged = name => new Error(`The file of the model “${name}” is damaged; load the page again.`);
