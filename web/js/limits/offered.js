// The colours that the page offers: its own palette, or the one that the canvas is limited to.

import { PALETTE, nameOf } from "../colour.js";
import { today } from "../state.js";

/** @typedef {{name: string, colour: number}} Offer */

export const ROW = 9; // colours of a row: digits choose from the first, Shift and digits from the second

/** @type {WeakMap<readonly number[], readonly Offer[]>} so that a list is the same as long as its colours are */
const named = new WeakMap();

/** @param {import("../state.js").State} state @param {number} now ms @returns {readonly Offer[]} */
export function offered(state, now) {
  const colours = state.rules?.colours(today(state, now));
  if (!colours) return PALETTE;
  if (!named.has(colours)) named.set(colours, colours.map((colour) => ({ name: nameOf(colour), colour })));
  return named.get(colours);
}

/** Whether a colour may be placed. @param {import("../state.js").State} state */
export function allowed(state, colour, now) {
  return nearest(state, colour, now) === colour;
}

/** The colour itself, or the one most like it that may be placed. @param {import("../state.js").State} state */
export function nearest(state, colour, now) {
  return state.rules?.nearest(colour, today(state, now)) ?? colour;
}
