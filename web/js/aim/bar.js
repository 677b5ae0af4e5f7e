// The buttons that paint what is staged, or forget it: a row of the dock, or the end of the one that counts down.

import { room } from "../limits/cannot_draw.js";
import { careful } from "../input/tools.js";
import { byId, setAttribute, setHidden, setText } from "../ui/dom.js";
import { button, icon, make } from "../ui/elements.js";
import { number, t } from "../words/words.js";
import { notPlaced } from "./staging.js";

/**
 * @param {import("../state.js").State} state
 * @param {import("./staging.js").Staging} staging
 * @returns {(now: number) => void} shows the state
 */
export function aimBar(state, staging) {
  const hint = make("span"), label = make("span");
  const drop = button("", "drop", () => staging.drop()), paint = button("", "primary", () => staging.paint());
  drop.append(icon("i-close"));
  drop.title = t("Take all of them away (Esc)");
  drop.setAttribute("aria-label", t("Take all staged pixels away"));
  paint.append(icon("i-check"), label);
  paint.title = t("Paint (Ctrl Enter)");
  const bar = make("div", [hint, drop, paint], "aim-bar");
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", t("Staged pixels"));
  byId("dock").prepend(bar);
  return (now) => {
    setHidden(bar, !careful(state) && state.staged.size === 0);
    if (bar.hidden) return;
    const place = state.me.draws && state.allowance.slow ? byId("cooldown") : byId("dock");
    if (bar.parentElement !== place) place.insertBefore(bar, place.id === "cooldown" ? byId("bell") : place.firstChild);
    const staged = state.staged.size, { targets } = staging, fits = Math.min(targets.length, room(state, now));
    setText(hint, hintFor(state, staged));
    setHidden(drop, staged === 0);
    setText(label, staged === 0 ? t("Paint") : 0 < fits && fits < staged ? t("Paint {n} of {all}", { n: number(fits), all: number(staged) }) : t("Paint ({n})", { n: number(staged) }));
    setAttribute(paint, "aria-label", staged > 0 || targets.length === 0 ? label.textContent : t("Paint {x}, {y}", { x: targets[0].x, y: targets[0].y }));
    setAttribute(paint, "aria-disabled", String(fits === 0)); // and not disabled: a press says why
  };
}

/** @param {import("../state.js").State} state */
function hintFor({ fingers, tool }, staged) {
  if (staged > 0) return notPlaced(staged);
  if (tool !== "pencil") return t("The pencil stages pixels");
  return fingers ? t("Aim, or tap pixels") : t("Click pixels, then paint");
}
