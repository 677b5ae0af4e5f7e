// The chain of acts, as an operator's page keeps it: what it has read, what is in force, what is taken back. The rules of the server
// (actors/rules) are the same; what it enforces follows from those.

const FEW = 50, MANY = 1000; // acts that are asked for at once: after a change, and at first

/**
 * One decision. Which fields it has depends on do. Times are Unix ms.
 * @typedef {object} Act
 * @property {number} n
 * @property {string} before the hash of the act before, in hexadecimal digits
 * @property {number} time
 * @property {{user?: string, role: string, name?: string, via: string}} by
 * @property {string} [why]
 * @property {string} do
 * @property {string[]} [colors]
 * @property {number} [until]
 * @property {Phase[]} [phases]
 * @property {{name: string, x: number, y: number, width: number, height: number, mask?: string, least: string, users?: string[]}} [area]
 * @property {Target} [target]
 * @property {string} [role]
 * @property {Pace} [pace]
 * @property {string} [text]
 * @property {number} [of]
 * @property {string} [report]
 * @property {{users?: string[], networks?: string[], x?: number, y?: number, width?: number, height?: number, from?: number, to?: number, cause?: string}} [selection]
 *
 * @typedef {{rate: number, burst: number}} Pace
 * @typedef {{from: number, state: string, pace?: Pace}} Phase
 * @typedef {{user?: string, network?: string, cidr?: string}} Target
 * @typedef {{acts: (before: number, limit: number) => Promise<string[]>}} Source acts as they are stored, the last first
 */

export class Chain {
  /** As they are stored, the last first. @type {string[]} */
  lines = [];
  /** The same, read. @type {Act[]} */
  acts = [];
  /** By which act an act is taken back. @type {Map<number, number>} */
  undone = new Map();

  /** The number of the last act; 0: there is none, or it was not asked for. */
  get version() {
    return this.acts[0]?.n ?? 0;
  }

  /**
   * Reads what has come since. If what was last is not there any more, everything is read anew: a store may have lost it.
   * @param {Source} source
   */
  async follow(source) {
    const known = this.lines, [last] = known, fresh = [];
    for await (const line of backwards(source, last === undefined ? MANY : FEW)) {
      if (line === last) return fresh.length > 0 ? this.#take([...fresh, ...known]) : undefined;
      fresh.push(line);
    }
    this.#take(fresh);
  }

  #take(lines) {
    this.lines = lines;
    this.acts = lines.map(read);
    this.undone = undoneBy(this.acts);
  }
}

/** All acts as they are stored, the last first. @param {Source} source @param {number} first how many to ask for at first */
export async function* backwards(source, first = MANY) {
  for (let before = 0, limit = first; ; limit = MANY) {
    const page = await source.acts(before, limit);
    yield* page;
    if (page.length < limit) return;
    const next = read(page.at(-1)).n;
    if (!(next > 0) || (before > 0 && next >= before)) throw new Error(`the server repeats itself: before act ${before} it tells act ${next}`);
    before = next;
  }
}

/** An act of which nothing can be read has number 0. @param {string} line @returns {Act} */
function read(line) {
  const act = { n: 0, before: "", time: 0, by: { role: "", via: "" }, do: "" };
  try {
    return Object.assign(act, JSON.parse(line));
  } catch {
    return act;
  }
}

/** Which acts are taken back, and by which: an undo counts unless it is taken back itself. @param {Act[]} acts the last first */
export function undoneBy(acts) {
  const by = new Map();
  for (const act of acts) if (act.do === "undo" && act.of > 0 && act.of < act.n && !by.has(act.n)) by.set(act.of, act.n);
  return by;
}

/** Each of these replaces the one before it. @type {Record<string, (act: Act) => string>} */
const REPLACE = { palette: () => "palette", appeal: () => "appeal", timetable: () => "timetable", pace: ({ role }) => `pace ${role || "guest"}`, role: ({ target }) => `role ${target?.user}` };
const ENDURE = new Set(["freeze", "protect", "ban", "mute", "shadow"]);

/** Acts that have an effect until they end, are undone or are replaced, the last first. @param {Chain} chain @param {number} now */
export function inForce({ acts, undone }, now) {
  const seen = new Set();
  let opened = false;
  return acts.filter((act) => {
    if (undone.has(act.n) || (act.until && act.until <= now)) return false;
    if (act.do === "open") opened = true;
    if (opened && (act.do === "freeze" || act.do === "timetable")) return false;
    const slot = REPLACE[act.do]?.(act);
    if (slot === undefined) return ENDURE.has(act.do);
    return !seen.has(slot) && Boolean(seen.add(slot));
  });
}

const UNDOABLE = new Set(["palette", "freeze", "open", "timetable", "protect", "pace", "ban", "mute", "shadow", "appeal", "role", "rollback", "undo"]);

/** Whether an act can be taken back. @param {Chain} chain @param {Act} act @param {number} now */
export function canUndo({ undone }, act, now) {
  return UNDOABLE.has(act.do) && !undone.has(act.n) && !(act.until && act.until <= now);
}
