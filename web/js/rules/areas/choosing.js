// Choosing a part of the canvas: a rectangle by its corners, or painted pixels. By mouse, finger and keyboard alike, since all
// of them draw strokes. It holds what is chosen; a bar at the top says what to do and ends it.

import { line } from "../../geometry.js";
import { pixels } from "../../numbers.js";
import { say, tell } from "../../state.js";
import { button, make } from "../../ui/elements.js";
import { setHidden, setText } from "../../ui/dom.js";
import { clip, maskOf, rectOf } from "./shapes.js";
import { plural, t } from "../../words/words.js";

/**
 * @typedef {import("./outline.js").Shape} Shape
 * @typedef {"rectangle" | "paint"} Kind
 */

const BRUSH = [1, 3, 9]; // pixels across
const MOST = 4096; // pixels of a side

export class Choosing {
  /** @type {Kind} */
  #kind = "rectangle";
  #corner = /** @type {{x: number, y: number} | null} */ (null); // the first one
  #far = { x: 0, y: 0 };
  #painted = /** @type {Set<number>} */ (new Set()); // y * width of the canvas + x
  #brush = BRUSH[1];
  #erases = false;
  #done = /** @type {((shape: Shape | null) => void) | null} */ (null);
  #click = false; // the stroke has not left its first pixel

  /** @param {import("../../state.js").State} state @param {{now: () => number, changed: () => void, marks: Map<string, any>}} ports */
  constructor(state, ports) {
    this.state = state;
    this.ports = ports;
    this.#makeBar();
  }

  /** Lets the user choose. @param {Kind} kind @returns {Promise<Shape | null>} null: they let it be */
  choose(kind) {
    this.cancel();
    this.#kind = kind;
    this.#corner = null;
    this.#painted = new Set();
    this.#erases = false;
    this.state.selecting = { begin: (x, y) => this.#begin(x, y), to: (x, y) => this.#to(x, y), end: () => this.#end() };
    setHidden(this.bar, false);
    setHidden(this.brushes, kind !== "paint");
    this.#show();
    document.getElementById("stage")?.focus({ preventScroll: true });
    tell(this.state, kind === "rectangle" ? t("Choose two corners: drag, or aim with the arrows and press Enter twice") : t("Paint the pixels: drag, or aim with the arrows and press Enter"), this.ports.now());
    return new Promise((resolve) => (this.#done = resolve));
  }

  /** @returns {boolean} whether something was being chosen */
  cancel() {
    return this.#finish(null);
  }

  /** What is chosen so far. @returns {Shape | null} */
  get shape() {
    const { geometry } = this.state.canvas;
    if (this.#kind === "rectangle") return this.#corner && clip(rectOf(this.#corner, this.#far), geometry);
    return maskOf(this.#painted, geometry.width);
  }

  #begin(x, y) {
    const second = this.#kind === "rectangle" && this.#click && this.#corner;
    this.#click = !second;
    if (this.#kind === "paint") this.#dab(x, y);
    else if (!second) this.#corner = { x, y };
    this.#far = { x, y };
    this.#show();
  }

  #to(x, y) {
    if (x === this.#far.x && y === this.#far.y) return;
    this.#click = false;
    if (this.#kind === "paint") line(this.#far.x, this.#far.y, x, y, (px, py) => this.#dab(px, py));
    this.#far = { x, y };
    this.#show();
  }

  #end() {
    this.#show();
    const { shape } = this;
    if (this.#kind === "rectangle" && shape) say(this.state, this.#click ? t("First corner: choose the other one") : t("{width} by {height} pixels chosen", { width: shape.width, height: shape.height }));
  }

  #dab(x, y) {
    const { width, height } = this.state.canvas.geometry, reach = (this.#brush - 1) / 2;
    for (let py = Math.max(0, y - reach); py <= Math.min(height - 1, y + reach); py++) {
      for (let px = Math.max(0, x - reach); px <= Math.min(width - 1, x + reach); px++) {
        if (this.#erases) this.#painted.delete(py * width + px);
        else this.#painted.add(py * width + px);
      }
    }
  }

  #finish(shape) {
    const done = this.#done;
    if (!done) return false;
    this.#done = null;
    this.state.selecting = null;
    this.ports.marks.delete("choosing");
    setHidden(this.bar, true);
    this.ports.changed();
    done(shape);
    return true;
  }

  #show() {
    const { shape } = this, large = shape !== null && (shape.width > MOST || shape.height > MOST);
    if (shape) this.ports.marks.set("choosing", { shape, hatch: 0.35, dashed: true });
    else this.ports.marks.delete("choosing");
    const count = this.#kind === "paint" ? pixels(this.#painted.size) : shape ? `${shape.width} × ${shape.height}` : t("no corner yet");
    setText(this.words, this.#kind === "paint" ? t("Paint what counts · {count}", { count }) : t("Choose two corners · {count}", { count }));
    this.take.disabled = !shape || large;
    this.ports.changed();
  }

  #makeBar() {
    this.words = make("span");
    this.take = button(t("Done"), "primary", () => this.#finish(this.shape));
    const sizes = BRUSH.map((size) => {
      const each = button(`${size}`, "", () => {
        this.#brush = size;
        press();
      });
      each.setAttribute("aria-label", plural(size, "Brush of 1 pixel", "Brush of {n} pixels"));
      return each;
    });
    const rubber = button(t("Rub out"), "", () => {
      this.#erases = !this.#erases;
      press();
    });
    const press = () => {
      sizes.forEach((each, i) => each.setAttribute("aria-pressed", String(BRUSH[i] === this.#brush)));
      rubber.setAttribute("aria-pressed", String(this.#erases));
    };
    press();
    this.brushes = make("span", [...sizes, rubber], "brushes");
    this.bar = make("section", [this.words, this.brushes, this.take, button(t("Cancel"), "", () => this.cancel())], "banner panel choosing");
    this.bar.setAttribute("aria-label", t("Choose a part of the canvas"));
    this.bar.hidden = true;
    document.querySelector(".notices")?.prepend(this.bar);
  }
}
