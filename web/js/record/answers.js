// Reads what the server answers about a region's past: codec/PROTOCOL.md, "The past".

import { Malformed, Reader } from "../net/msgpack.js";
import { PIXELS, PIXEL_BYTES, SNAPSHOT, decodeServer } from "../net/protocol.js";

/**
 * The whole region as it was at a time, or what was drawn next. Times are Unix ms; each pixel has its own, and none is
 * earlier than the one before.
 * @typedef {{time: number, snapshot: import("../net/protocol.js").Snapshot}} Whole
 * @typedef {{pixels: Uint8Array, times: Float64Array}} Placed
 * @typedef {{steps: (Whole | Placed)[], seq: number, time: number, more: boolean}} Past  more: there is more behind seq
 */

const BIN = 0xc6; // of MessagePack, with 4 bytes of length
const HEAD = 5; // bytes before each message
const END = 27;

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Past}
 * @throws {Malformed}
 */
export function readPast(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), steps = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < HEAD || bytes[at] !== BIN) throw new Malformed("no message begins here");
    const from = at + HEAD, to = from + view.getUint32(at + 1);
    if (to > bytes.length) throw new Malformed("the past ends early");
    const message = bytes.subarray(from, to), r = new Reader(message), elements = r.array(), type = r.uint();
    at = to;
    if (type === SNAPSHOT) steps.push(readWhole(message));
    else if (type === PIXELS) steps.push(readPlaced(r, elements - 1));
    else if (type === END) return { steps, ...readEnd(r, elements - 1) };
  }
  throw new Malformed("the past broke off");
}

/** @returns {Whole} */
function readWhole(message) {
  const snapshot = /** @type {import("../net/protocol.js").Snapshot} */ (decodeServer(message));
  const r = new Reader(message);
  need(r.array(), 6);
  r.skip(5);
  return { snapshot, time: r.uint() };
}

/** @param {Reader} r @returns {Placed} */
function readPlaced(r, elements) {
  need(elements, 9);
  r.skip(3); // region, epoch, from
  const count = r.uint(), pixels = r.bin();
  if (pixels.length !== count * PIXEL_BYTES) throw new Malformed(`${pixels.length} bytes of ${count} pixels`);
  r.skip(1); // authors
  const times = new Float64Array(count);
  let at = 0, time = 0;
  for (let runs = r.array(); runs > 0; runs -= 2) {
    const n = r.uint();
    if (runs === 1 || n > count - at) throw new Malformed("times of other pixels");
    time += r.uint();
    times.fill(time, at, (at += n));
  }
  if (at !== count) throw new Malformed(`times of ${at} pixels, ${count} pixels`);
  r.skip(elements - 7);
  r.end();
  return { pixels, times };
}

/** @param {Reader} r */
function readEnd(r, elements) {
  need(elements, 4);
  r.skip(1); // region
  const end = { seq: r.uint(), time: r.uint(), more: r.bool() };
  r.skip(elements - 4);
  r.end();
  return end;
}

function need(elements, least) {
  if (elements < least) throw new Malformed(`${elements} elements, at least ${least}`);
}
