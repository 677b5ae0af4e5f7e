// People as an operator reads them: who somebody is, what is left to them, where they are.

import { count, ms, number, span } from "./format.js";
import { nameOf } from "./state.js";

/** @typedef {import("./state.js").Person} Person */

const ID_SHOWN = 4; // digits at the end of an id, as on the drawing page

/** What to call somebody. Programs of one network answer together. @param {Person} person */
export function called(person) {
  if (person.name) return person.name;
  return { program: "Programs of a network", bot: "Bot" }[person.kind] ?? "Anonymous";
}

/** "·05ab": what tells people with the same name apart. @param {Person} person */
export function idOf({ user, subject }) {
  return `·${(user || subject).slice(-ID_SHOWN)}`;
}

/** "guest", "member", "bot": an account is what its role says. @param {Person} person */
export function sortOf({ kind, role }) {
  return kind === "account" ? role : role === "guest" ? kind : `${kind}, ${role}`;
}

/** "gateway-1 2, gateway-2 1". @param {import("./state.js").State} state @param {Person} person */
export function whereOf(state, { on }) {
  return on.map(({ member, connections }) => (on.length === 1 ? nameOf(state, member) : `${nameOf(state, member)} ${count(connections)}`)).join(", ");
}

/** "2 of 6, next in 3 s", or only how fast they may draw. @param {Person} person @param {number} time of the server */
export function allowanceOf({ every, burst, left, next }, time) {
  if (!every) return "no limit";
  if (left === undefined) return every < 1000 ? `${number(1000 / every)}/s, ${count(burst)}` : `1 in ${ms(every)}, ${count(burst)}`;
  const wait = next > 0 && every >= 1000 ? `, next in ${span(next - time + 999)}` : "";
  return `${count(left)} of ${count(burst)}${wait}`;
}
