// What an operator can do, and what exactly will happen: the words of the dialog that asks before anything is done.

import { plural } from "./format.js";
import { called, idOf } from "./people.js";
import { accepts, bounds, carries, nameOf, ownerOf } from "./state.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {object} Act
 * @property {string} title a question
 * @property {string[]} lines what will happen, one sentence each
 * @property {string} button what it says; "" when it can't be done
 * @property {boolean} grave people notice it
 * @property {{label: string, options: {value: string, text: string}[]}} [choice]
 * @property {{label: string, max: number}} [line] a line of text that is asked for
 * @property {string} path of the request, below api/
 * @property {(given: string) => object} body of it; given: the choice or the line
 * @property {(given: string) => string} done what to say afterwards
 */

const LINE = 200; // characters of an announcement: at most 800 bytes, the protocol carries 1,024

/**
 * Why an act was not done, or that it is unknown whether it was.
 * @param {{message: string, status: number}} error status: HTTP; 0: no answer came
 * @param {string} [where] one sees then whether it was
 */
export function notDone({ message, status }, where = "the events") {
  const unknown = status === 0 || status === 502 || status === 504;
  return unknown ? `No answer: ${message}. It may have been done; look at ${where}.` : `Not done: ${message}.`;
}

/** @param {State} state @param {string} id of a member @returns {Act} */
export function drain(state, id) {
  const member = state.members.get(id), name = nameOf(state, id);
  const others = [...state.members.values()].filter((each) => each.id !== id && each.answers && !each.draining && !each.aside);
  const lines = [];
  if (member?.regions > 0) lines.push(`Its ${plural(member.regions, "region")} ${member.regions === 1 ? "moves" : "move"} to other pods; drawing pauses there for about 100 ms.`);
  if (member?.connections > 0) lines.push(`Its ${plural(member.connections, "connection")} ${member.connections === 1 ? "is" : "are"} told to reconnect to other pods; nothing is lost.`);
  lines.push("Then its process leaves the cluster and ends. This can't be undone; whatever runs the pods may start it again.");
  if (member && carries(member) && !others.some(carries)) lines.push("No other pod carries regions: nobody can draw until one joins.");
  if (member && accepts(member) && !others.some(accepts)) lines.push("No other pod accepts connections: nobody can connect until one joins.");
  if (member?.self) lines.push("This page is served by it, and loses its connection.");
  return {
    title: `Drain ${name}?`, lines, button: `Drain ${name}`, grave: true,
    path: "drain", body: () => ({ member: id }), done: () => `${name} is draining. Its progress shows in the list of pods and in the events.`,
  };
}

/** @param {State} state @param {number} number of a region @returns {Act} */
export function handOver(state, number) {
  const region = state.regions.get(number), owner = ownerOf(state, region);
  const { x, y, width, height } = bounds(state.answer.canvas, number);
  const takers = [...state.members.values()].filter((member) => carries(member) && member.answers && !member.draining && !member.aside && member.id !== owner?.id)
    .sort((a, b) => a.regions - b.regions);
  const lines = [
    `Region ${number} is x ${x} to ${x + width - 1}, y ${y} to ${y + height - 1}, owned by ${owner?.name ?? "nobody"}.`,
    "Drawing there pauses for about 100 ms. Nothing is lost; viewing goes on.",
    "It stays with the pod chosen here until it is handed over again or that pod leaves.",
  ];
  if (takers.length === 0) lines.push("There is no other pod that could take it.");
  return {
    title: `Hand region ${number} over?`, lines, button: takers.length > 0 ? `Hand region ${number} over` : "", grave: false,
    choice: { label: "To", options: takers.map((member) => ({ value: member.id, text: `${member.name} (has ${plural(member.regions, "region")})` })) },
    path: "handover", body: (id) => ({ region: number, member: id }), done: (id) => `Region ${number} goes to ${nameOf(state, id)}.`,
  };
}

/** @param {State} state @param {{id: string, member: string, name?: string}} connection @returns {Act} */
export function disconnect(state, { id, member, name }) {
  const who = name || "Anonymous";
  return {
    title: `Disconnect ${who}?`,
    lines: [
      `Connection ${id} of ${who} at ${nameOf(state, member)} is closed.`,
      "They are told that an operator did it, and their browser does not connect again by itself. It is not a ban: loading the page again does.",
    ],
    button: `Disconnect ${who}`, grave: true,
    path: "disconnect", body: () => ({ member, connection: id }), done: () => `${who} was disconnected.`,
  };
}

/** @param {import("./state.js").Person} person @returns {Act} */
export function dismiss(person) {
  const who = `${called(person)} ${idOf(person)}`;
  const shared = person.kind === "program" ? ["It is not one person: all programs of that network that show no key are disconnected."] : [];
  return {
    title: `Disconnect all of ${who}?`,
    lines: [
      `${person.connections === 1 ? "The connection" : `All ${plural(person.connections, "connection")}`} of ${who} ${person.connections === 1 ? "is" : "are"} closed, on every pod.`,
      ...shared,
      "They are told that an operator did it, and their browsers do not connect again by themselves. It is not a ban: loading the page again does.",
    ],
    button: "Disconnect all", grave: true,
    path: "dismiss", body: () => ({ subject: person.subject }), done: () => `${who} was disconnected.`,
  };
}

/** @param {import("./state.js").Key} key @returns {Act} */
export function revoke({ id, name, owner }) {
  const who = name || "the key";
  return {
    title: `Revoke ${who}?`,
    lines: [
      `Whoever shows key ${id} is refused from then on, and their connections are closed, on every pod.`,
      ...(owner ? ["An account made it. It is not told, and can make another one."] : []),
      "This can't be undone. What was drawn with it stays.",
    ],
    button: "Revoke", grave: true,
    path: "keys/revoke", body: () => ({ id }), done: () => `${who} was revoked.`,
  };
}

/** @param {State} state @returns {Act} */
export function announce(state) {
  const users = state.answer?.users ?? 0;
  return {
    title: "Announce a line?",
    lines: [`Everybody who is connected now (${plural(users, "user")}) sees it on top of the canvas until they close it. It can't be taken back.`],
    button: "Announce", grave: false, line: { label: "The line", max: LINE },
    path: "announce", body: (text) => ({ text }), done: (text) => `Announced: “${text}”`,
  };
}
