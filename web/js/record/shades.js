// The colours of the maps. Pure.

import { BACKGROUND_WORD, fromWord } from "../colour.js";

// From long ago to just now. It grows lighter all the way, so that it can be read without telling hues apart.
const HEAT = [0x3a1a6e, 0x6a1f7d, 0xb5306e, 0xee5f4b, 0xfca636, 0xfcf3a1];
const NEVER = 0x14151c; // where nobody has painted, on the heat map
const YOUNG = 60; // s: what is younger is as hot as it gets
const EVEN = 0.7; // below 1: what is old differs more
const MARKS = [0x9a92e6, 0xdedafb]; // two, in stripes, which are seen without colour too
const FAINT = 0x9a9a9e; // what a drawing fades to
const STRIPE = 3; // pixels

/**
 * The colour of a pixel on a map. time: when it was painted last, 0: never, or not known; word: what is there; at: its position.
 * @typedef {(time: number, word: number, at: number) => number} Shade
 */

/**
 * How hot a pixel is, by when it was painted last: on a scale that grows with the age, since most ages are long.
 * @param {number} today s since 1970, here and below @param {number} longest s that the record goes back
 * @returns {Shade}
 */
export function heatOf(today, longest) {
  const scale = Math.log(Math.max(2, longest / YOUNG));
  return (time, word) => {
    if (time === 0) return word === BACKGROUND_WORD ? NEVER : HEAT[0]; // painted, and it isn't known when
    const cold = Math.log(Math.max(1, (today - time) / YOUNG)) / scale;
    return ramp((1 - Math.min(1, cold)) ** EVEN);
  };
}

/**
 * Marks where nobody has painted; the drawing is faint.
 * @param {{x: number, y: number, width: number}} region
 * @returns {Shade}
 */
export function markOf({ x, y, width }) {
  return (time, word, at) => {
    if (time !== 0 || word !== BACKGROUND_WORD) return mix(fromWord(word), FAINT, 0.7);
    const stripe = (x + (at % width) + y + Math.floor(at / width)) % (2 * STRIPE);
    return MARKS[stripe < STRIPE ? 0 : 1];
  };
}

/** A colour of the scale. @param {number} part 0 to 1 */
export function ramp(part) {
  const at = part * (HEAT.length - 1), low = Math.min(HEAT.length - 2, Math.floor(at));
  return mix(HEAT[low], HEAT[low + 1], at - low);
}

/** A colour between two. @param {number} part of the second, 0 to 1 */
function mix(a, b, part) {
  const channel = (shift) => Math.round(((a >> shift) & 255) * (1 - part) + ((b >> shift) & 255) * part) << shift;
  return channel(16) | channel(8) | channel(0);
}
