// Takes back what the user drew last, and draws it again: as ordinary pixels, within the allowance, and only where they are still
// the user's. What has not been sent is simply not sent.

import { wait } from "../limits/cannot_draw.js";
import { pixels, pixelsOf } from "../numbers.js";
import { tell } from "../state.js";
import { paint, tellObstacle } from "./paint.js";
import { t } from "../words/words.js";

/**
 * @typedef {import("../state.js").State} State
 * @typedef {import("../canvas/strokes.js").Change} Change
 *
 * @typedef {object} Ports
 * @property {() => number} now ms of a steady clock
 * @property {() => void} changed
 * @property {() => void} settle nothing is being drawn any more
 * @property {(x: number, y: number) => void} show brings a place into view
 */

const UNDO = {
  nothing: t("Nothing to undo: what was drawn before this page was loaded stays"),
  elsewhere: t("You drew here: undo again to take it back"),
  theirs: t("Not undone: others have painted there since"),
  all: (n) => t("Undone: {pixels}", { pixels: pixels(n) }),
  some: (n, all) => t("Undone: {pixels}. Undo again for the rest", { pixels: pixelsOf(n, all) }),
  kept: (n, all) => t("Undone: {pixels}. Others have painted on the rest since", { pixels: pixelsOf(n, all) }),
};
const REDO = {
  nothing: t("Nothing to redo"),
  elsewhere: t("You drew here: redo again to draw it"),
  theirs: t("Not redone: others have painted there since"),
  all: (n) => t("Redone: {pixels}", { pixels: pixels(n) }),
  some: (n, all) => t("Redone: {pixels}. Redo again for the rest", { pixels: pixelsOf(n, all) }),
  kept: (n, all) => t("Redone: {pixels}. Others have painted on the rest since", { pixels: pixelsOf(n, all) }),
};

export class Undo {
  /** @param {State} state @param {Ports} ports */
  constructor(state, ports) {
    this.state = state;
    this.ports = ports;
  }

  get canUndo() {
    return Boolean(this.state.strokes.last);
  }

  get canRedo() {
    return Boolean(this.state.strokes.lastUndone);
  }

  undo() {
    this.ports.settle();
    const stroke = this.state.strokes.last;
    this.#run(stroke ? [...stroke.changes.values()].filter((change) => change.drawn).reverse() : [], UNDO);
  }

  redo() {
    this.ports.settle();
    const stroke = this.state.strokes.lastUndone;
    this.#run(stroke ? [...stroke.changes.values()].filter((change) => !change.drawn) : [], REDO);
  }

  /** @param {Change[]} changes @param {typeof UNDO} words */
  #run(changes, words) {
    const { state, ports } = this, now = ports.now();
    ports.changed();
    if (changes.length === 0) return tell(state, words.nothing, now);
    const unseen = changes.map((change) => this.#place(change)).find(({ x, y }) => state.canvas.pixel(x, y) === null);
    if (unseen) {
      ports.show(unseen.x, unseen.y);
      return tell(state, words.elsewhere, now);
    }
    let turned = 0, theirs = 0;
    for (const change of changes) {
      const why = this.#turn(change, now);
      if (why === "") turned++;
      else if (why === "theirs") theirs++;
      else return this.#stop(why, change, turned, changes.length, words);
    }
    const all = changes.length;
    tell(state, theirs === 0 ? words.all(all) : turned === 0 ? words.theirs : words.kept(turned, all), now);
  }

  /** Makes a pixel show the other of its two colours. @param {Change} change @returns {import("./paint.js").Obstacle | "theirs"} empty: it does */
  #turn(change, now) {
    const { canvas, pending, strokes } = this.state, { key, drawn } = change;
    const [is, other] = drawn ? [change.after, change.before] : [change.before, change.after];
    const { x, y } = this.#place(change);
    if (canvas.pixel(x, y) !== is) {
      if (change.sure) strokes.forget(change); // or else the server has yet to show it
      return "theirs";
    }
    const unsent = drawn && pending.unsend(key, is);
    if (unsent && canvas.pixel(x, y) === other) {
      strokes.flip(change, true);
      return "";
    }
    const why = paint(this.state, now, { x, y, colour: other });
    if (why === "" || unsent) strokes.flip(change, why !== "");
    return unsent ? "" : why;
  }

  /** Says how far it got, and why not farther. */
  #stop(why, change, turned, all, words) {
    const { state, ports } = this, now = ports.now(), { x, y } = this.#place(change);
    const dot = { x, y, colour: change.drawn ? change.before : change.after };
    const ms = why === "cooldown" ? wait(state, now) : 0;
    if (turned === 0) return tellObstacle(state, why, now, dot);
    tell(state, words.some(turned, all), now, null, ms < Infinity && ms > 0 ? now + ms : 0);
  }

  #place({ key }) {
    const { width } = this.state.canvas.geometry;
    return { x: key % width, y: Math.floor(key / width) };
  }
}
