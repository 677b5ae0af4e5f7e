// Where arrows stand at the edge of the stage that point to places outside, and that none covers another. Pure.

import { middle } from "../view/view.js";

/**
 * @param {{x: number, y: number}} at the place, CSS pixels of the stage
 * @param {import("../view/view.js").Viewport} viewport
 * @param {{width: number, height: number}} size of the arrow and its words
 * @returns {{x: number, y: number, angle: number} | null} its middle, and the direction in radians; null: the place is in sight
 */
export function atEdge(at, viewport, size) {
  const { width, height, left, top, right, bottom } = viewport, from = middle(viewport);
  if (at.x >= left && at.y >= top && at.x <= width - right && at.y <= height - bottom) return null;
  const dx = at.x - from.x, dy = at.y - from.y;
  const roomX = Math.max(0, (width - left - right - size.width) / 2), roomY = Math.max(0, (height - top - bottom - size.height) / 2);
  const part = Math.min(dx === 0 ? Infinity : roomX / Math.abs(dx), dy === 0 ? Infinity : roomY / Math.abs(dy), 1);
  return { x: from.x + dx * part, y: from.y + dy * part, angle: Math.atan2(dy, dx) };
}

const GAP = 6; // CSS pixels between two arrows

/**
 * Moves an arrow up or down, towards the middle, past those that stand in its way.
 * @param {{x: number, y: number}} at its middle
 * @param {{width: number, height: number}} size
 * @param {{x: number, y: number, width: number, height: number}[]} others their middles
 * @param {number} middle of the stage, CSS pixels from above
 */
export function clearOf(at, size, others, middle) {
  const way = at.y < middle ? 1 : -1;
  let { y } = at;
  for (const other of [...others].sort((a, b) => way * (a.y - b.y))) {
    const apartX = (size.width + other.width) / 2 + GAP, apartY = (size.height + other.height) / 2 + GAP;
    if (Math.abs(other.x - at.x) < apartX && Math.abs(other.y - y) < apartY) y = other.y + way * apartY;
  }
  return { ...at, y };
}
