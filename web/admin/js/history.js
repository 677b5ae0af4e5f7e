// The last 15 minutes of the whole cluster, for the charts: one point every 5 s, as the server keeps them, and a last
// point that every answer updates.

/** @typedef {import("./state.js").Answer} Answer */

export const SPAN = 15 * 60_000; // ms shown at the most
export const STEP = 5_000; // ms between points that stay
export const SERIES = Object.freeze(["pixels_in", "deliveries", "place_to_ack_p99", "connections", "memory"]);
const LEAST = 60_000; // ms shown at least, even of a cluster that has just started
const HOLE = 3 * STEP; // ms: a longer time without a point breaks the line

/** @typedef {Record<string, (number | null)[]>} History  at, and each of SERIES; all equally long, oldest first */

/** @returns {History} */
export function newHistory() {
  return Object.fromEntries(["at", ...SERIES].map((name) => [name, []]));
}

/** Replaces what is here by what the server has kept. @returns {History} */
export function fromServer(given) {
  const history = newHistory();
  (given.at ?? []).forEach((at, n) => {
    const last = history.at.at(-1);
    if (last !== undefined && at - last > HOLE) push(history, last + STEP, {});
    push(history, at, Object.fromEntries(SERIES.map((name) => [name, given[name]?.[n]])));
  });
  return history;
}

/**
 * Appends an answer: replaces the last point while that is younger than STEP after the one before it.
 * @param {History} history
 * @param {Answer} answer
 */
export function append(history, answer) {
  const { at } = history, time = answer.time;
  if (at.length > 0 && time <= at.at(-1)) return;
  if (at.length > 1 && at.at(-1) - at.at(-2) < STEP) pop(history);
  if (at.length > 0 && time - at.at(-1) > HOLE) push(history, at.at(-1) + STEP, {});
  push(history, time, totals(answer));
  let old = 0;
  while (at[old] < time - SPAN) old++;
  if (old > 0) for (const values of Object.values(history)) values.splice(0, old);
}

/** The time that is shown, from and to, in ms: all there is, up to SPAN. @param {History} history @param {number} time now */
export function shown({ at }, time) {
  return [Math.min(Math.max(at[0] ?? time, time - SPAN), time - LEAST), time];
}

/** The cluster's quantities at one moment; the latency is that of the slowest pod. @param {Answer} answer */
export function totals({ members }) {
  const sum = (value) => members.reduce((total, member) => total + (value(member) ?? 0), 0);
  return {
    pixels_in: sum((m) => m.pixels_in),
    deliveries: sum((m) => m.deliveries),
    place_to_ack_p99: Math.max(0, ...members.map((m) => m.place_to_ack?.p99 ?? 0)),
    connections: sum((m) => m.connections),
    memory: sum((m) => m.memory),
  };
}

/** @param {History} history */
function push(history, time, values) {
  history.at.push(time);
  for (const name of SERIES) history[name].push(values[name] ?? null);
}

/** @param {History} history */
function pop(history) {
  for (const values of Object.values(history)) values.pop();
}
