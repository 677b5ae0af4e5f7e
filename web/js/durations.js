// How times are said: counted down, spoken, and as a pace.

import { number } from "./numbers.js";

/** Whole seconds that are not over yet: the last one is said until the end. */
const secondsOf = (ms) => Math.ceil(ms / 1000);

/** "4 s", "1:05", "1:02:05". */
export function countdown(ms) {
  const total = secondsOf(ms);
  if (total < 60) return `${total} s`;
  const [hours, minutes, seconds] = parts(total);
  const two = (n) => String(n).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** "1 hour 5 seconds", for reading aloud. */
export function spoken(ms) {
  const [hours, minutes, seconds] = parts(secondsOf(ms));
  const said = [[hours, "hour"], [minutes, "minute"], [seconds, "second"]].filter(([n]) => n > 0);
  return said.map(([n, unit]) => `${n} ${unit}${n === 1 ? "" : "s"}`).join(" ") || "0 seconds";
}

/** ms until countdown says something else. */
export function untilTick(ms) {
  return ms <= 0 ? Infinity : ms - 1000 * (secondsOf(ms) - 1);
}

/** "1 pixel every 5 s, up to 6 saved up", "20 pixels a second". */
export function paceOf(rate, burst) {
  if (!(rate > 0)) return "As many pixels as you like";
  if (rate > 1) return `${round(rate)} pixels a second, up to ${number(burst)} at once`;
  const saved = burst > 1 ? `, up to ${number(burst)} saved up` : "";
  return `1 pixel every ${every(1000 / rate)}${saved}`;
}

function every(ms) {
  const total = ms / 1000;
  if (total < 90) return total === 1 ? "second" : `${round(total)} s`;
  return total < 5400 ? `${round(total / 60)} min` : `${round(total / 3600)} h`;
}

const round = (n) => Math.round(10 * n) / 10;
const parts = (total) => [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
