// Unpacks snapshots (zlib, RFC 1950) with the browser's own decompressor.

import { Malformed } from "./protocol.js";

/**
 * @param {Uint8Array<ArrayBuffer>} data
 * @param {number} size bytes that it must unpack to: no more are ever held
 * @returns {Promise<Uint8Array>}
 */
export async function inflate(data, size) {
  const out = new Uint8Array(size);
  const reader = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  let at = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (at + value.length > size) {
      await reader.cancel();
      throw new Malformed(`a snapshot of more than ${size} bytes`);
    }
    out.set(value, at);
    at += value.length;
  }
  if (at !== size) throw new Malformed(`a snapshot of ${at} bytes, not ${size}`);
  return out;
}
