// What shows the places that people show each other.

import { style } from "../ui/elements.js";
import { Arrows } from "./arrows.js";
import { PULSE, drawRipples } from "./ripples.js";

/**
 * @param {import("../state.js").State} state
 * @param {object} page
 * @param {import("../view/overlay.js").Overlay["layers"]} page.layers
 * @param {() => boolean} page.calm whether the user asked for less motion
 * @param {(x: number, y: number) => void} page.visit brings a place into view
 * @returns {Promise<import("../beckons.js").Shown>}
 */
export async function parts(state, { layers, calm, visit }) {
  await style("css/beckons.css");
  const arrows = new Arrows(state, visit);
  layers.push((context, _state, _theme, _density, now) => drawRipples(context, state, calm(), now));
  return {
    show() {
      arrows.show();
      if (state.beckons.length === 0) return Infinity;
      return calm() ? PULSE / 10 : 0;
    },
  };
}
