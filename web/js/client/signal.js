/** Wakes everybody who waits for a change. */
export class Signal {
  /** @type {Promise<void> | null} */
  #next = null;
  #wake = () => {};

  wait() {
    this.#next ??= new Promise((wake) => (this.#wake = wake));
    return this.#next;
  }

  fire() {
    this.#next = null;
    this.#wake();
  }
}
