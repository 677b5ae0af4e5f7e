// What a moderator's page keeps up to date: the open reports and the last acts, whoever made them.

import { tell } from "../../state.js";
import { actWords, undone } from "../act_texts.js";
import { plural, t } from "../../words/words.js";

/**
 * @typedef {import("../rules_server.js").Act} Act
 * @typedef {import("../rules_server.js").Report} Report
 */

const POLL = 15_000; // ms between looks at the reports: nothing tells the page that there is a new one
const TROUBLED = 30_000; // ms after one that failed
export const LISTED = 100; // acts

export class Duty {
  /** Oldest first. @type {Report[]} */
  reports = [];
  /** Newest first. @type {Act[]} */
  acts = [];
  /** The acts that are taken back, and by which. @type {Map<number, number>} */
  undone = new Map();
  trouble = "";
  version = 0; // rises when something of this has changed
  #due = 0;
  #asking = false;
  #again = false;

  /**
   * @param {import("../../state.js").State} state
   * @param {{server: import("../rules_server.js").RulesServer, now: () => number, changed: () => void, rules: {soon: (within: number) => void}}} ports
   */
  constructor(state, ports) {
    this.state = state;
    this.ports = ports;
  }

  /** Looks at the reports from time to time. @returns {number} ms until it has to again */
  advance(now) {
    if (now >= this.#due) this.refresh();
    return Math.max(0, this.#due - now);
  }

  async refresh() {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#asking = true;
    this.#due = this.ports.now() + POLL;
    const { server } = this.ports, before = JSON.stringify([this.reports, this.acts, this.trouble]);
    try {
      [this.reports, this.acts] = await Promise.all([server.reports(), server.acts(LISTED)]);
      this.undone = undone(this.acts);
      this.trouble = "";
    } catch (error) {
      this.trouble = error.message;
      this.#due = this.ports.now() + TROUBLED;
    }
    this.#asking = false;
    if (JSON.stringify([this.reports, this.acts, this.trouble]) !== before) this.version++;
    this.ports.changed();
    if (this.#again) {
      this.#again = false;
      await this.refresh();
    }
  }

  /** Decides something, and says so. @param {Partial<Act>} wanted @returns {Promise<Act>} @throws {Error} */
  async act(wanted) {
    const { act, obeyed } = await this.ports.server.act(wanted);
    tell(this.state, obeyed ? actWords(act) : t("{act}. Not every server has confirmed it yet", { act: actWords(act) }), this.ports.now());
    this.ports.rules.soon(0);
    this.refresh();
    return act;
  }

  /** @param {number} n of the act that is taken back */
  undo(n, why = "") {
    return this.act({ do: "undo", of: n, ...(why ? { why } : {}) });
  }

  /** Shows a passing message. */
  say(text) {
    tell(this.state, text, this.ports.now());
    this.ports.changed();
  }

  /** Someone else has decided something. */
  heard() {
    this.refresh();
  }

  /** Deals with a report. @param {string} id @param {string} how */
  async resolve(id, how) {
    await this.ports.server.resolve(id, how);
    tell(this.state, t("The report is dealt with"), this.ports.now());
    this.refresh();
  }

  /** Deals with several. @param {{ids: string[]} | {alike: string}} which @param {string} how */
  async resolveAll(which, how) {
    const { resolved, left } = await this.ports.server.resolveAll(which, how);
    tell(this.state, [plural(resolved.length, "1 report is dealt with", "{n} reports are dealt with"), left.length > 0 ? plural(left.length, "1 left to others", "{n} left to others") : ""].filter(Boolean).join(", "), this.ports.now());
    await this.refresh();
  }

  async claim(id, release = false) {
    await (release ? this.ports.server.release(id) : this.ports.server.claim(id));
    await this.refresh();
  }
}
