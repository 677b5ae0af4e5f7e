// How many pixels may still be placed, and when there will be one more. The server says so with its answers. Between two
// of them, the allowance refills at the rate that the server named. Only intervals of a steady clock count, never the
// time of day.

import { ServerClock } from "../net/server_clock.js";

const SLOW = 1; // pixels per second: up to this rate, people wait for single pixels
const ROUNDING = 1e-6; // pixels

export class Allowance {
  rate = 0; // pixels per second; 0: no limit
  burst = 0;
  /** Of the server on the other side. */
  clock = new ServerClock();
  #left = 0; // at #at, with the part of the pixel that is to come
  #at = 0;

  /**
   * What the server allows on a new connection. What was left on the last one stays: it is the user's and not the
   * connection's.
   * @param {number} now ms of a steady clock, here and below
   */
  open(rate, burst, now) {
    if (rate === this.rate && burst === this.burst) return;
    this.rate = rate;
    this.burst = burst;
    this.set(burst, now);
  }

  get limited() {
    return this.rate > 0;
  }

  /** Whether a cooldown rules: people count single pixels then, and wait for the next one. */
  get slow() {
    return this.limited && this.rate <= SLOW;
  }

  /** @param {number} [next] when one more will be free; 0: none is missing */
  set(left, now, next) {
    this.#left = next === 0 ? this.burst : next === undefined ? left : left + this.#part(left, next - now);
    this.#at = now;
  }

  /**
   * What the server says with an answer.
   * @param {{left: number, next?: number}} said next: Unix ms of the server
   * @param {boolean} all whether it has counted everything that was sent. If not, it can only lower what is left
   */
  heard({ left, next }, all, now) {
    const expected = this.left(now);
    this.set(left, now, next > 0 ? this.clock.when(next) : next);
    if (!all && this.#left > expected) this.set(expected, now);
  }

  /** How much there is of a pixel that is free in some ms. Below 0: nothing is left, and it takes longer than one pixel does. */
  #part(left, ms) {
    const part = 1 - (this.rate * Math.max(0, ms)) / 1000;
    return left > 0 ? Math.max(0, part) : part;
  }

  /** Takes what was just sent: the server will do the same before it answers. */
  spend(pixels, now) {
    this.set(this.left(now) - pixels, now);
  }

  left(now) {
    if (!this.limited) return Infinity;
    return Math.min(this.burst, this.#left + (this.rate * Math.max(0, now - this.#at)) / 1000);
  }

  /** The whole pixels of it. */
  whole(now) {
    return Math.max(0, Math.floor(this.left(now) + ROUNDING));
  }

  /** ms until there will be at least so many pixels; 0: there are, Infinity: there never will be. */
  until(pixels, now) {
    const missing = pixels - this.left(now);
    if (missing <= ROUNDING) return 0;
    return pixels > this.burst ? Infinity : (1000 * missing) / this.rate;
  }

  /** ms until there is one more when some have been taken; 0: there is. */
  after(pixels, now) {
    const missing = 1 + pixels - this.left(now);
    return missing <= ROUNDING ? 0 : (1000 * missing) / this.rate;
  }

  /** Whether the server would accept so many pixels. An op larger than the burst passes when the allowance is full. */
  allows(pixels, now) {
    return this.left(now) + ROUNDING >= Math.min(pixels, this.burst);
  }
}
