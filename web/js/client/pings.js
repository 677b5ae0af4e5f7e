/** Questions whether the server has handled all that was said to it before. */
export class Pings {
  /** @type {Map<number, (answered: boolean) => void>} by token */
  #waiting = new Map();
  #token = 0;

  /** @param {(token: number) => void} send @returns {Promise<boolean>} false: the connection broke before the answer */
  ask(send) {
    const token = ++this.#token;
    return new Promise((answered) => {
      this.#waiting.set(token, answered);
      send(token);
    });
  }

  answered(/** @type {number} */ token) {
    this.#waiting.get(token)?.(true);
    this.#waiting.delete(token);
  }

  lost() {
    for (const answer of this.#waiting.values()) answer(false);
    this.#waiting.clear();
  }
}
