// Aim, then paint: what is pressed is staged, and placed when the user confirms it. What does so is loaded when it is used
// for the first time (js/aim/).

import { careful, stages } from "./input/tools.js";
import { Lazy, tellUnloaded } from "./lazy.js";
import { say } from "./state.js";
import { t } from "./words/words.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./aim/aiming.js").Aiming} Aiming
 *
 * @typedef {object} Ports
 * @property {() => number} now ms of a steady clock
 * @property {() => void} changed
 * @property {() => Promise<Aiming>} load
 */

export class Aim {
  /** @type {Lazy<Aiming>} */
  #lazy;
  #asked = false; // for what does so, without having been told to

  /** @param {State} state @param {Ports} ports */
  constructor(state, ports) {
    this.state = state;
    this.ports = ports;
    this.#lazy = new Lazy(() => ports.load(), () => tellUnloaded(state, ports));
  }

  /** Confirms pixels before they are placed from now on, or no more. */
  choose() {
    const { state } = this;
    state.careful = !careful(state);
    this.drop();
    if (state.careful) state.tool = "pencil";
    say(state, state.careful ? t("Pixels are staged first: paint them with Control Enter") : t("Pixels are placed at once"));
    this.ports.changed();
  }

  /** Stages a pixel, or takes it away again. */
  async stage(x, y) {
    (await this.#load())?.stage(x, y);
  }

  /** Places what is staged, or the pixel aimed at. */
  async paint() {
    if (stages(this.state) || this.state.staged.size > 0) (await this.#load())?.paint();
  }

  /** Forgets what is staged. @returns {boolean} whether anything was */
  drop() {
    return this.#lazy.there("aiming")?.drop() ?? false;
  }

  /** @param {number} time ms */
  show(time) {
    if (!this.#asked && stages(this.state)) {
      this.#asked = true;
      void this.#load();
    }
    this.#lazy.there("aiming")?.show(time);
  }

  async #load() {
    const aiming = await this.#lazy.get("aiming");
    this.ports.changed();
    return aiming;
  }
}
