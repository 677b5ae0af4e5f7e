// Draws the pixels that are staged: in their colour, within a dashed frame that no placed pixel has.

import { toHex } from "../colour.js";
import { toScreen } from "../view/view.js";

const INSIDE = 10; // zoom from which the frame is inside the pixel: before, it would hide the colour
const DASHES = 3; // on an edge

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import("../state.js").State} state
 * @param {import("../view/theme.js").Theme} _theme
 * @param {number} density device pixels per CSS pixel
 */
export function drawStaged(context, { canvas, past, staged, view, viewport }, _theme, density) {
  if (past || staged.size === 0) return;
  const whole = (/** @type {number} */ at) => Math.round(at * density) / density, dash = Math.max(1.5, view.zoom / (2 * DASHES));
  const out = view.zoom < INSIDE ? 1 : -1;
  for (const [key, colour] of staged) {
    const { x, y } = toScreen(view, viewport, key % canvas.geometry.width, Math.floor(key / canvas.geometry.width));
    if (x > viewport.width || y > viewport.height || x < -view.zoom || y < -view.zoom) continue;
    const left = whole(x), top = whole(y), width = whole(x + view.zoom) - left, height = whole(y + view.zoom) - top;
    context.fillStyle = toHex(colour);
    context.fillRect(left, top, width, height);
    context.lineWidth = 2;
    for (const [ink, dashes] of /** @type {const} */ ([["#fff", []], ["#16181d", [dash, dash]]])) {
      context.strokeStyle = ink;
      context.setLineDash(dashes);
      context.strokeRect(left - out, top - out, width + 2 * out, height + 2 * out);
    }
  }
}
