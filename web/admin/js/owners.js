// How the owners of regions are told apart: by a colour, by a pattern and by a label, so that nobody has to see
// colours. The look follows from the pod's name, so a pod looks the same on every operator's screen and after a
// restart. Only if two current pods would look alike, the later one gets another look.

import { blackReads } from "./ink.js";

/**
 * Colours that people with any kind of colour blindness tell apart: M. Okabe and K. Ito, "Color
 * Universal Design", 2008, without black, with violet added.
 */
export const COLOURS = Object.freeze(["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#8f6fd1"]);
export const PATTERNS = 5; // plain, two diagonals, dots, lines; no divisor in common with the colours: 40 looks

/** @typedef {Map<string, number>} Slots  the look of each name: its colour and its pattern */

export const colourOf = (slot) => COLOURS[slot % COLOURS.length];
export const patternOf = (slot) => slot % PATTERNS;

/** Whether text on a slot's colour is black. */
export function darkInk(slot) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colourOf(slot).slice(at, at + 2), 16));
  return blackReads(r, g, b);
}

/**
 * Gives every name a slot. A name keeps its slot as long as it is among names, and after that until another name needs the slot.
 * @param {Slots} slots
 * @param {readonly string[]} names
 */
export function assign(slots, names) {
  const present = new Set(names);
  const holder = new Map([...slots].map(([name, slot]) => [slot, name]));
  for (const name of [...present].sort((a, b) => a.localeCompare(b, "en", { numeric: true }))) {
    if (slots.has(name)) continue;
    const slot = free(preferred(name), holder, present);
    if (holder.has(slot)) slots.delete(holder.get(slot));
    slots.set(name, slot);
    holder.set(slot, name);
  }
}

/** The first free one of the distinct colours, from the preferred one on; else one whose owner is gone; else the preferred one with another pattern. */
function free(wanted, holder, present) {
  const round = COLOURS.map((_, n) => (wanted + n) % COLOURS.length);
  const never = round.find((slot) => !holder.has(slot));
  if (never !== undefined) return never;
  const left = round.find((slot) => !present.has(holder.get(slot)));
  if (left !== undefined) return left;
  let slot = wanted + COLOURS.length;
  while (present.has(holder.get(slot))) slot += COLOURS.length;
  return slot;
}

/** Numbered pods get neighbouring colours; other pods get a colour by their name. */
function preferred(name) {
  const number = name.match(/(\d{1,6})$/)?.[1];
  if (number !== undefined) return Number(number) % COLOURS.length;
  let hash = 2166136261; // FNV-1a
  for (const letter of name) hash = Math.imul(hash ^ letter.codePointAt(0), 16777619);
  return (hash >>> 0) % COLOURS.length;
}

/** What stands for a pod where there is little room: its number, else the first letters of the name's last part. */
export function label(name) {
  const number = name.match(/(?:^|\D)(\d{1,3})$/)?.[1];
  return number ?? (name.split(/[-_.]/).at(-1) || "?").slice(0, 2);
}
