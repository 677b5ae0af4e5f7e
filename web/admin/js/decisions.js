// What an operator decides about the canvas: which fields the dialog has, what they must be, and the act that they make.

import { KINDS, byWhom, what } from "./act_words.js";
import { isRange } from "./cidr.js";

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR; // ms
const ROLES = ["guest", "member", "moderator", "owner"];
const ID = /^[0-9a-f]{12}$/;

/**
 * @typedef {import("./chain.js").Act} Act
 * @typedef {{act: Act, obeyed: boolean, missing: string[]}} Decided
 * @typedef {[value: string, text: string]} Option
 *
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label
 * @property {string} [value] at first
 * @property {Option[]} [options] to choose from
 * @property {number} [lines] of text; absent: one
 * @property {"file" | "datetime-local"} [type]
 * @property {string} [hint]
 * @property {number} [max] characters
 * @property {boolean} [half] it is as wide as half the dialog
 * @property {(given: Record<string, string>) => boolean} [shown] whether it is asked for; absent: always
 *
 * @typedef {object} Decision
 * @property {string} title
 * @property {string[]} lines what will happen, one sentence each
 * @property {string} button
 * @property {boolean} [grave] people notice it
 * @property {Field[]} fields
 * @property {(given: Record<string, string>, now: number) => {act: object} | {wrong: string, field: string}} want now: of the server
 */

/** @type {Field} */
const WHY = { name: "why", label: "Why (all who see the acts read it)", max: 300 };
/** @type {Option[]} */
const LENGTHS = [["0", "until it is undone"], [String(10 * MINUTE), "10 minutes"], [String(HOUR), "an hour"], [String(DAY), "a day"], [String(7 * DAY), "a week"], [String(30 * DAY), "30 days"], ["at", "until a time…"]];

/** How long, in two fields. @param {string} value at first @returns {Field[]} */
const long = (value) => [
  { name: "long", label: "For", options: LENGTHS, value, half: true },
  { name: "until", label: "Until, by your clock", type: "datetime-local", half: true, shown: ({ long }) => long === "at" },
];

const wrong = (field, text) => ({ wrong: text, field });

/** When it ends: ms; NaN: that is in the past, or no time. 0: never. */
function untilOf({ long, until }, now) {
  if (long !== "at") return Number(long) > 0 ? Math.round(now + Number(long)) : 0;
  const at = new Date(until).getTime();
  return at > now ? at : NaN;
}

/** An act with its end and its reason, if they are given. */
function lasting(act, given, now) {
  const until = untilOf(given, now);
  return Number.isNaN(until) ? wrong("until", "Choose a time to come") : reasoned({ ...act, ...(until > 0 ? { until } : {}) }, given);
}

const reasoned = (act, { why = "" }) => ({ act: { ...act, ...(why.trim() ? { why: why.trim() } : {}) } });

/** @returns {Decision} */
export function freeze() {
  return {
    title: "Freeze the canvas?", lines: ["Nobody can place anything, moderators neither. Looking goes on."], button: "Freeze", grave: true,
    fields: [...long("0"), WHY], want: (given, now) => lasting({ do: "freeze" }, given, now),
  };
}

/** @returns {Decision} */
export function open() {
  return {
    title: "Open the canvas?", lines: ["Freezing ends, and so does the timetable. Protected areas, palette and bans stay."], button: "Open",
    fields: [WHY], want: (given) => reasoned({ do: "open" }, given),
  };
}

/** @param {string[]} palette now @returns {Decision} */
export function palette(colours) {
  return {
    title: "Which colours?", lines: ["Only these can be placed from then on. What is there stays. With none, any colour can."], button: "Set palette",
    fields: [{ name: "colours", label: "Colours, like #FF4500", value: colours.join(" "), lines: 4, hint: "With spaces, commas or lines between them; at most 256" }, WHY],
    want(given) {
      const words = given.colours.split(/[\s,;]+/).filter(Boolean), bad = words.find((word) => !/^#?[0-9a-f]{6}$/i.test(word));
      if (bad) return wrong("colours", `“${bad}” is no colour: write it like #FF4500`);
      const colors = [...new Set(words.map((word) => `#${word.replace("#", "").toUpperCase()}`))];
      return colors.length > 256 ? wrong("colours", `These are ${colors.length} colours, at most 256`) : reasoned({ do: "palette", colors }, given);
    },
  };
}

/** @param {import("./chain.js").Phase[]} phases now @returns {Decision} */
export function timetable(phases) {
  return {
    title: "When is it open?", lines: ["Each line is a time, a state (open, frozen or white-out) and, if need be, pixels a second and how many at once for guests and members.", "To have no timetable any more, open the canvas."], button: "Set timetable",
    fields: [{ name: "phases", label: "Phases, as pixelctl reads them", value: phases.map(phaseText).join("\n"), lines: 6, hint: "2026-12-01T10:00:00Z open 0.2 6" }, WHY],
    want(given) {
      const read = parseTimetable(given.phases);
      return "wrong" in read ? wrong("phases", read.wrong) : reasoned({ do: "timetable", phases: read.phases }, given);
    },
  };
}

/** @param {import("./chain.js").Phase} phase */
function phaseText({ from, state, pace }) {
  return [new Date(from).toISOString().replace(".000Z", "Z"), state, ...(pace ? [pace.rate, pace.burst] : [])].join(" ");
}

/** @param {string} text @returns {{phases: import("./chain.js").Phase[]} | {wrong: string}} */
export function parseTimetable(text) {
  const phases = [];
  for (const [n, line] of text.split("\n").entries()) {
    const words = line.replace(/#.*/, "").split(/\s+/).filter(Boolean);
    if (words.length === 0) continue;
    const fail = (why) => ({ wrong: `Line ${n + 1}: ${why}` }), [at, state, rate, burst] = words, from = new Date(at).getTime();
    if (!/T.*(Z|[+-]\d\d:\d\d)$/.test(at) || Number.isNaN(from)) return fail(`“${at}” must be a time like 2026-12-01T10:00:00Z`);
    if (!["open", "frozen", "white-out"].includes(state)) return fail(`“${state ?? ""}” must be open, frozen or white-out`);
    if (words.length !== 2 && words.length !== 4) return fail("a time, a state, and perhaps pixels a second and how many at once");
    const pace = rate === undefined ? null : paceFrom(rate, burst);
    if (pace && "wrong" in pace) return fail(pace.wrong);
    if (phases.length > 0 && from <= phases.at(-1).from) return fail("must begin after the one before");
    phases.push({ from, state, ...(pace ? { pace } : {}) });
  }
  return phases.length > 0 ? { phases } : { wrong: "Write at least one phase, for example 2026-12-01T10:00:00Z open" };
}

/** @returns {import("./chain.js").Pace | {wrong: string, field: string}} */
function paceFrom(rate, burst) {
  const [perSecond, most] = [Number(rate), Number(burst)];
  if (rate.trim() === "" || !(perSecond >= 0 && perSecond < Infinity)) return wrong("rate", "Pixels a second: 0 for no limit, or more");
  if (perSecond > 0 && !(Number.isInteger(most) && most >= 1)) return wrong("burst", "At once: a whole number from 1");
  return { rate: perSecond, burst: perSecond > 0 ? most : 0 };
}

/** @returns {Decision} */
export function pace() {
  return {
    title: "How fast may they draw?", lines: ["It holds for all who have this role, instead of what the settings of the server say, until it is undone."], button: "Set pace",
    fields: [
      { name: "role", label: "Who", options: ROLES.map((role) => [role, `${role}s`]), value: "guest" },
      { name: "rate", label: "Pixels a second (0: no limit)", value: "0.2", half: true }, { name: "burst", label: "At once", value: "6", half: true }, WHY,
    ],
    want(given) {
      const pace = paceFrom(given.rate, given.burst);
      return "wrong" in pace ? pace : reasoned({ do: "pace", role: given.role, pace }, given);
    },
  };
}

/** @param {string} text now @returns {Decision} */
export function appeal(text) {
  return {
    title: "Where do the banned turn to?", lines: ["Whoever is banned is shown it: an address, a mailbox, or a sentence. Empty: nothing is shown."], button: "Set appeal",
    fields: [{ name: "text", label: "Appeals go to", value: text, max: 300 }, WHY],
    want: (given) => reasoned({ do: "appeal", ...(given.text.trim() ? { text: given.text.trim() } : {}) }, given),
  };
}

/** mask: the name under which the server keeps it. @returns {Decision} */
export function protect() {
  const numbers = ["x", "y", "width", "height"];
  return {
    title: "Protect a part of the canvas?", lines: ["Only those who are chosen here can draw there. What is there stays."], button: "Protect",
    fields: [
      { name: "name", label: "What it is called", max: 60 },
      ...numbers.map((name) => /** @type {Field} */ ({ name, label: { x: "Left, x", y: "Top, y", width: "Width", height: "Height" }[name], half: true, value: name === "x" || name === "y" ? "0" : "64" })),
      { name: "least", label: "Who may draw there", options: [["moderator", "only moderators"], ["member", "only members"], ["owner", "only owners"]], half: true },
      { name: "users", label: "And these users", hint: "Public ids, 12 digits each", half: true },
      { name: "mask", label: "Only a part of it: a picture of its size", type: "file", hint: "A PNG. What is opaque counts; if all is, what is dark" }, WHY,
    ],
    want(given) {
      const [x, y, width, height] = numbers.map((name) => (given[name].trim() === "" ? NaN : Number(given[name])));
      if (!given.name.trim()) return wrong("name", "Say what it is called");
      for (const [n, value] of [x, y, width, height].entries()) if (!Number.isInteger(value) || value < (n < 2 ? 0 : 1)) return wrong(numbers[n], "Write whole numbers of pixels");
      const users = given.users.toLowerCase().split(/[\s,;]+/).filter(Boolean);
      if (users.some((user) => !ID.test(user))) return wrong("users", "A user is written as 12 hexadecimal digits");
      const area = { name: given.name.trim(), x, y, width, height, least: given.least, ...(users.length > 0 ? { users } : {}), ...(given.mask ? { mask: given.mask } : {}) };
      return reasoned({ do: "protect", area }, given);
    },
  };
}

const MEANS = {
  ban: "Ban: they are disconnected within a second and can’t draw. They are told why, until when, and where to appeal.",
  mute: "Mute: others see no name for them. They can still draw.",
  shadow: "Shadow: they can draw, but only they see it, and nothing of it is stored.",
};

/** @param {{user?: string, report?: string, why?: string}} [about] @returns {Decision} */
export function sanction({ user = "", report = "", why = "" } = {}) {
  return {
    title: user ? `Ban user ${user}?` : "Ban somebody?", lines: Object.values(MEANS), button: "Do it", grave: true,
    fields: [
      { name: "do", label: "What", options: [["ban", "Ban"], ["mute", "Mute"], ["shadow", "Shadow"]], half: true },
      { name: "by", label: "By", options: [["user", "public id"], ["network", "network id"], ["cidr", "addresses (CIDR)"]], half: true },
      { name: "whom", label: "Whom", value: user, max: 50, hint: "12 digits, or for addresses 203.0.113.0/24 or 2001:db8::/48" },
      ...long(String(DAY)), { ...WHY, value: why },
    ],
    want(given, now) {
      const id = given.whom.trim().toLowerCase();
      if (given.by !== "cidr" && !ID.test(id)) return wrong("whom", "An id has 12 hexadecimal digits");
      if (given.by === "cidr" && !isRange(id)) return wrong("whom", "Write addresses like 203.0.113.0/24 or 2001:db8::/48");
      if (given.do === "ban" && !given.why.trim()) return wrong("why", "Say why: the banned see it");
      return lasting({ do: given.do, target: { [given.by]: id }, ...(report ? { report } : {}) }, given, now);
    },
  };
}

/** @param {string} [user] @returns {Decision} */
export function role(user = "") {
  return {
    title: "Give a role?", lines: ["It counts instead of what their sign-in says, from now on, on every pod.", "An account keeps its public id; a guest who loses the cookie loses the role."], button: "Give role", grave: true,
    fields: [
      { name: "user", label: "Public id", value: user, max: 12, half: true, hint: "12 digits: People shows it" },
      { name: "role", label: "Role", options: ROLES.map((role) => [role, role]), value: "moderator", half: true }, WHY,
    ],
    want(given) {
      const id = given.user.trim().toLowerCase();
      return ID.test(id) ? reasoned({ do: "role", target: { user: id }, role: given.role }, given) : wrong("user", "A public id has 12 hexadecimal digits");
    },
  };
}

/** @param {Act} act @returns {Decision} */
export function undo(act) {
  return {
    title: `Undo act ${act.n}?`, lines: [`${KINDS[act.do] ?? act.do}: ${what(act)}. Decided by ${byWhom(act)}.`, act.do === "undo" ? "What it took back is in force again." : "What was in force before it is in force again."], button: "Undo",
    fields: [WHY], want: (given) => reasoned({ do: "undo", of: act.n }, given),
  };
}

/** What to say of what was decided. @param {Decided} decided */
export function saidOf({ act, obeyed, missing }) {
  if (obeyed) return `Act ${act.n} is in force on all pods.`;
  return `Act ${act.n} is stored. ${missing.length > 0 ? `Not yet said to obey it: ${missing.join(", ")}` : "Not all pods have said yet that they obey it"}.`;
}

/** A report that is dealt with. @param {import("./state.js").Report} report @returns {Decision} */
export function resolution({ x, y, words }) {
  return {
    title: `Resolve the report about ${x}, ${y}?`, lines: [words ? `“${words}”` : "It has no words.", "That it is dealt with becomes an act. A ban or another act is decided on its own, before."], button: "Resolve",
    fields: [{ name: "text", label: "How it was dealt with", max: 300 }], want: ({ text }) => ({ act: { text: text.trim() } }),
  };
}
