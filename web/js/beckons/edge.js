// Where an arrow stands at the edge of the stage that points to a place outside. Pure.

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
