// The canvas as this page holds it: the pixels that the server has confirmed, region by region, and over them the
// covers, which are the user's own pixels that are not confirmed yet. It asks for nothing and sends nothing:
// regions.js feeds it, pending.js covers it, stage.js draws it.

import { Activity } from "./activity.js";
import { BACKGROUND_WORD, fromWord, toWord } from "../colour.js";
import { contains, regionAt, regionCount, regionRect } from "../geometry.js";
import { Overview } from "./overview.js";
import { Malformed, PIXEL_BYTES } from "../net/protocol.js";
import { Tile } from "./tile.js";

/**
 * What is held of a region: its position, and its pixels if it is held in full (otherwise only the overview knows it).
 * Tile and overview show covers too; a cover holds what is under it.
 * @typedef {import("../geometry.js").Rect & {id: number, epoch: number, seq: number, tile: Tile | null}} Region
 *
 * A pixel shown before it is confirmed.
 * @typedef {{colour: number, under: number, owner: object}} Cover  under: the confirmed word; owner: who may take it away
 */

export class Canvas {
  /** @type {Map<number, Cover>} by y * width + x */
  covers = new Map();

  /** Hears of what is painted on the pixels that it wants to hear of. @type {import("./strokes.js").Strokes | null} */
  watch = null;

  /** @param {import("../geometry.js").Geometry} geometry */
  constructor(geometry) {
    this.geometry = geometry;
    /** @type {Region[]} */
    this.regions = Array.from({ length: regionCount(geometry) }, (_, id) => ({
      id, ...regionRect(geometry, id), epoch: 0, seq: 0, tile: null,
    }));
    this.overview = new Overview(geometry);
    this.activity = new Activity(geometry);
  }

  /** The colour shown at a pixel, or null where that is not known. */
  pixel(x, y) {
    const word = this.#word(x, y);
    return word === null ? null : fromWord(word);
  }

  /** The colour that the server has confirmed at a pixel, or null where that is not known. */
  confirmed(x, y) {
    const word = this.#word(x, y);
    if (word === null) return null;
    return fromWord(this.covers.get(y * this.geometry.width + x)?.under ?? word);
  }

  #word(x, y) {
    if (!contains(this.geometry, x, y)) return null;
    const region = this.regions[regionAt(this.geometry, x, y)];
    return region.tile ? region.tile.words[(y - region.y) * region.width + x - region.x] : null;
  }

  /**
   * Makes a region what a snapshot shows.
   * @param {Region} region
   * @param {Uint8Array | null} rgb 3 bytes a pixel; null: blank
   * @param {boolean} whole whether to hold it in full
   */
  load(region, epoch, seq, rgb, whole) {
    region.epoch = epoch;
    region.seq = seq;
    this.overview.blank(region);
    if (!whole) region.tile = null;
    else if (region.tile) region.tile.blank();
    else region.tile = new Tile(region.width, region.height);
    if (rgb) this.#paint(region, rgb);
    for (const [key, cover] of this.covers) {
      if (this.#locate(key).region === region) this.#lay(key, cover);
    }
    this.watch?.loaded((key) => !this.covers.has(key) && this.#locate(key).region === region);
  }

  /** @param {Region} region @param {Uint8Array} rgb */
  #paint(region, rgb) {
    const { overview } = this;
    const words = region.tile?.words;
    for (let y = 0, at = 0, position = 0; y < region.height; y++) {
      for (let x = 0; x < region.width; x++, at += 3, position++) {
        const word = (0xff000000 | (rgb[at + 2] << 16) | (rgb[at + 1] << 8) | rgb[at]) >>> 0;
        if (word === BACKGROUND_WORD) continue;
        if (words) words[position] = word;
        overview.set(region.x + x, region.y + y, word);
      }
    }
  }

  /** Gives up the pixels of a region that is far from view. @param {Region} region */
  release(region) {
    region.tile = null;
  }

  /**
   * Writes the entries [first, last) of a PIXELS, in order. Nothing is allocated per pixel.
   * @param {Region} region
   * @param {Uint8Array} pixels
   * @param {boolean} own whether this page placed them
   * @param {boolean} live whether this has just happened
   */
  write(region, pixels, first, last, own, live) {
    const { tile, width, height } = region;
    const { activity, covers, overview, watch } = this;
    for (let at = first * PIXEL_BYTES, end = last * PIXEL_BYTES; at < end; at += PIXEL_BYTES) {
      const position = (pixels[at] << 8) | pixels[at + 1];
      const y = (position / width) | 0, x = position - y * width;
      if (y >= height) throw new Malformed(`position ${position} in a region of ${width}x${height}`);
      const word = 0xff000000 | (pixels[at + 4] << 16) | (pixels[at + 3] << 8) | pixels[at + 2];
      if (live) activity.touch(region.x + x, region.y + y);
      if (watch !== null && watch.size > 0) watch.wrote((region.y + y) * this.geometry.width + region.x + x, fromWord(word), own);
      if (covers.size > 0 && this.#writeUnder(region, x, y, word >>> 0, own)) continue;
      overview.set(region.x + x, region.y + y, word);
      if (!tile) continue;
      tile.words[position] = word;
      tile.touch(x, y);
    }
  }

  /** Writes below a cover; false: there is no cover. When the user's own pixel comes back as it was placed, its cover goes away. */
  #writeUnder(region, x, y, word, own) {
    const key = (region.y + y) * this.geometry.width + region.x + x;
    const cover = this.covers.get(key);
    if (!cover) return false;
    cover.under = word;
    if (!own || toWord(cover.colour) !== word) return true;
    this.covers.delete(key);
    return false;
  }

  /** Shows a pixel before it is confirmed. @param {number} key @param {object} owner */
  cover(key, colour, owner) {
    const cover = this.covers.get(key);
    if (!cover) {
      const first = { colour, under: BACKGROUND_WORD, owner };
      this.covers.set(key, first);
      this.#lay(key, first);
      return;
    }
    cover.colour = colour;
    cover.owner = owner;
    this.#show(key, toWord(colour));
  }

  /** Removes the cover at a pixel if it is the owner's, which shows the confirmed colour. Returns whether it was. */
  uncover(key, owner) {
    const cover = this.covers.get(key);
    if (!cover || cover.owner !== owner) return false;
    this.covers.delete(key);
    this.#show(key, cover.under);
    return true;
  }

  /** Lays a cover over a tile that doesn't show it yet. @param {Cover} cover */
  #lay(key, cover) {
    const { region, x, y } = this.#locate(key);
    cover.under = region.tile ? region.tile.words[(y - region.y) * region.width + x - region.x] : this.overview.get(x, y);
    this.#show(key, toWord(cover.colour));
  }

  #show(key, word) {
    const { region, x, y } = this.#locate(key);
    region.tile?.set(x - region.x, y - region.y, word);
    this.overview.set(x, y, word);
  }

  #locate(key) {
    const x = key % this.geometry.width, y = Math.floor(key / this.geometry.width);
    return { region: this.regions[regionAt(this.geometry, x, y)], x, y };
  }
}
