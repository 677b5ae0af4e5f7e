// The search field: what its text may mean, and which of those things exist.

import { bounds, grid, nameOf, ownerOf, regionAt } from "./state.js";
import { toActors, toConnections, toRegion } from "./route.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {{kind: "place" | "region" | "pod" | "user" | "names", text: string, detail: string, go: string, mark?: {x: number, y: number}}} Hit
 *   mark: the pixel to show on the map
 */

const MOST = 8; // hits: as many as fit under the field

/** What a text may mean. @returns {{place: {x: number, y: number} | null, region: number, name: string}} region: -1 for none */
export function parse(text) {
  const trimmed = text.trim();
  const place = trimmed.match(/^\(?\s*(\d{1,6})\s*(?:[,;/]|\s)\s*(\d{1,6})\s*\)?$/);
  const region = trimmed.match(/^(?:#|r|region[ /#]*)?(\d{1,7})$/i);
  return {
    place: place ? { x: Number(place[1]), y: Number(place[2]) } : null,
    region: region ? Number(region[1]) : -1,
    name: place ? "" : trimmed,
  };
}

/** The things that match and exist, the likeliest first. @param {State} state @returns {Hit[]} */
export function find(text, state) {
  if (!state.answer || text.trim() === "") return [];
  const { place, region, name } = parse(text);
  return [...places(place, state), ...numbered(region, state), ...pods(name, state), ...users(name, state)].slice(0, MOST - 1).concat(names(name));
}

/** @param {State} state @returns {Hit[]} */
function places(place, state) {
  const { canvas } = state.answer;
  if (!place || place.x >= canvas.width || place.y >= canvas.height) return [];
  const region = regionAt(canvas, place.x, place.y);
  return [{ kind: "place", text: `Pixel ${place.x}, ${place.y}`, detail: `region ${region}, ${whose(region, state)}`, go: toRegion(region), mark: place }];
}

/** @param {State} state @returns {Hit[]} */
function numbered(region, state) {
  const { canvas } = state.answer;
  if (region < 0 || region >= grid(canvas).total) return [];
  const { x, y } = bounds(canvas, region);
  return [{ kind: "region", text: `Region ${region}`, detail: `at ${x}, ${y}, ${whose(region, state)}`, go: toRegion(region) }];
}

/** @param {State} state @returns {Hit[]} */
function pods(name, state) {
  return [...state.members.values()].filter((member) => has(member.name, name))
    .map((member) => ({ kind: "pod", text: member.name, detail: member.roles.join(", "), go: toActors(member.id) }));
}

/** @param {State} state @returns {Hit[]} */
function users(name, state) {
  return state.answer.connections.filter((connection) => has(connection.name, name))
    .map((connection) => ({ kind: "user", text: connection.name, detail: `user at ${nameOf(state, connection.member)}`, go: toConnections(connection.name) }));
}

/** Finding all users takes a question to the server: the page knows only the worst connections. @returns {Hit[]} */
function names(name) {
  return name === "" ? [] : [{ kind: "names", text: `Users named “${name}”`, detail: "all pods", go: toConnections(name) }];
}

function has(text, part) {
  return part !== "" && text.toLowerCase().includes(part.toLowerCase());
}

/** @param {State} state */
function whose(region, state) {
  const known = state.regions.get(region);
  if (!known) return "resting";
  return ownerOf(state, known)?.name ?? "without owner";
}
