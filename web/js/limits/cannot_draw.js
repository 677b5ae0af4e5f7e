// What keeps the user from drawing, as far as this page knows. What the server is known to refuse is not drawn at all:
// a pixel that appears and is taken back is worse than a word at once.

import { countdown } from "../durations.js";
import { today } from "../state.js";
import { t } from "../words/words.js";

/**
 * past: the user looks at the past; rights: the server lets this user only watch; frozen, colour, protected: the rules of the canvas; cooldown: the next pixel is not
 * free yet; rate: too many at once.
 * @typedef {"" | "past" | "rights" | "frozen" | "colour" | "protected" | "cooldown" | "rate"} Hindrance
 * @typedef {import("../rules/ruling.js").Dot} Dot
 * @typedef {import("../state.js").State} State
 */

/** @param {State} state @param {number} now ms @param {Dot} [dot] that is about to be drawn @returns {Hindrance} empty: none */
export function hindrance(state, now, dot) {
  const { me, allowance, embedded, past, rules } = state;
  if (past) return "past";
  if (!me.draws || embedded) return "rights";
  const ruled = rules?.hinders(me, today(state, now), dot);
  if (ruled) return ruled;
  if (room(state, now) > 0) return "";
  return allowance.slow ? "cooldown" : "rate";
}

/** How many more pixels may be drawn now; Infinity: as many as one likes. @param {State} state */
export function room({ allowance, pending, connection }, now) {
  if (!pending || !allowance.limited) return Infinity;
  // What is drawn without a connection waits for its turn. In a cooldown that would use up the pixels of hours.
  if (allowance.slow) return Math.max(0, allowance.whole(now) - pending.unsent);
  if (!connection.welcomed || connection.draining) return Infinity;
  return Math.max(0, allowance.whole(now) - pending.eager);
}

/** ms until one more pixel may be drawn in a cooldown; 0: now, Infinity: not before others are sent. @param {State} state */
export function wait({ allowance, pending, connection }, now) {
  const unsent = pending?.unsent ?? 0;
  return connection.welcomed ? allowance.after(unsent, now) : allowance.until(1 + unsent, now);
}

/** When there is something to draw with again. @param {number} ms */
export function nextPixel(ms) {
  return ms > 0 ? t("Your next pixel is ready in {time}", { time: countdown(ms) }) : t("A pixel is ready");
}

/** What to tell the user. @param {State} state @param {Hindrance} why @param {Dot} [dot] */
export function explain(state, why, now, dot) {
  switch (why) {
    case "past":
      return t("Nothing can be placed while you look back: L leads to the live canvas");
    case "rights":
      return state.me.signIn ? t("Sign in to draw here") : t("You may only watch here");
    case "frozen":
    case "colour":
    case "protected":
      return state.rules?.explain(why, state.me, today(state, now), dot) ?? "";
    case "cooldown": {
      const ms = wait(state, now);
      return ms < Infinity ? nextPixel(ms) : t("These pixels are sent first, when the connection is back");
    }
    case "rate":
      return t("Not drawn: you are drawing faster than this canvas allows");
    default:
      return "";
  }
}
