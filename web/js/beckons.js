// Beckoning: people show each other a place. What shows it on the screen is loaded with the first of them.

import { Lazy } from "./lazy.js";
import { say, tell } from "./state.js";
import { countdown } from "./durations.js";
import { t } from "./words/words.js";
import { REFUSED_RATE, REFUSED_RIGHTS } from "./net/protocol.js";

/**
 * @typedef {{user: number, x: number, y: number, at: number}} Beckon  user: who shows it; x, y: a pixel; at: since when, ms
 * @typedef {{show: (now: number) => number}} Shown  gives the ms until it has to again
 *
 * @typedef {object} Ports
 * @property {() => number} now ms of a steady clock
 * @property {() => void} changed
 * @property {(x: number, y: number) => void} send asks others to look
 * @property {() => void} sound
 * @property {() => Promise<Shown>} load
 */

export const BECKON_LIFE = 6000; // ms that a place is shown
const MOST = 5; // at once: where so many beckon, one more is not seen either

export class Beckons {
  /** @type {Shown | null} */
  #shown = null;
  #lazy;

  /** @param {import("./state.js").State} state @param {Ports} ports */
  constructor(state, ports) {
    this.state = state;
    this.ports = ports;
    this.#lazy = new Lazy(() => ports.load(), () => {}); // the next one tries again
  }

  /** Shows others the pixel that the user aims at, or what is in the middle of the screen. */
  beckon() {
    const { state, ports } = this, { canvas, connection, past, reticule, view } = state;
    if (!canvas || past) return;
    if (!connection.welcomed) return tell(state, t("Nobody sees it: there is no connection"), ports.now());
    const within = (at, size) => Math.min(Math.max(Math.floor(at), 0), size - 1);
    const { x, y } = reticule ?? { x: within(view.x, canvas.geometry.width), y: within(view.y, canvas.geometry.height) };
    ports.send(x, y);
    this.#add(connection.user, x, y);
    say(state, t("You show others {x}, {y}", { x, y }));
  }

  /** Others ask to look. @param {{user: number, x: number, y: number}[]} places */
  heard(places) {
    const { state, ports } = this;
    for (const { user, x, y } of places) {
      if (user === state.connection.user) continue; // that was shown at once, or in another tab
      this.#add(user, x, y);
      say(state, t("{name} shows you {x}, {y}", { name: state.people.nameOf(user), x, y }));
      ports.sound();
    }
  }

  /** The server has passed nothing on. @param {number} code @param {number} retry ms */
  refused(code, retry) {
    const { state, ports } = this, own = state.beckons.some(({ user }) => user === state.connection.user);
    if (!own || (code !== REFUSED_RATE && code !== REFUSED_RIGHTS)) return;
    state.beckons = state.beckons.filter(({ user }) => user !== state.connection.user);
    tell(state, code === REFUSED_RATE ? t("You can show others a place again in {time}", { time: countdown(retry) }) : t("You may not show others a place"), ports.now());
  }

  /** Lets time pass, and shows what there is. @param {number} now ms @returns {number} ms until it has to again */
  show(now) {
    const { state } = this;
    if (state.beckons.some(({ at }) => now - at >= BECKON_LIFE)) state.beckons = state.beckons.filter(({ at }) => now - at < BECKON_LIFE);
    return this.#shown?.show(now) ?? Infinity;
  }

  #add(user, x, y) {
    const { state, ports } = this;
    state.beckons = [...state.beckons.filter((each) => each.user !== user), { user, x, y, at: ports.now() }].slice(-MOST);
    ports.changed();
    this.#load();
  }

  async #load() {
    if (this.#shown) return;
    this.#shown = await this.#lazy.get("beckons");
    this.ports.changed();
  }
}
