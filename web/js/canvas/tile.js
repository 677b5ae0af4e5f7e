// Rectangles of pixels as image data holds them. They remember what has changed since they were last drawn on a
// screen.

import { BACKGROUND_WORD } from "../colour.js";

/** A rectangle of pixels. Its upper left pixel is (0, 0). */
export class Tile {
  /** The rectangle that changed since clean(), which is for the one surface that has the tile's pixels: left, top inclusive; right, bottom exclusive. */
  left = 0;
  top = 0;
  right = 0;
  bottom = 0;
  /** Rises with each change. Who draws a tile remembers which version it has drawn. */
  version = 0;
  /** The version at which each row has changed last: whoever remembers a version finds what has changed since. @type {Float64Array} */
  rows;

  /** @param {number} [word] the word that it is filled with */
  constructor(width, height, word = BACKGROUND_WORD) {
    this.width = width;
    this.height = height;
    this.words = new Uint32Array(width * height);
    this.rows = new Float64Array(height);
    if (word) this.words.fill(word);
    this.allDirty();
  }

  get dirty() {
    return this.right > this.left;
  }

  set(x, y, word) {
    this.words[y * this.width + x] = word;
    this.touch(x, y);
  }

  /** Remembers that a pixel has changed. */
  touch(x, y) {
    this.rows[y] = ++this.version;
    if (this.right === this.left) {
      this.left = x;
      this.top = y;
      this.right = x + 1;
      this.bottom = y + 1;
      return;
    }
    if (x < this.left) this.left = x;
    else if (x >= this.right) this.right = x + 1;
    if (y < this.top) this.top = y;
    else if (y >= this.bottom) this.bottom = y + 1;
  }

  /** Makes it background again. */
  blank() {
    this.words.fill(BACKGROUND_WORD);
    this.allDirty();
  }

  allDirty() {
    this.rows.fill(++this.version);
    this.left = this.top = 0;
    this.right = this.width;
    this.bottom = this.height;
  }

  clean() {
    this.left = this.top = this.right = this.bottom = 0;
  }
}
