// One template: a picture, where on the canvas it is to be drawn, and how it is shown.

import { fromWord, toWord } from "../colour.js";
import { MOST_PIXELS, fits, heightFor, scaled } from "./picture.js";
import { Progress } from "./progress.js";
import { t } from "../words/words.js";

/**
 * @typedef {import("./picture.js").Picture} Picture
 * @typedef {"whole" | "dots" | "wrong"} Look  whole: the picture; dots: one in the middle of each pixel; wrong: these where the canvas differs
 *
 * How it is shown, which is the user's choice also for a template of the team.
 * @typedef {{shown: boolean, look: Look, opacity: number}} Showing  opacity: 0.1 to 1
 *
 * @typedef {object} Placing
 * @property {string} name
 * @property {number} x of its left column on the canvas; it may reach beyond
 * @property {number} y
 * @property {number} width pixels of the canvas
 * @property {boolean} locked
 */

/** @type {readonly Look[]} */
export const LOOKS = ["dots", "whole", "wrong"];
export const FAR = 65_536; // pixels from the canvas's corner
export const LONGEST_NAME = 60; // characters

/** @type {Showing} */
export const AT_FIRST = { shown: true, look: "dots", opacity: 1 };

export class Template {
  static #versions = 0;

  /** Another one when its pixels or its place change, and no other template's. */
  version = 0;
  progress = new Progress();
  x = 0;
  y = 0;
  #fitting = /** @type {readonly number[] | null} */ (null); // the colours that it is shown in; null: its own

  /**
   * @param {string} id
   * @param {Picture} picture
   * @param {Partial<Placing>} placing
   * @param {{team?: boolean, address?: string, file?: Uint8Array<ArrayBuffer>}} [source] team: the server has it in its list; address: where the picture is; file: its bytes
   */
  constructor(id, picture, placing = {}, source = {}) {
    this.id = id;
    this.picture = picture;
    this.team = source.team ?? false;
    this.address = source.address ?? "";
    this.file = source.file ?? null;
    this.locked = false;
    /** @type {Showing} */
    this.showing = { ...AT_FIRST };
    const width = mayBe(picture, placing.width ?? 0) ? placing.width : picture.width;
    this.place({ name: "", x: 0, y: 0, ...placing, width });
  }

  /** Changes what is named. What can't be is as it was. @param {Partial<Placing>} wanted */
  place({ name, x, y, width, locked }) {
    const before = `${this.x},${this.y},${this.width}`;
    if (name !== undefined) this.name = cleanTitle(name) || t("Template");
    if (Number.isFinite(x)) this.x = bounded(x, -FAR, FAR);
    if (Number.isFinite(y)) this.y = bounded(y, -FAR, FAR);
    if (Number.isFinite(width)) this.#resize(bounded(width, 1, FAR));
    if (locked !== undefined) this.locked = locked;
    if (this.version === 0 || `${this.x},${this.y},${this.width}` !== before) this.#changed();
  }

  /** @param {Partial<Showing>} wanted */
  show({ shown, look, opacity }) {
    const { showing } = this;
    if (typeof shown === "boolean") showing.shown = shown;
    if (look && LOOKS.includes(look)) showing.look = look;
    if (Number.isFinite(opacity)) showing.opacity = Math.min(1, Math.max(0.1, opacity));
  }

  #resize(width) {
    if (width === this.width || width * heightFor(this.picture, width) > MOST_PIXELS) return;
    this.scaled = scaled(this.picture, width);
    this.width = width;
    this.height = this.scaled.height;
    this.#paint();
  }

  /**
   * Where only some colours may be placed, it is shown, and counted, in those that are most like its own.
   * @param {readonly number[] | null} colours null: any may be
   * @param {(colour: number) => number} nearest
   */
  fit(colours, nearest) {
    if (colours === this.#fitting) return;
    this.#fitting = colours;
    this.nearest = nearest;
    this.#paint();
    this.#changed();
  }

  #paint() {
    const { words } = this.scaled, { nearest } = this;
    if (!this.#fitting || !nearest) {
      this.words = words;
      return;
    }
    const known = new Map([[0, 0]]);
    this.words = words.map((word) => {
      let to = known.get(word);
      if (to === undefined) known.set(word, (to = toWord(nearest(fromWord(word)))));
      return to;
    });
  }

  #changed() {
    this.version = ++Template.#versions;
    this.progress.reset(this);
  }

  /** The colour wanted at a pixel of the canvas; null: none is. */
  colourAt(x, y) {
    const dx = x - this.x, dy = y - this.y;
    if (dx < 0 || dy < 0 || dx >= this.width || dy >= this.height) return null;
    const word = this.words[dy * this.width + dx];
    return word ? fromWord(word) : null;
  }
}

/** Whether a picture may be shown so wide. @param {Picture} picture */
export function mayBe(picture, width) {
  try {
    fits({ width, height: heightFor(picture, width) });
    return width >= 1 && width <= FAR;
  } catch {
    return false;
  }
}

/** A name without what can't be seen. */
export function cleanTitle(text) {
  return [...String(text).replace(/[\p{C}\p{Z}]+/gu, " ").trim()].slice(0, LONGEST_NAME).join("");
}

const bounded = (value, least, most) => Math.min(most, Math.max(least, Math.round(value)));
