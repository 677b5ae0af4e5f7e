// Fingers on the stage. One finger draws, once it is clear that no second one follows. Two always pan and zoom. One
// that rests asks who placed the pixel, or picks its colour where there is no record of that.

import { draws, stages } from "./tools.js";
import { AIM_ZOOM, DRAW_ZOOM, toCanvas } from "../view/view.js";

/**
 * @typedef {import("../state.js").State} State
 * @typedef {{x: number, y: number}} Place  CSS pixels of the stage
 *
 * none; waiting: one finger is down and it isn't clear yet what for; late: it will draw when the view, which has just flown, is
 * steady; two: pan and zoom; rest: nothing more until all fingers are up.
 * @typedef {"none" | "waiting" | "late" | "draw" | "pan" | "two" | "rest"} Mode
 *
 * @typedef {object} Ports
 * @property {() => number} now ms of a steady clock
 * @property {(run: () => void, ms: number) => number} setTimeout
 * @property {(id: number) => void} clearTimeout
 */

const SECOND_FINGER = 150; // ms in which a second finger may follow
const MOVED = 8; // CSS pixels: a move so far shows what one finger is for, even before SECOND_FINGER is over
const MOVED_LATER = 3; // CSS pixels, the same after SECOND_FINGER is over
const LONG_PRESS = 500; // ms
const TAP = 400; // ms from the first finger down to the last one up
const TENTATIVE = 300; // ms in which a stroke is taken back if a second finger comes: nothing of it is sent before

export class Touch {
  /** @type {Mode} */
  mode = "none";
  /** @type {Map<number, Place>} by pointer id */
  #fingers = new Map();
  #start = { x: 0, y: 0, time: 0 };
  #timer = 0; // of the long press
  #three = false; // the fingers that are down, three of them, have done nothing but touch
  #held = 0; // timer of the stroke that is tentative; 0: none

  /**
   * @param {State} state
   * @param {import("../view/navigation.js").Navigation} navigation
   * @param {import("./drawing.js").Drawing} drawing
   * @param {import("../record.js").Record} record
   * @param {import("./undo.js").Undo} undo
   * @param {Ports} ports
   */
  constructor(state, navigation, drawing, record, undo, ports) {
    this.state = state;
    this.navigation = navigation;
    this.drawing = drawing;
    this.record = record;
    this.undo = undo;
    this.ports = ports;
  }

  /** @param {Place} at */
  down(id, at) {
    this.#fingers.set(id, at);
    this.ports.clearTimeout(this.#timer);
    if (this.#fingers.size > 1) {
      this.#withdraw();
      this.mode = "two";
      this.#three = this.#fingers.size === 3 && this.ports.now() - this.#start.time < TAP;
      return;
    }
    this.#three = false;
    this.#start = { ...at, time: this.ports.now() };
    this.mode = "waiting";
    this.#timer = this.ports.setTimeout(() => this.#longPress(), LONG_PRESS);
  }

  /** @param {Place} at @param {Place[]} passed on the way, in order */
  move(id, at, passed) {
    const last = this.#fingers.get(id);
    if (!last) return;
    if (this.#three && Math.hypot(at.x - last.x, at.y - last.y) < MOVED) return; // it may be a tap
    this.#three = false;
    if (this.mode === "two") this.#pinch(id, at);
    this.#fingers.set(id, at);
    if (this.mode === "waiting") this.#decide(at);
    if (this.mode === "late" && this.navigation.steady()) this.#begin(at);
    if (this.mode === "pan") this.navigation.drag(at.x - last.x, at.y - last.y);
    if (this.mode === "draw") this.#draw(passed, at);
  }

  /** @param {Place} at */
  up(id, at) {
    if (!this.#fingers.delete(id)) return;
    this.ports.clearTimeout(this.#timer);
    if (this.mode === "waiting") this.#tap(at);
    if (this.#three && this.#fingers.size === 0 && this.ports.now() - this.#start.time < TAP) this.undo.undo();
    this.#release();
    this.mode = this.#fingers.size === 0 ? "none" : "rest";
  }

  cancel(id) {
    this.ports.clearTimeout(this.#timer);
    this.#fingers.delete(id);
    this.#withdraw();
    this.mode = this.#fingers.size === 0 ? "none" : "rest";
  }

  /** The stroke is over, and meant. */
  #release() {
    this.#keep();
    this.drawing.end();
    this.drawing.point(null);
  }

  /** The finger was not there to draw: what it has begun to draw goes away, unless it has been drawing for a while. */
  #withdraw() {
    if (this.#held !== 0 || this.state.shape) this.drawing.withdraw();
    this.#release();
  }

  /** What was drawn is meant, and may be sent. */
  #keep() {
    if (this.#held === 0) return;
    this.ports.clearTimeout(this.#held);
    this.#held = 0;
    this.drawing.keep();
  }

  #tap(at) {
    const pixel = this.#pixel(at);
    const { tool, view, past, selecting } = this.state;
    if (selecting) this.drawing.place(pixel.x, pixel.y);
    else if (past || tool === "inspect") this.record.inspect(pixel.x, pixel.y, true);
    else if (tool === "pick") this.drawing.pick(pixel.x, pixel.y);
    else if (draws(tool) && view.zoom < DRAW_ZOOM) this.navigation.zoomTo(AIM_ZOOM, at);
    else if (draws(tool) && this.navigation.steady()) this.drawing.place(pixel.x, pixel.y);
  }

  #longPress() {
    if (this.mode !== "waiting" || this.state.selecting) return;
    const pixel = this.#pixel(this.#start);
    if (this.record.there) this.record.inspect(pixel.x, pixel.y, true);
    else this.drawing.pick(pixel.x, pixel.y);
    this.mode = "rest";
  }

  #decide(at) {
    const waited = this.ports.now() - this.#start.time >= SECOND_FINGER;
    if (Math.hypot(at.x - this.#start.x, at.y - this.#start.y) < (waited ? MOVED_LATER : MOVED)) return;
    this.ports.clearTimeout(this.#timer);
    if (!this.state.selecting && (!draws(this.state.tool) || this.state.past || stages(this.state) || this.state.view.zoom < DRAW_ZOOM)) {
      this.mode = "pan";
      return;
    }
    this.mode = "late";
    if (this.state.selecting || this.navigation.steady()) this.#begin(this.#start);
  }

  /** Begins a stroke that may still be the first half of a pinch. @param {Place} at */
  #begin(at) {
    this.mode = "draw";
    const first = this.#pixel(at);
    this.drawing.hold();
    this.drawing.begin(first.x, first.y);
    this.#held = this.ports.setTimeout(() => this.#keep(), TENTATIVE);
  }

  #draw(passed, at) {
    this.drawing.point(at);
    if (this.state.flight) return; // the pixels pass below the finger
    for (const place of [...passed, at]) {
      const pixel = this.#pixel(place);
      this.drawing.to(pixel.x, pixel.y);
    }
  }

  /** The finger with this id, one of two, moves to a place. Further fingers don't matter. */
  #pinch(id, at) {
    const [[firstId, first], [secondId, second]] = this.#fingers;
    if (id !== firstId && id !== secondId) return;
    const still = id === firstId ? second : first;
    const was = id === firstId ? first : second;
    const distance = (a, b) => Math.max(1, Math.hypot(a.x - b.x, a.y - b.y));
    this.navigation.pinch(
      distance(at, still) / distance(was, still),
      (was.x + still.x) / 2, (was.y + still.y) / 2,
      (at.x + still.x) / 2, (at.y + still.y) / 2,
    );
  }

  #pixel(at) {
    const { x, y } = toCanvas(this.state.view, this.state.viewport, at.x, at.y);
    return { x: Math.floor(x), y: Math.floor(y) };
  }
}
