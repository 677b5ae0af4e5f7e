// How times are said: how long ago, and exactly. Pure.

import { locale, t } from "../words/words.js";

/** @type {[unit: Intl.RelativeTimeFormatUnit, ms: number][]} */
const UNITS = [
  ["year", 31_557_600_000], ["month", 2_629_800_000], ["week", 604_800_000], ["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000], ["second", 1000],
];
const JUST = 5000; // ms: less is said as now, which stays true while it is read
const relative = new Intl.RelativeTimeFormat(locale());

/** "just now", "3 minutes ago". @param {number} time Unix ms, here and below */
export function ago(time, now) {
  const ms = now - time;
  if (ms < JUST) return t("just now");
  const [unit, length] = UNITS.find((each) => ms >= each[1]);
  return relative.format(-Math.floor(ms / length), unit);
}

/** Date and time to the second, as the reader's system writes them. */
export function exact(time) {
  return new Date(time).toLocaleString(locale(), { dateStyle: "medium", timeStyle: "medium" });
}

/** As short as a length of time allows: only the time of day if all of it is within one. @param {number} length ms */
export function brief(time, length) {
  const date = new Date(time);
  if (length < 60_000 * 60) return date.toLocaleTimeString(locale(), { timeStyle: "medium" });
  if (length < UNITS[3][1]) return date.toLocaleTimeString(locale(), { timeStyle: "short" });
  if (length < UNITS[1][1]) return date.toLocaleString(locale(), { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
  return date.toLocaleDateString(locale(), { dateStyle: "medium" });
}
