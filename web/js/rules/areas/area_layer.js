// Shows what is protected, when one points at it or has tried to draw there. A moderator who works on areas sees all of them.

import { plate } from "../../view/overlay.js";
import { outline } from "./outline.js";
import { whoDraws } from "../ruling.js";
import { toScreen } from "../../view/view.js";
import { t } from "../../words/words.js";

export const SHOWN = 4000; // ms after a try
const SOFT = 0.35, STRONG = 0.6; // of the hatch

/** @returns {import("../../view/overlay.js").Overlay["layers"][number]} */
export function areaLayer() {
  return (context, state, theme, density, now) => {
    const { rules, past, reticule, tried, me } = state;
    if (!rules || past) return;
    const recent = tried !== null && now - tried.at < SHOWN;
    const hovered = reticule ? rules.barred(reticule.x, reticule.y, me) : [], refused = recent ? rules.barred(tried.x, tried.y, me) : [];
    for (const area of new Set([...refused, ...hovered])) {
      outline(context, area, state, { colour: theme.accent, hatch: refused.includes(area) ? STRONG : SOFT });
      label(context, state, theme, area);
    }
  };
}

/** Says at the upper edge of an area who draws there. CSS pixels. */
function label(context, { view, viewport }, theme, area) {
  const at = toScreen(view, viewport, area.x, area.y), words = `${area.name || t("Protected")} · ${whoDraws(area)}`;
  context.font = `600 12px ${theme.font}`;
  context.textBaseline = "middle";
  const width = Math.min(context.measureText(words).width + 16, viewport.width - 16);
  const x = Math.min(Math.max(at.x, 8), viewport.width - width - 8), y = Math.max(at.y - 30, viewport.top > 40 ? viewport.top : 8);
  plate(context, theme, words, { x, y, width, height: 24 }, 8);
}
