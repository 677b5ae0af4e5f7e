// What is left of the allowance, at the dock: a line where it refills faster than one can look; where a cooldown rules,
// every pixel, and how long it is until the next one.

import { countdown, paceOf, untilTick } from "../durations.js";
import { number, pixels, pixelsOf } from "../numbers.js";
import { hindrance, wait } from "../limits/cannot_draw.js";
import { byId, setAttribute, setHidden, setProperty, setText } from "./dom.js";
import { plural, t } from "../words/words.js";

/** @typedef {import("../state.js").State} State */

const LOW = 0.15; // of the burst: below it the line changes its colour
const MAX_PIPS = 12; // more can't be counted at a glance
const FILL_STEP = 250; // ms between two looks at a pixel that fills

/** @returns {(state: State, now: number) => number} shows the state; gives the ms until it has to again */
export function allowance() {
  const showPips = pips();
  return (state, now) => {
    const slow = state.me.draws && state.allowance.slow, limited = state.me.draws && state.allowance.limited;
    byId("pencil").classList.toggle("waits", hindrance(state, now) !== "");
    setHidden(byId("cooldown"), !slow);
    setHidden(byId("pencil-left"), !slow);
    setHidden(byId("meter"), !limited || slow);
    if (!limited) return Infinity;
    return slow ? showCooldown(state, now, showPips) : showLine(state.allowance, now);
  };
}

/** @param {import("../limits/allowance.js").Allowance} allowance */
function showLine(allowance, now) {
  const meter = byId("meter"), left = allowance.whole(now);
  showMeter(meter, left, allowance);
  const part = allowance.burst > 0 ? left / allowance.burst : 0;
  setProperty(meter.firstElementChild, "transform", `scaleX(${part.toFixed(3)})`);
  meter.classList.toggle("low", part < LOW);
  return left < allowance.burst ? 200 : Infinity;
}

function showMeter(meter, left, { rate, burst }) {
  setAttribute(meter, "aria-valuemax", String(burst));
  setAttribute(meter, "aria-valuenow", String(left));
  setAttribute(meter, "aria-valuetext", pixelsOf(left, burst));
  setAttribute(meter, "title", t("{pixels} left. {pace}", { pixels: pixelsOf(left, burst), pace: paceOf(rate, burst) }));
}

/** @param {State} state */
function showCooldown(state, now, showPips) {
  const { allowance, pending } = state;
  const left = Math.max(0, allowance.whole(now) - (pending?.unsent ?? 0));
  const empty = hindrance(state, now) === "cooldown";
  const next = allowance.until(allowance.whole(now) + 1, now);
  const ms = empty ? wait(state, now) : next;
  showMeter(byId("pips"), left, allowance);
  showPips(state, left, Math.min(1, Math.max(0, 1 - (next * allowance.rate) / 1000)));
  setText(byId("cooldown-text"), words(left, allowance.burst, ms));
  setText(byId("pencil-left"), empty ? short(ms) : String(left));
  return next < Infinity ? Math.min(untilTick(ms), FILL_STEP) : Infinity;
}

/** What there is and when there will be more; the pips show the number where they can. */
function words(left, burst, ms) {
  if (left >= burst) return plural(left, "Pixel ready", "{n} pixels ready");
  if (ms === Infinity) return left === 0 ? t("Next pixel when the connection is back") : t("Next when the connection is back");
  const time = countdown(ms);
  if (left === 0) return t("Next pixel in {time}", { time });
  return burst > MAX_PIPS ? t("{left} of {burst} · next in {time}", { left: number(left), burst: number(burst), time }) : t("Next in {time}", { time });
}

/** For the corner of the pencil: no more than three signs. */
function short(ms) {
  if (!(ms < Infinity)) return "–";
  const seconds = Math.ceil(ms / 1000);
  return seconds < 100 ? t("{n}s", { n: seconds }) : seconds < 6000 ? t("{n}m", { n: Math.round(seconds / 60) }) : t("{n}h", { n: Math.round(seconds / 3600) });
}

/** One box for each pixel that can be saved up; the next one fills. */
function pips() {
  const box = byId("pips");
  return (state, left, part) => {
    const { burst } = state.allowance;
    const shown = burst <= MAX_PIPS ? burst : 1;
    while (box.childElementCount > shown) box.lastElementChild.remove();
    while (box.childElementCount < shown) box.append(document.createElement("span"));
    [...box.children].forEach((pip, i) => {
      const full = burst <= MAX_PIPS ? i < left : left > 0;
      const filled = full ? 1 : burst > MAX_PIPS || i === left ? part : 0;
      pip.classList.toggle("full", full);
      setProperty(pip, "--filled", filled.toFixed(2));
    });
  };
}
