// How much of a template is done: which of its pixels the canvas has. It compares what has changed since it looked last, row by row,
// and no more at once than there is time for.

import { regionsIn } from "../geometry.js";

const NONE = 0, UNKNOWN = 1, RIGHT = 2, WRONG = 3; // of a pixel: nothing is wanted there; the canvas there is not known

/**
 * @typedef {import("../canvas/tile.js").Tile} Tile
 * @typedef {{x: number, y: number, width: number, height: number, words: Uint32Array}} Wanted  words: row by row; 0: nothing is wanted
 */

export class Progress {
  total = 0; // pixels that are wanted, on the canvas
  right = 0;
  wrong = 0;
  /** Of each pixel, row by row. */
  states = new Uint8Array();
  /** Which columns and rows have changed since they were drawn; right, bottom exclusive. */
  dirty = { left: 0, top: 0, right: 0, bottom: 0 };
  #wanted = /** @type {Wanted | null} */ (null);
  #canvas = /** @type {import("../canvas/canvas.js").Canvas | null} */ (null);
  /** @type {{id: number, tile: Tile | null, seen: number}[]} of the regions that it is in; seen: the version that was compared last */
  #regions = [];

  /** Pixels whose colour on the canvas is not known. */
  get unknown() {
    return this.total - this.right - this.wrong;
  }

  /** Done of what is known, 0 to 1. */
  get share() {
    const known = this.right + this.wrong;
    return known === 0 ? 0 : this.right / known;
  }

  /** What is wanted is another, or elsewhere: begins anew. @param {Wanted} wanted */
  reset(wanted) {
    this.#wanted = wanted;
    this.#canvas = null;
  }

  /**
   * Compares.
   * @param {import("../canvas/canvas.js").Canvas} canvas
   * @param {() => boolean} enough whether that is all there is time for
   * @returns {boolean} whether it is up to date
   */
  advance(canvas, enough) {
    if (!this.#wanted) return true;
    if (canvas !== this.#canvas) this.#begin(canvas);
    for (const region of this.#regions) {
      const { tile } = canvas.regions[region.id];
      if (tile === region.tile && (!tile || tile.version === region.seen)) continue;
      if (tile !== region.tile) Object.assign(region, { tile, seen: -1 });
      this.#compare(canvas.regions[region.id], region.seen);
      region.seen = tile?.version ?? -1;
      if (enough()) return false;
    }
    return true;
  }

  /** @param {import("../canvas/canvas.js").Canvas} canvas */
  #begin(canvas) {
    const { x, y, width, height, words } = this.#wanted, { geometry } = canvas;
    this.#canvas = canvas;
    this.#regions = regionsIn(geometry, { x, y, width, height }).map((id) => ({ id, tile: null, seen: -1 }));
    if (this.states.length === words.length) this.states.fill(NONE);
    else this.states = new Uint8Array(words.length);
    this.total = this.right = this.wrong = 0;
    const left = Math.max(0, -x), right = Math.min(width, geometry.width - x);
    for (let row = Math.max(0, -y); row < Math.min(height, geometry.height - y); row++) {
      for (let at = row * width + left; at < row * width + right; at++) {
        if (words[at] === 0) continue;
        this.states[at] = UNKNOWN;
        this.total++;
      }
    }
    this.dirty = { left: 0, top: 0, right: width, bottom: height };
  }

  /** Compares the rows of a region that have changed since a version. @param {import("../canvas/canvas.js").Region} region */
  #compare({ x, y, width, height, tile }, seen) {
    const wanted = this.#wanted, { words } = wanted;
    const left = Math.max(x, wanted.x), right = Math.min(x + width, wanted.x + wanted.width);
    const top = Math.max(y, wanted.y), bottom = Math.min(y + height, wanted.y + wanted.height);
    for (let row = top; row < bottom; row++) {
      if (tile && tile.rows[row - y] <= seen) continue;
      let at = (row - wanted.y) * wanted.width + left - wanted.x, from = (row - y) * width + left - x;
      for (let column = left; column < right; column++, at++, from++) {
        const was = this.states[at];
        if (was === NONE) continue;
        const is = !tile ? UNKNOWN : tile.words[from] === words[at] ? RIGHT : WRONG;
        if (is !== was) this.#turn(at, was, is);
      }
    }
  }

  #turn(at, was, is) {
    this.states[at] = is;
    this.right += Number(is === RIGHT) - Number(was === RIGHT);
    this.wrong += Number(is === WRONG) - Number(was === WRONG);
    const { dirty } = this, width = this.#wanted.width, y = (at / width) | 0, x = at - y * width;
    if (dirty.right === 0) this.dirty = { left: x, top: y, right: x + 1, bottom: y + 1 };
    else {
      dirty.left = Math.min(dirty.left, x);
      dirty.top = Math.min(dirty.top, y);
      dirty.right = Math.max(dirty.right, x + 1);
      dirty.bottom = Math.max(dirty.bottom, y + 1);
    }
  }

  /** What has changed is drawn. */
  clean() {
    this.dirty = { left: 0, top: 0, right: 0, bottom: 0 };
  }

  /** Whether the canvas differs at a pixel of the template, by its number. */
  isWrong(at) {
    return this.states[at] === WRONG;
  }

  /** Whether what is at a pixel of the canvas still has to be made right, or may have to. */
  opens(x, y) {
    const state = this.states[(y - this.#wanted.y) * this.#wanted.width + x - this.#wanted.x];
    return state === WRONG || state === UNKNOWN;
  }

  /**
   * The next pixel where the canvas differs, row by row, and from the end back to the beginning. If none is known to, one where it may.
   * @param {{x: number, y: number} | null} from behind this one
   * @returns {{x: number, y: number, known: boolean} | null} null: all is done
   */
  next(from) {
    if (!this.#wanted) return null;
    const { x, y, width, height } = this.#wanted;
    const within = from && from.x >= x && from.y >= y && from.x < x + width && from.y < y + height;
    const begin = within ? (from.y - y) * width + from.x - x + 1 : 0;
    for (const [state, known] of /** @type {[number, boolean][]} */ ([[WRONG, true], [UNKNOWN, false]])) {
      let at = this.states.indexOf(state, begin);
      if (at < 0) at = this.states.indexOf(state);
      if (at >= 0) return { x: x + (at % width), y: y + Math.floor(at / width), known };
    }
    return null;
  }
}
