// The rules in force, as everybody sees them: the colours that are left, the line in the dock, the outlines of what is protected.

import { nearest } from "../limits/offered.js";
import { say, tell } from "../state.js";
import { byId, setHidden, setText } from "../ui/dom.js";
import { untilTick } from "../durations.js";
import { SHOWN, areaLayer } from "./areas/area_layer.js";
import { loadMasks } from "./areas/masks.js";
import { readRules, saying } from "./ruling.js";
import { plural, t } from "../words/words.js";

const SAID = { frozen: t("The canvas is frozen: nothing can be placed"), "white-out": t("White-out: only white can be placed"), open: t("The canvas is open: draw") };
const LONGEST = 60_000; // ms between two looks at what is far away

/**
 * @param {import("../state.js").State} state
 * @param {import("./parts.js").Page} page
 * @returns {import("./parts.js").Part}
 */
export function inForce(state, page) {
  page.layers.push(areaLayer());
  let was = /** @type {string | null} */ (null);
  return {
    read(said) {
      const before = state.rules, rules = readRules(said);
      if (!rules) return;
      state.rules = rules;
      loadMasks(rules, before, page.changed);
      if (before && String(before.palette) !== String(rules.palette)) say(state, rules.palette ? plural(rules.palette.length, "The palette has 1 colour now", "The palette has {n} colours now") : t("Any colour can be placed now"));
    },
    show(now) {
      const { rules } = state;
      if (!rules) {
        setHidden(byId("ruled"), true);
        return Infinity;
      }
      const today = page.today(), { state: is, until } = rules.at(today), line = saying(rules, today);
      setHidden(byId("ruled"), line === "" || !state.me.draws);
      setText(byId("ruled-text"), line);
      if (was !== null && was !== is) tell(state, SAID[is], now);
      else if (was === null && is !== "open") say(state, SAID[is]);
      was = is;
      const colour = nearest(state, state.colour, now);
      if (colour !== state.colour) state.colour = colour;
      const outlined = state.tried && now - state.tried.at < SHOWN ? SHOWN - (now - state.tried.at) : Infinity;
      return Math.min(outlined, until > today ? Math.min(LONGEST, untilTick(until - today)) : Infinity);
    },
  };
}
