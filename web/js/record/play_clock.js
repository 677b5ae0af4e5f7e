// The clock of a replay: it runs as fast as is wanted, as far as there is something to show, and not while nobody looks.

export const SPEEDS = Object.freeze([1, 10, 60, 600, 3600, 10_000]);
const LONGEST_STEP = 250; // ms that one frame accounts for at most: a page that was hidden goes on where it was

export class PlayClock {
  time = 0; // Unix ms
  speed = SPEEDS[0];
  playing = false;
  /** Since when it would run, but what comes next has not arrived; 0: it has. By the steady clock. */
  waiting = 0;
  #last = 0;

  /** @param {number} now ms of a steady clock, here and below */
  play(now) {
    this.playing = true;
    this.#last = now;
  }

  pause() {
    this.playing = false;
    this.waiting = 0;
  }

  /** @param {number} time Unix ms */
  set(time, now) {
    this.time = time;
    this.#last = now;
  }

  /** One step faster (direction above 0) or slower. @param {number} direction */
  change(direction) {
    const at = SPEEDS.indexOf(this.speed) + Math.sign(direction);
    this.speed = SPEEDS[Math.min(Math.max(at, 0), SPEEDS.length - 1)];
  }

  /** Lets time pass, up to what is loaded. @param {number} loaded Unix ms @returns {number} the time that is shown */
  advance(now, loaded) {
    const passed = Math.min(Math.max(0, now - this.#last), LONGEST_STEP);
    this.#last = now;
    if (!this.playing) return this.time;
    const next = this.time + passed * this.speed;
    this.waiting = next > loaded ? this.waiting || now : 0;
    this.time = Math.max(this.time, Math.min(next, loaded));
    return this.time;
  }
}
