// Acts in words, for operators: they see all of an id, and addresses.

import { count, day, span } from "./format.js";
import { paceOf } from "./keys.js";

/** @typedef {import("./chain.js").Act} Act */

/** What each kind of act is called. @type {Record<string, string>} */
export const KINDS = {
  freeze: "Freeze", open: "Open", timetable: "Timetable", palette: "Palette", pace: "Pace", appeal: "Appeal", protect: "Protect", ban: "Ban", mute: "Mute", shadow: "Shadow",
  role: "Role", announce: "Announce", rollback: "Roll back", resolve: "Report", operate: "Operate", undo: "Undo",
};

/** Whom an act is about. @param {Act["target"]} target */
export function whom({ user, network, cidr } = {}) {
  if (user) return `user ${user}`;
  return network ? `network ${network}` : cidr ?? "";
}

/** "64×32 at 10, 20" @param {{x?: number, y?: number, width?: number, height?: number}} place */
export const placeText = ({ x, y, width, height }) => `${width}×${height} at ${x ?? 0}, ${y ?? 0}`;

/** What an act is about, in a few words. @param {Act} act */
export function what(act) {
  const until = act.until ? `until ${day(act.until)}` : "";
  switch (act.do) {
    case "": return "can’t be read";
    case "freeze": return until || "until it is opened";
    case "palette": return act.colors?.length > 0 ? `${count(act.colors.length)} colours` : "any colour";
    case "timetable": return `${count(act.phases?.length ?? 0)} phases from ${day(act.phases?.[0]?.from)} on`;
    case "protect": return joined(`“${act.area?.name ?? ""}”`, placeText(act.area ?? {}), `from those below ${act.area?.least}`, until);
    case "pace": return `${act.role || "guest"}: ${paceOf(act.pace ?? { rate: 0 })}`;
    case "ban": case "mute": case "shadow": return joined(whom(act.target), until);
    case "role": return `${whom(act.target)} is ${act.role || "guest"}`;
    case "rollback": return selected(act.selection);
    case "resolve": return joined(act.report ? `report ${act.report.slice(0, 8)}` : "", act.text ?? "");
    case "undo": return `act ${act.of}`;
    case "appeal": return act.text || "nowhere";
    default: return act.text ?? "";
  }
}

/** Which pixels a rollback takes. @param {Act["selection"]} [selection] */
function selected(selection = {}) {
  const { users = [], networks = [], from, to, cause } = selection;
  return joined(
    [...users.map((user) => `user ${user}`), ...networks.map((network) => `network ${network}`)].join(", "), selection.width > 0 ? placeText(selection) : "",
    from ? `after ${day(from)}` : "", to ? `up to ${day(to)}` : "", cause ? `because of ${cause}` : "",
  );
}

const joined = (...parts) => parts.filter(Boolean).join(", ");

/** Who decided. @param {Act} act */
export function byWhom({ by }) {
  if (by.user) return `${by.name || "Somebody"} ·${by.user.slice(-4)}`;
  return by.name || "operator";
}

/** "owner, from the dashboard" @param {Act} act */
export const roleOf = ({ by }) => joined(by.role, { page: "from the page", dashboard: "from the dashboard", program: "with a program", server: "by the server" }[by.via] ?? by.via);

/** "3 h 5 min ago" @param {number} time @param {number} now of the server */
export const ago = (time, now) => (now - time < 5_000 ? "now" : `${span(now - time)} ago`);

/** When an act ends. @param {Act} act @param {number} now of the server */
export const endText = ({ until }, now) => (until ? `in ${span(until - now)}` : "when undone");

/** All that can be searched for in an act, in small letters. @param {Act} act */
export function textOf(act) {
  const { by, target } = act;
  return [act.n, KINDS[act.do], act.do, what(act), act.why, by.name, by.user, by.role, by.via, target?.user, target?.network, target?.cidr, act.report].join(" ").toLowerCase();
}

/** Those acts in which all words of a search are; "#12" is act 12 alone. @param {Act[]} acts @param {string} search */
export function searched(acts, search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return words.length === 0 ? acts : acts.filter((act) => {
    const text = textOf(act);
    return words.every((word) => (/^#\d+$/.test(word) ? `#${act.n}` === word : text.includes(word)));
  });
}
