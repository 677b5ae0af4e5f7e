// What was placed and has no answer yet: first what was sent, in the order of the numbers, then what waits for room in
// the window. It sends nothing.

import { parseHex } from "../hex.js";
import { MAX_PLACE, PLACE_BYTES } from "../net/protocol.js";

const MAX_WAITING = 10_000; // ops: a program that places without waiting for answers learns of it

/**
 * @typedef {{x: number, y: number, color: string}} Dot  color: "#RRGGBB"
 * @typedef {object} Op
 * @property {number} num its number; 0: not sent yet
 * @property {Uint8Array} pixels as PLACE has them
 * @property {number} count of them
 * @property {() => void} done it is durable
 * @property {(error: Error) => void} failed
 */

export class Ops {
  last = 0; // the highest number that was given to an op
  window = 1; // how far numbers may go from the oldest op without an answer
  held = false; // the server takes no more: the rest is for the next connection

  /** @type {Map<number, Op>} by number, the oldest first */
  #sent = new Map();
  /** @type {Op[]} */
  #waiting = [];

  /** @param {Dot[]} dots @returns {Promise<void>} fulfilled when they are durable and visible */
  add(dots) {
    return new Promise((done, failed) => {
      const pixels = pack(dots);
      if (this.#waiting.length >= MAX_WAITING) throw new RangeError(`place: ${MAX_WAITING} ops wait already: wait for answers`);
      this.#waiting.push({ num: 0, pixels, count: dots.length, done, failed });
    });
  }

  /** Numbers the next op that may be sent. @returns {Op | undefined} */
  next() {
    if (this.held || this.#waiting.length === 0) return undefined;
    const [oldest] = this.#sent.keys();
    if (oldest !== undefined && this.last + 1 - oldest >= this.window) return undefined;
    const op = this.#waiting.shift();
    op.num = ++this.last;
    this.#sent.set(op.num, op);
    return op;
  }

  /** The ops to send again, with their numbers, on a new connection. */
  again() {
    this.held = false;
    return [...this.#sent.values()];
  }

  /** Whether all that was sent has its answer. */
  get answered() {
    return this.#sent.size === 0;
  }

  /** Removes an op that was answered. @param {number} num @returns {Op | undefined} */
  take(num) {
    const op = this.#sent.get(num);
    this.#sent.delete(num);
    return op;
  }

  /** @param {Error} error why none of them will be answered */
  fail(error) {
    for (const op of [...this.#sent.values(), ...this.#waiting]) op.failed(error);
    this.#sent.clear();
    this.#waiting = [];
  }
}

/** @param {Dot[]} dots @returns {Uint8Array} */
function pack(dots) {
  if (dots.length < 1 || dots.length > MAX_PLACE) throw new RangeError(`place: ${dots.length} pixels: must be 1 to ${MAX_PLACE}`);
  const packed = new Uint8Array(PLACE_BYTES * dots.length);
  const view = new DataView(packed.buffer);
  dots.forEach(({ x, y, color }, i) => {
    const colour = parseHex(color);
    if (colour === null) throw new TypeError(`color ${color}: must be like "#FF0000"`);
    if (!(coordinate(x) && coordinate(y))) throw new RangeError(`pixel ${x}, ${y}: must be on the canvas`);
    view.setUint16(PLACE_BYTES * i, x);
    view.setUint16(PLACE_BYTES * i + 2, y);
    view.setUint8(PLACE_BYTES * i + 4, colour >> 16);
    view.setUint16(PLACE_BYTES * i + 5, colour & 0xffff);
  });
  return packed;
}

function coordinate(n) {
  return Number.isInteger(n) && n >= 0 && n < 65_536;
}
