// Draws templates over the canvas, on a surface of its own below the grid: anew only when the view or they have changed. Each has
// its pixels as a picture already; those shown as dots are drawn together and cut into dots at once, so many cost little more than one.

import { placement, resizeTo } from "../view/stage.js";
import { visibleRect } from "../view/view.js";

/**
 * @typedef {import("../state.js").State} State
 * @typedef {import("./template.js").Template} Template
 * @typedef {ReturnType<typeof placement>} Place
 * @typedef {{canvas: HTMLCanvasElement, words: Uint32Array | null, version: number}} Surface  of what it is a picture; version: of
 *   what is wrong, 0: of all
 */

const PAUSE = 100; // ms between two drawings while only the canvas below changes
const DOTS_FROM = 3; // device pixels of a pixel: in smaller ones there is no room for a dot

export class Layer {
  /** @type {WeakMap<Template, Surface>} */
  #surfaces = new WeakMap();
  #drawn = "";
  #drawnAt = -Infinity;
  #dots = { size: 0, canvas: document.createElement("canvas") };
  #scratch = document.createElement("canvas");

  /** @param {HTMLElement} stage it is drawn below */
  constructor(stage) {
    this.element = document.createElement("canvas");
    this.element.setAttribute("aria-hidden", "true");
    this.element.id = "template-layer";
    stage.before(this.element);
    this.context = /** @type {CanvasRenderingContext2D} */ (this.element.getContext("2d"));
  }

  /**
   * @param {State} state
   * @param {Template[]} templates those that are shown, the lowest first
   * @param {{x: number, y: number, width: number, height: number}[]} framed what is outlined
   * @returns {number} ms until it wants to be drawn again
   */
  draw({ view, viewport, canvas }, templates, framed, theme, density, now) {
    if (!canvas) return Infinity;
    const size = resized(this.element, viewport, density);
    const drawn = [view.x, view.y, view.zoom, ...Object.values(viewport), density, theme.name, ...framed.map(({ x, y, width }) => `${x} ${y} ${width}`),
      ...templates.map(({ id, version, showing }) => `${id} ${version} ${showing.look} ${showing.opacity}`)].join();
    if (drawn === this.#drawn && !size) {
      if (!templates.some(({ showing, progress }) => showing.look === "wrong" && progress.dirty.right > 0)) return Infinity;
      if (now - this.#drawnAt < PAUSE) return PAUSE - (now - this.#drawnAt);
    }
    this.#drawn = drawn;
    this.#drawnAt = now;
    const place = placement(view, viewport, density), seen = visibleRect(view, viewport), dotted = place.scale >= DOTS_FROM;
    this.context.clearRect(0, 0, this.element.width, this.element.height);
    const isDotted = (/** @type {Template} */ { showing }) => dotted && showing.look !== "whole";
    for (const each of templates) if (!isDotted(each)) this.#drawOne(this.context, each, place, seen);
    this.#drawDotted(templates.filter(isDotted), place, seen);
    for (const each of framed) this.#frame(each, place, theme, density);
    return Infinity;
  }

  /** @param {Template[]} templates @param {Place} place */
  #drawDotted(templates, place, seen) {
    if (templates.length === 0) return;
    const { width, height } = this.element, context = /** @type {CanvasRenderingContext2D} */ (this.#scratch.getContext("2d"));
    Object.assign(this.#scratch, { width, height }); // which clears it
    for (const each of templates) this.#drawOne(context, each, place, seen);
    context.globalCompositeOperation = "destination-in";
    context.globalAlpha = 1;
    context.fillStyle = this.#pattern(context, place);
    context.fillRect(0, 0, width, height);
    this.context.globalAlpha = 1;
    this.context.drawImage(this.#scratch, 0, 0);
  }

  /** Dots in the middle of all pixels. @param {Place} place */
  #pattern(context, place) {
    const size = Math.max(DOTS_FROM, Math.round(place.scale)), dots = this.#dots;
    if (dots.size !== size) {
      dots.size = size;
      Object.assign(dots.canvas, { width: size, height: size });
      const dot = Math.max(1, Math.round(size * 0.42)), even = dot + ((size - dot) % 2);
      dots.canvas.getContext("2d")?.fillRect((size - even) / 2, (size - even) / 2, even, even);
    }
    const pattern = context.createPattern(dots.canvas, "repeat");
    pattern.setTransform(new DOMMatrix([place.scale / size, 0, 0, place.scale / size, place.x(0), place.y(0)]));
    return pattern;
  }

  /** Draws the part of it that is seen. @param {CanvasRenderingContext2D} context @param {Template} template @param {Place} place */
  #drawOne(context, template, place, seen) {
    const left = Math.max(template.x, Math.floor(seen.x)), right = Math.min(template.x + template.width, Math.ceil(seen.x + seen.width));
    const top = Math.max(template.y, Math.floor(seen.y)), bottom = Math.min(template.y + template.height, Math.ceil(seen.y + seen.height));
    if (left >= right || top >= bottom) return;
    context.globalAlpha = template.showing.opacity;
    context.imageSmoothingEnabled = place.scale < 1;
    context.drawImage(this.#surface(template), left - template.x, top - template.y, right - left, bottom - top, place.x(left), place.y(top), place.x(right) - place.x(left), place.y(bottom) - place.y(top));
  }

  /** Its pixels, or those where the canvas differs, brought up to date. @param {Template} template */
  #surface(template) {
    const { width, height, words, version, progress } = template, onlyWrong = template.showing.look === "wrong";
    let surface = this.#surfaces.get(template);
    if (!surface) this.#surfaces.set(template, (surface = { canvas: document.createElement("canvas"), words: null, version: 0 }));
    const context = /** @type {CanvasRenderingContext2D} */ (surface.canvas.getContext("2d")), drawn = onlyWrong ? version : 0;
    if (words !== surface.words || drawn !== surface.version) {
      Object.assign(surface, { words, version: drawn });
      Object.assign(surface.canvas, { width, height });
      paint(context, template, { left: 0, top: 0, right: width, bottom: height });
      progress.clean();
    } else if (onlyWrong && progress.dirty.right > 0) {
      paint(context, template, progress.dirty);
      progress.clean();
    }
    return surface.canvas;
  }

  /** Outlines a part of the canvas. @param {Place} place */
  #frame({ x, y, width, height }, place, theme, density) {
    const { context } = this, left = place.x(x), top = place.y(y), right = place.x(x + width), bottom = place.y(y + height);
    for (const [style, wide, dash] of [["#fff", 4, []], [theme.accent, 2, [6, 4]]]) {
      context.globalAlpha = 1;
      context.strokeStyle = style;
      context.lineWidth = wide * density;
      context.setLineDash(dash.map((each) => each * density));
      context.strokeRect(left, top, right - left, bottom - top);
    }
    context.setLineDash([]);
  }
}

/** Paints a part of a template, in its own pixels. @param {Template} template */
function paint(context, { words, width, showing, progress }, { left, top, right, bottom }) {
  const wide = right - left, part = new Uint32Array(wide * (bottom - top)), onlyWrong = showing.look === "wrong";
  for (let y = top, to = 0; y < bottom; y++) {
    for (let from = y * width + left; from < y * width + right; from++, to++) if (!onlyWrong || progress.isWrong(from)) part[to] = words[from];
  }
  context.putImageData(new ImageData(new Uint8ClampedArray(part.buffer), wide, bottom - top), left, top);
}

/** Gives it the stage's size. @returns {boolean} whether it had another */
function resized(element, viewport, density) {
  const { width, height } = element;
  resizeTo(element, viewport, density);
  return width !== element.width || height !== element.height;
}
