// Draws the canvas itself: tiles, scaled without blur, and only what has changed since the last frame.

import { shownCanvas } from "../state.js";
import { toScreen, viewKey, visibleRect } from "./view.js";
import { regionsIn } from "../geometry.js";

/**
 * @typedef {import("../state.js").State} State
 * @typedef {import("../canvas/tile.js").Tile} Tile
 * @typedef {import("./theme.js").Theme} Theme
 */

const SHADOW = 24; // CSS pixels around the sheet
const ENOUGH = 1.5; // device pixels: up to this size, overview cells are drawn instead of tiles that are held

export class Stage {
  /** What a browser needs to draw a tile. @type {WeakMap<Tile, {canvas: HTMLCanvasElement, image: ImageData}>} */
  #surfaces = new WeakMap();
  #drawn = ""; // the view, size and theme of what is on the screen
  /** @type {import("../canvas/canvas.js").Canvas | null} */
  #canvas = null; // likewise
  #overview = -1; // the version of the overview when all was drawn last

  /** @param {HTMLCanvasElement} element */
  constructor(element) {
    this.element = element;
    this.context = element.getContext("2d", { alpha: false });
  }

  /**
   * @param {State} state
   * @param {Theme} theme
   * @param {number} density device pixels per CSS pixel
   */
  draw(state, theme, density) {
    const { view, viewport } = state, canvas = state.past?.map ?? shownCanvas(state);
    resizeTo(this.element, viewport, density);
    const drawn = `${viewKey(view, viewport)},${density},${theme.name}`;
    const all = drawn !== this.#drawn || canvas !== this.#canvas;
    this.#drawn = drawn;
    this.#canvas = canvas;
    if (!canvas) {
      if (all) this.#fill(theme.stage, 0, 0, this.element.width, this.element.height);
      return;
    }
    const place = placement(view, viewport, density);
    this.context.imageSmoothingEnabled = place.scale < 1;
    this.context.imageSmoothingQuality = place.scale < 0.5 ? "high" : "low";
    const regions = regionsIn(canvas.geometry, visibleRect(view, viewport)).map((id) => canvas.regions[id]);
    const { stride } = canvas.overview;
    const far = stride > 1 && place.scale * stride < ENOUGH;
    const coarse = far || regions.some((region) => !region.tile);
    if (all || (coarse && canvas.overview.tile.version !== this.#overview)) {
      this.#drawAll(canvas, far ? [] : regions, coarse, place, theme, density);
      this.#overview = canvas.overview.tile.version;
    } else {
      if (!far) for (const region of regions) if (region.tile?.dirty) this.#drawChanged(region, place);
    }
  }

  /** The surface of the overview, brought up to date. @param {import("../canvas/overview.js").Overview} overview */
  overviewSurface(overview) {
    return this.#surface(overview.tile);
  }

  #drawAll(canvas, regions, coarse, place, theme, density) {
    const { width, height } = canvas.geometry;
    const left = place.x(0), top = place.y(0), right = place.x(width), bottom = place.y(height);
    this.#fill(theme.stage, 0, 0, this.element.width, this.element.height);
    this.context.save();
    this.context.shadowColor = theme.shadow;
    this.context.shadowBlur = SHADOW * density;
    this.context.shadowOffsetY = (SHADOW / 4) * density;
    this.#fill(theme.paper, left, top, right - left, bottom - top);
    this.context.restore();
    if (coarse) {
      const { stride, tile } = canvas.overview;
      const surface = this.#surface(tile);
      // The last cells may extend beyond the canvas.
      this.context.drawImage(surface, 0, 0, width / stride, height / stride, left, top, right - left, bottom - top);
    }
    for (const region of regions) if (region.tile) this.#drawTile(region, place);
  }

  #drawTile(region, place) {
    const surface = this.#surface(region.tile);
    const left = place.x(region.x), top = place.y(region.y);
    const right = place.x(region.x + region.width), bottom = place.y(region.y + region.height);
    this.context.drawImage(surface, left, top, right - left, bottom - top);
  }

  /** Draws the whole tile, clipped to where it has changed, so that every pixel comes out as in a full drawing. */
  #drawChanged(region, place) {
    const { tile } = region;
    const spread = place.scale < 1 ? 1 : 0; // device pixels that smoothing mixes in
    const left = place.x(region.x + tile.left) - spread, top = place.y(region.y + tile.top) - spread;
    const right = place.x(region.x + tile.right) + spread, bottom = place.y(region.y + tile.bottom) + spread;
    this.context.save();
    this.context.beginPath();
    this.context.rect(left, top, right - left, bottom - top);
    this.context.clip();
    this.#drawTile(region, place);
    this.context.restore();
  }

  #fill(style, x, y, width, height) {
    this.context.fillStyle = style;
    this.context.fillRect(x, y, width, height);
  }

  /** @param {Tile} tile */
  #surface(tile) {
    let surface = this.#surfaces.get(tile);
    if (!surface) {
      const canvas = document.createElement("canvas");
      canvas.width = tile.width;
      canvas.height = tile.height;
      const bytes = new Uint8ClampedArray(/** @type {ArrayBuffer} */ (tile.words.buffer));
      surface = { canvas, image: new ImageData(bytes, tile.width, tile.height) };
      this.#surfaces.set(tile, surface);
      tile.allDirty();
    }
    if (tile.dirty) {
      const context = surface.canvas.getContext("2d");
      context.putImageData(surface.image, 0, 0, tile.left, tile.top, tile.right - tile.left, tile.bottom - tile.top);
      tile.clean();
    }
    return surface.canvas;
  }
}

/**
 * Where canvas coordinates fall among device pixels: always whole ones, so that tiles meet without a seam.
 * @param {import("./view.js").View} view
 * @param {import("./view.js").Viewport} viewport
 */
export function placement(view, viewport, density) {
  const origin = toScreen(view, viewport, 0, 0);
  const scale = view.zoom * density;
  const x0 = Math.round(origin.x * density), y0 = Math.round(origin.y * density);
  return {
    scale,
    x: (/** @type {number} */ x) => x0 + Math.round(x * scale),
    y: (/** @type {number} */ y) => y0 + Math.round(y * scale),
  };
}

/** @param {HTMLCanvasElement} element @param {{width: number, height: number}} size CSS pixels */
export function resizeTo(element, size, density) {
  const width = Math.max(1, Math.round(size.width * density)), height = Math.max(1, Math.round(size.height * density));
  if (element.width === width && element.height === height) return;
  element.width = width;
  element.height = height;
}
