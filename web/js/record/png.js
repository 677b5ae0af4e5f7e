// Reads the server's pictures (PNG, RFC 2083). A browser's own decoder gives pixels back through a canvas only, and
// those that protect from fingerprinting falsify them: so the picture would not be what was drawn.

import { inflate } from "../net/inflate.js";
import { Malformed } from "../net/msgpack.js";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const MOST = 16 << 20; // pixels
const RGB = 0x0802; // 8 bits, red, green and blue

/**
 * @param {Uint8Array<ArrayBuffer>} file of 8 bits in RGB and not interlaced, as the server makes them
 * @returns {Promise<{width: number, height: number, rgb: Uint8Array}>} 3 bytes a pixel, row by row
 */
export async function readPNG(file) {
  if (SIGNATURE.some((byte, i) => file[i] !== byte)) throw new Malformed("not a PNG");
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let width = 0, height = 0;
  const data = [];
  for (let at = 8; at + 12 <= file.length; ) {
    const length = view.getUint32(at), kind = view.getUint32(at + 4), body = at + 8;
    if (length > file.length - at - 12) break;
    if (kind === 0x49484452 /* IHDR */) {
      [width, height] = [view.getUint32(body), view.getUint32(body + 4)];
      if (width * height > MOST || view.getUint16(body + 8) !== RGB || file[body + 12] !== 0) throw new Malformed("a PNG of another kind");
    } else if (kind === 0x49444154 /* IDAT */) {
      data.push(file.subarray(body, body + length));
    } else if (kind === 0x49454e44 /* IEND */) {
      const rows = await inflate(join(data), height * (1 + 3 * width));
      return { width, height, rgb: unfilter(rows, 3 * width, height) };
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

/** Undoes the filters of the rows. @param {number} stride bytes of a row without its filter's */
function unfilter(rows, stride, height) {
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)], from = y * (stride + 1) + 1, to = y * stride;
    if (filter > 4) throw new Malformed(`filter ${filter}`);
    if (filter === 0) {
      out.set(rows.subarray(from, from + stride), to);
      continue;
    }
    for (let i = 0; i < stride; i++) {
      const left = i < 3 ? 0 : out[to + i - 3], up = y === 0 ? 0 : out[to + i - stride], corner = i < 3 || y === 0 ? 0 : out[to + i - stride - 3];
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
