// How times are said: counted down, spoken, and as a pace.

import { number } from "./numbers.js";
import { plural, t } from "./words/words.js";

/** Whole seconds that are not over yet: the last one is said until the end. */
const secondsOf = (ms) => Math.ceil(ms / 1000);

/** "4 s", "1:05", "1:02:05". */
export function countdown(ms) {
  const total = secondsOf(ms);
  if (total < 60) return t("{n} s", { n: total });
  const [hours, minutes, seconds] = parts(total);
  const two = (n) => String(n).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** "1 hour 5 seconds", for reading aloud. */
export function spoken(ms) {
  const [hours, minutes, seconds] = parts(secondsOf(ms));
  const said = [
    hours > 0 && plural(hours, "1 hour", "{n} hours"), minutes > 0 && plural(minutes, "1 minute", "{n} minutes"),
    (seconds > 0 || hours + minutes === 0) && plural(seconds, "1 second", "{n} seconds"),
  ];
  return said.filter(Boolean).join(" ");
}

/** ms until countdown says something else. */
export function untilTick(ms) {
  return ms <= 0 ? Infinity : ms - 1000 * (secondsOf(ms) - 1);
}

/** "1 pixel every 5 s, up to 6 saved up", "20 pixels a second". */
export function paceOf(rate, burst) {
  if (!(rate > 0)) return t("As many pixels as you like");
  if (rate > 1) return t("{rate} pixels a second, up to {burst} at once", { rate: round(rate), burst: number(burst) });
  const time = every(1000 / rate), each = time === "" ? t("1 pixel every second") : t("1 pixel every {time}", { time });
  return burst > 1 ? t("{pace}, up to {burst} saved up", { pace: each, burst: number(burst) }) : each;
}

/** Empty: a second. */
function every(ms) {
  const total = ms / 1000;
  if (total < 90) return total === 1 ? "" : t("{n} s", { n: round(total) });
  return total < 5400 ? t("{n} min", { n: round(total / 60) }) : t("{n} h", { n: round(total / 3600) });
}

const round = (n) => number(Math.round(10 * n) / 10);
const parts = (total) => [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
