// The user's own drawing until the server has answered for it: shown at once, sent in order, confirmed silently,
// taken back when refused. It doesn't send (session.js does) and doesn't draw.

import { MAX_PLACE } from "../net/protocol.js";

/**
 * What is placed with one message.
 * @typedef {object} Op
 * @property {number} num its number; 0: not sent yet
 * @property {number} age rises with each op made; ops are sent in this order
 * @property {Map<number, number>} dots colour by y * width + x
 * @property {boolean} patient it was drawn while disconnected, and waits for its turn in the allowance
 * @property {number} sent when, ms
 * @property {boolean} held it is tentative: it is not sent before keep()
 */

// Pixels drawn but not sent: while disconnected, or while the server is slow to answer.
export const MAX_UNSENT = 5000;
// Pixels of one op drawn while disconnected. Fewer than the burst allows, so that they pass bit by bit.
const PATIENT_OP = 256;
// How long an acknowledged pixel stays shown while its PIXELS has not arrived, ms. PIXELS arrives at about the same
// time as the ACK, unless the pixel has been overwritten meanwhile or the region is not followed.
const SETTLE = 1000;

export class Pending {
  /** @type {Op[]} oldest first: those that are sent, then those that are not */
  #ops = [];
  /** @type {{op: Op, until: number}[]} acknowledged, but not seen in PIXELS yet; oldest first */
  #settling = [];
  #lastNum = 0;
  #lastAge = 0;

  #holding = false;

  /** Pixels not sent yet. */
  unsent = 0;

  /** Pixels that one op may have: no more than the server's burst, or it could never be placed. */
  largest = Infinity;

  /** @param {import("./canvas.js").Canvas} canvas @param {number} [lastNum] the session's ops so far */
  constructor(canvas, lastNum = 0) {
    this.canvas = canvas;
    this.#lastNum = lastNum;
  }

  /** The highest number that was given to an op. */
  get lastNum() {
    return this.#lastNum;
  }

  /** Ops without an answer. */
  get count() {
    return this.#ops.length;
  }

  /** Pixels not sent yet that don't wait for their turn in the allowance. */
  get eager() {
    let pixels = 0;
    for (let i = this.#ops.length - 1; i >= 0 && this.#ops[i].num === 0; i--) if (!this.#ops[i].patient) pixels += this.#ops[i].dots.size;
    return pixels;
  }

  /** Pixels without an answer, sent or not. */
  get unanswered() {
    let pixels = 0;
    for (const op of this.#ops) pixels += op.dots.size;
    return pixels;
  }

  /** When the oldest op without an answer was sent, ms; Infinity: none was. */
  get waitingSince() {
    return this.#ops.length > 0 && this.#ops[0].num > 0 ? this.#ops[0].sent : Infinity;
  }

  /** Whether everything that was sent has its answer. */
  get answered() {
    return this.waitingSince === Infinity;
  }

  /**
   * Draws one pixel: it is shown at once and belongs to the op that will be sent next.
   * @param {boolean} patient
   * @returns {boolean} false: too much is waiting already
   */
  draw(key, colour, patient) {
    let op = this.#ops.at(-1);
    if (!op || op.num > 0 || op.patient !== patient || op.held !== this.#holding || op.dots.size >= Math.min(this.largest, patient ? PATIENT_OP : MAX_PLACE)) {
      if (this.unsent >= MAX_UNSENT) return false;
      op = { num: 0, age: ++this.#lastAge, dots: new Map(), patient, sent: 0, held: this.#holding };
      this.#ops.push(op);
    }
    if (!op.dots.has(key)) {
      if (this.unsent >= MAX_UNSENT) return false;
      this.unsent++;
    }
    op.dots.set(key, colour);
    this.canvas.cover(key, colour, op);
    return true;
  }

  /**
   * Numbers the next op to send, if there is one and it may be sent.
   * @param {number} window how far numbers may go from the oldest op without an answer
   * @param {(op: Op) => boolean} allowed
   * @param {number} now ms
   * @returns {Op | null}
   */
  next(window, allowed, now) {
    const at = this.#ops.findIndex((op) => op.num === 0);
    if (at < 0 || this.#ops[at].held || !allowed(this.#ops[at])) return null;
    // The server remembers that many numbers of a session, answered or not.
    if (at > 0 && this.#lastNum + 1 - this.#ops[0].num >= window) return null;
    const op = this.#ops[at];
    op.num = ++this.#lastNum;
    op.sent = now;
    this.unsent -= op.dots.size;
    return op;
  }

  /** The ops to send again, with their numbers, on a new connection. @returns {Op[]} */
  again(now) {
    const sent = this.#ops.filter((op) => op.num > 0);
    for (const op of sent) op.sent = now;
    return sent;
  }

  /** What is drawn from now on is tentative. */
  hold() {
    this.#holding = true;
  }

  /** What was tentative is meant. */
  keep() {
    this.#holding = false;
    for (const op of this.#ops) op.held = false;
  }

  /** Takes back what is tentative: the server never hears of it. @returns {Map<number, number>[]} colours by key, op by op */
  withdraw() {
    const dots = [];
    for (let op = this.#ops.at(-1); op?.held; op = this.#ops.at(-1)) {
      this.#ops.pop();
      this.unsent -= op.dots.size;
      this.#takeBack(op);
      dots.push(op.dots);
    }
    this.#holding = false;
    return dots;
  }

  /** Takes back one pixel that is shown, if it was not sent yet. @returns {boolean} whether it was not */
  unsend(key, colour) {
    const op = this.#ops.findLast((each) => each.dots.has(key));
    if (!op || op.num > 0 || op.dots.get(key) !== colour) return false;
    op.dots.delete(key);
    this.unsent--;
    if (op.dots.size === 0) this.#ops.splice(this.#ops.indexOf(op), 1);
    this.#uncover(key, op);
    return true;
  }

  /** @returns {Op | undefined} the op of that number, if it was sent and has no answer */
  sentOp(num) {
    return num > 0 ? this.#ops.find((op) => op.num === num) : undefined;
  }

  /** These ops are durable. What of them has not been seen in PIXELS stays shown for a while. @returns {number} how many pixels they have */
  ack(nums, now) {
    let pixels = 0;
    for (const num of nums) {
      const op = this.#remove(num);
      if (!op) continue;
      this.#settling.push({ op, until: now + SETTLE });
      pixels += op.dots.size;
    }
    return pixels;
  }

  /** Takes back an op that was refused. @returns {Op | null} null: there is no op with this number */
  refuse(num) {
    const op = this.#remove(num);
    if (op) this.#takeBack(op);
    return op;
  }

  /** Puts a refused op back among those to send: it will get a new number. @returns {Op | null} */
  requeue(num) {
    const op = this.#remove(num);
    if (!op) return null;
    op.num = 0;
    this.unsent += op.dots.size;
    const at = this.#ops.findIndex((other) => other.num === 0 && other.age > op.age);
    this.#ops.splice(at < 0 ? this.#ops.length : at, 0, op);
    return op;
  }

  /** Takes everything back, and returns how many pixels that was. */
  abandon() {
    let pixels = 0;
    while (this.#ops.length > 0) {
      const op = this.#ops.pop();
      pixels += op.dots.size;
      this.#takeBack(op);
    }
    this.unsent = 0;
    return pixels;
  }

  /** Stops showing acknowledged pixels whose PIXELS has not arrived in time. Returns whether some are left. */
  settle(now) {
    while (this.#settling.length > 0 && this.#settling[0].until <= now) this.#takeBack(this.#settling.shift().op);
    return this.#settling.length > 0;
  }

  /** @returns {Op | null} */
  #remove(num) {
    const op = this.sentOp(num);
    if (!op) return null;
    this.#ops.splice(this.#ops.indexOf(op), 1);
    return op;
  }

  /** Shows again what was there before, even if that is a pixel of an older op. @param {Op} op */
  #takeBack(op) {
    for (const key of op.dots.keys()) this.#uncover(key, op);
  }

  #uncover(key, op) {
    if (!this.canvas.uncover(key, op)) return;
    const below = this.#ops.findLast((other) => other.dots.has(key));
    if (below) this.canvas.cover(key, below.dots.get(key), below);
  }
}
