// Asks the server about the record: a few things at a time, and again later what it had no room for. What is no longer
// wanted is given up.

import { t } from "../words/words.js";

const AT_ONCE = 3; // the server works at 4 expensive requests of one network
const PAUSE = 1000; // ms before another attempt; twice as long each time
const LONGEST_PAUSE = 15_000; // ms

/** The server will not answer this, now or later. */
export class Refused extends Error {
  name = "Refused";
  /** @param {number} status of HTTP @param {string} text for the user */
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

export class Asking {
  /** @type {(() => void)[]} */
  #waiting = [];
  #running = 0;

  /**
   * @param {object} ports
   * @param {typeof fetch} ports.fetch
   * @param {(run: () => void, ms: number) => number} ports.setTimeout
   * @param {(text: string) => void} ports.trouble what keeps answers from coming; empty: nothing does
   */
  constructor(ports) {
    this.ports = ports;
  }

  /**
   * @template T
   * @param {string} address relative to the page
   * @param {(response: Response) => Promise<T>} read
   * @param {AbortSignal} signal
   * @param {Record<string, string>} [headers]
   * @returns {Promise<T>}
   * @throws {Refused}
   */
  async ask(address, read, signal, headers = {}) {
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#inTurn(signal, () => this.#once(address, read, signal, headers));
      if (!("again" in answer)) {
        this.ports.trouble("");
        return answer.value;
      }
      signal.throwIfAborted();
      this.ports.trouble(answer.why);
      await this.#sleep(Math.max(answer.again, Math.min(PAUSE * 2 ** attempt, LONGEST_PAUSE)), signal);
    }
  }

  /** @returns {Promise<{value: any} | {again: number, why: string}>} again: ms after which to try again at the earliest */
  async #once(address, read, signal, headers) {
    let response;
    try {
      response = await this.ports.fetch(address, { signal, headers });
      if (response.ok) return { value: await read(response) };
    } catch (error) {
      if (signal.aborted || response?.ok && error.name === "Malformed") throw error;
      return { again: 0, why: t("The record does not answer, trying again…") };
    }
    if (response.status === 429 || response.status >= 500) {
      return { again: 1000 * (Number(response.headers.get("Retry-After")) || 0), why: t("The record is busy, trying again…") };
    }
    const said = await response.json().catch(() => null);
    throw new Refused(response.status, typeof said?.error === "string" ? said.error : t("The server answers with status {status}", { status: response.status }));
  }

  /** Waits for a place. @template T @param {() => Promise<T>} run @returns {Promise<T>} */
  async #inTurn(signal, run) {
    if (this.#running >= AT_ONCE) await new Promise((resolve) => this.#waiting.push(() => resolve(undefined)));
    else this.#running++;
    try {
      signal.throwIfAborted();
      return await run();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }

  /** @param {AbortSignal} signal */
  #sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      this.ports.setTimeout(() => resolve(undefined), ms);
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }
}
