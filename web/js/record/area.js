// Which part of the canvas is replayed: the regions in view, as one rectangle. Pure.

import { regionRect } from "../geometry.js";

/**
 * @typedef {import("../geometry.js").Geometry} Geometry
 * @typedef {import("../geometry.js").Rect & {regions: number[]}} Area  whole regions
 */

export const MOST = 64; // regions at once: 4 million pixels, 16 MiB

/**
 * The regions that a rectangle touches; if these are too many, those around its middle.
 * @param {Geometry} g
 * @param {import("../geometry.js").Rect} seen may reach beyond the canvas
 * @returns {Area & {all: boolean}} all: of what is seen nothing is left out
 */
export function areaOf(g, seen, most = MOST) {
  const range = (at, length, count) => {
    const first = Math.min(count - 1, Math.max(0, Math.floor(at / g.region)));
    return { first, last: Math.min(count - 1, Math.max(first, Math.ceil((at + length) / g.region) - 1)) };
  };
  const across = range(seen.x, seen.width, g.columns), down = range(seen.y, seen.height, g.rows);
  const size = ({ first, last }) => last - first + 1;
  let all = true;
  const middle = (/** @type {{first: number, last: number}} */ range) => (range.first + range.last) / 2;
  const centre = new Map([across, down].map((range) => [range, middle(range)]));
  while (size(across) * size(down) > most) {
    all = false;
    const longer = size(across) >= size(down) ? across : down;
    if (middle(longer) >= centre.get(longer)) longer.last--;
    else longer.first++;
  }
  const regions = [];
  for (let row = down.first; row <= down.last; row++) {
    for (let column = across.first; column <= across.last; column++) regions.push(row * g.columns + column);
  }
  const first = regionRect(g, regions[0]), last = regionRect(g, regions[regions.length - 1]);
  return { x: first.x, y: first.y, width: last.x + last.width - first.x, height: last.y + last.height - first.y, regions, all };
}

/** The pixels of one region, out of those of an area. @param {Uint8Array} rgb of the area @param {Area} area @param {import("../geometry.js").Rect} rect of the region */
export function cut(rgb, area, rect) {
  const out = new Uint8Array(3 * rect.width * rect.height);
  for (let y = 0; y < rect.height; y++) {
    const from = 3 * ((rect.y - area.y + y) * area.width + rect.x - area.x);
    out.set(rgb.subarray(from, from + 3 * rect.width), 3 * y * rect.width);
  }
  return out;
}
