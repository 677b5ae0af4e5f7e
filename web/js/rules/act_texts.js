// What was decided, in words for those who decide. Pure.

import { span } from "./ruling.js";
import { plural, t } from "../words/words.js";

/**
 * @typedef {import("./rules_server.js").Act} Act
 * @typedef {import("./rules_server.js").Selection} Selection
 */

const HOUR = 3_600_000, DAY = 24 * HOUR; // ms

/** For how long, as choices: ms, and what to call it. @type {[value: string, label: string][]} */
export const LENGTHS = [[String(HOUR), t("an hour")], [String(DAY), t("a day")], [String(7 * DAY), t("a week")], [String(30 * DAY), t("30 days")], ["0", t("until it is undone")]];

/** Since when, as choices. @type {[value: string, label: string][]} */
export const SINCE = [[String(HOUR / 6), t("the last 10 minutes")], [String(HOUR), t("the last hour")], [String(DAY), t("the last 24 hours")], [String(7 * DAY), t("the last 7 days")], ["0", t("ever")], ["between", t("from … to …")]];

/** "·05ab" @param {string | undefined} id 12 hexadecimal digits */
export const short = (id) => (id ? `·${id.slice(-4)}` : "");

/** Who someone is, with the piece of the id that tells people apart. @param {{user?: string, name?: string}} person */
export function person({ user, name }) {
  return [name || (user ? t("Somebody") : t("Nobody known")), short(user)].filter(Boolean).join(" ");
}

/** Whom an act is about. @param {Act["target"]} target */
function whom(target) {
  if (target?.user) return short(target.user);
  return target?.network ? t("the network {id}", { id: short(target.network) }) : t("some addresses");
}

const ROLES = new Map([["guest", t("guest")], ["member", t("member")], ["moderator", t("moderator")], ["owner", t("owner")]]);
const PACES = new Map([["guest", t("Pace of guests")], ["member", t("Pace of members")], ["moderator", t("Pace of moderators")], ["owner", t("Pace of owners")]]);

/** What an act did, as a line. @param {Act} act */
export function actWords(act) {
  const who = whom(act.target), limited = (/** @type {string} */ done) => (act.until ? t("{act} for {time}", { act: done, time: span(act.until - act.time) }) : done);
  switch (act.do) {
    case "palette": return act.colors?.length ? plural(act.colors.length, "Palette of 1 colour", "Palette of {n} colours") : t("Any colour");
    case "freeze": return limited(t("Canvas frozen"));
    case "open": return t("Canvas opened");
    case "timetable": return plural(act.phases?.length ?? 0, "Timetable of 1 phase", "Timetable of {n} phases");
    case "protect": return act.area?.name ? t("Protected “{name}”", { name: act.area.name }) : t("Protected {place}", { place: `${act.area?.x}, ${act.area?.y}` });
    case "pace": return PACES.get(act.role ?? "") ?? `${act.do} ${act.role}`;
    case "ban": return limited(t("Banned {who}", { who }));
    case "mute": return limited(t("Name of {who} hidden", { who }));
    case "shadow": return limited(t("Shadowed {who}", { who }));
    case "announce": return t("Announced “{text}”", { text: act.text ?? "" });
    case "appeal": return act.text ? t("Appeals go to {where}", { where: act.text }) : t("Appeals go to nobody");
    case "role": return t("{who} is {role}", { who, role: ROLES.get(act.role ?? "") ?? act.role ?? "" });
    case "rollback": return t("Rolled back {what}", { what: selected(act.selection) });
    case "resolve": return act.text ? t("Report dealt with: {how}", { how: act.text }) : t("Report dealt with");
    case "undo": return t("Took back act {n}", { n: act.of ?? 0 });
    default: return act.do;
  }
}

/** What a selection chooses. @param {Selection} [selection] */
export function selected({ users = [], networks = [], width = 0, x, y, height } = {}) {
  const whose = [...users, ...networks].map(short), by = whose.length > 3 ? plural(whose.length, "one person", "{n} people") : whose.join(", ");
  const what = by ? t("what {who} drew", { who: by }) : t("what was drawn");
  return width > 0 ? t("{what} in {size} at {place}", { what, size: `${width}×${height}`, place: `${x}, ${y}` }) : what;
}

/** The acts that are taken back, by number, and by which act: an undo counts unless it is taken back itself. @param {Act[]} acts newest first */
export function undone(acts) {
  const by = new Map();
  for (const act of acts) {
    if (act.do === "undo" && act.of && !by.has(act.n)) by.set(act.of, act.n);
  }
  return by;
}

/** The act that took one back, as the server says or, of what it has not said yet, as those that are listed do. @returns {number | undefined} */
export const takenBack = (act, undoneBy) => act.undone ?? undoneBy.get(act.n);

/** Whether an act still does something. @param {Act} act @param {Map<number, number>} undoneBy */
export function inForce(act, undoneBy, today) {
  return takenBack(act, undoneBy) === undefined && !(act.until && act.until <= today);
}

const ACCOUNT = "account "; // before the id of the account that made a bot's key

/** How a choice says that somebody is meant by the account that made their key. */
export const asAccount = (owner) => ACCOUNT + owner;

/** Whom an act is about. @param {string} chosen asAccount, a network's id or, for the person themselves, nothing @param {string} user */
export function targetOf(chosen, user) {
  if (chosen.startsWith(ACCOUNT)) return { user: chosen.slice(ACCOUNT.length) };
  return chosen ? { network: chosen } : { user };
}
