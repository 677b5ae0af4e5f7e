// Draws what lies over the canvas: the grid, the pixel aimed at, and where other users are and draw.

import { toHex } from "../colour.js";
import { countdown } from "../durations.js";
import { hindrance, wait } from "../limits/cannot_draw.js";
import { draws } from "../input/tools.js";
import { drawOthers } from "./others.js";
import { aimedSquare, drawPreview } from "./preview.js";
import { resizeTo } from "./stage.js";
import { DRAW_ZOOM, toScreen, visibleRect } from "./view.js";

/**
 * @typedef {import("../state.js").State} State
 * @typedef {import("./theme.js").Theme} Theme
 */

const GRID_FROM = 8; // zoom at which the grid begins to show
const TEN = 10; // pixels between stronger lines
const GRID_FULL = 14; // zoom from which the grid shows in full
const SMALLEST_RETICULE = 7; // CSS pixels: a smaller one could not be found
const LABEL_EDGE = 4; // CSS pixels between words and the edge of the stage

export class Overlay {
  /** What parts of the page that are loaded later draw between grid and reticule. @type {((context: CanvasRenderingContext2D, state: State, theme: Theme, density: number, now: number) => void)[]} */
  layers = [];

  /** @param {HTMLCanvasElement} element */
  constructor(element) {
    this.element = element;
    this.context = element.getContext("2d");
  }

  /**
   * @param {State} state
   * @param {Theme} theme
   * @param {number} density device pixels per CSS pixel
   * @param {boolean} calm whether the user asked for less motion
   * @returns {boolean} whether something on it is moving
   */
  draw(state, theme, density, calm, now) {
    const { context } = this;
    resizeTo(this.element, state.viewport, density);
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, state.viewport.width, state.viewport.height);
    if (!state.canvas) return false;
    if (state.grid) this.#drawGrid(state, theme, density);
    for (const layer of this.layers) {
      context.save();
      layer(context, state, theme, density, now);
      context.restore();
    }
    context.font = `600 12px ${theme.font}`;
    context.textBaseline = "middle";
    const preview = drawPreview(context, state, density, now);
    this.#drawReticule(state, density);
    if (preview) this.#drawBeside(state, theme, preview.text, preview);
    if (state.inspected) this.#ring(state, { ...state.inspected, width: 1 }, density);
    if (state.past) return false; // who is there now was not there then
    this.#drawWait(state, theme, now);
    return drawOthers(context, state, theme, calm, now);
  }

  /** @param {State} state */
  #drawGrid({ view, viewport, canvas }, theme, density) {
    const strength = (view.zoom - GRID_FROM) / (GRID_FULL - GRID_FROM);
    if (strength < 0) return;
    const { context } = this;
    const seen = visibleRect(view, viewport);
    const left = Math.max(0, Math.floor(seen.x)), right = Math.min(canvas.geometry.width, Math.ceil(seen.x + seen.width));
    const top = Math.max(0, Math.floor(seen.y)), bottom = Math.min(canvas.geometry.height, Math.ceil(seen.y + seen.height));
    const from = toScreen(view, viewport, left, top), to = toScreen(view, viewport, right, bottom);
    const crisp = (at) => (Math.round(at * density) + 0.5) / density;
    context.beginPath();
    for (let x = left; x <= right; x++) {
      const at = crisp(toScreen(view, viewport, x, 0).x);
      context.moveTo(at, from.y);
      context.lineTo(at, to.y);
    }
    for (let y = top; y <= bottom; y++) {
      const at = crisp(toScreen(view, viewport, 0, y).y);
      context.moveTo(from.x, at);
      context.lineTo(to.x, at);
    }
    context.globalAlpha = Math.min(1, 0.25 + 0.75 * strength);
    context.strokeStyle = theme.grid;
    context.lineWidth = 1 / density;
    context.stroke();
    this.#everyTen({ left, right, top, bottom }, (x, y) => toScreen(view, viewport, x, y), crisp);
    context.globalAlpha = 1;
  }

  /** Makes every tenth line stronger, so that pixels can be counted. @param {{left: number, right: number, top: number, bottom: number}} seen whole pixels */
  #everyTen({ left, right, top, bottom }, place, crisp) {
    const { context } = this, from = place(left, top), to = place(right, bottom), first = (at) => Math.ceil(at / TEN) * TEN;
    context.beginPath();
    for (let x = first(left); x <= right; x += TEN) {
      context.moveTo(crisp(place(x, 0).x), from.y);
      context.lineTo(crisp(place(x, 0).x), to.y);
    }
    for (let y = first(top); y <= bottom; y += TEN) {
      context.moveTo(from.x, crisp(place(0, y).y));
      context.lineTo(to.x, crisp(place(0, y).y));
    }
    context.stroke();
  }

  /** Shows the pixel aimed at. @param {State} state */
  #drawReticule(state, density) {
    const { reticule, view, colour, tool, past } = state;
    if (!reticule || tool === "hand") return;
    if (!reticule.keyboard && view.zoom < DRAW_ZOOM) return;
    const square = aimedSquare(state), { left, top, size } = this.#ring(state, square, density);
    if (!draws(tool) || past || view.zoom < GRID_FROM || square.width > 1) return;
    const dot = Math.max(4, Math.round(size * 0.4));
    this.context.fillStyle = toHex(colour);
    this.context.fillRect(left + (size - dot) / 2, top + (size - dot) / 2, dot, dot);
  }

  /** Outlines a square of pixels, light within dark, so that it is seen on any colour. @param {State} state @param {{x: number, y: number, width: number}} square */
  #ring({ view, viewport }, square, density) {
    const { context } = this;
    const middle = toScreen(view, viewport, square.x + square.width / 2, square.y + square.width / 2);
    const size = Math.max(square.width * view.zoom, SMALLEST_RETICULE);
    const left = Math.round((middle.x - size / 2) * density) / density, top = Math.round((middle.y - size / 2) * density) / density;
    const ring = (out, width, style) => {
      context.strokeStyle = style;
      context.lineWidth = width;
      context.strokeRect(left - out, top - out, size + 2 * out, size + 2 * out);
    };
    ring(2.5, 1, "rgba(0, 0, 0, 0.75)");
    ring(1, 2, "#fff");
    return { left, top, size };
  }

  /** Says beside the pencil when it draws again. @param {State} state */
  #drawWait(state, theme, now) {
    const { reticule, view, tool } = state;
    if (!reticule || !draws(tool) || hindrance(state, now) !== "cooldown") return;
    if (!reticule.keyboard && view.zoom < DRAW_ZOOM) return;
    const ms = wait(state, now);
    if (ms < Infinity) this.#drawBeside(state, theme, countdown(ms), reticule);
  }

  /** Writes beside the pointer, or the pixel that the keyboard aims at. @param {State} state @param {{x: number, y: number}} pixel */
  #drawBeside({ pointer, reticule, view, viewport }, theme, text, pixel) {
    const corner = toScreen(view, viewport, pixel.x + 1, pixel.y + 1);
    const at = reticule?.keyboard || !pointer ? { x: corner.x + 8, y: corner.y } : { x: pointer.x + 12, y: pointer.y + 8 };
    this.#drawLabel(viewport, theme, text, at.x, at.y);
  }

  /** Draws words, beside its place if need be to keep it on the stage. CSS pixels. */
  #drawLabel(viewport, theme, text, atX, atY) {
    const { context } = this;
    const width = context.measureText(text).width + 14;
    const x = Math.max(LABEL_EDGE, Math.min(atX, viewport.width - width - LABEL_EDGE)), y = Math.max(LABEL_EDGE, atY);
    plate(context, theme, text, { x, y, width, height: 20 }, 10);
  }
}

/** Writes words on a plate, which they fill. @param {Theme} theme @param {import("../geometry.js").Rect} at CSS pixels */
export function plate(context, theme, text, { x, y, width, height }, round) {
  context.beginPath();
  context.roundRect(x, y, width, height, round);
  context.fillStyle = theme.panel;
  context.fill();
  context.strokeStyle = theme.grid;
  context.lineWidth = 1;
  context.stroke();
  context.fillStyle = theme.ink;
  context.fillText(text, x + 7, y + height / 2 + 0.5, width - 14);
}
