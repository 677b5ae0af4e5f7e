// The pixels of the followed regions as the server has confirmed them. net/regions.js feeds it.

import { toHex } from "../hex.js";
import { contains, regionAt, regionCount, regionRect, regionsIn } from "../geometry.js";
import { Malformed, PIXEL_BYTES } from "../net/protocol.js";

/**
 * What is held of a region: its position and its pixels, 4 bytes each as image data has them.
 * @typedef {import("../geometry.js").Rect & {id: number, epoch: number, seq: number, tile: Uint8ClampedArray | null}} Region
 */

export class Replica {
  /** @param {import("../geometry.js").Geometry} geometry */
  constructor(geometry) {
    this.geometry = geometry;
    /** @type {Region[]} */
    this.regions = Array.from({ length: regionCount(geometry) }, (_, id) => ({
      id, ...regionRect(geometry, id), epoch: 0, seq: 0, tile: null,
    }));
  }

  /** The regions that a program wants to follow. @param {import("./options.js").Follow} follow @returns {import("../net/plan.js").Plan} */
  plan(follow) {
    const { geometry } = this, everything = { x: 0, y: 0, width: geometry.width, height: geometry.height };
    const ids = Array.isArray(follow) ? follow.filter((id) => id < regionCount(geometry)) : regionsIn(geometry, follow === "all" ? everything : follow);
    return new Map(ids.map((id) => [id, true]));
  }

  /** Makes a region what a snapshot shows. @param {Region} region @param {Uint8Array | null} rgb 3 bytes a pixel; null: blank */
  load(region, epoch, seq, rgb) {
    region.epoch = epoch;
    region.seq = seq;
    region.tile ??= new Uint8ClampedArray(4 * region.width * region.height);
    region.tile.fill(255);
    if (!rgb) return;
    for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
      region.tile[to] = rgb[from];
      region.tile[to + 1] = rgb[from + 1];
      region.tile[to + 2] = rgb[from + 2];
    }
  }

  /** @param {Region} region that is not followed any more */
  release(region) {
    region.tile = null;
  }

  /** Writes the pixels of a PIXELS, in order. @param {Region} region @param {Uint8Array} pixels */
  write(region, pixels) {
    const { tile, width, height } = region;
    for (let at = 0; at < pixels.length; at += PIXEL_BYTES) {
      const position = (pixels[at] << 8) | pixels[at + 1];
      if (position >= width * height) throw new Malformed(`position ${position} in a region of ${width}x${height}`);
      tile[4 * position] = pixels[at + 2];
      tile[4 * position + 1] = pixels[at + 3];
      tile[4 * position + 2] = pixels[at + 4];
    }
  }

  /** The colour of a pixel, "#RRGGBB"; null: it is not held. */
  pixel(x, y) {
    if (!contains(this.geometry, x, y)) return null;
    const region = this.regions[regionAt(this.geometry, x, y)];
    if (!region.tile) return null;
    const at = 4 * ((y - region.y) * region.width + x - region.x);
    return toHex((region.tile[at] << 16) | (region.tile[at + 1] << 8) | region.tile[at + 2]);
  }

  /**
   * A copy of a part of the canvas, cropped to it. Pixels that are not held are transparent.
   * @param {import("../geometry.js").Rect} rect
   */
  image({ x, y, width, height }) {
    const left = Math.max(0, x), top = Math.max(0, y);
    const right = Math.min(this.geometry.width, x + width), bottom = Math.min(this.geometry.height, y + height);
    const columns = Math.max(0, right - left), rows = Math.max(0, bottom - top);
    const data = new Uint8ClampedArray(4 * columns * rows);
    for (const region of this.regions) {
      if (!region.tile) continue;
      const first = Math.max(left, region.x), last = Math.min(right, region.x + region.width);
      for (let row = Math.max(top, region.y); first < last && row < Math.min(bottom, region.y + region.height); row++) {
        const from = 4 * ((row - region.y) * region.width + first - region.x);
        data.set(region.tile.subarray(from, from + 4 * (last - first)), 4 * ((row - top) * columns + first - left));
      }
    }
    return { x: left, y: top, width: columns, height: rows, data };
  }
}

/** The pixels of a PIXELS, for people. @param {Region} region @param {import("../net/protocol.js").Pixels} message */
export function dotsOf(region, { pixels, authors }) {
  const dots = [];
  for (let i = 0, at = 0; i < authors.length; i += 2) {
    for (let n = Number(authors[i]); n > 0; n--, at += PIXEL_BYTES) {
      const position = (pixels[at] << 8) | pixels[at + 1];
      const color = toHex((pixels[at + 2] << 16) | (pixels[at + 3] << 8) | pixels[at + 4]);
      dots.push({ x: region.x + (position % region.width), y: region.y + Math.floor(position / region.width), color, author: authors[i + 1] });
    }
  }
  return dots;
}
