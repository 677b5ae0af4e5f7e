// What happened in the regions that are replayed: loaded piece by piece, ahead of the moment that is shown, and given
// out in the order in which it happened. If there is little of it, all is kept, and can be given out again.

/**
 * The region as it was; rgb null: blank.
 * @typedef {{epoch: number, seq: number, rgb: Uint8Array | null}} Whole
 * @typedef {{time: number, whole: Whole} | import("./answers.js").Placed} Step  time: Unix ms, here and below
 * @typedef {{steps: Step[], seq: number, time: number, more: boolean}} Chunk  as answers.js has it, and unpacked
 * @typedef {{from: number, after?: number}} Start  at a time; or behind a sequence number, whose time is no earlier
 *
 * What is known of one region.
 * @typedef {object} Lane
 * @property {Start} start of the next question
 * @property {number} since no earlier than this is what comes next
 * @property {number} loaded up to this time everything is here
 * @property {number} window ms that the next question is about
 * @property {boolean} asking
 * @property {Step[]} steps what is here, in order
 * @property {number} at the first of them that is not given out to its end
 * @property {number} next the first of its pixels that is not
 * @property {number} held pixels that are not
 * @property {AbortController} stop
 */

const AHEAD = 6000; // ms of watching that are loaded ahead
const LEAST = 10_000; // ms of what happened that are loaded ahead at least
const LATE = 10_000; // ms: what was placed at a time may be known so much later
const SPARSE = 2000; // pixels: after an answer with fewer, the next question is about twice as long a time
const HELD = 200_000; // pixels of one region that wait to be shown: 2.6 MB. Then nothing more is asked for

export class Chunks {
  /** @type {Map<number, Lane>} by region */
  #lanes = new Map();
  #keeps = false;
  #until = 0; // up to this time all is loaded at once, if it is kept

  /**
   * @param {object} ports
   * @param {(region: number, start: Start, to: number, signal: AbortSignal) => Promise<Chunk>} ports.load
   * @param {() => void} ports.changed something has arrived
   * @param {(error: Error) => void} ports.failed what is missing will not arrive
   */
  constructor(ports) {
    this.ports = ports;
  }

  /** Up to when everything of all regions is here. */
  get loaded() {
    let least = Infinity;
    for (const { loaded } of this.#lanes.values()) least = Math.min(least, loaded);
    return least;
  }

  /** Forgets everything. */
  stop() {
    this.want([], 0);
  }

  /**
   * From now on it is about these regions. Those that are new begin at a time.
   * @param {number[]} regions @param {number} time
   * @param {boolean} [all] all since that time is loaded at once, and kept
   */
  want(regions, time, all = false) {
    if (all !== this.#keeps) {
      for (const { stop } of this.#lanes.values()) stop.abort();
      this.#lanes.clear();
      this.#keeps = all;
      this.#until = 0;
    }
    for (const [region, lane] of this.#lanes) {
      if (regions.includes(region)) continue;
      lane.stop.abort();
      this.#lanes.delete(region);
    }
    for (const region of regions) {
      if (this.#lanes.has(region)) continue;
      const start = { from: time }, since = Math.max(0, time - LATE);
      const window = all ? Infinity : LEAST;
      this.#lanes.set(region, { start, since, loaded: time - 1, window, asking: false, steps: [], at: 0, next: 0, held: 0, stop: new AbortController() });
    }
  }

  /** Loads what will be needed soon. @param {number} time that is shown @param {number} end there is nothing behind it */
  ahead(time, speed, end) {
    if (this.#keeps) this.#until ||= end;
    const enough = Math.min(end, Math.max(this.#until, time + Math.max(LEAST, AHEAD * speed)));
    for (const [region, lane] of this.#lanes) {
      if (lane.asking || lane.loaded >= enough || (lane.held >= HELD && !this.#keeps)) continue;
      lane.window = Math.max(lane.window, (AHEAD * speed) / 2);
      this.#load(region, lane, Math.round(Math.min(end, lane.loaded + lane.window)));
    }
  }

  /** What was given out may be given out again, from the beginning. @returns {boolean} whether there is something, and was kept */
  rewind() {
    if (!this.#keeps || this.#lanes.size === 0) return false;
    for (const lane of this.#lanes.values()) lane.at = lane.next = 0;
    return true;
  }

  /**
   * Gives out what has happened up to a time, of regions of which all of that is here.
   * @param {(region: number, whole: Whole) => void} begin
   * @param {(region: number, pixels: Uint8Array, first: number, last: number) => void} place entries [first, last)
   */
  take(time, begin, place) {
    for (const [region, lane] of this.#lanes) {
      if (lane.loaded < time) continue;
      for (; lane.at < lane.steps.length; lane.at++, lane.next = 0) {
        const step = lane.steps[lane.at];
        if ("whole" in step) {
          if (step.time > time) break;
          begin(region, step.whole);
          continue;
        }
        const { pixels, times } = step, first = lane.next;
        while (lane.next < times.length && times[lane.next] <= time) lane.next++;
        lane.held -= lane.next - first;
        if (lane.next > first) place(region, pixels, first, lane.next);
        if (lane.next < times.length) break;
      }
      if (!this.#keeps && lane.at > 0) {
        lane.steps.splice(0, lane.at);
        lane.at = 0;
      }
    }
  }

  /** @param {Lane} lane @param {number} to */
  async #load(region, lane, to) {
    lane.asking = true;
    try {
      const { steps, seq, time, more } = await this.ports.load(region, lane.start, to, lane.stop.signal);
      if (this.#lanes.get(region) !== lane) return;
      let pixels = 0;
      for (const step of steps) {
        lane.steps.push(step);
        if (!("times" in step)) continue;
        pixels += step.times.length;
        lane.since = step.times[step.times.length - 1];
      }
      lane.held += pixels;
      lane.start = seq > 0 ? { from: lane.since, after: seq } : { from: Math.max(0, to - LATE) };
      // An answer that is cut off may have only a part of its last millisecond.
      lane.loaded = Math.max(lane.loaded, more ? Math.min(time - 1, to) : to);
      if (!more && pixels < SPARSE) lane.window *= 2;
      lane.asking = false;
      this.ports.changed();
    } catch (error) {
      if (this.#lanes.get(region) === lane) this.ports.failed(error);
    }
  }
}
