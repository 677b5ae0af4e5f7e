// How many pixels may still be placed. The server says so with every answer. Between two answers the allowance
// refills at the rate that the server named. Only intervals of a steady clock count, never the time of day.

export class Allowance {
  rate = 0; // pixels per second; 0: no limit
  burst = 0;
  #left = 0;
  #at = 0;

  /** @param {number} now ms of a steady clock, here and below */
  open(rate, burst, now) {
    this.rate = rate;
    this.burst = burst;
    this.set(burst, now);
  }

  get limited() {
    return this.rate > 0;
  }

  /** What the server said is left. */
  set(left, now) {
    this.#left = left;
    this.#at = now;
  }

  /** Takes what was just sent: the server will do the same before it answers. */
  spend(pixels, now) {
    this.set(this.left(now) - pixels, now);
  }

  left(now) {
    if (!this.limited) return Infinity;
    return Math.min(this.burst, this.#left + (this.rate * Math.max(0, now - this.#at)) / 1000);
  }

  /** Whether the server would accept so many pixels. An op larger than the burst passes when the allowance is full. */
  allows(pixels, now) {
    return this.left(now) >= Math.min(pixels, this.burst);
  }
}
