// What the record says of a place, made ready to be shown. Pure.

import { cleanName } from "../people/name.js";
import { ANONYMOUS, isBot } from "../people/people.js";
import { t } from "../words/words.js";

/**
 * @typedef {import("./record_server.js").Entry} Entry
 * @typedef {import("./record_server.js").Gap} Gap
 */

export const BOT = t("Bot"); // one without a name
const NOBODY = t("Not known");

/**
 * Who placed a pixel, to be shown as text. Anybody can take any name, so the end of the id goes with it.
 * @param {Entry} entry
 * @param {import("../state.js").State} state
 */
export function whose({ user, name }, { connection }) {
  const id = /^[0-9a-f]{12}$/.test(user ?? "") ? parseInt(user, 16) : 0;
  const bot = isBot(id), own = id !== 0 && id === connection.user;
  const called = cleanName(name ?? "") || (id === 0 ? NOBODY : bot ? BOT : ANONYMOUS);
  const kind = id === 0 ? "" : bot ? "bot" : "person";
  return { name: called, id: id === 0 ? "" : `·${user.slice(-4)}`, kind, own, text: [called, bot && called !== BOT ? t("a bot") : "", own ? t("you") : ""].filter(Boolean).join(", ") };
}

/**
 * The pixels of a place, newest first, and where between them some may be missing.
 * @param {Entry[]} pixels @param {Gap[]} gaps @param {boolean} more there are older pixels
 * @returns {(Entry | {why: string})[]}
 */
export function withGaps(pixels, gaps, more) {
  const lines = [];
  const missing = (older, newer) => {
    const why = gaps.find(({ from, to }) => to > older && from + 1 < newer)?.why;
    if (why !== undefined) lines.push({ why });
  };
  let newer = Infinity;
  for (const entry of pixels) {
    missing(entry.seq, newer);
    lines.push(entry);
    newer = entry.seq;
  }
  if (!more) missing(0, newer);
  return lines;
}
