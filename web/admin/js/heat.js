// How busy a region is, as a colour. Lightness alone shows it, so that nobody has to tell hues apart.

import { blackReads } from "./ink.js";

const RAMPS = Object.freeze({
  light: [[254, 243, 199], [251, 191, 36], [217, 90, 16], [127, 20, 20]], // darker is busier
  dark: [[58, 34, 16], [154, 66, 14], [240, 146, 30], [255, 240, 170]], // lighter is busier
});

/** The upper end of the scale: a round number of pixels/s above the busiest region, at least 10. */
export function scaleTop(most) {
  const unit = 10 ** Math.floor(Math.log10(Math.max(10, most)));
  return [1, 2, 5, 10].map((times) => times * unit).find((top) => top >= most) ?? 10 * unit;
}

/** Where a rate lies on the scale, 0 to 1. The scale goes by the square root, so that small rates can be told apart too. */
export function heatOf(rate, top) {
  return Math.sqrt(Math.min(1, Math.max(0, rate) / top));
}

/** @param {number} heat 0 to 1 @param {string} theme light or dark @returns {string} a CSS colour */
export function heatColour(heat, theme) {
  return `rgb(${mix(heat, theme).join(", ")})`;
}

/** Whether text on a heat's colour is black. */
export function heatInk(heat, theme) {
  const [r, g, b] = mix(heat, theme);
  return blackReads(r, g, b);
}

function mix(heat, theme) {
  const ramp = RAMPS[theme] ?? RAMPS.light;
  const at = Math.min(1, Math.max(0, heat)) * (ramp.length - 1), n = Math.min(ramp.length - 2, Math.floor(at));
  return ramp[n].map((from, channel) => Math.round(from + (ramp[n + 1][channel] - from) * (at - n)));
}
