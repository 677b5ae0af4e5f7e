// Which regions to follow, and which of them to hold in full. Pure.

import { distanceFrom, regionCount, regionRect, regionsIn } from "../geometry.js";

/**
 * By region, most urgent first: true to hold it in full, false for the overview alone.
 * @typedef {Map<number, boolean>} Plan
 * @typedef {import("../geometry.js").Geometry} Geometry
 */

// Pixels held in full: 16 MiB, and as much again for drawing them. A canvas of up to 2048x2048 is held whole. Of a
// larger canvas, the page holds what is in view and, while there is room, what was.
export const BUDGET = 4 << 20;

/**
 * @param {Geometry} g
 * @param {{x: number, y: number, width: number, height: number}} visible part of the canvas
 * @param {number[]} held regions held in full now
 * @param {number} [budget] pixels to hold in full
 * @returns {Plan}
 */
export function plan(g, visible, held, budget = BUDGET) {
  if (g.width * g.height <= budget) {
    const everything = { x: 0, y: 0, width: g.width, height: g.height };
    return new Map([...regionsIn(g, visible), ...regionsIn(g, everything)].map((id) => [id, true]));
  }
  const inView = regionsIn(g, visible);
  if (area(g, inView) > budget) return new Map(inView.map((id) => [id, held.includes(id)]));

  const wanted = new Set(inView);
  const around = { x: visible.x - g.region, y: visible.y - g.region, width: visible.width + 2 * g.region, height: visible.height + 2 * g.region };
  const distance = distanceFrom(g, visible.x + visible.width / 2, visible.y + visible.height / 2);
  const kept = held.filter((id) => id < regionCount(g)).sort((a, b) => distance(a) - distance(b));
  for (const id of [...regionsIn(g, around), ...kept]) wanted.add(id);

  const chosen = new Map();
  let left = budget;
  for (const id of wanted) {
    left -= area(g, [id]);
    if (left < 0) break;
    chosen.set(id, true);
  }
  return chosen;
}

/** @param {Geometry} g @param {number[]} ids */
function area(g, ids) {
  let pixels = 0;
  for (const id of ids) {
    const { width, height } = regionRect(g, id);
    pixels += width * height;
  }
  return pixels;
}
