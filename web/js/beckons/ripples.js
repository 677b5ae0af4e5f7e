// Rings that spread from the places that people show each other.

import { BECKON_LIFE } from "./beckons.js";
import { colourOf } from "../view/others.js";
import { toScreen } from "../view/view.js";

const PULSE = 1500; // ms that one ring takes
const PULSES = 3;
const LARGE = 34; // CSS pixels, its radius at the end
const SMALL = 7; // CSS pixels: of the ring that stays
const FADE = 800; // ms at the end

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import("../state.js").State} state
 * @param {boolean} calm whether the user asked for less motion
 */
export function drawRipples(context, { beckons, view, viewport, past }, calm, now) {
  if (past) return;
  for (const { user, x, y, at } of beckons) {
    const place = toScreen(view, viewport, x + 0.5, y + 0.5), age = now - at, colour = colourOf(user);
    const strength = Math.min(1, (BECKON_LIFE - age) / FADE);
    if (strength <= 0) continue;
    ring(context, place, SMALL, strength, colour);
    if (calm || age >= PULSE * PULSES) continue;
    const part = (age % PULSE) / PULSE;
    ring(context, place, SMALL + (LARGE - SMALL) * (1 - (1 - part) ** 2), 1 - part, colour);
  }
}

/** Light around dark, so that it is seen on any colour. */
function ring(context, { x, y }, radius, strength, colour) {
  context.globalAlpha = strength;
  for (const [width, style] of [[5, "#fff"], [2.5, colour]]) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.lineWidth = width;
    context.strokeStyle = style;
    context.stroke();
  }
}
