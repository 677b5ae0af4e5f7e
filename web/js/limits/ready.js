// Tells the user that a pixel is ready again after a cooldown: aloud by the live region, and with a sound or a
// notification if asked to. What was asked for is remembered by the browser.

import { spoken } from "../durations.js";
import { say } from "../state.js";
import { hindrance, wait } from "./cannot_draw.js";
import { t } from "../words/words.js";

/**
 * @typedef {object} Ports
 * @property {() => number} now ms of a steady clock
 * @property {(run: () => void, ms: number) => number} setTimeout
 * @property {(id: number) => void} clearTimeout
 * @property {{get: (name: "ready") => {sound: boolean, notification: boolean}, set: (name: "ready", value: object) => void}} kept
 * @property {() => void} chime
 * @property {(text: string) => void} notify
 * @property {() => boolean} hidden nobody looks at the page
 * @property {() => void} changed
 */

const READY = t("A pixel is ready");

export class Ready {
  sound = false;
  notification = false;
  #waiting = false;
  #timer = 0;

  /** @param {import("../state.js").State} state @param {Ports} ports */
  constructor(state, ports) {
    this.state = state;
    this.ports = ports;
    Object.assign(this, ports.kept.get("ready"));
  }

  /** @param {"sound" | "notification"} how @param {boolean} on */
  set(how, on) {
    this[how] = on;
    if (how === "sound" && on) this.ports.chime(); // so that one knows what to listen for
    this.ports.kept.set("ready", { sound: this.sound, notification: this.notification });
    this.ports.changed();
  }

  /** Looks whether a wait has begun or is over. */
  look() {
    const { state, ports } = this;
    const now = ports.now();
    if (!state.allowance.slow || !state.connection.welcomed) return this.#forget();
    const waits = hindrance(state, now) === "cooldown";
    if (waits) this.#lookAgain(wait(state, now));
    if (waits && !this.#waiting) this.#begin(wait(state, now));
    if (!waits && this.#waiting) this.#tell();
    this.#waiting = waits;
  }

  /** Adds to what has just been said of the last pixel. */
  #begin(ms) {
    if (ms < Infinity) say(this.state, t("{text}. Next pixel in {time}", { text: this.state.said, time: spoken(ms) }));
  }

  #tell() {
    const { state, ports } = this;
    this.#forget();
    say(state, READY);
    if (this.sound) ports.chime();
    if (this.notification && ports.hidden()) ports.notify(READY);
    ports.changed();
  }

  /** A hidden page draws no frames, so a timer looks. */
  #lookAgain(ms) {
    this.ports.clearTimeout(this.#timer);
    if (ms < Infinity) this.#timer = this.ports.setTimeout(() => this.look(), Math.ceil(ms));
  }

  #forget() {
    this.ports.clearTimeout(this.#timer);
    this.#waiting = false;
  }
}
