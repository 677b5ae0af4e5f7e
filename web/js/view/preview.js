// Shows what the tool in hand would draw: the pixels that the allowance has room for in their colour, those beyond it faintly, and
// how many they are.

import { toHex } from "../colour.js";
import { hindrance, room } from "../limits/cannot_draw.js";
import { pixels, pixelsOf } from "../numbers.js";
import { outline, spans, square } from "../input/tools.js";
import { DRAW_ZOOM, toScreen } from "./view.js";
import { t } from "../words/words.js";

/** @typedef {import("../state.js").State} State */

const BEYOND = 0.3; // how visible pixels are that there is no room for

/**
 * @param {CanvasRenderingContext2D} context
 * @param {State} state
 * @param {number} density device pixels per CSS pixel
 * @returns {{text: string, x: number, y: number} | null} what to write, and beside which pixel
 */
export function drawPreview(context, state, density, now) {
  const { brush, canvas, colour, past, reticule, selecting, shape, tool, view } = state;
  const span = shape ?? (tool === "fill" && reticule && view.zoom >= DRAW_ZOOM && !hindrance(state, now) ? { from: reticule, to: reticule } : null);
  if (!span || past || selecting || !spans(tool)) return null;
  const planned = outline(tool, span, brush, colour, canvas), { x, y } = span.to;
  if (!planned) return { text: t("Not a closed area"), x, y };
  const whole = (/** @type {number} */ at) => Math.round(at * density) / density; // so that they meet without a seam
  const fits = Math.min(planned.length, room(state, now));
  context.fillStyle = toHex(colour);
  planned.forEach((pixel, i) => {
    context.globalAlpha = i < fits ? 1 : BEYOND;
    const at = toScreen(view, state.viewport, pixel.x, pixel.y), left = whole(at.x), top = whole(at.y);
    context.fillRect(left, top, whole(at.x + view.zoom) - left, whole(at.y + view.zoom) - top);
  });
  context.globalAlpha = 1;
  if (!shape && planned.length === 0) return null;
  return { text: fits < planned.length ? pixelsOf(fits, planned.length) : pixels(planned.length), x, y };
}

/** The pixels that a click would change, as a square. @param {State} state */
export function aimedSquare({ brush, reticule, tool }) {
  const { x, y } = reticule;
  return tool === "pencil" || tool === "line" || tool === "rectangle" ? square(x, y, brush) : { x, y, width: 1, height: 1 };
}
