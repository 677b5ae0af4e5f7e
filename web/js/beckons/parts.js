// Beckoning, wired together.

import { style } from "../ui/elements.js";
import { Arrows } from "./arrows.js";
import { Beckons } from "./beckons.js";
import { drawRipples } from "./ripples.js";

/**
 * @param {import("../state.js").State} state
 * @param {Omit<import("./beckons.js").Ports, "show"> & {layers: import("../view/overlay.js").Overlay["layers"], visit: (x: number, y: number) => void}} page
 *   visit: brings a place into view
 */
export async function beckoning(state, page) {
  await style("css/beckons.css");
  const arrows = new Arrows(state, page.visit);
  page.layers.push((context, _state, _theme, _density, now) => drawRipples(context, state, page.calm(), now));
  return new Beckons(state, { ...page, show: () => arrows.show() });
}
