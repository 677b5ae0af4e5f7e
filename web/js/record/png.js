// Reads pictures (PNG, RFC 2083) exactly. A browser's own decoder gives pixels back through a canvas only, and
// those that protect from fingerprinting falsify them: so the picture would not be what was drawn.

import { inflate } from "../net/inflate.js";
import { Malformed } from "../net/msgpack.js";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const MOST = 16 << 20; // pixels

const CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }; // by type: grey, RGB, palette, grey and alpha, RGBA

/**
 * What is in a PNG that is not interlaced.
 * @typedef {object} Rows
 * @property {number} width
 * @property {number} height
 * @property {number} depth bits of a channel
 * @property {number} type as in CHANNELS
 * @property {Uint8Array} bytes row by row; a row begins with a new byte
 * @property {number} stride bytes of a row
 * @property {Uint8Array} palette 3 bytes a colour
 * @property {Uint8Array} transparency of the colours of a palette; of other types the one colour that is transparent
 */

/**
 * @param {Uint8Array<ArrayBuffer>} file of 8 bits in RGB and not interlaced, as the server makes them
 * @returns {Promise<{width: number, height: number, rgb: Uint8Array}>} 3 bytes a pixel, row by row
 */
export async function readPNG(file) {
  const { width, height, bytes } = await readRows(file, MOST, (head) => head.type === 2 && head.depth === 8);
  return { width, height, rgb: bytes };
}

/** The size that a file says it has, and whether it is interlaced; null: it is no PNG. @param {Uint8Array<ArrayBuffer>} file */
export function headOfPNG(file) {
  if (file.length < 33 || SIGNATURE.some((byte, i) => file[i] !== byte)) return null;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  return { width: view.getUint32(16), height: view.getUint32(20), depth: file[24], type: file[25], interlaced: file[28] !== 0 };
}

/**
 * @param {Uint8Array<ArrayBuffer>} file
 * @param {number} most pixels
 * @param {(head: NonNullable<ReturnType<typeof headOfPNG>>) => boolean} fits whether the caller takes such a picture
 * @returns {Promise<Rows>}
 * @throws {Malformed}
 */
export async function readRows(file, most, fits) {
  const head = headOfPNG(file);
  if (!head) throw new Malformed("not a PNG");
  const { width, height, depth, type } = head, channels = CHANNELS[type];
  if (width * height > most || width * height === 0 || head.interlaced || !channels || !fits(head)) throw new Malformed("a PNG of another kind");
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength), stride = Math.ceil((width * channels * depth) / 8);
  let palette = new Uint8Array(), transparency = new Uint8Array();
  const data = [];
  for (let at = 8; at + 12 <= file.length; ) {
    const length = view.getUint32(at), kind = view.getUint32(at + 4), body = at + 8;
    if (length > file.length - at - 12) break;
    const content = file.subarray(body, body + length);
    if (kind === 0x504c5445 /* PLTE */) palette = content;
    else if (kind === 0x74524e53 /* tRNS */) transparency = content;
    else if (kind === 0x49444154 /* IDAT */) data.push(content);
    else if (kind === 0x49454e44 /* IEND */) {
      const rows = await inflate(join(data), height * (1 + stride));
      return { width, height, depth, type, stride, palette, transparency, bytes: unfilter(rows, stride, height, Math.max(1, (channels * depth) >> 3)) };
    }
    at = body + length + 4;
  }
  throw new Malformed("a PNG that ends early");
}

function join(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Undoes the filters of the rows. @param {number} stride bytes of a row without its filter's @param {number} step bytes from a pixel to the next */
function unfilter(rows, stride, height, step) {
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)], from = y * (stride + 1) + 1, to = y * stride;
    if (filter > 4) throw new Malformed(`filter ${filter}`);
    if (filter === 0) {
      out.set(rows.subarray(from, from + stride), to);
      continue;
    }
    for (let i = 0; i < stride; i++) {
      const left = i < step ? 0 : out[to + i - step], up = y === 0 ? 0 : out[to + i - stride], corner = i < step || y === 0 ? 0 : out[to + i - stride - step];
      out[to + i] = rows[from + i] + predict(filter, left, up, corner);
    }
  }
  return out;
}

function predict(filter, left, up, corner) {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  const a = Math.abs(up - corner), b = Math.abs(left - corner), c = Math.abs(left + up - 2 * corner);
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
