// The colours of the maps. Pure.

import { fromWord } from "../colour.js";

// From long ago to just now. It grows lighter all the way, so that it can be read without telling hues apart.
const HEAT = [0x3a1a6e, 0x6a1f7d, 0xb5306e, 0xee5f4b, 0xfca636, 0xfcf3a1];
const NEVER = 0x14151c; // where nobody has painted, on the heat map
const YOUNG = 60; // s: what is younger is as hot as it gets
const EVEN = 0.7; // below 1: what is old differs more
const MARKS = [0xe6007e, 0xffc4e3]; // two, in stripes: they are seen on any drawing, and without colour
const STRIPE = 3; // pixels

/**
 * How hot a pixel is, by when it was painted last: on a scale that grows with the age, since most ages are long.
 * @param {number} today s since 1970, here and below @param {number} longest s that the record goes back
 * @returns {(time: number) => number} time 0: never painted
 */
export function heatOf(today, longest) {
  const scale = Math.log(Math.max(2, longest / YOUNG));
  return (time) => {
    if (time === 0) return NEVER;
    const cold = Math.log(Math.max(1, (today - time) / YOUNG)) / scale;
    return ramp((1 - Math.min(1, cold)) ** EVEN);
  };
}

/**
 * Marks where nobody has painted; the drawing is faint.
 * @param {{x: number, y: number, width: number}} region
 * @returns {(time: number, word: number, at: number) => number} word: what is shown there; at: the position
 */
export function markOf({ x, y, width }) {
  return (time, word, at) => {
    if (time !== 0) return mix(fromWord(word), 0x808080, 0.6);
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
