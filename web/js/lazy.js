// Parts of the page that are loaded when they are used for the first time.

import { tell } from "./state.js";
import { t } from "./words/words.js";

/** Tells the user that a part could not be loaded. @param {import("./state.js").State} state @param {{now: () => number, changed: () => void}} ports */
export function tellUnloaded(state, { now, changed }) {
  tell(state, t("This part of the page could not be loaded: try again"), now());
  changed();
}

/** @template P */
export class Lazy {
  /** @type {Map<string, P>} */
  #loaded = new Map();
  /** @type {Set<string>} on their way */
  #coming = new Set();

  /**
   * @param {(name: string) => Promise<P>} load
   * @param {() => void} failed a part could not be loaded: it will be tried again when it is used again
   */
  constructor(load, failed) {
    this.load = load;
    this.failed = failed;
  }

  /** A part that is there already. @returns {P | undefined} */
  there(name) {
    return this.#loaded.get(name);
  }

  coming(name) {
    return this.#coming.has(name);
  }

  /** @returns {Promise<P | null>} null: it is on its way for somebody else, or could not be loaded */
  async get(name) {
    const there = this.#loaded.get(name);
    if (there) return there;
    if (this.#coming.has(name)) return null;
    this.#coming.add(name);
    try {
      const part = await this.load(name);
      this.#loaded.set(name, part);
      return part;
    } catch {
      this.failed();
      return null;
    } finally {
      this.#coming.delete(name);
    }
  }
}
