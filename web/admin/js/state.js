// Everything this page knows, in one place. main.js writes what the server says and where the operator goes;
// ui/ and map.js only show it.

import { Chain } from "./chain.js";
import { judge } from "./health.js";
import { append, fromServer, newHistory } from "./history.js";
import { assign } from "./owners.js";
import { parseRoute } from "./route.js";

/**
 * What the server says. Times are Unix ms, rates per second, durations ms.
 * @typedef {{p50: number, p99: number}} Spread
 * @typedef {{kind: string, live: number, rate: number, mailbox_max: number, mailbox_p99: number, p50_us: number, p99_us: number,
 *   restarts: number, dead_letters: number, unhandled: number}} Kind
 * @typedef {{id: string, name: string, roles: string[], version: string, self: boolean, answers: boolean, draining: boolean, aside: boolean, started: number,
 *   connections: number, regions: number, cpu: number, memory: number, heap: number, gc_pause_p99: number, goroutines: number,
 *   store: {ok: boolean, error: string}, pixels_placed: number, pixels_in: number, deliveries: number, messages_in: number, bytes_out: number,
 *   commit: Spread, place_to_ack: Spread, kinds: Kind[]}} Member  if the pod does not answer, only what membership knows is current
 * @typedef {{region: number, x: number, y: number, width: number, height: number, owner: string, state: string, epoch: number, seq: number,
 *   rate: number, viewers: number, relays: number, pending: number, commit: Spread, pinned: boolean}} Region  owner: a member's id
 * @typedef {{id: string, member: string, name: string, user: string, since: number, rate_in: number, rate_out: number, bytes_out: number, lag: number}} Connection
 * @typedef {{subject: string, user?: string, kind: string, role: string, name: string, network: string, since: number, connections: number,
 *   on: {member: string, connections: number}[], every?: number, burst?: number, left?: number, next?: number}} Person  every: ms for one pixel
 * @typedef {{id: string, name: string, scopes: string[], user: string, owner?: string, created: number, until?: number, lastUsed?: number,
 *   rate?: number, burst?: number}} Key  owner: subject of the account that made it; rate: absent for that of its role
 * @typedef {{version: number, state: string, until: number, palette: string[], phases: import("./chain.js").Phase[], appeal: string,
 *   areas: {act: number, name: string, x: number, y: number, width: number, height: number, mask?: string, least: string, users?: string[]}[]}} Shown  rules
 * @typedef {{id: string, time: number, x: number, y: number, user?: string, by?: string, name?: string, words: string,
 *   claim?: {user?: string, name: string, until: number}, resolved?: {act: number, time: number, name: string, text: string}}} Report  user: whom it is about
 * @typedef {{at: number, kind: string, node: string, text: string, region: number, duration: number}} Event  region: -1 for none
 * @typedef {{node: string, time: number, canvas: {width: number, height: number, region: number}, users: number,
 *   members: Member[], regions: Region[], connections: Connection[], events: Event[], history?: object}} Answer
 * @typedef {{id: string, state: string, rate: number, mailbox: number}} Actor
 * @typedef {{id: string, state: string, since: number, facts: [string, string][], last: {type: string, at: number, us: number}[]}} ActorPage
 *
 * What the page derives from it.
 * @typedef {{kind: string, since: number}} Trouble  of a region: what it is in, and since when, server time
 * @typedef {{items: any[], error: string, at: number}} Fetched  at: page time of the answer; 0: none yet
 *
 * @typedef {object} State
 * @property {Answer | null} answer the last one; null: none yet
 * @property {number} receivedAt page time of it, ms
 * @property {Map<string, Member>} members by id, in the order of their names
 * @property {Map<number, Region>} regions by number; resting ones are absent
 * @property {Map<number, Trouble>} troubled regions that nobody serves
 * @property {import("./owners.js").Slots} slots the looks of pods that carry regions
 * @property {import("./history.js").History} history
 * @property {import("./health.js").Verdict | null} verdict
 * @property {{lostAt: number, retryAt: number, error: string, loggedOut: boolean}} link to the server; lostAt: page time, 0: it answers
 * @property {import("./route.js").Route} route
 * @property {"" | "owner" | "heat"} colouring of the map, as it was chosen; see colouringOf
 * @property {boolean} several pods have been seen
 * @property {{x: number, y: number} | null} mark the pixel last searched for
 * @property {boolean} reveal another region was chosen: the map has to come into view
 * @property {Set<string>} open branches of the tree, by key
 * @property {Map<string, Fetched>} branches actors by "member/kind"
 * @property {{member: string, id: string, page: ActorPage | null, error: string}} actor the one whose page is shown
 * @property {Fetched & {name: string}} found connections by the name searched for
 * @property {Fetched & {search: string, addresses: boolean, more: boolean}} people those searched for
 * @property {Fetched} keys all of them, the newest first
 * @property {{error: string, at: number, shown: Shown | null, chain: Chain}} rules what is allowed, and the acts that say so
 * @property {Fetched & {which: string}} reports open, resolved or all
 * @property {boolean} addresses whole ones are asked for
 * @property {string} said what the live region says
 */

/** @returns {State} */
export function newState() {
  return {
    answer: null,
    receivedAt: 0,
    members: new Map(),
    regions: new Map(),
    troubled: new Map(),
    slots: new Map(),
    history: newHistory(),
    verdict: null,
    link: { lostAt: 0, retryAt: 0, error: "", loggedOut: false },
    route: parseRoute(""),
    colouring: "",
    several: false,
    mark: null,
    reveal: false,
    open: new Set(),
    branches: new Map(),
    actor: { member: "", id: "", page: null, error: "" },
    found: { name: "", items: [], error: "", at: 0 },
    people: { search: "", addresses: false, more: false, items: [], error: "", at: 0 },
    keys: { items: [], error: "", at: 0 },
    rules: { error: "", at: 0, shown: null, chain: new Chain() },
    reports: { items: [], error: "", at: 0, which: "open" },
    addresses: false,
    said: "",
  };
}

/**
 * Takes an answer of the server.
 * @param {State} state
 * @param {Answer} answer
 * @param {number} now page time
 */
export function receive(state, answer, now) {
  state.answer = answer;
  state.receivedAt = now;
  state.link = { lostAt: 0, retryAt: 0, error: "", loggedOut: false };
  const byName = [...answer.members].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }) || a.started - b.started);
  state.members = new Map(byName.map((member) => [member.id, member]));
  state.several ||= state.members.size > 1;
  state.regions = new Map(answer.regions.map((region) => [region.region, region]));
  assign(state.slots, byName.filter(carries).map((member) => member.name));
  state.troubled = troubled(state, state.troubled);
  if (answer.history) state.history = fromServer(answer.history);
  append(state.history, answer);
  state.verdict = judge(state);
}

/**
 * Notes that the server did not answer.
 * @param {State} state
 * @param {{message: string, loggedOut: boolean}} error
 * @param {number} now page time
 * @param {number} wait ms until the next attempt
 */
export function lose(state, error, now, wait) {
  state.link = { lostAt: state.link.lostAt || now, retryAt: now + wait, error: error.message, loggedOut: error.loggedOut };
}

/** The server's clock, as far as this page knows it. @param {State} state */
export function serverTime(state, now) {
  return state.answer ? state.answer.time + now - state.receivedAt : 0;
}

/** Whether a pod carries regions. @param {Member} member */
export function carries(member) {
  return member.roles.includes("canvas");
}

/** Whether clients connect to a pod. @param {Member} member */
export function accepts(member) {
  return member.roles.includes("gateway");
}

/** The pod that owns a region; undefined: none does. @param {State} state @param {Region} region */
export function ownerOf(state, region) {
  return region && state.members.get(region.owner);
}

/** A pod's name; if the pod is gone, a part of its id. @param {State} state */
export function nameOf(state, id) {
  return state.members.get(id)?.name ?? (id ? `${id.slice(0, 8)} (gone)` : "nobody");
}

/** The grid of regions. @param {Answer["canvas"]} canvas */
export function grid({ width, height, region }) {
  const columns = Math.ceil(width / region), rows = Math.ceil(height / region);
  return { columns, rows, total: columns * rows };
}

/** Where a region lies, even a resting one. @param {Answer["canvas"]} canvas */
export function bounds(canvas, region) {
  const { columns } = grid(canvas);
  const x = (region % columns) * canvas.region, y = Math.floor(region / columns) * canvas.region;
  return { x, y, width: Math.min(canvas.region, canvas.width - x), height: Math.min(canvas.region, canvas.height - y) };
}

/** The region of a pixel. @param {Answer["canvas"]} canvas */
export function regionAt(canvas, x, y) {
  return Math.floor(y / canvas.region) * grid(canvas).columns + Math.floor(x / canvas.region);
}

/** @param {State} state @param {Map<number, Trouble>} before */
function troubled(state, before) {
  const now = new Map();
  for (const region of state.regions.values()) {
    const kind = ownerOf(state, region) ? region.state : "without owner";
    if (kind === "serving") continue;
    now.set(region.region, { kind, since: before.get(region.region)?.since ?? state.answer.time });
  }
  return now;
}

/** What colours the map: what was chosen, or else who owns which region; or how busy it is, while one pod is alone. @param {State} state */
export function colouringOf({ colouring, several }) {
  return colouring || (several ? "owner" : "heat");
}
