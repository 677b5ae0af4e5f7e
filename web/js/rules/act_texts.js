// What was decided, in words for those who decide. Pure.

import { span } from "./ruling.js";

/**
 * @typedef {import("./rules_server.js").Act} Act
 * @typedef {import("./rules_server.js").Selection} Selection
 */

const HOUR = 3_600_000, DAY = 24 * HOUR; // ms

/** For how long, as choices: ms, and what to call it. @type {[value: string, label: string][]} */
export const LENGTHS = [[String(HOUR), "an hour"], [String(DAY), "a day"], [String(7 * DAY), "a week"], [String(30 * DAY), "30 days"], ["0", "until it is undone"]];

/** Since when, as choices. @type {[value: string, label: string][]} */
export const SINCE = [[String(HOUR / 6), "the last 10 minutes"], [String(HOUR), "the last hour"], [String(DAY), "the last 24 hours"], [String(7 * DAY), "the last 7 days"], ["0", "ever"], ["between", "from … to …"]];

/** "·05ab" @param {string | undefined} id 12 hexadecimal digits */
export const short = (id) => (id ? `·${id.slice(-4)}` : "");

/** Who someone is, with the piece of the id that tells people apart. @param {{user?: string, name?: string}} person */
export function person({ user, name }) {
  return [name || (user ? "Somebody" : "Nobody known"), short(user)].filter(Boolean).join(" ");
}

/** Whom an act is about. @param {Act["target"]} target */
function whom(target) {
  if (target?.user) return short(target.user);
  return target?.network ? `the network ${short(target.network)}` : "some addresses";
}

/** What an act did, as a line. @param {Act} act */
export function actWords(act) {
  const until = act.until ? ` for ${span(act.until - act.time)}` : "";
  switch (act.do) {
    case "palette": return act.colors?.length ? `Palette of ${act.colors.length} colours` : "Any colour";
    case "freeze": return `Canvas frozen${until}`;
    case "open": return "Canvas opened";
    case "timetable": return `Timetable of ${act.phases?.length ?? 0} phases`;
    case "protect": return `Protected ${act.area?.name ? `“${act.area.name}”` : `${act.area?.x}, ${act.area?.y}`}`;
    case "pace": return `Pace of ${act.role}s`;
    case "ban": return `Banned ${whom(act.target)}${until}`;
    case "mute": return `Name of ${whom(act.target)} hidden${until}`;
    case "shadow": return `Shadowed ${whom(act.target)}${until}`;
    case "announce": return `Announced “${act.text ?? ""}”`;
    case "appeal": return `Appeals go to ${act.text || "nobody"}`;
    case "role": return `${whom(act.target)} is ${act.role}`;
    case "rollback": return `Rolled back ${selected(act.selection)}`;
    case "resolve": return `Report dealt with${act.text ? `: ${act.text}` : ""}`;
    case "undo": return `Took back act ${act.of}`;
    default: return act.do;
  }
}

/** What a selection chooses. @param {Selection} [selection] */
export function selected({ users = [], networks = [], width = 0, x, y, height } = {}) {
  const whose = [...users, ...networks].map(short), by = whose.length > 3 ? `${whose.length} people` : whose.join(", ");
  return `${by ? `what ${by} drew` : "what was drawn"}${width > 0 ? ` in ${width}×${height} at ${x}, ${y}` : ""}`;
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
