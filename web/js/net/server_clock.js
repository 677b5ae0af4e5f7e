// The server's clock, by this page's steady one. A time that the server sends has passed when it arrives, so each gives
// a bound that the server's clock is not behind. The highest of the last few is kept: what the server allows at a time is
// then never asked for too early, and at most the way here too late.

const KEPT = 6; // times: as many as arrive in a minute, so that a clock that was set back is noticed

export class ServerClock {
  /** What the server's clock is ahead of this page's at least, ms: by the last times heard. @type {number[]} */
  #ahead = [];

  /** Another server: what is known of the last one's clock is of no use. */
  reset() {
    this.#ahead = [];
  }

  /** @param {number} time Unix ms, as the server says it @param {number} now ms of a steady clock, here and below */
  heard(time, now) {
    this.#ahead = [...this.#ahead, time - now].slice(-KEPT);
  }

  get known() {
    return this.#ahead.length > 0;
  }

  /** What time it is for the server at least, in whole ms. */
  today(now) {
    return Math.floor(now + Math.max(...this.#ahead));
  }

  /** When it will be a time of the server, by the steady clock. @param {number} time Unix ms */
  when(time) {
    return time - Math.max(...this.#ahead);
  }
}
