// Draws single pixels, as far as nothing is known to hinder it.

import { pixels } from "../numbers.js";
import { explain, hindrance, nextPixel, wait } from "../limits/cannot_draw.js";
import { say, tell } from "../state.js";
import { plural, t } from "../words/words.js";

/**
 * full: no more pixels can wait to be sent.
 * @typedef {import("../limits/cannot_draw.js").Hindrance | "full"} Obstacle
 * @typedef {import("../state.js").State} State
 * @typedef {import("../limits/cannot_draw.js").Dot} Dot
 */

/** @param {State} state @param {number} now ms @param {Dot} dot on the canvas @returns {Obstacle} empty: it is drawn */
export function paint(state, now, dot) {
  const why = hindrance(state, now, dot);
  if (why) return why;
  const { canvas, connection, pending } = state;
  if (connection.phase === "stopped") return "full";
  return pending.draw(dot.y * canvas.geometry.width + dot.x, dot.colour, !online(state)) ? "" : "full";
}

/** What to tell the user. @param {State} state @param {Obstacle} why @param {Dot} dot */
function explainObstacle(state, why, now, dot) {
  if (why !== "full") return explain(state, why, now, dot);
  if (state.connection.phase === "stopped") return t("Not drawn: there is no connection");
  if (online(state)) return t("Not drawn: the server is slow to answer, try again in a moment");
  return plural(state.pending.unsent, "Not drawn: 1 pixel is waiting for the connection already", "Not drawn: {n} pixels are waiting for the connection already");
}

/**
 * Tells the user; what ends by itself is counted down, and who would only have to sign in is asked to.
 * @param {State} state
 * @param {Obstacle} why
 * @param {Dot} dot
 * @param {string} [done] what was done before, as a sentence
 */
export function tellObstacle(state, why, now, dot, done = "") {
  if (why === "protected") state.tried = { x: dot.x, y: dot.y, at: now };
  if (why === "rights" && state.me.signIn) {
    state.asksSignIn = true;
    return say(state, explainObstacle(state, why, now, dot));
  }
  const text = `${done}${explainObstacle(state, why, now, dot)}`, ms = why === "cooldown" ? wait(state, now) : Infinity;
  if (ms === Infinity) return tell(state, text, now);
  tell(state, text, now, null, now + ms, (left) => `${done}${nextPixel(left)}`);
}

/** @param {State} state */
function online({ connection }) {
  return connection.welcomed && !connection.draining;
}
