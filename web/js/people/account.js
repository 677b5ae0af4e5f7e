// Who the user is to the server, kept up to date: asked once at the beginning, and again when there is reason to. Signing
// in leads away from the page; signing out does not.

import { askMe, hasAccounts } from "./me.js";
import { tell } from "../state.js";
import { t } from "../words/words.js";

/**
 * @typedef {object} Ports
 * @property {typeof fetch} fetch
 * @property {() => number} now ms of a steady clock
 * @property {(run: () => void, ms: number) => number} setTimeout
 * @property {() => void} changed
 * @property {(name: string) => void} named an account has this name
 * @property {() => void} shutOut the user may not even watch: there is no use in connecting
 * @property {() => void} letIn the user may watch now
 * @property {(address: string) => void} go leads away from the page
 */

const PAUSE = 2000; // ms between questions: whatever the reason, the answer won't have changed sooner
const TRIES = [5000, 20_000, 60_000]; // ms after which a server that could not say is asked again

export class Account {
  #asked = -Infinity;
  #tries = 0;
  #knows = true; // the server has not said that it knows nobody
  #shutOut = false;

  /** @param {import("../state.js").State} state @param {Ports} ports */
  constructor(state, ports) {
    this.state = state;
    this.ports = ports;
  }

  /** Asks the server. If it has nothing to say, the page is as if nobody had asked. */
  async ask() {
    this.#asked = this.ports.now();
    const me = await askMe(this.ports.fetch);
    this.#knows = me !== null;
    if (me) this.#know(me);
    else if (me === undefined && !this.state.me.known && this.#tries < TRIES.length) this.ports.setTimeout(() => this.ask(), TRIES[this.#tries++]);
  }

  /** There is reason to think that something has changed. A server that knows nobody is left alone. */
  async doubt() {
    if (!this.#knows || this.ports.now() - this.#asked < PAUSE) return;
    await this.ask();
  }

  /** The user has come back to the page, maybe from signing in elsewhere. */
  async returned() {
    if (!this.state.me.draws || !this.state.me.watches) await this.doubt();
  }

  async signOut() {
    const { state, ports } = this;
    const said = await ports.fetch(state.me.signOut, { method: "POST" }).then((response) => (response.ok ? response.json() : null)).catch(() => null);
    if (!said) tell(state, t("Signing out did not work: try again in a moment"), ports.now());
    if (typeof said?.next === "string") ports.go(said.next); // where the sign-in service ends its own session
    await this.ask();
  }

  /** @param {import("./me.js").Me} me */
  #know(me) {
    const { state, ports } = this;
    state.me = me;
    if (me.draws) state.asksSignIn = false;
    else if (hasAccounts(me) && me.watches) state.asksSignIn = true;
    if (me.signedIn && me.name) ports.named(me.name);
    if (me.watches === this.#shutOut) {
      this.#shutOut = !me.watches;
      if (this.#shutOut) ports.shutOut();
      else ports.letIn();
    }
    ports.changed();
  }
}
