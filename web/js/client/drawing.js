// Draws any number of pixels: how many at once, when, and what of it again.

import { MAX_PLACE } from "../net/protocol.js";
import { Refused } from "./errors.js";

const LEAST_RETRY = 100; // ms, after a refusal that names no pause
const FROZEN_RETRY = 60_000; // ms: a canvas that is closed may be opened before it said
const STROKES_PER_SECOND = 10; // where there is an allowance: often enough to look alive
const LOOK = 1000; // ms: another connection may use the allowance too

/**
 * @typedef {import("./ops.js").Dot} Dot
 *
 * @typedef {object} Ports
 * @property {import("../limits/allowance.js").Allowance} allowance
 * @property {(part: Dot[]) => Promise<void>} place as one op
 * @property {() => Promise<void>} connected resolves when there is a connection, and rejects when there will be none
 * @property {() => Promise<(x: number, y: number) => string | null>} shown what the canvas shows when all has arrived
 */

/** Resolves when all are durable. @param {Dot[]} left @param {Ports} ports */
export async function draw(left, ports) {
  while (left.length > 0) {
    const part = left.slice(0, await allowed(left.length, ports));
    try {
      await ports.place(part);
      left = left.slice(part.length);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.reason === "unsure") left = missing(left, part.length, await ports.shown());
      else if (error.again) await rest(Math.min(error.retry || LEAST_RETRY, FROZEN_RETRY));
      else throw error;
    }
  }
}

/** Waits until some pixels may be placed, and says how many. @param {number} most @param {Ports} ports */
async function allowed(most, { allowance, connected }) {
  for (;;) {
    await connected();
    if (!allowance.limited) return Math.min(most, MAX_PLACE);
    const stroke = Math.max(1, Math.floor(allowance.rate / STROKES_PER_SECOND), allowance.whole(performance.now()));
    const pixels = Math.min(most, stroke, Math.max(1, allowance.burst), MAX_PLACE);
    const wait = allowance.until(pixels, performance.now());
    if (wait === 0) return pixels;
    await rest(Math.min(wait, LOOK));
  }
}

/** What of a stroke that may have been carried out the canvas does not show, and all behind it. @param {Dot[]} left */
function missing(left, count, shown) {
  return left.filter(({ x, y, color }, i) => i >= count || shown(x, y) !== color.toUpperCase());
}

function rest(/** @type {number} */ ms) {
  return new Promise((over) => setTimeout(over, ms));
}
