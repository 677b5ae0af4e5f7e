// What the user has drawn since the page was loaded, stroke by stroke, so that it can be taken back and drawn again. It
// draws nothing itself (input/undo.js does). The canvas tells it who has painted on those pixels since, the session what was refused.

/**
 * A pixel of a stroke.
 * @typedef {object} Change
 * @property {number} key y * width + x
 * @property {number} before what it showed before
 * @property {number} after what the user drew
 * @property {boolean} drawn it shows after; false: it was taken back, and shows before
 * @property {boolean} sure the server has said so
 * @property {boolean} placed it was sure once that it shows after
 * @property {Stroke} stroke
 *
 * @typedef {{changes: Map<number, Change>, drawn: number, refused: number}} Stroke  changes: by key, in the order in which they
 *   were drawn, without those that are not the user's any more; drawn, refused: pixels, as they were counted while it was drawn
 */

const MAX_CHANGES = 100_000; // in all strokes; the oldest go first
const MAX_STROKES = 200;

export class Strokes {
  /** @type {Map<number, Change[]>} by key, oldest first */
  #byKey = new Map();
  /** @type {Stroke[]} that have pixels to take back, the last one last */
  #done = [];
  /** @type {Stroke[]} that have pixels to draw again */
  #undone = [];
  #changes = 0;

  /** How many pixels it wants to hear of. */
  get size() {
    return this.#byKey.size;
  }

  /** Begins a stroke. It counts from its first pixel on. @returns {Stroke} */
  begin() {
    return { changes: new Map(), drawn: 0, refused: 0 };
  }

  /** A pixel was drawn. What was taken back before can't be drawn again then. @param {Stroke} stroke @param {number | null} before null: not known */
  add(stroke, key, before, after) {
    if (stroke.drawn++ === 0) {
      this.#forgetUndone();
      this.#done.push(stroke);
      if (this.#done.length > MAX_STROKES) this.#forgetAll(this.#done[0]);
    }
    if (before === null) return;
    const change = { key, before, after, drawn: true, sure: false, placed: false, stroke };
    stroke.changes.set(key, change);
    const others = this.#byKey.get(key);
    if (others) others.push(change);
    else this.#byKey.set(key, [change]);
    this.#changes++;
    while (this.#changes > MAX_CHANGES) this.#forgetOldest();
  }

  /** The last stroke that can be taken back. @returns {Stroke | null} */
  get last() {
    return lastWith(this.#done, true);
  }

  /** The last one that can be drawn again. @returns {Stroke | null} */
  get lastUndone() {
    return lastWith(this.#undone, false);
  }

  /** A pixel was taken back, or drawn again. @param {Change} change @param {boolean} sure nobody needs to be asked */
  flip(change, sure) {
    change.drawn = !change.drawn;
    change.sure = sure;
    const list = change.drawn ? this.#done : this.#undone;
    if (!list.includes(change.stroke)) list.push(change.stroke);
  }

  /** It is somebody else's pixel now. @param {Change} change */
  forget({ key, stroke }) {
    const change = stroke.changes.get(key), others = this.#byKey.get(key);
    if (!change || !others) return;
    stroke.changes.delete(key);
    this.#changes--;
    if (others.length === 1) this.#byKey.delete(key);
    else others.splice(others.indexOf(change), 1);
  }

  /** The server has confirmed a pixel. @param {boolean} own whether the user placed it */
  wrote(key, colour, own) {
    const changes = this.#byKey.get(key);
    if (!changes) return;
    const flying = changes.find((change) => !change.sure && (!own || shows(change) === colour));
    if (own) {
      if (!flying) return;
      flying.sure = true;
      flying.placed ||= flying.drawn;
      return;
    }
    for (const change of [...changes]) if (change.sure) this.forget(change);
    if (flying?.drawn) flying.before = colour; // the user's pixel comes after this one
  }

  /** The server has told anew what a part of the canvas shows. @param {(key: number) => boolean} told */
  loaded(told) {
    for (const [key, changes] of this.#byKey) if (told(key)) for (const change of changes) change.sure = true;
  }

  /** The server refused what was placed. @param {Map<number, number>} dots colour by key */
  refused(dots) {
    for (const [key, colour] of dots) {
      const changes = this.#byKey.get(key) ?? [];
      const at = changes.findLastIndex((change) => !change.sure && shows(change) === colour);
      if (at < 0) continue;
      const change = changes[at], next = changes[at + 1];
      if (!change.drawn || change.placed) {
        this.flip(change, true);
        continue;
      }
      if (next?.before === change.after) next.before = change.before;
      change.stroke.refused++;
      this.forget(change);
    }
  }

  /** Nothing can be taken back any more. */
  clear() {
    this.#byKey.clear();
    this.#done = [];
    this.#undone = [];
    this.#changes = 0;
  }

  #forgetUndone() {
    for (const { changes } of this.#undone) for (const change of changes.values()) if (!change.drawn) this.forget(change);
    this.#undone = [];
  }

  /** @param {Stroke} stroke */
  #forgetAll(stroke) {
    for (const change of [...stroke.changes.values()]) this.forget(change);
    this.#done.splice(this.#done.indexOf(stroke), 1);
  }

  #forgetOldest() {
    while (this.#done[0].changes.size === 0) this.#done.shift();
    const [oldest] = this.#done[0].changes.values();
    this.forget(oldest);
  }
}

/** What it shows as far as the user is concerned. @param {Change} change */
function shows({ drawn, before, after }) {
  return drawn ? after : before;
}

/** The last stroke with such pixels. Those behind it have none left, and go. @param {Stroke[]} strokes */
function lastWith(strokes, drawn) {
  for (let stroke = strokes.at(-1); stroke; stroke = strokes.at(-1)) {
    for (const change of stroke.changes.values()) if (change.drawn === drawn) return stroke;
    strokes.pop();
  }
  return null;
}
