// Which picture of the canvas to ask the server for. Pure.

import { visibleRect } from "../view/view.js";

const MOST = 16 << 20; // pixels of a picture: what may be asked for again and again
const LARGE = 2048; // pixels of an edge: a small canvas is enlarged to about that
const MAX_SCALE = 32; // the server's

/**
 * @typedef {{x: number, y: number, width: number, height: number, scale: number}} Picture  pixels of the canvas, and how many of the
 *   picture each is wide
 *
 * @param {import("../state.js").State} state
 * @param {boolean} whole the whole canvas, and not just what is in view
 * @returns {Picture | null} null: there is nothing in view
 */
export function pictureOf({ canvas, view, viewport }, whole) {
  const { width, height } = canvas.geometry;
  if (whole) return { x: 0, y: 0, width, height, scale: scaleOf(width, height, Math.floor(LARGE / Math.max(width, height))) };
  const seen = visibleRect(view, viewport);
  const x = Math.max(0, Math.floor(seen.x)), y = Math.max(0, Math.floor(seen.y));
  const right = Math.min(width, Math.ceil(seen.x + seen.width)), bottom = Math.min(height, Math.ceil(seen.y + seen.height));
  if (right <= x || bottom <= y) return null;
  return { x, y, width: right - x, height: bottom - y, scale: scaleOf(right - x, bottom - y, Math.round(view.zoom * (viewport.density ?? 1))) };
}

/** The wanted scale, as far as the picture does not become too large. */
function scaleOf(width, height, wanted) {
  return Math.max(1, Math.min(wanted, MAX_SCALE, Math.floor(Math.sqrt(MOST / (width * height)))));
}

/** Where the server has it. @param {Picture} picture @param {number | null} at Unix ms; null: as it is */
export function addressOf({ x, y, width, height, scale }, at) {
  return `api/canvas.png?x=${x}&y=${y}&w=${width}&h=${height}&scale=${scale}${at === null ? "" : `&at=${at}`}`;
}

/** What a file of it is called: after the place that a link to it names. @param {import("../view/view.js").View} view */
export function fileName({ x, y }, whole) {
  return whole ? "pixel-playground.png" : `pixel-playground-${Math.floor(x)}-${Math.floor(y)}.png`;
}
