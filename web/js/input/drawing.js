// What a user does to the canvas, for every kind of input: tool and colour, aiming, strokes, picking a colour.

import { nameOf } from "../colour.js";
import { contains, line, pixelNear } from "../geometry.js";
import { nearest, offered } from "../limits/offered.js";
import { MAX_RECENT, say, shownCanvas, tell } from "../state.js";
import { pixels, pixelsOf } from "../numbers.js";
import { hindrance } from "../limits/cannot_draw.js";
import { MAX_BRUSH, MAX_FILL, draws, outline, spans, stages, stamp } from "./tools.js";
import { paint, tellObstacle } from "./paint.js";
import { DRAW_ZOOM, toCanvas } from "../view/view.js";
import { plural, t } from "../words/words.js";

/**
 * @typedef {import("../state.js").State} State
 * @typedef {{now: () => number, changed: () => void, stage?: (x: number, y: number) => void}} Ports  now: ms of a steady clock; stage: a pixel, for the user to
 *   confirm it
 */

export class Drawing {
  /** The last pixel of the stroke being drawn, what it has drawn, and of how many pixels if that is known. */
  #stroke = /** @type {{x: number, y: number, log: import("../canvas/strokes.js").Stroke, planned: number} | null} */ (null);

  #selects = false; // the stroke chooses a part of the canvas

  /** @param {State} state @param {Ports} ports */
  constructor(state, ports) {
    this.state = state;
    this.ports = ports;
  }

  get drawing() {
    return this.#stroke !== null || this.#selects;
  }

  /** @param {import("../state.js").Tool} tool */
  choose(tool) {
    this.settle();
    this.state.tool = tool;
    this.ports.changed();
  }

  /** Draws with a colour from now on, or with the one most like it that may be placed. @returns {number} with which */
  setColour(wanted) {
    this.settle();
    const now = this.ports.now(), colour = nearest(this.state, wanted, now);
    this.state.colour = colour;
    if (!draws(this.state.tool)) this.state.tool = "pencil";
    say(this.state, t("Colour {colour}", { colour: nameOf(colour) }));
    if (colour !== wanted) tell(this.state, t("{colour} is the nearest colour that may be placed", { colour: nameOf(colour) }), now, colour);
    this.ports.changed();
    return colour;
  }

  /** Draws that broadly from now on. @param {number} brush pixels */
  setBrush(brush) {
    this.state.brush = Math.min(MAX_BRUSH, Math.max(1, brush));
    say(this.state, plural(this.state.brush, "Brush of 1 pixel", "Brush of {n} pixels"));
    this.ports.changed();
  }

  /** Takes the colour of a pixel. */
  pick(x, y) {
    const colour = shownCanvas(this.state)?.pixel(x, y) ?? null;
    if (colour === null || this.state.embedded) return;
    const taken = this.setColour(colour);
    const what = { colour: nameOf(taken), place: `${x}, ${y}` };
    const text = taken === colour ? t("Picked {colour} from {place}", what) : t("Picked {colour}, the nearest to the colour, from {place}", what);
    tell(this.state, text, this.ports.now(), taken);
  }

  /** The pointer is over the stage, at CSS pixels; null: it is not. @param {{x: number, y: number} | null} at */
  point(at) {
    const { state } = this;
    state.pointer = at;
    if (at ? state.reticule?.keyboard : !state.reticule?.keyboard) state.reticule = null;
    this.ports.changed();
  }

  /** Aims at what is under the pointer, or fingers at the middle, since pointer and view may have moved since the last frame. */
  follow() {
    const { canvas, fingers, pointer, reticule, staged, view, viewport } = this.state;
    if (!canvas || reticule?.keyboard) return;
    const middle = fingers && staged.size === 0 && view.zoom >= DRAW_ZOOM && stages(this.state) ? view : null;
    const at = pointer ? toCanvas(view, viewport, pointer.x, pointer.y) : middle;
    if (at) this.#aim(Math.floor(at.x), Math.floor(at.y), false);
    else this.state.reticule = null;
  }

  /** Moves the aim by the keyboard, by a distance in pixels. The first move begins in the middle of the screen. */
  move(dx, dy) {
    const { canvas, reticule, view } = this.state;
    if (!canvas) return;
    const from = reticule ?? view, { x, y } = pixelNear(canvas.geometry, from.x + dx, from.y + dy);
    this.#aim(x, y, true);
    if (this.state.shape && this.state.reticule) this.to(this.state.reticule.x, this.state.reticule.y);
    this.ports.changed();
  }

  /** Lets go of what was begun as a whole, or else aims at nothing. */
  letGo() {
    const { shape } = this.state;
    this.settle();
    if (shape) return;
    this.state.reticule = null;
    if (this.state.tool === "pick" || this.state.tool === "inspect") this.state.tool = "pencil";
    this.ports.changed();
  }

  #aim(x, y, keyboard) {
    const { state } = this;
    state.reticule = contains(state.canvas.geometry, x, y) ? { x, y, keyboard } : null;
  }

  /** Places one pixel, or stages it. */
  place(x, y) {
    if (stages(this.state)) return this.ports.stage?.(x, y);
    this.begin(x, y);
    this.end();
  }

  /** Places pixels as one stroke, each in its colour, as far as that goes. @param {import("../limits/cannot_draw.js").Dot[]} dots on the canvas @returns {number} how many */
  placeAll(dots) {
    this.settle();
    if (!this.state.pending || dots.length === 0) return 0;
    const log = this.state.strokes.begin();
    this.#stroke = { ...dots[dots.length - 1], log, planned: dots.length };
    for (const { x, y, colour } of dots) this.#dot(x, y, colour);
    this.end();
    return log.drawn;
  }

  /** Begins a stroke. (x, y) may be off the canvas, here and below. */
  begin(x, y) {
    this.settle();
    const { selecting } = this.state;
    if (selecting) {
      this.#selects = true;
      return selecting.begin(x, y);
    }
    if (!this.state.pending) return;
    if (!spans(this.state.tool)) {
      this.#stroke = { x, y, log: this.state.strokes.begin(), planned: 0 };
      return this.#stamp(x, y);
    }
    const why = hindrance(this.state, this.ports.now());
    if (why) return this.#hinder(why, { x, y, colour: this.state.colour });
    this.state.shape = { from: { x, y }, to: { x, y } };
    this.ports.changed();
  }

  /** Continues the stroke to a pixel, without a gap. */
  to(x, y) {
    const from = this.#stroke, { shape } = this.state;
    if (this.#selects) this.state.selecting?.to(x, y);
    if (shape) {
      shape.to = { x, y };
      return this.ports.changed();
    }
    if (!from || (from.x === x && from.y === y)) return;
    line(from.x, from.y, x, y, (px, py) => {
      if (px !== from.x || py !== from.y) this.#stamp(px, py);
    });
    if (!this.#stroke) return;
    this.#stroke.x = x;
    this.#stroke.y = y;
  }

  /** What is drawn from now on is tentative: it is not sent before keep(). */
  hold() {
    this.state.pending?.hold();
  }

  keep() {
    this.state.pending?.keep();
    this.ports.changed();
  }

  /** Takes back what is tentative, without a trace, and ends the stroke. */
  withdraw() {
    const { pending, strokes } = this.state;
    this.#stroke = this.state.shape = null;
    for (const dots of pending?.withdraw() ?? []) strokes.refused(dots);
    this.ports.changed();
  }

  /** Nothing is being drawn any more. What would have been drawn as a whole is not. */
  settle() {
    this.state.shape = null;
    this.end();
    this.ports.changed();
  }

  end() {
    const { shape } = this.state;
    if (shape) {
      this.state.shape = null;
      this.#span(shape);
    }
    const stroke = this.#stroke;
    if (this.#selects) {
      this.#selects = false;
      this.state.selecting?.end();
    }
    if (!stroke) return;
    this.#stroke = null;
    if (stroke.log.drawn === 0) return;
    this.state.drew = true;
    say(this.state, summary(nameOf(this.state.colour), stroke));
    this.#remember(this.state.colour);
    this.ports.changed();
  }

  /** Draws as a whole what the tool made, as far as that goes. @param {import("./tools.js").Span} span */
  #span(span) {
    const { brush, canvas, colour, strokes, tool } = this.state;
    const planned = outline(tool, span, brush, colour, canvas);
    if (!planned) return tell(this.state, t("Not filled: that is no closed area of up to {pixels}", { pixels: pixels(MAX_FILL) }), this.ports.now());
    this.#stroke = { ...span.to, log: strokes.begin(), planned: planned.length };
    for (const { x, y } of planned) this.#dot(x, y);
  }

  /** Draws what the brush covers. */
  #stamp(x, y) {
    stamp(x, y, this.state.brush, (px, py) => this.#dot(px, py));
  }

  #dot(x, y, colour = this.state.colour) {
    const { canvas, strokes } = this.state, stroke = this.#stroke;
    if (!stroke || !contains(canvas.geometry, x, y)) return;
    const key = y * canvas.geometry.width + x, before = canvas.pixel(x, y);
    if (before === colour && stroke.log.changes.get(key)?.after === colour) return; // the stroke has been here already
    const dot = { x, y, colour }, why = paint(this.state, this.ports.now(), dot);
    if (why) return this.#hinder(why, dot);
    strokes.add(stroke.log, key, before, colour);
    this.ports.changed();
  }

  /** Ends the stroke where the server would. @param {import("./paint.js").Obstacle} why @param {import("../limits/cannot_draw.js").Dot} dot */
  #hinder(why, dot) {
    const { state } = this, now = this.ports.now();
    const stroke = this.#stroke;
    const done = stroke?.planned && stroke.log.drawn > 0 ? `${t("Drawn: {pixels}.", { pixels: pixelsOf(stroke.log.drawn, stroke.planned) })} ` : "";
    this.end();
    tellObstacle(state, why, now, dot, done);
    this.ports.changed();
  }

  /** Adds a colour to the recent ones, unless it is offered anyway. A colour that is among them already stays where it is. */
  #remember(colour) {
    const { recent } = this.state;
    if (recent.includes(colour) || offered(this.state, this.ports.now()).some((offer) => offer.colour === colour)) return;
    this.state.recent = [colour, ...recent].slice(0, MAX_RECENT);
  }
}

/** What a stroke has drawn, without what was refused meanwhile. */
function summary(colour, { x, y, log: { drawn, refused } }) {
  const place = `${x}, ${y}`, painted = refused > 0 ? pixelsOf(drawn - refused, drawn) : pixels(drawn);
  return drawn === 1 && refused === 0 ? t("{colour} at {place}", { colour, place }) : t("{colour} on {pixels} up to {place}", { colour, pixels: painted, place });
}
