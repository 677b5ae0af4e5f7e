// The way to the record: what this page can do where the server keeps one, and the user may ask it. Its parts are loaded
// when they are used for the first time, so that they weigh nothing before.

import { Lazy, tellUnloaded } from "./lazy.js";
import { momentOf } from "./view/moment.js";
import { tell } from "./state.js";
import { toScreen } from "./view/view.js";
import { t } from "./words/words.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./record/inspecting.js").Inspecting} Inspecting
 * @typedef {import("./record/replaying.js").Replaying} Replaying
 * @typedef {import("./record/leaders.js").Leaders} Leaders
 *
 * @typedef {object} Ports
 * @property {() => number} now ms of a steady clock
 * @property {() => void} changed
 * @property {() => void} settle nothing is being drawn any more
 * @property {(part: "inspecting" | "replaying" | "leaders") => Promise<Inspecting | Replaying | Leaders>} load
 */

const REST = 450; // ms that the pointer rests on a pixel before its card opens
const AWAY = 40; // CSS pixels that the pointer moves away from that pixel before it closes: it must not be in the way

export class Record {
  /** @type {Inspecting | null} */
  #inspecting = null;
  /** @type {Replaying | null} */
  #replaying = null;
  /** @type {Leaders | null} */
  #leaders = null;
  #lazy;
  #linked; // the moment of the link that the page was opened with; null: none, or it is shown
  #rest = { x: -1, y: -1, since: 0 };

  /** @param {State} state @param {Ports} ports @param {string} hash of the address */
  constructor(state, ports, hash) {
    this.state = state;
    this.ports = ports;
    this.#linked = momentOf(hash);
    this.#lazy = new Lazy(ports.load, () => tellUnloaded(state, ports));
  }

  get there() {
    return this.state.me.record && this.state.canvas !== null;
  }

  /** Opens the card of a pixel. @param {boolean} pinned it stays while the pointer rests elsewhere */
  async inspect(x, y, pinned, soon = false) {
    if (!this.there) return;
    this.#inspecting ??= /** @type {Inspecting} */ (await this.#lazy.get("inspecting"));
    this.#inspecting?.open(x, y, pinned, soon);
  }

  /** Shows who has drawn most, to somebody who looks at who is here. */
  async leaders() {
    if (!this.there) return;
    if (!this.#lazy.coming("leaders")) this.#leaders ??= /** @type {Leaders} */ (await this.#lazy.get("leaders"));
    this.#leaders?.look();
  }

  /** @returns {boolean} whether the card was open */
  closeCard() {
    this.#rest.since = Infinity; // a pointer that stays where it is does not open it again
    return this.#inspecting?.close() ?? false;
  }

  /** Looks at the past. @param {number | null} time to begin with, Unix ms; null: now */
  async replay(time = null) {
    if (!this.there) return;
    this.ports.settle();
    this.#replaying ??= /** @type {Replaying} */ (await this.#lazy.get("replaying"));
    this.#replaying?.open(time);
  }

  /** @returns {boolean} whether the past was open */
  close() {
    this.closeCard();
    return this.#replaying?.close() ?? false;
  }

  toggle() {
    if (!this.close()) this.replay();
  }

  /** A key, while the past is shown. @returns {boolean} whether it is one of its keys */
  key(key) {
    return this.state.past !== null && (this.#replaying?.key(key) ?? false);
  }

  /** The moment that is shown now is the one of the link. */
  mark() {
    const { past } = this.state;
    if (past) past.marked = past.live ? null : past.time;
  }

  /** The user has changed the address by hand. */
  follow(hash) {
    const time = momentOf(hash);
    if (time !== null && time !== this.state.past?.marked) this.replay(time);
    if (time === null && this.state.past?.marked) this.close();
  }

  /** Lets time pass. @param {number} now ms @returns {number} ms until it has to again */
  advance(now) {
    if (this.#linked !== null && this.state.me.known && this.state.canvas) this.#open();
    if (!this.there && (this.state.past || this.state.inspected)) this.close(); // it may not be asked any more
    return Math.min(this.#aim(now), this.#replaying?.advance(now) ?? Infinity);
  }

  /** Shows what there is to show. */
  show() {
    this.#inspecting?.show();
    this.#replaying?.show();
  }

  #open() {
    const time = this.#linked;
    this.#linked = null;
    if (this.there) this.replay(time);
    else tell(this.state, t("The link shows a moment of the past, and there is no record of it"), this.ports.now());
  }

  /** The card follows the aim: at once that of the keyboard, after a pause the pointer. */
  #aim(now) {
    const { reticule, inspected, tool } = this.state, rest = this.#rest;
    if (!reticule || !this.there) return Infinity;
    const { x, y, keyboard } = reticule;
    const moved = x !== rest.x || y !== rest.y;
    if (moved) this.#rest = { x, y, since: now };
    if (keyboard) {
      if (moved && inspected) this.inspect(x, y, true, true);
      return Infinity;
    }
    if (tool !== "inspect" || inspected?.pinned || (inspected?.x === x && inspected.y === y)) return Infinity;
    if (inspected && this.#isAway(inspected)) this.closeCard();
    if (moved) {
      this.#rest.since = now;
      return REST;
    }
    if (rest.since === Infinity) return Infinity;
    if (now - rest.since < REST) return REST - (now - rest.since);
    if (!this.#lazy.coming("inspecting")) this.inspect(x, y, false);
    return Infinity;
  }

  /** Whether the pointer is far from a pixel. */
  #isAway({ x, y }) {
    const { pointer, view, viewport } = this.state, at = toScreen(view, viewport, x + 0.5, y + 0.5);
    return pointer !== null && Math.hypot(pointer.x - at.x, pointer.y - at.y) > AWAY + view.zoom / 2;
  }
}
