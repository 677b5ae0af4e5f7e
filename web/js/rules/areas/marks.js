// Shapes that a moderator sees over the canvas: what is being chosen, all that one person drew, and the areas they work on.

import { outline } from "./outline.js";
import { toScreen } from "../../view/view.js";

/**
 * veiled: everything else is dimmed.
 * @typedef {{shape: import("./outline.js").Shape, veiled?: boolean, hatch?: number, dashed?: boolean}} Mark
 */

/**
 * @param {Map<string, Mark | Mark[] | null>} marks by what they are for
 * @returns {import("../../view/overlay.js").Overlay["layers"][number]}
 */
export function markLayer(marks) {
  return (context, state, theme) => {
    if (state.past) return;
    for (const mark of [...marks.values()].flat()) {
      if (!mark) continue;
      if (mark.veiled) veil(context, state, theme);
      outline(context, mark.shape, state, { colour: mark.veiled ? theme.glow : theme.accent, hatch: mark.hatch, dashed: mark.dashed });
    }
  };
}

/** Dims the whole canvas a little. */
function veil(context, { view, viewport, canvas }, theme) {
  const from = toScreen(view, viewport, 0, 0), to = toScreen(view, viewport, canvas.geometry.width, canvas.geometry.height);
  context.fillStyle = theme.stage;
  context.globalAlpha = 0.35;
  context.fillRect(from.x, from.y, to.x - from.x, to.y - from.y);
  context.globalAlpha = 1;
}
