// What stages pixels, wired together: the pixels, how they are shown, and the buttons.

import { style } from "../ui/elements.js";
import { aimBar } from "./bar.js";
import { drawStaged } from "./staged.js";
import { Staging } from "./staging.js";

/**
 * @typedef {{stage: (x: number, y: number) => void, paint: () => void, drop: () => boolean, show: (now: number) => void}} Aiming
 *
 * @param {import("../state.js").State} state
 * @param {import("./staging.js").Ports & {layers: import("../view/overlay.js").Overlay["layers"]}} page
 * @returns {Promise<Aiming>}
 */
export async function aiming(state, page) {
  await style("css/aim.css");
  const staging = new Staging(state, page), show = aimBar(state, staging);
  page.layers.push(drawStaged);
  return { stage: (x, y) => staging.stage(x, y), paint: () => staging.paint(), drop: () => staging.drop(), show };
}
