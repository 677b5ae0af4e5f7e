// The tools that draw, and which pixels each of them would draw. All of it is pure.

import { contains, line } from "../geometry.js";

/**
 * @typedef {import("../geometry.js").Geometry} Geometry
 * @typedef {{x: number, y: number}} Pixel
 * @typedef {{from: Pixel, to: Pixel}} Span  from: where it was begun; to: where it is now
 */

export const MAX_BRUSH = 8; // pixels, the edge of its square
export const MAX_FILL = 5000; // pixels: a larger area is not taken for one that somebody meant to fill

const DRAW = new Set(["pencil", "line", "rectangle", "fill"]);
const SPAN = new Set(["line", "rectangle", "fill"]);

/** Whether a tool places pixels. @param {import("../state.js").Tool} tool */
export function draws(tool) {
  return DRAW.has(tool);
}

/** Whether it places them when it is let go, and shows until then what that would be. @param {import("../state.js").Tool} tool */
export function spans(tool) {
  return SPAN.has(tool);
}

/** Whether pixels are staged before they are placed, for the user to confirm: as chosen, or else under fingers where a cooldown rules. @param {import("../state.js").State} state */
export function careful({ careful, fingers, allowance }) {
  return careful ?? (fingers && allowance.slow);
}

/** Whether a press stages a pixel now instead of placing it. @param {import("../state.js").State} state */
export function stages(state) {
  return state.tool === "pencil" && careful(state) && !state.past && !state.selecting;
}

/** The square that a brush covers, for its middle. */
export function square(x, y, brush) {
  const before = Math.floor((brush - 1) / 2);
  return { x: x - before, y: y - before, width: brush, height: brush };
}

/** Visits the pixels under a brush. @param {(x: number, y: number) => void} visit */
export function stamp(x, y, brush, visit) {
  const { x: left, y: top } = square(x, y, brush);
  for (let dy = 0; dy < brush; dy++) for (let dx = 0; dx < brush; dx++) visit(left + dx, top + dy);
}

/**
 * The pixels that a tool would change, in the order in which it would draw them: none that has the colour already.
 * @param {import("../state.js").Tool} tool
 * @param {Span} span
 * @param {number} brush
 * @param {number} colour
 * @param {import("../canvas/canvas.js").Canvas} canvas
 * @returns {Pixel[] | null} null: the area to fill is too large, or not all of it is known
 */
export function outline(tool, { from, to }, brush, colour, canvas) {
  if (tool === "fill") return area(canvas, to, colour);
  const found = /** @type {Map<number, Pixel>} */ (new Map()), { geometry } = canvas;
  const dot = (/** @type {number} */ x, /** @type {number} */ y) => stamp(x, y, brush, (px, py) => {
    if (contains(geometry, px, py) && canvas.pixel(px, py) !== colour) found.set(py * geometry.width + px, { x: px, y: py });
  });
  if (tool === "line") line(from.x, from.y, to.x, to.y, dot);
  else {
    line(from.x, from.y, to.x, from.y, dot);
    line(to.x, from.y, to.x, to.y, dot);
    line(to.x, to.y, from.x, to.y, dot);
    line(from.x, to.y, from.x, from.y, dot);
  }
  return [...found.values()];
}

/** The pixels of one colour that hang together edge to edge, the nearest first. @returns {Pixel[] | null} */
function area(canvas, { x, y }, colour) {
  const { geometry } = canvas, { width } = geometry, old = contains(geometry, x, y) ? canvas.pixel(x, y) : colour;
  if (old === null) return null;
  if (old === colour) return [];
  const found = [{ x, y }], seen = new Set([y * width + x]);
  for (let i = 0; i < found.length; i++) {
    const at = found[i];
    for (const [dx, dy] of [[1, 0], [0, 1], [-1, 0], [0, -1]]) {
      const next = { x: at.x + dx, y: at.y + dy }, key = next.y * width + next.x;
      if (!contains(geometry, next.x, next.y) || seen.has(key)) continue;
      const is = canvas.pixel(next.x, next.y);
      if (is === null) return null;
      if (is !== old) continue;
      seen.add(key);
      found.push(next);
    }
    if (found.length > MAX_FILL) return null;
  }
  return found;
}
