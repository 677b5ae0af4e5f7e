// The way to the rules: what this canvas allows, and what its users and moderators do about it. As long as nothing was
// decided about the canvas and the user is no moderator, nothing of it is loaded.

import { Lazy, tellUnloaded } from "./lazy.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./rules/parts.js").Part} Part
 *
 * @typedef {object} Ports
 * @property {typeof fetch} fetch
 * @property {() => number} now ms of a steady clock
 * @property {() => number} random 0 to 1
 * @property {(run: () => void, ms: number) => number} setTimeout
 * @property {(id: number) => void} clearTimeout
 * @property {() => void} changed
 * @property {(part: string) => Promise<Part>} load
 */

const ADDRESS = "api/rules";
const PATIENCE = 8000; // ms for an answer
const TRIES = [3000, 10_000, 30_000, 60_000]; // ms after which a server that did not answer is asked again
const AGAIN = 1000; // ms
const BEHIND = 10; // answers
const SPREAD = 5000; // ms: those who come back after a restart do not all ask at once

export class Rules {
  #lazy;
  #timer = 0;
  #tries = 0;
  #behind = 0; // answers in a row that were older than what the page has heard of
  #began = false;
  /** What the server said last; null: nothing, or it knows no rules. */
  #said = null;
  #unloaded = 0; // parts in a row that could not be loaded: the user is told of the first
  #told = 0; // the newest version that the page has heard of
  /** @type {Set<string>} parts that were wanted since the server was asked last: one that failed is not tried in each frame */
  #wanted = new Set();
  /** Rises when what a card shows of the rules may have changed. */
  version = 0;

  /** @param {State} state @param {Ports} ports */
  constructor(state, ports) {
    this.state = state;
    this.ports = ports;
    this.#lazy = new Lazy(ports.load, () => {
      if (this.#unloaded === 0) tellUnloaded(state, ports);
      this.soon(TRIES[Math.min(++this.#unloaded, TRIES.length - 1)]);
    });
  }

  /** Whether this server knows rules at all. */
  get there() {
    return this.#said !== null;
  }

  /** Whether users may report. */
  get reports() {
    return this.there && this.state.me.watches;
  }

  get moderates() {
    return this.there && this.state.me.moderates;
  }

  /** Asks for the rules in a while, at the latest after some ms. */
  soon(within) {
    this.ports.clearTimeout(this.#timer);
    this.#timer = this.ports.setTimeout(() => this.ask(), this.ports.random() * within);
  }

  /** There is a new connection: acts may have been missed. */
  welcomed() {
    if (this.#began) this.soon(SPREAD);
  }

  /** The canvas is there: it comes first. */
  begin() {
    if (this.#began) return;
    this.#began = true;
    this.ask();
  }

  /** The server says that there are other rules: new ones or, of the same version, since time has passed. @param {string} version @param {number} within ms in which to ask for them */
  heard(version, within) {
    this.#told = Number(version) || 0;
    this.soon(within);
  }

  async ask() {
    const said = await this.#answer();
    if (said === undefined) {
      this.soon(TRIES[Math.min(this.#tries++, TRIES.length - 1)]);
      return;
    }
    this.#tries = 0;
    if (said?.version < this.#told && this.#behind++ < BEHIND) this.soon(AGAIN); // another server may not know it yet
    else this.#behind = 0;
    this.#said = said;
    this.#wanted.clear();
    this.version++;
    if (!said || (!said.version && !this.state.rules)) this.state.rules = null;
    else await this.#read();
    this.#lazy.there("moderating")?.heard?.();
    this.ports.changed();
  }

  /** @returns {Promise<any>} null: this server knows no rules; undefined: it may say so later */
  async #answer() {
    try {
      const response = await this.ports.fetch(ADDRESS, { cache: "no-cache", signal: AbortSignal.timeout(PATIENCE) });
      if (response.status === 404) return null;
      return response.ok ? await response.json() : undefined;
    } catch {
      return undefined;
    }
  }

  async #read() {
    const part = await this.#part("ruling");
    part?.read(this.#said);
  }

  async #part(name) {
    const part = await this.#lazy.get(name);
    if (part) this.#unloaded = 0;
    return part;
  }

  async #want(name) {
    if (this.#wanted.has(name)) return;
    this.#wanted.add(name);
    await this.#part(name);
    this.version++;
    this.ports.changed();
  }

  /** Opens the form that tells moderators about a place. @param {{x: number, y: number, user?: string}} [place] default: the one aimed at */
  async report(place) {
    if (!this.reports) return;
    const { inspected, reticule, view } = this.state;
    const [now] = inspected?.pixels ?? [];
    const aimed = inspected ? { x: inspected.x, y: inspected.y, user: now?.user, name: now?.name } : reticule ?? { x: Math.floor(view.x), y: Math.floor(view.y) };
    this.#unloaded = 0; // who asks for it is told each time
    (await this.#part("reporting"))?.open(place ?? aimed);
  }

  /** What a pixel's card shows of the rules. @returns {Node[]} */
  card(inspected) {
    return this.#lazy.there("moderating")?.card(inspected) ?? [];
  }

  /** @returns {boolean} whether it is a moderator's key */
  key(key) {
    return this.moderates && (this.#lazy.there("moderating")?.key(key) ?? false);
  }

  /** @returns {boolean} whether there was something to close */
  escape() {
    return this.#lazy.there("moderating")?.escape() ?? false;
  }

  /** Shows what there is to show. @param {number} now ms @returns {number} ms until it has to again */
  show(now) {
    if (this.moderates && this.state.canvas) this.#want("moderating");
    if (this.state.me.banned) this.#want("banned");
    return Math.min(...["ruling", "moderating", "banned"].map((name) => this.#lazy.there(name)?.show(now) ?? Infinity));
  }
}
