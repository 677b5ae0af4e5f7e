// What is wrong, in an operator's words, the worst first. Every line says where to look. It gives the time since when
// something is wrong, not its age: an age would change every second, and move what stands beside it.

import { clock, count, list, ms, plural } from "./format.js";
import { toActors, toConnections, toOverview, toRegion } from "./route.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Member} Member
 * @typedef {"bad" | "warn" | "note"} Level  bad: users notice; warn: look at it; note: good to know
 * @typedef {{about: string, level: Level, text: string, go: string}} Finding  about: the same for the same finding, whatever
 *   its numbers; go: where on this page
 * @typedef {{level: "well" | Level, text: string, findings: Finding[]}} Verdict
 */

const CLAIMED = 2_000; // ms within which a region is claimed after its owner died: longer is a problem
const LATELY = 2 * 60_000; // ms for which a pod's death, an outage that is over or a fenced owner is still mentioned
const RESTARTS = 5 * 60_000; // ms for which restarts are counted
const SLOW = 1_000; // ms: a connection that is further behind is called slow
const LATE = 250; // ms from placing a pixel to its ack, or for a commit: people feel a longer one
const DEEP = 1_000; // messages waiting in one mailbox: that is seconds of work
const RANK = { bad: 0, warn: 1, note: 2 };

/** @param {State} state with an answer @returns {Verdict} */
export function judge(state) {
  const members = [...state.members.values()], { answer } = state;
  const findings = [
    ...silent(members), ...stores(members), ...owners(state, members), ...latencies(members), ...mailboxes(members),
    ...connections(answer.connections), ...lately(answer), ...changes(members),
  ].sort((a, b) => RANK[a.level] - RANK[b.level]);
  const level = findings[0]?.level ?? "well";
  return { level, text: headline(findings), findings };
}

function headline(findings) {
  const bad = findings.filter((finding) => finding.level === "bad").length;
  const warn = findings.filter((finding) => finding.level === "warn").length;
  if (bad > 0) return plural(bad + warn, "problem");
  return warn > 0 ? plural(warn, "warning") : "All well";
}

/** @param {Member[]} members @returns {Finding[]} */
function silent(members) {
  const names = members.filter((member) => !member.answers).map((member) => member.name);
  return names.length === 0 ? [] : [{ about: "silent", level: "bad", text: `${list(names)} ${names.length === 1 ? "does" : "do"} not answer`, go: toOverview() }];
}

/** @param {Member[]} members @returns {Finding[]} */
function stores(members) {
  const down = members.filter((member) => member.answers && member.store && !member.store.ok);
  if (down.length === 0) return [];
  const everywhere = down.length === members.filter((member) => member.answers).length;
  const where = everywhere ? "" : ` for ${list(down.map((member) => member.name))}`;
  const error = down[0].store.error ? `: ${down[0].store.error}` : "";
  return [{ about: "store", level: "bad", text: `The store is down${where}${error}`, go: toOverview() }];
}

/** @param {State} state @param {Member[]} members @returns {Finding[]} */
function owners(state, members) {
  const findings = /** @type {Finding[]} */ ([]);
  if (!members.some((member) => member.roles.includes("canvas"))) findings.push({ about: "carriers", level: "bad", text: "No pod carries regions", go: toOverview() });
  const orphans = [], waiting = [];
  for (const [region, { kind, since }] of state.troubled) {
    if (kind === "without owner") orphans.push(region);
    else if (state.answer.time - since > CLAIMED) waiting.push({ region, kind, since });
  }
  if (orphans.length > 0) findings.push({ about: "owners", level: "bad", text: `${named(orphans)} without owner`, go: toRegion(orphans[0]) });
  if (waiting.length > 0) {
    const kinds = [...new Set(waiting.map((each) => each.kind))], longest = Math.min(...waiting.map((each) => each.since));
    const text = `${named(waiting.map((each) => each.region))} ${list(kinds)} since ${clock(longest)}`;
    findings.push({ about: "waiting", level: "bad", text, go: toRegion(waiting[0].region) });
  }
  return findings;
}

/** @param {Member[]} members @returns {Finding[]} */
function latencies(members) {
  const slowest = (value) => members.filter((m) => m.answers && value(m) > LATE).sort((a, b) => value(b) - value(a))[0];
  const findings = /** @type {Finding[]} */ ([]);
  const ack = slowest((m) => m.place_to_ack?.p99), commit = slowest((m) => m.commit?.p99);
  if (ack) findings.push({ about: "acks", level: "warn", text: `Pixels take ${ms(ack.place_to_ack.p99)} to be acknowledged at ${ack.name} (p99)`, go: toActors(ack.id) });
  if (commit) findings.push({ about: "commits", level: "warn", text: `Commits take ${ms(commit.commit.p99)} at ${commit.name} (p99)`, go: toActors(commit.id) });
  return findings;
}

/** @param {Member[]} members @returns {Finding[]} */
function mailboxes(members) {
  return members.flatMap((member) => (member.kinds ?? []).filter((kind) => kind.mailbox_max >= DEEP).map((kind) => (
    { about: `mailbox ${member.id} ${kind.kind}`, level: /** @type {Level} */ ("warn"), text: `${count(kind.mailbox_max)} messages wait for a ${kind.kind} actor at ${member.name}`, go: toActors(member.id) })));
}

/** @returns {Finding[]} */
function connections(worst) {
  const slow = worst.filter((connection) => connection.lag >= SLOW).length;
  if (slow === 0) return [];
  const all = slow === worst.length && slow >= 50;
  return [{ about: "slow", level: "warn", text: `${all ? "At least " : ""}${plural(slow, "slow connection")}`, go: toConnections() }];
}

/** What is over, but an operator who has just opened the page should know. @returns {Finding[]} */
function lately({ events, time }) {
  const findings = /** @type {Finding[]} */ ([]);
  const since = (kind, window) => events.filter((event) => event.kind === kind && time - event.at <= window);
  for (const kind of ["died", "recovered", "fenced"]) {
    const last = since(kind, LATELY).at(-1);
    if (last) findings.push({ about: kind, level: kind === "recovered" ? "note" : "warn", text: `${sentence(last.text)} at ${clock(last.at)}`, go: last.region >= 0 ? toRegion(last.region) : toOverview() });
  }
  const restarts = since("restarted", RESTARTS).length;
  if (restarts > 0) findings.push({ about: "restarts", level: "warn", text: `${plural(restarts, "actor restart")} in 5 min`, go: toActors() });
  return findings;
}

/** @param {Member[]} members @returns {Finding[]} */
function changes(members) {
  const findings = /** @type {Finding[]} */ ([]);
  const draining = members.filter((member) => member.draining).map((member) => member.name);
  if (draining.length > 0) findings.push({ about: "draining", level: "note", text: `${list(draining)} ${draining.length === 1 ? "is" : "are"} draining`, go: toOverview() });
  const aside = members.filter((member) => member.aside).map((member) => member.name);
  if (aside.length > 0) findings.push({ about: "aside", level: "warn", text: `${list(aside)} ${aside.length === 1 ? "stands" : "stand"} aside: others have the regions`, go: toOverview() });
  const versions = [...new Set(members.map((member) => member.version))].sort();
  if (versions.length > 1) findings.push({ about: "versions", level: "note", text: `Versions ${list(versions)} run at once`, go: toOverview() });
  return findings;
}

/** An event's text begins with the name of a pod or with a small letter. Names stay as they are. */
function sentence(text) {
  return /^(the|region)\b/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

function named(regions) {
  return regions.length === 1 ? `Region ${regions[0]}` : plural(regions.length, "region");
}
