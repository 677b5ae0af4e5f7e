// What the canvas allows, as the server says it: colours, times, areas, and the words for them. Pure.

import { nameOf, parseHex } from "../colour.js";
import { countdown } from "../durations.js";
import { plural, t } from "../words/words.js";

/**
 * white-out: white may be placed, and nothing else.
 * @typedef {"open" | "frozen" | "white-out"} Openness
 * @typedef {{from: number, state: Openness}} Phase  from: Unix ms
 * @typedef {{state: Openness, until: number, next: Openness}} Now  until: when it becomes next, Unix ms; 0: not known
 *
 * A part of the canvas in which only some may draw. mask: the name of the picture that says which of its pixels count, empty: all;
 * bits: that picture, a byte a pixel, as soon as it is known.
 * @typedef {{act: number, by: string, until: number, name: string, x: number, y: number, width: number, height: number, mask: string, bits: Uint8Array | null, least: string, users: string[]}} Area
 * @typedef {{x: number, y: number, colour: number}} Dot
 * @typedef {import("../people/me.js").Me} Me
 */

const STATES = ["open", "frozen", "white-out"];
const RANKS = ["guest", "member", "moderator", "owner"];
const WHITE = 0xffffff, ONLY_WHITE = [WHITE];

/** @param {string} role */
export const rankOf = (role) => RANKS.indexOf(role);

/** Whether someone decides about others. @param {{role: string}} me */
export const moderates = ({ role }) => rankOf(role) >= rankOf("moderator");

/** Takes what is there, and of the right kind. @returns {Ruling | null} null: that is not what a server says about rules */
export function readRules(said) {
  if (typeof said !== "object" || said === null || !Number.isInteger(said.version)) return null;
  const list = (of) => (Array.isArray(of) ? of : []);
  const colours = list(said.palette).map((hex) => parseHex(String(hex))).filter((colour) => colour !== null);
  const rules = new Ruling(said.version);
  rules.state = openness(said.state);
  rules.until = time(said.until);
  rules.palette = colours.length > 0 ? colours : null;
  rules.phases = list(said.phases).map(({ from, state }) => ({ from: time(from), state: openness(state) })).sort((a, b) => a.from - b.from);
  rules.areas = list(said.areas).filter(isArea).map(readArea);
  rules.appeal = typeof said.appeal === "string" ? said.appeal : "";
  return rules;
}

const openness = (state) => /** @type {Openness} */ (STATES.includes(state) ? state : "open");
const time = (ms) => (Number.isFinite(ms) && ms > 0 ? ms : 0);
const isArea = (area) => [area?.x, area?.y, area?.width, area?.height].every(Number.isInteger);

/** @returns {Area} */
function readArea({ act, by, until, name, x, y, width, height, mask, least, users }) {
  const text = (from) => (typeof from === "string" ? from : "");
  return { act, by: text(by), until: time(until), name: text(name), x, y, width, height, mask: text(mask), bits: null, least: text(least) || "guest", users: Array.isArray(users) ? users.map(String) : [] };
}

export class Ruling {
  /** @type {Openness} */
  state = "open";
  until = 0; // Unix ms when state ends; 0: not known
  /** @type {number[] | null} null: any colour */
  palette = null;
  /** @type {Phase[]} in order */
  phases = [];
  /** @type {Area[]} */
  areas = [];
  appeal = ""; // where the banned turn to

  /** @param {number} version */
  constructor(version) {
    this.version = version;
  }

  /** What is allowed at a time, and until when. @param {number} today Unix ms of the server, here and below @returns {Now} */
  at(today) {
    const next = this.phases.find(({ from }) => from > today);
    const told = this.until === 0 || today < this.until;
    const state = told ? this.state : this.phases.filter(({ from }) => from <= today).at(-1)?.state ?? "open";
    if (!told) return { state, until: next?.from ?? 0, next: next?.state ?? "open" };
    const until = this.until || (next?.from ?? 0);
    return { state, until, next: this.phases.filter(({ from }) => from <= until).at(-1)?.state ?? "open" };
  }

  /** The colours that may be placed; null: any. The same array as long as they are the same. */
  colours(today) {
    return this.at(today).state === "white-out" ? ONLY_WHITE : this.palette;
  }

  /** The allowed colour that looks most like another. */
  nearest(colour, today) {
    const colours = this.colours(today);
    return !colours || colours.includes(colour) ? colour : colours.reduce((a, b) => (distance(b, colour) < distance(a, colour) ? b : a));
  }

  /** The areas around a pixel in which someone may not draw. @param {Me} me */
  barred(x, y, me) {
    return this.areas.filter((area) => covers(area, x, y) && !mayDraw(area, me));
  }

  /**
   * What keeps someone from drawing, or from drawing a pixel.
   * @param {Me} me @param {Dot} [dot]
   * @returns {"" | "frozen" | "colour" | "protected"}
   */
  hinders(me, today, dot) {
    if (this.at(today).state === "frozen") return "frozen";
    if (!dot) return "";
    if (this.nearest(dot.colour, today) !== dot.colour) return "colour";
    return this.barred(dot.x, dot.y, me).length > 0 ? "protected" : "";
  }

  /** What to tell the user about that. @param {"frozen" | "colour" | "protected"} why @param {Me} me @param {Dot} [dot] */
  explain(why, me, today, dot) {
    const { state, until, next } = this.at(today);
    if (why === "frozen") return until && next !== "frozen" ? t("The canvas is frozen: it opens in {time}", { time: span(until - today) }) : t("The canvas is frozen: nothing can be placed for now");
    if (why === "colour" && state === "white-out") return t("Only white can be placed now");
    if (why === "colour") return dot ? t("{colour} is not in the palette here", { colour: nameOf(dot.colour) }) : t("Only colours of the palette can be placed here");
    const area = dot && this.barred(dot.x, dot.y, me)[0];
    const who = area ? whoDraws(area) : t("only some may draw there");
    return area?.name ? t("“{name}” is protected: {who}", { name: area.name, who }) : t("This part is protected: {who}", { who });
  }
}

/** "only moderators draw there" @param {Area} area */
export function whoDraws({ least, users }) {
  const others = users.length > 0;
  switch (least) {
    case "guest": return t("everybody draws there");
    case "member": return others ? t("only members draw there, and some others") : t("only members draw there");
    case "moderator": return others ? t("only moderators draw there, and some others") : t("only moderators draw there");
    case "owner": return others ? t("only the owner draws there, and some others") : t("only the owner draws there");
    default: return t("only some draw there");
  }
}

/** Whether a pixel belongs to an area. As long as its mask is not known, none does: the server will say. @param {Area} area */
export function covers({ x, y, width, height, mask, bits }, px, py) {
  if (px < x || py < y || px >= x + width || py >= y + height) return false;
  return mask === "" || (bits !== null && bits[(py - y) * width + px - x] !== 0);
}

/** @param {Area} area @param {Me} me */
export function mayDraw({ least, users }, me) {
  return rankOf(me.role) >= rankOf(least) || users.includes(me.user);
}

const DAY = 86_400_000; // ms

/** A length of time: counted down if it is within a day. */
export function span(ms) {
  if (ms < DAY) return countdown(Math.max(1, ms));
  const days = Math.floor(ms / DAY), hours = Math.round((ms % DAY) / 3_600_000);
  return [plural(days, "1 day", "{n} days"), hours > 0 ? t("{n} h", { n: hours }) : ""].filter(Boolean).join(" ");
}

/**
 * The line about now, for the dock; empty: there is nothing to say.
 * @param {Ruling} rules
 * @param {number} today
 */
export function saying(rules, today) {
  const { state, until, next } = rules.at(today), left = until > today ? span(until - today) : "";
  switch (state) {
    case "frozen":
      if (!left) return t("Frozen: nothing can be placed for now");
      return next === "white-out" ? t("Frozen · white-out in {time}", { time: left }) : t("Frozen · opens in {time}", { time: left });
    case "white-out":
      return left ? t("White-out: only white can be placed · ends in {time}", { time: left }) : t("White-out: only white can be placed");
    default:
      if (!left || until - today > DAY || next === "open") return "";
      return next === "frozen" ? t("Closes in {time}", { time: left }) : t("White-out in {time}", { time: left });
  }
}

/** How different two colours look: weighted by how well eyes see each part. */
function distance(a, b) {
  const red = ((a >> 16) + (b >> 16)) / 2, part = (shift) => ((a >> shift) & 255) - ((b >> shift) & 255);
  return (2 + red / 256) * part(16) ** 2 + 4 * part(8) ** 2 + (2 + (255 - red) / 256) * part(0) ** 2;
}
