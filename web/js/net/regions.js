// Keeps the regions in view up to date: subscribes, resumes, applies what arrives in the order in which it arrived,
// and asks again when something is missing. It speaks for one session, over any number of connections.

import { encodeSubscribe, encodeUnsubscribe } from "./protocol.js";

/**
 * @typedef {import("../canvas/canvas.js").Region} Region
 * @typedef {import("./protocol.js").Mark} Mark
 * @typedef {import("./protocol.js").Pixels} Pixels
 * @typedef {import("./protocol.js").Snapshot} Snapshot
 *
 * What was asked of the server about one region.
 * @typedef {object} Follow
 * @property {boolean} whole the region is to be held in full, not just in the overview
 * @property {boolean} asked the last SUBSCRIBE has not been answered yet
 * @property {boolean} anew that SUBSCRIBE was from (0, 0), so the answer is about a blank region
 * @property {Snapshot | null} loading the snapshot being unpacked
 * @property {Pixels[]} waiting what has arrived for the region meanwhile, in order
 */

// Unpacking takes milliseconds, during which few messages arrive. With more than this many, the region starts over.
const MAX_WAITING = 512;
const MARKS = 2048; // in one message: a mark takes up to 23 bytes, and the server takes 65,536

export class Regions {
  /** @type {Map<number, Follow>} */
  #follows = new Map();
  #connected = false;

  /**
   * @param {import("../canvas/canvas.js").Canvas} canvas
   * @param {object} ports
   * @param {(message: Uint8Array<ArrayBuffer>) => void} ports.send
   * @param {(data: Uint8Array<ArrayBuffer>, size: number) => Promise<Uint8Array>} ports.inflate
   * @param {(region: Region, message: Pixels, live: boolean) => void} ports.wrote pixels were confirmed; live: just now
   * @param {() => void} ports.loaded a region has been loaded
   * @param {Set<number>} [ports.asked] regions that the server has been asked for on this connection, as blank ones
   * @param {(error: Error) => void} ports.failed the server sent what can't be understood
   */
  constructor(canvas, ports) {
    this.canvas = canvas;
    this.ports = ports;
  }

  /** Whether all followed regions have arrived. */
  get complete() {
    for (const follow of this.#follows.values()) if (follow.asked || follow.loading) return false;
    return this.#connected;
  }

  follows(id) {
    return this.#follows.has(id);
  }

  /**
   * Follows exactly these regions, in this order of urgency.
   * @param {import("./plan.js").Plan} plan
   */
  want(plan) {
    const gone = [...this.#follows.keys()].filter((id) => !plan.has(id));
    for (const id of gone) this.#follows.delete(id);
    if (gone.length > 0 && this.#connected) this.ports.send(encodeUnsubscribe(gone));
    for (const region of this.canvas.regions) {
      if (region.tile && !plan.get(region.id)) this.canvas.release(region);
    }
    const marks = [];
    for (const [id, whole] of plan) {
      const follow = this.#follows.get(id);
      const held = !whole || this.canvas.regions[id].tile;
      if (follow && (held || follow.whole === whole)) {
        follow.whole = whole;
        continue;
      }
      this.#follows.set(id, { whole, asked: true, anew: false, loading: null, waiting: [] });
      marks.push(this.#mark(id));
    }
    this.#subscribe(marks);
  }

  /** There is a connection (again): tells the server what is held. */
  resume() {
    this.#connected = true;
    this.#subscribe([...this.#follows.keys()].map((id) => this.#mark(id)));
  }

  disconnected() {
    this.#connected = false;
    this.ports.asked?.clear();
  }

  /** @param {Snapshot} message */
  snapshot(message) {
    const follow = this.#follows.get(message.region);
    if (!follow) return;
    follow.asked = follow.anew = false;
    follow.waiting = [];
    follow.loading = null;
    const region = this.canvas.regions[message.region];
    if (message.data.length === 0) {
      this.#load(region, follow, message, null);
      return;
    }
    follow.loading = message;
    this.ports.inflate(message.data, 3 * region.width * region.height).then(
      (rgb) => {
        if (follow.loading !== message || this.#follows.get(region.id) !== follow) return;
        follow.loading = null;
        this.#load(region, follow, message, rgb);
      },
      (error) => {
        if (follow.loading === message) this.ports.failed(error);
      },
    );
  }

  /** @param {Pixels} message */
  pixels(message) {
    const follow = this.#follows.get(message.region);
    if (!follow) return;
    if (!follow.loading) {
      this.#apply(follow, message);
    } else if (follow.waiting.push(message) > MAX_WAITING) {
      this.#subscribe([this.#mark(message.region)]);
    }
  }

  /** @param {Follow} follow */
  #load(region, follow, message, rgb) {
    this.canvas.load(region, message.epoch, message.seq, rgb, follow.whole);
    const { waiting } = follow;
    follow.waiting = [];
    try {
      for (const next of waiting) this.#apply(follow, next);
    } catch (error) {
      this.ports.failed(error);
    }
    this.ports.loaded();
  }

  /** @param {Follow} follow @param {Pixels} message */
  #apply(follow, message) {
    const region = this.canvas.regions[message.region];
    if (message.from !== (follow.anew ? 0 : region.seq)) {
      // If asked, an answer is on its way; what arrives before it answers an earlier question.
      if (!follow.asked) this.#subscribe([this.#mark(region.id)]);
      return;
    }
    if (follow.anew) this.canvas.load(region, 0, 0, null, follow.whole);
    const live = !follow.asked; // an answer brings what was missed
    follow.asked = follow.anew = false;
    this.ports.wrote(region, message, live);
    region.epoch = message.epoch;
    region.seq = message.from + message.count;
  }

  /** The mark to subscribe from. It begins the region's follow anew. @returns {Mark} */
  #mark(id) {
    const region = this.canvas.regions[id];
    const follow = this.#follows.get(id);
    follow.asked = true;
    follow.loading = null;
    follow.waiting = [];
    follow.anew = region.seq === 0 || (follow.whole && !region.tile);
    return follow.anew ? [id, 0, 0] : [id, region.epoch, region.seq];
  }

  /** @param {Mark[]} marks */
  #subscribe(marks) {
    const { asked } = this.ports;
    if (asked?.size > 0) marks = marks.filter(([id, , seq]) => !(asked.delete(id) && seq === 0));
    if (!this.#connected) return;
    for (let at = 0; at < marks.length; at += MARKS) this.ports.send(encodeSubscribe(marks.slice(at, at + MARKS)));
  }
}
