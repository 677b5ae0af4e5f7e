// Welcomes whoever is here for the first time, once, with a card that is loaded for that (js/welcome/).

/** @typedef {{open: () => void, show: () => void, close: () => void}} Card */

export class Welcome {
  /** @type {Card | null} */
  #card = null;
  #begun = false;

  /**
   * @param {import("./state.js").State} state
   * @param {import("./browser_storage.js").Kept} kept
   * @param {() => Promise<Card>} load
   */
  constructor(state, kept, load) {
    this.state = state;
    this.kept = kept;
    this.load = load;
  }

  /** The canvas is there. Who has been asked for a name, or has come to see the past, needs no card. */
  begin() {
    if (this.#begun) return;
    this.#begun = true;
    if (this.#wanted && !this.kept.get("welcomed")) void this.#open();
  }

  get #wanted() {
    const { asksName, drew, embedded, me, past } = this.state;
    return asksName && !drew && !embedded && me.watches && !me.banned && !past;
  }

  async #open() {
    try {
      const card = await this.load();
      if (!this.#wanted) return; // it came too late
      this.kept.set("welcomed", true);
      this.#card = card;
      card.open();
    } catch {
      // It is shown at the next visit.
    }
  }

  /** @returns {boolean} whether it was open */
  close() {
    const card = this.#card;
    this.#card = null;
    card?.close();
    return card !== null;
  }

  /** Who draws needs it no more. */
  show() {
    if (this.#card && !this.#wanted) this.close();
    this.#card?.show();
  }
}
