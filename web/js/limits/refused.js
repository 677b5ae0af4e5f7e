// What to tell a user whose pixels the server refused: refusals that come together are told as one, with how many pixels they took.

import { pixels } from "../numbers.js";

const TOGETHER = 5000; // ms

// What the refusal codes of PROTOCOL.md mean to a user who draws.
const WORDS = new Map([
  [1, (n) => `Taken back: ${n}, drawn faster than this canvas allows`],
  [2, (n) => `Taken back: ${n} off the canvas`],
  [3, (n) => `Taken back: ${n}. The server is busy`],
  [4, (n) => `Taken back: ${n}. The canvas can’t be saved right now`],
  [9, () => "It is not known whether that was saved: look whether the canvas shows it"],
  [10, (n) => `Taken back: ${n}. You may only watch here`],
  [11, (n) => `Taken back: ${n}. The canvas is closed for drawing`],
  [12, (n) => `Taken back: ${n}. This part of the canvas is protected`],
  [13, (n) => `Taken back: ${n}. That colour is not one of this canvas`],
  [14, (n) => `Taken back: ${n}. You have been banned from this canvas`],
]);

export class TakenBack {
  #code = 0;
  #pixels = 0;
  #last = -Infinity;

  /** Counts a refusal. @param {number} now ms @returns {{text: string, first: boolean}} first: it is the first for a while */
  add(code, count, now) {
    const first = code !== this.#code || now - this.#last > TOGETHER;
    this.#pixels = (first ? 0 : this.#pixels) + count;
    this.#code = code;
    this.#last = now;
    const words = WORDS.get(code) ?? ((n) => `Taken back: ${n}. The server did not accept that`);
    return { text: words(pixels(this.#pixels)), first };
  }
}
