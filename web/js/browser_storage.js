// What the browser keeps for the next visit. Its storage may be forbidden, full, gone in the middle of a visit, or hold what somebody
// else wrote: then a value is as if it had never been kept. Only two other modules touch that storage: words/languages.js, which runs
// before this one, and templates/shelf.js, which keeps pictures.

import { MAX_RECENT } from "./state.js";
import { LANGUAGES } from "./words/languages.js";

const PREFIX = "pixel-playground.";

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isColour = (/** @type {unknown} */ value) => Number.isInteger(value) && value >= 0 && value <= 0xffffff;

/**
 * What is kept: by name, what it is without having been kept, and what makes a value one that can be used; undefined: none does.
 * @type {Record<string, {otherwise: any, read: (value: any) => any, plain?: boolean}>}  plain: text as it is, not JSON
 */
const KEYS = {
  /** One's own name; empty: one wants none; null: one was never asked. */
  name: { otherwise: null, plain: true, read: (value) => value },
  /** How one is told that a pixel is ready. */
  ready: {
    otherwise: { sound: false, notification: false },
    read: (value) => (isObject(value) ? { sound: value.sound === true, notification: value.notification === true } : undefined),
  },
  colour: { otherwise: null, read: (value) => (isColour(value) ? value : undefined) },
  recent: { otherwise: [], read: (value) => (Array.isArray(value) ? value.filter(isColour).slice(0, MAX_RECENT) : undefined) },
  tool: { otherwise: "pencil", read: (value) => (value === "pencil" || value === "hand" ? value : undefined) },
  /** Whether the card that says what this is was shown. */
  welcomed: { otherwise: false, read: (value) => value === true },
  /** Whether pixels are staged before they are placed; null: as usual here. */
  careful: { otherwise: null, read: (value) => (typeof value === "boolean" ? value : undefined) },
  grid: { otherwise: true, read: (value) => (typeof value === "boolean" ? value : undefined) },
  /** Whether one hears what happens. */
  sounds: { otherwise: false, read: (value) => (typeof value === "boolean" ? value : undefined) },
  /** Whether the canvas is dimmed in the dark. */
  dim: { otherwise: false, read: (value) => (typeof value === "boolean" ? value : undefined) },
  /** Of the page; empty: the browser's. words/languages.js reads it too. */
  language: { otherwise: "", plain: true, read: (value) => (value === "" || Object.hasOwn(LANGUAGES, value) ? value : undefined) },
  /** Whether the browser keeps templates (templates/shelf.js). */
  templates: { otherwise: false, read: (value) => (typeof value === "boolean" ? value : undefined) },
  /** light, dark, or what the system says. */
  theme: { otherwise: "system", read: (value) => (["light", "dark", "system"].includes(value) ? value : undefined) },
};

export class Kept {
  #storage = /** @type {Storage | null} */ (null);

  /** @param {() => Storage | null} open e.g. () => localStorage, which throws where storage is forbidden */
  constructor(open) {
    try {
      this.#storage = open();
    } catch {
      // There is none.
    }
  }

  /** What was kept, or what there is without that. @param {string} name one of KEYS */
  get(name) {
    const { otherwise, plain, read } = KEYS[name];
    try {
      const text = this.#storage?.getItem(PREFIX + name) ?? null;
      return text === null ? otherwise : read(plain ? text : JSON.parse(text)) ?? otherwise;
    } catch {
      return otherwise;
    }
  }

  /** @param {string} name one of KEYS */
  set(name, value) {
    const { plain } = KEYS[name];
    try {
      this.#storage?.setItem(PREFIX + name, plain ? value : JSON.stringify(value));
    } catch {
      // The next visit begins without it.
    }
  }
}

const CHOICES = /** @type {const} */ (["colour", "tool", "careful", "grid", "recent", "sounds", "dim"]);

/**
 * What one draws with is as it was at the last visit, and is kept from now on.
 * @param {Kept} kept
 * @param {import("./state.js").State} state
 * @returns {() => void} looks what has changed
 */
export function keepChoices(kept, state) {
  const last = /** @type {any} */ ({});
  for (const name of CHOICES) /** @type {any} */ (state)[name] = last[name] = kept.get(name) ?? state[name];
  return () => {
    for (const name of CHOICES) if (state[name] !== last[name]) kept.set(name, (last[name] = state[name]));
  };
}
