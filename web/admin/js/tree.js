// The tree from pod to kind to single actor, flattened into the rows that are shown.

import { count, number } from "./format.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {object} Row
 * @property {string} key
 * @property {1 | 2 | 3} level pod, kind, actor (or a remark in their place)
 * @property {string} text
 * @property {string} detail
 * @property {boolean | null} open null: it has no branches
 * @property {string} member
 * @property {string} kind "" for a pod
 * @property {string} id of an actor; "" for other rows
 * @property {number} position among its siblings, from 1
 * @property {number} siblings
 */

const LISTED = 200; // the busiest actors of one branch; nobody reads more

export const memberKey = (member) => `pod ${member}`;
export const kindKey = (member, kind) => `kind ${member} ${kind}`;
export const branchKey = (member, kind) => `${member}/${kind}`;

/** @param {State} state @returns {Row[]} */
export function treeRows(state) {
  const members = [...state.members.values()];
  return members.flatMap((member, n) => {
    const key = memberKey(member.id), open = state.open.has(key);
    const live = (member.kinds ?? []).reduce((sum, kind) => sum + kind.live, 0);
    const pod = {
      key, level: 1, text: member.name, detail: member.answers ? count(live) : "no answer", open,
      member: member.id, kind: "", id: "", position: n + 1, siblings: members.length,
    };
    return open ? [pod, ...kindRows(state, member)] : [pod];
  });
}

/** @param {State} state @param {import("./state.js").Member} member @returns {Row[]} */
function kindRows(state, member) {
  const kinds = member.kinds ?? [];
  return kinds.flatMap((kind, n) => {
    const key = kindKey(member.id, kind.kind), open = state.open.has(key);
    const row = {
      key, level: 2, text: kind.kind, detail: `${count(kind.live)}${kind.rate > 0 ? ` · ${number(kind.rate)}/s` : ""}`, open,
      member: member.id, kind: kind.kind, id: "", position: n + 1, siblings: kinds.length,
    };
    return open ? [row, ...actorRows(state, member.id, kind)] : [row];
  });
}

/** @param {State} state @param {import("./state.js").Kind} kind @returns {Row[]} */
function actorRows(state, member, kind) {
  const branch = state.branches.get(branchKey(member, kind.kind));
  const remark = (text) => ({ key: `remark ${member} ${kind.kind}`, level: 3, text, detail: "", open: null, member, kind: kind.kind, id: "", position: 1, siblings: 1 });
  if (!branch || branch.at === 0 && !branch.error) return [remark("asking…")];
  if (branch.error) return [remark(branch.error)];
  if (branch.items.length === 0) return [remark("none")];
  const shown = branch.items.slice(0, LISTED);
  const rows = shown.map((actor, n) => ({
    key: `actor ${member} ${actor.id}`, level: 3, text: shortId(actor.id, kind.kind), detail: actorDetail(actor), open: null,
    member, kind: kind.kind, id: actor.id, position: n + 1, siblings: shown.length,
  }));
  return kind.live > shown.length ? [...rows, remark(`the busiest ${shown.length} of ${count(kind.live)}`)] : rows;
}

/** Below its kind, an actor need not repeat the kind's name. */
function shortId(id, kind) {
  return id.startsWith(`${kind}/`) ? id.slice(kind.length + 1) : id;
}

function actorDetail({ state, rate, mailbox }) {
  return [state === "serving" || state === "started" ? "" : state, rate > 0 ? `${number(rate)}/s` : "", mailbox > 0 ? `${count(mailbox)} waiting` : ""].filter(Boolean).join(" · ");
}

/**
 * Adds up a kind over pods; percentiles and depths are those of the worst pod, since they can't be added.
 * @param {import("./state.js").Member[]} members
 * @returns {import("./state.js").Kind[]}
 */
export function kindTotals(members) {
  const totals = new Map();
  for (const kind of members.flatMap((member) => member.kinds ?? [])) {
    const total = totals.get(kind.kind) ?? { kind: kind.kind };
    for (const name of ["live", "rate", "restarts", "dead_letters", "unhandled"]) total[name] = (total[name] ?? 0) + (kind[name] ?? 0);
    for (const name of ["mailbox_max", "mailbox_p99", "p50_us", "p99_us"]) total[name] = Math.max(total[name] ?? 0, kind[name] ?? 0);
    totals.set(kind.kind, total);
  }
  return [...totals.values()];
}
