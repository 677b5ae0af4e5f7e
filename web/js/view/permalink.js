// The link to what is in view: kept in the address bar, and copied on request.

import { AIM_ZOOM, parseHash } from "./view.js";

const PAUSE = 250; // ms between two changes of the address: browsers limit them

/**
 * The address's hash, which has two writers: the page keeps it current, and the user, or a link, changes it. Theirs wins: the
 * page overwrites only what it knows of.
 */
export class Address {
  #known;
  #waits = false;

  /**
   * @param {object} page
   * @param {() => string} page.hash what it should be; empty: not known yet
   * @param {(hash: string) => void} page.follow the user has changed it
   * @param {Location} page.location
   * @param {History} page.history
   * @param {(run: () => void, ms: number) => number} page.setTimeout
   */
  constructor(page) {
    this.page = page;
    this.#known = page.location.hash;
  }

  /** Brings it up to date, in a moment. */
  keep() {
    if (this.#waits || this.page.hash() === this.page.location.hash) return;
    this.#waits = true;
    this.page.setTimeout(() => this.#write(), PAUSE);
  }

  /** The event hashchange. */
  changed() {
    const { hash } = this.page.location;
    this.#known = hash;
    if (hash !== this.page.hash()) this.page.follow(hash);
  }

  #write() {
    const { hash, location, history } = this.page, now = hash();
    this.#waits = false;
    if (location.hash !== this.#known) return; // it has another one, and the event that says so is on its way
    if (!now || now === location.hash) return;
    history.replaceState(history.state, "", now);
    this.#known = location.hash;
  }
}

/** The link to a place in the form that servers see too, so that other programs can show what is there: "#512,400,8&t=…" as "?x=512&y=400&z=8&t=…". */
export function shared(hash) {
  const [, x, y, z, more] = /^#(\d+),(\d+)(?:,([\d.]+))?(.*)$/.exec(hash) ?? [];
  return x === undefined ? hash : `?x=${x}&y=${y}&z=${z ?? AIM_ZOOM}${more}`;
}

/**
 * The inverse: the place that a link names in its query, and what else is in that.
 * @param {string} query
 * @returns {{hash: string, query: string} | null} null: it names none
 */
export function unshared(query) {
  const asked = new URLSearchParams(query), [x, y, z, t] = ["x", "y", "z", "t"].map((name) => asked.get(name));
  const hash = `#${x},${y},${z ?? AIM_ZOOM}`;
  if (!parseHash(hash)) return null;
  for (const name of ["x", "y", "z", "t"]) asked.delete(name);
  const rest = asked.toString().replace(/=(?=&|$)/g, "");
  return { hash: t === null ? hash : `${hash}&t=${t}`, query: rest && `?${rest}` };
}

/**
 * Copies text. Resolves to whether that worked.
 * @param {string} text
 */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text); // without TLS there is no clipboard to write to
  }
}

function copyBySelection(text) {
  const field = document.createElement("textarea");
  const focused = document.activeElement;
  field.value = text;
  field.className = "unseen";
  (document.querySelector("dialog[open]") ?? document.body).append(field); // what is not in an open dialog can't be selected
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}
