// What to tell a user whose pixels the server refused: refusals that come together are told as one, with how many pixels they took.

import { pixels } from "../numbers.js";
import { t } from "../words/words.js";

const TOGETHER = 5000; // ms

// What the refusal codes of PROTOCOL.md mean to a user who draws.
const WORDS = new Map([
  [1, (pixels) => t("Taken back: {pixels}, drawn faster than this canvas allows", { pixels })],
  [2, (pixels) => t("Taken back: {pixels} off the canvas", { pixels })],
  [3, (pixels) => t("Taken back: {pixels}. The server is busy", { pixels })],
  [4, (pixels) => t("Taken back: {pixels}. The canvas can’t be saved right now", { pixels })],
  [9, () => t("It is not known whether that was saved: look whether the canvas shows it")],
  [10, (pixels) => t("Taken back: {pixels}. You may only watch here", { pixels })],
  [11, (pixels) => t("Taken back: {pixels}. The canvas is closed for drawing", { pixels })],
  [12, (pixels) => t("Taken back: {pixels}. This part of the canvas is protected", { pixels })],
  [13, (pixels) => t("Taken back: {pixels}. That colour is not one of this canvas", { pixels })],
  [14, (pixels) => t("Taken back: {pixels}. You have been banned from this canvas", { pixels })],
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
    const words = WORDS.get(code) ?? ((taken) => t("Taken back: {pixels}. The server did not accept that", { pixels: taken }));
    return { text: words(pixels(this.#pixels)), first };
  }
}
