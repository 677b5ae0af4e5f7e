// What moves the view, for every kind of input: pan, zoom, fit, go to. Also the view's link.

import { withMoment } from "./moment.js";
import { AIM_ZOOM, DRAW_ZOOM, clamp, crisp, fit, flightAt, formatHash, middle, panBy, parseHash, stepZoom, toScreen, zoomAt } from "./view.js";

/**
 * @typedef {import("../state.js").State} State
 * @typedef {import("./view.js").View} View
 *
 * @typedef {object} Ports
 * @property {() => number} now ms of a steady clock
 * @property {() => void} changed the state has
 * @property {() => boolean} calm whether the user asked for less motion
 */

const STEP_TIME = 140; // ms of one step of zoom or pan: long enough to be seen, too short to wait for
const TRIP_TIME = 360; // ms of a flight across the canvas
const SETTLE = 300; // ms after a flight: a press that comes so soon was meant for what was there before
const FOLLOW_MARGIN = 0.15; // of the stage: when the reticule is nearer to the edge, the view follows it
const NEAR = 0.25; // of the stage: whom the view accompanies is not farther from the middle

export class Navigation {
  #zoomsAt = -Infinity; // as state.steadyAt, of flights to another zoom

  /** @param {State} state @param {Ports} ports */
  constructor(state, ports) {
    this.state = state;
    this.ports = ports;
  }

  /**
   * Whether a press means the pixel under it: the view has not just flown. Who aims with the keyboard is led astray only by
   * another zoom: the pixel aimed at moves with the canvas.
   * @param {boolean} [keyboard] the aim is the keyboard's
   */
  steady(keyboard = false) {
    return this.ports.now() >= (keyboard ? this.#zoomsAt : this.state.steadyAt);
  }

  /** Where the view is, or is going. */
  get #target() {
    return this.state.flight?.to ?? this.state.view;
  }

  /** Moves at once, as the hand does. Distances are CSS pixels. */
  drag(dx, dy) {
    this.#own();
    this.#jump(panBy(this.state.view, dx, dy));
  }

  /** Moves the canvas by a distance on the screen, smoothly. */
  pan(dx, dy) {
    this.#own();
    this.#fly(panBy(this.#target, dx, dy), STEP_TIME);
  }

  /**
   * One step closer (direction above 0) or farther.
   * @param {{x: number, y: number}} [at] CSS pixels, what stays where it is
   */
  zoom(direction, at = this.#anchor()) {
    this.zoomTo(stepZoom(this.#target.zoom, direction, this.state.viewport.density), at);
  }

  zoomTo(zoom, at = this.#anchor()) {
    if (!this.state.canvas) return;
    const { geometry } = this.state.canvas;
    const allowed = clamp({ ...this.#target, zoom: crisp(zoom, this.state.viewport.density) }, geometry, this.state.viewport).zoom;
    this.#fly(zoomAt(this.#target, this.state.viewport, allowed, at.x, at.y), STEP_TIME);
  }

  /** Two fingers moved: what was under the point between them stays there. CSS pixels. */
  pinch(factor, fromX, fromY, toX, toY) {
    if (!this.state.canvas) return;
    this.#own();
    const moved = panBy(this.state.view, toX - fromX, toY - fromY);
    const zoom = clamp({ ...moved, zoom: moved.zoom * factor }, this.state.canvas.geometry, this.state.viewport).zoom;
    this.#jump(zoomAt(moved, this.state.viewport, zoom, toX, toY));
  }

  /** The whole canvas. */
  fit() {
    if (!this.state.canvas) return;
    this.#own();
    this.#fly(fit(this.state.canvas.geometry, this.state.viewport), TRIP_TIME);
    this.state.fitted = true;
  }

  /** Brings a place of the canvas to the middle of the screen. */
  goTo(x, y) {
    this.#own();
    this.#fly({ ...this.#target, x, y }, TRIP_TIME);
  }

  /** The same, close enough to see what is there. */
  visit(x, y) {
    this.#own();
    this.#approach(x, y);
  }

  #approach(x, y) {
    const { zoom } = this.#target;
    this.#fly({ x, y, zoom: zoom < DRAW_ZOOM ? crisp(AIM_ZOOM, this.state.viewport.density) : zoom }, TRIP_TIME);
  }

  /** Keeps somebody who moves about well inside the stage. @param {boolean} first the user has just begun to follow them */
  accompany(x, y, first) {
    if (first) return this.#approach(x, y);
    const { width, height, left, top, right, bottom } = this.state.viewport;
    const at = toScreen(this.#target, this.state.viewport, x, y), goal = middle(this.state.viewport);
    const far = Math.abs(at.x - goal.x) > NEAR * (width - left - right) || Math.abs(at.y - goal.y) > NEAR * (height - top - bottom);
    if (far) this.#fly({ ...this.#target, x, y }, TRIP_TIME);
  }

  /** Follows the pointer on the minimap. */
  dragTo(x, y) {
    this.#own();
    this.#jump({ ...this.state.view, x, y });
  }

  /** Moves the view, if need be, so that a pixel is well inside the stage. */
  reveal(x, y) {
    const { width, height, left, top, right, bottom } = this.state.viewport;
    const at = toScreen(this.#target, this.state.viewport, x + 0.5, y + 0.5);
    const short = (value, from, to) => {
      const margin = FOLLOW_MARGIN * (to - from);
      return Math.max(0, from + margin - value) - Math.max(0, value - to + margin);
    };
    const dx = short(at.x, left, width - right), dy = short(at.y, top, height - bottom);
    if (dx !== 0 || dy !== 0) this.pan(dx, dy);
  }

  /** The stage has a new size. @param {import("./view.js").Viewport} viewport */
  resize(viewport) {
    const { state } = this;
    state.viewport = viewport;
    if (state.canvas && state.fitted) {
      state.flight = null;
      state.view = fit(state.canvas.geometry, state.viewport);
    }
    this.ports.changed();
  }

  /** The canvas is known now: shows the place that the link names, or all of it. */
  open(hash) {
    const { state } = this;
    if (!this.#show(parseHash(hash))) {
      state.view = fit(state.canvas.geometry, state.viewport);
      state.fitted = true;
    }
  }

  /** The user has changed the link by hand. */
  follow(hash) {
    if (hash !== this.hash) this.#show(parseHash(hash));
  }

  /** The link's part after the address: where the view is, or is going, and the moment that is shown. */
  get hash() {
    const { canvas, past } = this.state;
    return canvas ? withMoment(formatHash(this.#target, canvas.geometry), past?.marked ?? null) : "";
  }

  /** The same, with a pixel in the middle. */
  hashOf(x, y) {
    const { canvas, past } = this.state, zoom = Math.max(this.#target.zoom, DRAW_ZOOM);
    return withMoment(formatHash({ x, y, zoom }, canvas.geometry), past?.marked ?? null);
  }

  /** Lets time pass. Returns whether the view is still moving. */
  advance(now) {
    const { flight } = this.state;
    if (!flight) return false;
    const { view, arrived } = flightAt(flight, now);
    this.state.view = view;
    if (arrived) this.state.flight = null;
    return !arrived;
  }

  /** @param {View | null} view */
  #show(view) {
    if (!view || !this.state.canvas) return false;
    this.#own();
    this.#jump({ ...view, zoom: crisp(view.zoom, this.state.viewport.density) });
    return true;
  }

  /** The user moves the view, and follows nobody any more. */
  #own() {
    this.state.following = 0;
  }

  /** @param {View} to */
  #jump(to) {
    if (!this.state.canvas) return;
    this.state.view = clamp(to, this.state.canvas.geometry, this.state.viewport);
    this.state.flight = null;
    this.state.fitted = false;
    this.ports.changed();
  }

  /** @param {View} to @param {number} duration ms */
  #fly(to, duration) {
    const { state } = this;
    if (!state.canvas) return;
    const target = clamp(to, state.canvas.geometry, state.viewport);
    const start = this.ports.now();
    state.steadyAt = start + duration + SETTLE; // with less motion too: a double click takes as long
    if (target.zoom !== this.#target.zoom) this.#zoomsAt = state.steadyAt;
    if (this.ports.calm()) return this.#jump(to);
    state.flight = { from: state.view, to: target, start, duration };
    state.fitted = false;
    this.ports.changed();
  }

  /** The point that stays in place when none is given: the pointer, the pixel aimed at, or the middle. CSS pixels. */
  #anchor() {
    const { pointer, reticule, viewport } = this.state;
    if (pointer && !reticule?.keyboard) return pointer;
    if (reticule) {
      const at = toScreen(this.#target, viewport, reticule.x + 0.5, reticule.y + 0.5);
      if (at.x >= 0 && at.y >= 0 && at.x < viewport.width && at.y < viewport.height) return at;
    }
    return middle(viewport);
  }
}
