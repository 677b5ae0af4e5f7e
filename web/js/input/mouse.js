// Mouse, pen and wheel on the stage: what they mean for the tool in hand.

import { stages } from "./tools.js";
import { AIM_ZOOM, DRAW_ZOOM, toCanvas } from "../view/view.js";

/**
 * @typedef {import("../state.js").State} State
 * @typedef {"none" | "draw" | "pan" | "late" | "stage" | "aim" | "look" | "pick" | "meet"} Mode  late: a click does nothing, since
 *   the view has just flown, and a drag draws when it is steady. A drag pans in "stage", where a click will stage a pixel, in "aim",
 *   where it will zoom in, in "look", where it will show who placed the pixel, and in "meet", where it will follow somebody.
 */

const CLICK = 4; // CSS pixels that the pointer may move during a click
const NOTCH = 100; // CSS pixels of scrolling that make one step of zoom: one notch of most wheels
const PINCH_NOTCH = 24; // the same for a touchpad's pinch, which arrives as scrolling with Ctrl
const PIXELS = 0; // WheelEvent.DOM_DELTA_PIXEL
const LINE = 40; // CSS pixels of one line, where a wheel counts in lines
const PAUSE = 300; // ms without scrolling after which it begins anew

const PANS = new Set(["aim", "look", "meet", "stage"]); // modes in which a drag moves the canvas

export class Mouse {
  /** @type {Mode} */
  mode = "none";
  #last = { x: 0, y: 0 };
  #start = { x: 0, y: 0 };
  #scrolled = 0;
  #scrolledAt = 0;
  #met = 0; // whom the press was on

  /**
   * @param {HTMLElement} stage
   * @param {State} state
   * @param {import("../view/navigation.js").Navigation} navigation
   * @param {import("./drawing.js").Drawing} drawing
   * @param {import("./keyboard.js").Space} space
   * @param {import("../record.js").Record} record
   * @param {import("../people/following.js").Following} following
   */
  constructor(stage, state, navigation, drawing, space, record, following) {
    this.stage = stage;
    this.state = state;
    this.navigation = navigation;
    this.drawing = drawing;
    this.space = space;
    this.record = record;
    this.following = following;
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (this.mode !== "none") return;
    const at = { x: event.offsetX, y: event.offsetY };
    this.#start = this.#last = at;
    this.drawing.point(at);
    this.#begin(this.#modeFor(event), this.#pixel(at));
  }

  /** @param {Mode} mode */
  #begin(mode, pixel) {
    this.mode = mode;
    if (mode === "pick") this.drawing.pick(pixel.x, pixel.y);
    if (mode === "draw") this.drawing.begin(pixel.x, pixel.y);
  }

  /** @param {PointerEvent} event */
  move(event) {
    const at = { x: event.offsetX, y: event.offsetY };
    this.drawing.point(at);
    const drags = Math.hypot(at.x - this.#start.x, at.y - this.#start.y) > CLICK;
    if (PANS.has(this.mode) && drags) this.mode = "pan";
    if (this.mode === "late" && drags && this.navigation.steady()) this.#begin("draw", this.#pixel(at));
    if (this.mode === "pan") this.navigation.drag(at.x - this.#last.x, at.y - this.#last.y);
    if (this.mode === "draw") this.#draw(event, at);
    this.#last = at;
  }

  /** @param {PointerEvent} event */
  up(event) {
    const at = { x: event.offsetX, y: event.offsetY }, pixel = this.#pixel(at);
    if (this.mode === "aim") this.navigation.zoomTo(AIM_ZOOM, at);
    if (this.mode === "look") this.record.inspect(pixel.x, pixel.y, true);
    if (this.mode === "meet") this.following.follow(this.#met);
    if (this.mode === "stage" && this.navigation.steady()) this.drawing.place(pixel.x, pixel.y);
    this.drawing.end();
    this.mode = "none";
  }

  /** The user has turned to something else. */
  cancel() {
    this.drawing.settle();
    this.mode = "none";
  }

  leave() {
    this.drawing.point(null);
  }

  /** Whose pointer or name the hand is on; 0: nobody's. Other tools draw there. */
  get pointsAt() {
    const { people, pointer, tool } = this.state;
    return tool === "hand" && pointer ? people.at(pointer.x, pointer.y) : 0;
  }

  /**
   * Up and down zooms, sideways moves.
   * @param {WheelEvent} event
   * @param {{x: number, y: number}} at CSS pixels of the stage: what stays where it is
   */
  wheel(event, at) {
    event.preventDefault();
    const scale = event.deltaMode === PIXELS ? 1 : LINE;
    const sideways = event.shiftKey && event.deltaX === 0; // so it arrives in some browsers
    const [dx, dy] = sideways ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
    if (Math.abs(dx) > Math.abs(dy)) return this.navigation.drag(-dx * scale, 0);
    const notch = event.ctrlKey ? PINCH_NOTCH : NOTCH;
    if (event.timeStamp - this.#scrolledAt > PAUSE || Math.sign(dy) !== Math.sign(this.#scrolled)) this.#scrolled = 0;
    this.#scrolledAt = event.timeStamp;
    this.#scrolled += dy * scale;
    if (Math.abs(this.#scrolled) < notch) return;
    const direction = -Math.sign(this.#scrolled);
    this.#scrolled = 0;
    this.navigation.zoom(direction, at);
  }

  /** @param {PointerEvent} event @returns {Mode} */
  #modeFor(event) {
    const { tool, view } = this.state;
    if (this.space.held) {
      this.space.used = true;
      return "pan";
    }
    if (event.button === 0 && this.pointsAt > 0) {
      this.#met = this.pointsAt;
      return "meet";
    }
    if (event.button === 1 || event.button === 2 || tool === "hand") return "pan";
    if (this.state.selecting) return "draw";
    if (event.altKey || tool === "pick") return "pick";
    if (this.state.past || tool === "inspect") return "look";
    if (view.zoom < DRAW_ZOOM) return "aim";
    if (stages(this.state)) return "stage";
    return this.navigation.steady() ? "draw" : "late";
  }

  /** Draws through all places where the pointer has been since the last frame, not just the last one. */
  #draw(event, at) {
    if (this.state.flight) return; // the pixels pass below the pointer
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const each of passed) {
      // offsetX of a coalesced event is not reliable in all browsers.
      const pixel = this.#pixel({ x: at.x + each.clientX - event.clientX, y: at.y + each.clientY - event.clientY });
      this.drawing.to(pixel.x, pixel.y);
    }
    const pixel = this.#pixel(at);
    this.drawing.to(pixel.x, pixel.y);
  }

  #pixel(at) {
    const { x, y } = toCanvas(this.state.view, this.state.viewport, at.x, at.y);
    return { x: Math.floor(x), y: Math.floor(y) };
  }
}
