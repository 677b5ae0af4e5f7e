// Keys of bots and displays as an operator reads them, and what is asked for of a new one.

import { count, day, number, span } from "./format.js";

/** @typedef {import("./state.js").Key} Key */

const DAY = 86_400_000; // ms
const ID_SHOWN = 4; // digits at the end of an id, as of people
const MAY = [["moderate", "moderate"], ["draw", "draw"], ["watch", "only watch"]]; // each includes those below it
const SOON = 7 * DAY;

/** What a key lets its holder do. @param {Key} key */
export function mayOf({ scopes }) {
  return MAY.find(([scope]) => scopes.includes(scope))?.[1] ?? "nothing";
}

/** "2.5/s, 10 at once", or that its role decides. @param {{rate?: number, burst?: number}} key or another that has a pace */
export function paceOf({ rate, burst }) {
  if (rate === undefined) return "as its role";
  return rate === 0 ? "no limit" : `${rate < 1 ? Number(rate.toFixed(3)) : number(rate)}/s, ${count(burst)} at once`;
}

/** Who made a key: what it says, and where that account's connections are shown. @param {Key} key @returns {{text: string, subject: string}} */
export function makerOf({ owner }) {
  return owner ? { text: `account ·${owner.slice(-ID_SHOWN)}`, subject: owner } : { text: "operator", subject: "" };
}

/** When a key ends, with whether that is soon. @param {Key} key @param {number} time of the server @returns {{text: string, level: "warn" | null}} */
export function endOf({ until }, time) {
  if (!until) return { text: "never", level: null };
  if (until <= time) return { text: "has ended", level: "warn" };
  return { text: `in ${span(until - time)}`, level: until - time < SOON ? "warn" : null };
}

/** How long a key has not been in use. The server knows it to within five minutes. @param {Key} key @param {number} time of the server */
export function usedOf({ lastUsed }, time) {
  if (!lastUsed) return "never";
  return time - lastUsed < 6 * 60_000 ? "now" : `${span(time - lastUsed)} ago`;
}

/** The day that a key was made, and the time. @param {Key} key */
export function madeOf({ created }) {
  const [date, time] = day(created).split(" ");
  return { text: date, title: `${date} ${time}` };
}

/** "3 keys, one of them ends within a week." @param {Key[]} keys @param {number} time of the server */
export function summaryOf(keys, time) {
  if (keys.length === 0) return "";
  const ending = keys.filter((key) => endOf(key, time).level !== null).length;
  const ends = ending === 0 ? "" : ending === 1 ? "; one ends within a week" : `; ${count(ending)} end within a week`;
  return `${count(keys.length)} ${keys.length === 1 ? "key" : "keys, the newest first"}${ends}.`;
}

/**
 * What the form asks for, in the server's words, or what is wrong with it and in which field.
 * @param {{name: string, scope: string, paced: boolean, rate: string, burst: string, days: string, date: string}} fields
 * @param {number} time of the server
 * @returns {{body: object} | {wrong: string, field: "name" | "rate" | "burst" | "date"}}
 */
export function wantedOf({ name, scope, paced, rate, burst, days, date }, time) {
  if (!name.trim()) return { wrong: "Say what the key is for", field: "name" };
  const body = { name: name.trim(), scopes: [scope] };
  if (paced) {
    const [perSecond, most] = [Number(rate), Number(burst)];
    if (!(rate.trim() && (perSecond === 0 || perSecond >= 0.001))) return { wrong: "Pixels a second: 0 for no limit, or at least 0.001", field: "rate" };
    if (perSecond > 0 && !(Number.isInteger(most) && most >= 1)) return { wrong: "At once: a whole number from 1", field: "burst" };
    Object.assign(body, perSecond > 0 ? { rate: perSecond, burst: most } : { rate: 0 });
  }
  const until = days === "date" ? endOfDay(date) : Number(days) > 0 ? time + Number(days) * DAY : 0;
  if (Number.isNaN(until) || (until !== 0 && until <= time)) return { wrong: "Choose a day to come", field: "date" };
  if (until > 0) Object.assign(body, { until: Math.round(until) });
  return { body };
}

/** The last moment of a day "2026-11-29" here; NaN: it is none. */
function endOfDay(date) {
  const [year, month, dayOfMonth] = date.split("-").map(Number);
  return new Date(year, month - 1, dayOfMonth, 23, 59, 59).getTime();
}

/** Why keys can't be shown or made, with what to do. @param {{message: string, status: number}} error */
export function troubleOf({ message, status }) {
  return status === 404 ? "This pod keeps no keys: open the dashboard of a gateway" : message;
}
