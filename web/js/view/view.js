// The window onto the canvas: which part of it is on the screen and how large. All of it is pure.
// Screen coordinates are CSS pixels from the upper left corner of the stage, canvas coordinates
// are pixels of the canvas (fractions are inside a pixel).

import { pixelNear } from "../geometry.js";

/**
 * @typedef {{x: number, y: number, zoom: number}} View  x, y: the canvas coordinates in the middle of the viewport;
 *   zoom: CSS pixels per pixel of the canvas
 * @typedef {{width: number, height: number, left: number, top: number, right: number, bottom: number, density?: number}} Viewport
 *   the stage's size, and how much at each side is covered by controls: its middle is that of what is left. CSS pixels.
 *   density: device pixels per CSS pixel, 1 if absent
 * @typedef {import("../geometry.js").Geometry} Geometry
 * @typedef {{from: View, to: View, start: number, duration: number}} Flight  an animated change of the view, ms
 */

// Made crisp by the density of the screen.
const STEPS = [1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];
export const MAX_ZOOM = 64;
export const DRAW_ZOOM = 2; // below it, pixels are too small to aim at
export const AIM_ZOOM = 8; // where a click leads that was made below DRAW_ZOOM

/**
 * The zoom next to one at which every pixel of the canvas is equally large: a whole number of device pixels. Below a half there is
 * room for a canvas that is larger than the screen, but not for crispness.
 * @param {number} zoom
 * @param {number} [density]
 * @param {(value: number) => number} [round] which way
 */
export function crisp(zoom, density = 1, round = Math.round) {
  const slack = 1e-6; // for a quotient that is a whole number except for rounding
  if (zoom <= 0.5) return zoom;
  return Math.max(0.5, round(zoom * density + (round === Math.floor ? slack : 0)) / density);
}

/** The place on the screen where the centre of a view is. @param {Viewport} viewport */
export function middle({ width, height, left, top, right, bottom }) {
  return { x: (left + width - right) / 2, y: (top + height - bottom) / 2 };
}

/** @param {View} view @param {Viewport} viewport */
export function toScreen(view, viewport, x, y) {
  const at = middle(viewport);
  return { x: (x - view.x) * view.zoom + at.x, y: (y - view.y) * view.zoom + at.y };
}

/** @param {View} view @param {Viewport} viewport */
export function toCanvas(view, viewport, x, y) {
  const at = middle(viewport);
  return { x: (x - at.x) / view.zoom + view.x, y: (y - at.y) / view.zoom + view.y };
}

/**
 * Two views with the same key show the same at the same places, whatever covers the stage at its sides.
 * @param {View} view
 * @param {Viewport} viewport
 */
export function viewKey({ x, y, zoom }, viewport) {
  const at = middle(viewport);
  return [x, y, zoom, viewport.width, viewport.height, at.x, at.y].join();
}

/**
 * The part of the canvas plane that is on the screen.
 * @param {View} view
 * @param {Viewport} viewport
 */
export function visibleRect(view, viewport) {
  const corner = toCanvas(view, viewport, 0, 0);
  return { ...corner, width: viewport.width / view.zoom, height: viewport.height / view.zoom };
}

/**
 * The whole canvas, as large as fits and is crisp.
 * @param {Geometry} g
 * @param {Viewport} viewport
 * @returns {View}
 */
export function fit(g, viewport) {
  const width = Math.max(1, viewport.width - viewport.left - viewport.right);
  const height = Math.max(1, viewport.height - viewport.top - viewport.bottom);
  const zoom = Math.min(width / g.width, height / g.height);
  return { x: g.width / 2, y: g.height / 2, zoom: Math.min(crisp(zoom, viewport.density, Math.floor), MAX_ZOOM) };
}

/**
 * Keeps the middle on the canvas, and the zoom between half of the fitted one and MAX_ZOOM.
 * @param {View} view
 * @param {Geometry} g
 * @param {Viewport} viewport
 * @returns {View}
 */
export function clamp(view, g, viewport) {
  const least = Math.min(1, fit(g, viewport).zoom / 2);
  return {
    x: Math.min(Math.max(view.x, 0), g.width),
    y: Math.min(Math.max(view.y, 0), g.height),
    zoom: Math.min(Math.max(view.zoom, least), MAX_ZOOM),
  };
}

/**
 * Changes the zoom, and keeps what is at the screen position (x, y) in place.
 * @param {View} view
 * @param {Viewport} viewport
 * @returns {View}
 */
export function zoomAt(view, viewport, zoom, x, y) {
  const anchor = toCanvas(view, viewport, x, y), at = middle(viewport);
  return { x: anchor.x - (x - at.x) / zoom, y: anchor.y - (y - at.y) / zoom, zoom };
}

/**
 * Moves the canvas by a distance on the screen.
 * @param {View} view
 * @returns {View}
 */
export function panBy(view, dx, dy) {
  return { x: view.x - dx / view.zoom, y: view.y - dy / view.zoom, zoom: view.zoom };
}

/**
 * The next crisp zoom.
 * @param {number} zoom
 * @param {number} direction above 0: closer, below 0: farther
 * @param {number} [density]
 */
export function stepZoom(zoom, direction, density = 1) {
  const most = crisp(MAX_ZOOM, density, Math.floor), steps = STEPS.map((step) => Math.min(crisp(step, density), most));
  const slack = 1.001; // for a fitted zoom that equals a step except for rounding
  if (direction > 0) return steps.find((step) => step > zoom * slack) ?? most;
  return steps.findLast((step) => step < zoom / slack) ?? steps[0];
}

/**
 * The view at a part t (0 to 1) of the way. The zoom changes evenly to the eye; the point that both views show at
 * the same place of the screen stays there.
 * @param {View} from
 * @param {View} to
 * @returns {View}
 */
export function between(from, to, t) {
  if (t >= 1) return to;
  const zoom = from.zoom * (to.zoom / from.zoom) ** t;
  const part = from.zoom === to.zoom ? t : (1 / zoom - 1 / from.zoom) / (1 / to.zoom - 1 / from.zoom);
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part, zoom };
}

/**
 * Where a flight is at a time, and whether it has arrived.
 * @param {Flight} flight
 * @param {number} now
 */
export function flightAt(flight, now) {
  const t = Math.min(1, Math.max(0, (now - flight.start) / flight.duration));
  const eased = 1 - (1 - t) ** 3;
  return { view: between(flight.from, flight.to, eased), arrived: t >= 1 };
}

/**
 * Reads the part of a link after "#": "x,y,zoom" or "x,y", and what follows behind "&", which is not about the place.
 * @returns {View | null} null: that is no place
 */
export function parseHash(hash) {
  const match = /^#?(\d{1,5}),(\d{1,5})(?:,(\d{1,3}(?:\.\d{1,4})?)x?)?(?:&.*)?$/.exec(hash);
  if (!match) return null;
  const zoom = match[3] === undefined ? AIM_ZOOM : Number(match[3]);
  if (zoom === 0) return null;
  return { x: Number(match[1]) + 0.5, y: Number(match[2]) + 0.5, zoom };
}

/**
 * The inverse of parseHash, for the pixel in the middle.
 * @param {View} view
 * @param {Geometry} g
 */
export function formatHash(view, g) {
  const { x, y } = pixelNear(g, view.x, view.y);
  return `#${x},${y},${formatZoom(view.zoom)}`;
}

/** A zoom with only as many digits as matter: "8", "0.74". */
export function formatZoom(zoom) {
  return String(Number(zoom.toPrecision(zoom < 1 ? 2 : 4)));
}
