// The whole canvas at a glance: a picture small enough to keep always. It is used for the minimap, and for regions
// that are not held in full, or not yet. It knows only what it is told.

import { BACKGROUND_WORD } from "../colour.js";
import { Tile } from "./tile.js";

const MAX_EDGE = 1024; // cells: 4 MiB, and still fine enough to fill a screen

/**
 * One cell stands for stride x stride pixels. It shows the pixel painted last, and of a snapshot any pixel that is
 * painted at all: a thin line must not vanish. Cells never heard of are transparent.
 */
export class Overview {
  /** @param {import("../geometry.js").Geometry} geometry */
  constructor(geometry) {
    this.stride = 1;
    while (Math.max(geometry.width, geometry.height) / this.stride > MAX_EDGE) this.stride *= 2;
    this.shift = Math.log2(this.stride);
    this.tile = new Tile(Math.ceil(geometry.width / this.stride), Math.ceil(geometry.height / this.stride), 0);
  }

  /** @param {number} x @param {number} y on the canvas */
  set(x, y, word) {
    this.tile.set(x >> this.shift, y >> this.shift, word);
  }

  get(x, y) {
    return this.tile.words[(y >> this.shift) * this.tile.width + (x >> this.shift)];
  }

  /** Resets a region to background. @param {import("../geometry.js").Rect} rect */
  blank(rect) {
    const { shift, tile } = this;
    const left = rect.x >> shift, right = (rect.x + rect.width - 1) >> shift;
    const top = rect.y >> shift, bottom = (rect.y + rect.height - 1) >> shift;
    for (let y = top; y <= bottom; y++) {
      tile.words.fill(BACKGROUND_WORD, y * tile.width + left, y * tile.width + right + 1);
      tile.touch(left, y);
    }
    tile.touch(right, bottom);
  }
}
