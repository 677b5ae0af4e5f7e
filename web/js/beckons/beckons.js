// Beckoning: people show each other a place. Loaded with the first of them.

import { say, tell } from "../state.js";
import { countdown } from "../durations.js";
import { pixelNear } from "../geometry.js";
import { t } from "../words/words.js";
import { REFUSED_RATE, REFUSED_RIGHTS } from "../net/protocol.js";

/**
 * @typedef {{user: number, x: number, y: number, at: number}} Beckon  user: who shows it; x, y: a pixel; at: since when, ms
 *
 * @typedef {object} Ports
 * @property {() => number} now ms of a steady clock
 * @property {() => void} changed
 * @property {(x: number, y: number) => void} send asks others to look
 * @property {() => void} sound
 * @property {() => void} show shows them where there is need of more than ripples.js draws
 * @property {() => boolean} calm whether the user asked for less motion
 */

export const BECKON_LIFE = 6000; // ms that a place is shown
const CALM = 150; // ms between two looks of a page that does not move
const MOST = 5; // at once: where so many beckon, one more is not seen either

export class Beckons {
  /** @param {import("../state.js").State} state @param {Ports} ports */
  constructor(state, ports) {
    this.state = state;
    this.ports = ports;
  }

  /** Shows others the pixel that the user aims at, or what is in the middle of the screen. */
  beckon() {
    const { state, ports } = this, { canvas, connection, past, reticule, view } = state;
    if (!canvas || past) return;
    if (!connection.welcomed) return tell(state, t("Nobody sees it: there is no connection"), ports.now());
    const { x, y } = reticule ?? pixelNear(canvas.geometry, view.x, view.y);
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
    const { state, ports } = this;
    if (state.beckons.some(({ at }) => now - at >= BECKON_LIFE)) state.beckons = state.beckons.filter(({ at }) => now - at < BECKON_LIFE);
    ports.show();
    if (state.beckons.length === 0) return Infinity;
    return ports.calm() ? CALM : 0;
  }

  #add(user, x, y) {
    const { state, ports } = this;
    state.beckons = [...state.beckons.filter((each) => each.user !== user), { user, x, y, at: ports.now() }].slice(-MOST);
    ports.changed();
  }
}
