// Asks the server again and again: every second while the page is visible, less often when it is hidden or the server
// does not answer.

const EVERY = 1_000; // ms between questions
const HIDDEN = 5_000; // ms when nobody looks; the charts still go on
const RETRIES = Object.freeze([1_000, 2_000, 4_000, 5_000]); // ms after the first, second … failure

/**
 * @typedef {object} Tools
 * @property {(again: () => void, ms: number) => number} setTimeout
 * @property {(timer: number) => void} clearTimeout
 * @property {() => number} now ms
 * @property {() => boolean} hidden
 */

export class Poll {
  #ask;
  #heard;
  #failed;
  #tools;
  #timer = 0;
  #failures = 0;
  #asking = false;

  /**
   * @param {() => Promise<any>} ask
   * @param {(answer: any) => void} heard
   * @param {(error: any, wait: number) => void} failed wait: ms until the next attempt
   * @param {Tools} tools
   */
  constructor(ask, heard, failed, tools) {
    this.#ask = ask;
    this.#heard = heard;
    this.#failed = failed;
    this.#tools = tools;
  }

  /** Asks now, unless a question is still unanswered. */
  async again() {
    if (this.#asking) return;
    this.#tools.clearTimeout(this.#timer);
    this.#asking = true;
    const began = this.#tools.now();
    const outcome = await this.#ask().then((answer) => ({ answer }), (error) => ({ error }));
    this.#asking = false;
    const wait = "error" in outcome ? this.#retry() : this.#rest(began);
    this.#timer = this.#tools.setTimeout(() => this.again(), wait);
    if ("error" in outcome) this.#failed(outcome.error, wait);
    else this.#heard(outcome.answer);
  }

  #retry() {
    return RETRIES[Math.min(this.#failures++, RETRIES.length - 1)];
  }

  #rest(began) {
    this.#failures = 0;
    const every = this.#tools.hidden() ? HIDDEN : EVERY;
    return Math.max(0, every - (this.#tools.now() - began));
  }
}
