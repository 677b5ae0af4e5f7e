// The whole canvas in a corner. The part in view is framed, and places where something happens glow.

import { viewKey, visibleRect } from "./view.js";
import { resizeTo } from "./stage.js";

/**
 * @typedef {import("../state.js").State} State
 * @typedef {import("./theme.js").Theme} Theme
 */

const PAUSE = 120; // ms between two drawings while the view stays: a glow needs no more
const SMALLEST_FRAME = 6; // CSS pixels

export class Minimap {
  #drawnAt = -Infinity;
  #drawn = "";
  #tile = /** @type {import("../canvas/tile.js").Tile | null} */ (null); // that is shown
  #version = -1; // of it

  /**
   * @param {HTMLCanvasElement} element its size is the style sheet's
   * @param {import("./stage.js").Stage} stage
   */
  constructor(element, stage) {
    this.element = element;
    this.stage = stage;
    this.context = element.getContext("2d");
    /** Where the canvas is on the minimap, CSS pixels. */
    this.sheet = { x: 0, y: 0, width: 1, height: 1 };
    this.size = { width: element.clientWidth, height: element.clientHeight };
  }

  /** The minimap's size has changed. */
  resize() {
    this.size = { width: this.element.clientWidth, height: this.element.clientHeight };
  }

  /** The place on the canvas, in its pixels, for a place on the minimap, in CSS pixels. @param {State} state */
  locate({ canvas }, x, y) {
    const { sheet } = this;
    return {
      x: ((x - sheet.x) / sheet.width) * canvas.geometry.width,
      y: ((y - sheet.y) / sheet.height) * canvas.geometry.height,
    };
  }

  /**
   * @param {State} state
   * @param {Theme} theme
   * @returns {number} ms until it wants to be drawn again
   */
  draw(state, theme, density, now) {
    const { canvas, view, viewport } = state;
    if (!canvas || this.size.width === 0) return Infinity;
    const drawn = `${viewKey(view, viewport)},${this.size.width},${density},${theme.name}`;
    const { tile } = canvas.overview;
    const stale = tile.version !== this.#version || canvas.activity.glowing;
    if (drawn === this.#drawn && tile === this.#tile) {
      if (!stale) return Infinity;
      if (now - this.#drawnAt < PAUSE) return PAUSE - (now - this.#drawnAt);
    }
    this.#drawn = drawn;
    this.#drawnAt = now;
    this.#tile = tile;
    this.#version = tile.version;
    canvas.activity.fade(now);
    this.#paint(state, theme, density);
    return canvas.activity.glowing ? PAUSE : Infinity;
  }

  #paint(state, theme, density) {
    const { context, size } = this;
    const { canvas } = state;
    resizeTo(this.element, size, density);
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    const { width, height } = canvas.geometry;
    const scale = Math.min(size.width / width, size.height / height);
    this.sheet = { x: (size.width - width * scale) / 2, y: (size.height - height * scale) / 2, width: width * scale, height: height * scale };
    const { sheet } = this;
    context.fillStyle = theme.paper;
    context.fillRect(sheet.x, sheet.y, sheet.width, sheet.height);
    context.imageSmoothingEnabled = scale < 1;
    context.imageSmoothingQuality = "high";
    const { stride } = canvas.overview;
    context.drawImage(this.stage.overviewSurface(canvas.overview), 0, 0, width / stride, height / stride, sheet.x, sheet.y, sheet.width, sheet.height);
    context.strokeStyle = theme.grid;
    context.lineWidth = 1;
    context.strokeRect(sheet.x + 0.5, sheet.y + 0.5, sheet.width - 1, sheet.height - 1);
    this.#paintGlow(canvas.activity, theme, sheet);
    this.#paintFrame(visibleRect(state.view, state.viewport), scale);
  }

  /** @param {import("../canvas/activity.js").Activity} activity */
  #paintGlow(activity, theme, sheet) {
    const { context } = this;
    if (!activity.glowing) return;
    const width = sheet.width / activity.columns, height = sheet.height / activity.rows;
    context.fillStyle = theme.glow;
    for (let row = 0, cell = 0; row < activity.rows; row++) {
      for (let column = 0; column < activity.columns; column++, cell++) {
        const brightness = activity.brightness(cell);
        if (brightness === 0) continue;
        const x = sheet.x + (column + 0.5) * width, y = sheet.y + (row + 0.5) * height;
        context.globalAlpha = brightness * 0.5;
        context.fillRect(x - 1.5 * width, y - 1.5 * height, 3 * width, 3 * height);
        context.globalAlpha = brightness;
        context.fillRect(x - width / 2, y - height / 2, width, height);
      }
    }
    context.globalAlpha = 1;
  }

  /** Frames the part in view. */
  #paintFrame(seen, scale) {
    const { context, sheet } = this;
    const left = Math.max(sheet.x, sheet.x + seen.x * scale), top = Math.max(sheet.y, sheet.y + seen.y * scale);
    const right = Math.min(sheet.x + sheet.width, sheet.x + (seen.x + seen.width) * scale);
    const bottom = Math.min(sheet.y + sheet.height, sheet.y + (seen.y + seen.height) * scale);
    const width = Math.max(SMALLEST_FRAME, right - left), height = Math.max(SMALLEST_FRAME, bottom - top);
    const x = (left + right - width) / 2, y = (top + bottom - height) / 2;
    context.lineWidth = 3.5;
    context.strokeStyle = "rgba(16, 16, 24, 0.8)";
    context.strokeRect(x, y, width, height);
    context.lineWidth = 1.5;
    context.strokeStyle = "#fff";
    context.strokeRect(x, y, width, height);
  }
}
