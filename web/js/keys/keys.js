// A person's keys for bots and displays, as the server keeps them. It never says a key again after making it.

import { t } from "../words/words.js";

/**
 * @typedef {object} Key
 * @property {string} id
 * @property {string} name
 * @property {string[]} scopes watch, draw, moderate
 * @property {number} created Unix ms, here and below
 * @property {number} [until] absent: it does not end by itself
 * @property {number} [lastUsed] absent: never
 * @property {number} [rate] pixels a second
 * @property {number} [burst]
 */

const ADDRESS = "api/keys";
const PATIENCE = 10_000; // ms for an answer

export class Keys {
  /** @param {typeof fetch} fetch */
  constructor(fetch) {
    this.fetch = fetch;
  }

  /** @returns {Promise<Key[]>} newest first */
  async list() {
    const { keys } = await this.#ask(ADDRESS, "GET");
    return (Array.isArray(keys) ? keys : []).sort((a, b) => b.created - a.created);
  }

  /**
   * @param {{name: string, scopes: string[], until?: number}} wanted
   * @returns {Promise<string>} the key itself
   */
  async make(wanted) {
    const { key } = await this.#ask(ADDRESS, "POST", wanted);
    return key;
  }

  async revoke(id) {
    await this.#ask(`${ADDRESS}/${encodeURIComponent(id)}`, "DELETE");
  }

  /** @throws {Error} with words for the user */
  async #ask(address, method, body) {
    const options = { method, cache: /** @type {RequestCache} */ ("no-store"), signal: AbortSignal.timeout(PATIENCE) };
    if (body) Object.assign(options, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    let response;
    try {
      response = await this.fetch(address, options);
    } catch {
      throw new Error(t("The server does not answer: try again in a moment"));
    }
    if (response.status === 204) return {};
    const said = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(why(response.status, said));
    return said;
  }
}

function why(status, said) {
  if (status === 401) return t("You are signed out: sign in again to see your keys");
  if (typeof said.error === "string" && said.error) return said.error;
  return status === 403 ? t("You may not have keys here") : t("The server refuses that ({status})", { status });
}
