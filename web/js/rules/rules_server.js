// What users and moderators ask of the server and tell it about the rules: codec/CLIENTS.md, "The rules".

import { plural, t } from "../words/words.js";

/**
 * One decision, as it is stored. Which fields it has depends on do.
 * @typedef {object} Act
 * @property {number} n
 * @property {number} time Unix ms, here and below
 * @property {{user?: string, role: string, name?: string, via: string}} by
 * @property {string} [why]
 * @property {string} do
 * @property {string[]} [colors]
 * @property {number} [until]
 * @property {{from: number, state: string}[]} [phases]
 * @property {{name: string, x: number, y: number, width: number, height: number, mask?: string, least: string}} [area]
 * @property {{user?: string, network?: string}} [target]
 * @property {string} [role]
 * @property {string} [text]
 * @property {number} [of]
 * @property {string} [report]
 * @property {Selection} [selection]
 * @property {number} [undone] the act that took it back
 * @property {boolean} [mayUndo] who asks may take it back now
 *
 * @typedef {{users?: string[], networks?: string[], x?: number, y?: number, width?: number, height?: number, from?: number, to?: number}} Selection
 * @typedef {{pixels: number, users: {user: string, name?: string, pixels: number}[], area: {x: number, y: number, width: number, height: number}, before: string, after: string, selection: Selection, protected?: number}} Preview  before and after are addresses of pictures; selection: what was shown, to be applied
 * @typedef {{act: Act, obeyed: boolean, missing?: string[]}} Decided
 * @typedef {{id: string, time: number, x: number, y: number, user?: string, name?: string, words: string, by?: string, count?: number, others?: {time: number, x: number, y: number, words: string, by?: string, name?: string}[], alike?: number, claim?: {user?: string, name: string, until: number}}} Report  user: whom it is about; by: who made it; count: who have reported the same; alike: open ones from the same network
 * @typedef {{user: string, name?: string, kind?: string, role?: string, owner?: string, seen?: number, connections?: number, networks?: string[], pixels?: {time: number, x: number, y: number, color: string}[], acts?: Act[], reports?: Report[]}} Person
 */

const PATIENCE = 20_000; // ms for an answer: a rollback may be large

export class RulesServer {
  /** What was asked for last and not answered, and its number. */
  #open = { said: "", id: "" };

  /** @param {typeof fetch} fetch */
  constructor(fetch) {
    this.fetch = fetch;
  }

  /** Decides something: once, however often it is asked for until there is an answer. @param {Partial<Act>} wanted @returns {Promise<Decided>} */
  async act(wanted) {
    const said = JSON.stringify(wanted);
    if (said !== this.#open.said) this.#open = { said, id: newId() };
    try {
      const decided = await this.#ask("api/acts", { id: this.#open.id, ...wanted });
      this.#open = { said: "", id: "" };
      return decided;
    } catch (error) {
      if (error.answered) this.#open = { said: "", id: "" };
      throw error;
    }
  }

  /** The last acts, newest first. @returns {Promise<Act[]>} */
  async acts(limit, before = 0) {
    const said = await this.#ask(`api/acts?${new URLSearchParams({ limit: String(limit), ...(before ? { before: String(before) } : {}) })}`);
    return listOf(said, "acts");
  }

  /** @param {{x: number, y: number, user?: string, words: string}} report */
  report(report) {
    return this.#ask("api/reports", report);
  }

  /** Those that nobody has dealt with, oldest first. @returns {Promise<Report[]>} */
  async reports() {
    return listOf(await this.#ask("api/reports?state=open"), "reports");
  }

  /** For ten minutes. */
  claim(id) {
    return this.#ask(`api/reports/${encodeURIComponent(id)}/claim`, {});
  }

  release(id) {
    return this.#ask(`api/reports/${encodeURIComponent(id)}/claim`, { release: true });
  }

  /** @param {string} how in words */
  resolve(id, how) {
    return this.#ask(`api/reports/${encodeURIComponent(id)}/resolve`, { text: how });
  }

  /** Several at once: those named, or all that came from the network that one came from. @param {{ids: string[]} | {alike: string}} which @param {string} how in words @returns {Promise<{resolved: string[], left: string[]}>} */
  resolveAll(which, how) {
    return this.#ask("api/reports/resolve", { ...which, text: how });
  }

  /** @returns {Promise<Person>} */
  person(user) {
    return this.#ask(`api/people/${encodeURIComponent(user)}`);
  }

  /** What stood at a place, newest first. @returns {Promise<{time: number, color: string, user?: string, name?: string, cause?: string}[]>} */
  async history(x, y) {
    return listOf(await this.#ask(`api/pixel/${x}/${y}/history?limit=10`), "pixels");
  }

  /** @param {Selection} selection @returns {Promise<Preview>} */
  preview(selection, signal) {
    return this.#ask("api/rollbacks/preview", { selection }, signal);
  }

  /** Keeps a mask for an act that will name it. @param {Blob} picture @returns {Promise<string>} its name */
  async mask(picture) {
    const { name } = await this.#ask("api/masks", picture);
    return name;
  }

  /** @param {object | Blob} [body] undefined: a question @returns {Promise<any>} @throws {Error} with words for the user */
  async #ask(address, body, signal) {
    const stop = new AbortController(), late = setTimeout(() => stop.abort(), PATIENCE);
    signal?.addEventListener("abort", () => stop.abort(), { once: true });
    const options = /** @type {RequestInit} */ ({ method: body === undefined ? "GET" : "POST", cache: "no-store", signal: stop.signal });
    if (body instanceof Blob) Object.assign(options, { headers: { "Content-Type": body.type }, body });
    else if (body !== undefined) Object.assign(options, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    let response;
    try {
      response = await this.fetch(address, options);
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Error(t("The server does not answer: try again in a moment"));
    } finally {
      clearTimeout(late);
    }
    if (response.status === 204) return {};
    const said = await response.json().catch(() => null);
    if (!response.ok) throw Object.assign(new Error(why(response, said)), { answered: response.status < 500 });
    return said;
  }
}

/** @param {Response} response */
function why({ status, headers }, said) {
  const wait = Number(headers.get("Retry-After")), told = typeof said?.error === "string" ? said.error : "";
  if (told) return told;
  if (status === 429) return wait > 0 ? plural(wait, "That was a lot: try again in 1 s", "That was a lot: try again in {n} s") : t("That was a lot: try again in a moment");
  return status === 401 ? t("You are signed out: sign in again") : t("The server refuses that ({status})", { status });
}

const listOf = (said, name) => (Array.isArray(said) ? said : Array.isArray(said?.[name]) ? said[name] : []);

/** A number that nobody else chooses. */
function newId() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
