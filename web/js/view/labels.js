// Where names stand beside what they name, so that none covers another, or the pixel that the user aims at. All of it is pure.

/**
 * @typedef {import("../geometry.js").Rect} Rect  here in CSS pixels
 * @typedef {{x: number, y: number, gap: number, width: number, height: number}} Wanted  a label of a size for the point (x, y), so
 *   far from it
 */

const EDGE = 4; // CSS pixels between a label and the edge of the stage

/**
 * Places labels, those that come first before the others.
 * @param {Wanted[]} wanted
 * @param {Rect[]} taken where none may stand
 * @param {{width: number, height: number}} stage
 * @returns {(Rect | null)[]} null: there is no room beside its point
 */
export function arrange(wanted, taken, stage) {
  const all = [...taken];
  return wanted.map((label) => {
    const found = places(label).find((place) => inside(place, stage) && !all.some((other) => overlap(place, other))) ?? null;
    if (found) all.push(found);
    return found;
  });
}

/** Beside a point: to the right below it, where one looks first, then the other sides. @param {Wanted} label @returns {Rect[]} */
function places({ x, y, gap, width, height }) {
  const right = x + gap, left = x - gap - width, below = y + gap, above = y - gap - height;
  return [[right, below], [left, below], [right, above], [left, above]].map(([at, top]) => ({ x: at, y: top, width, height }));
}

/** @param {Rect} place */
function inside({ x, y, width, height }, stage) {
  return x >= EDGE && y >= EDGE && x + width <= stage.width - EDGE && y + height <= stage.height - EDGE;
}

/** @param {Rect} a @param {Rect} b */
function overlap(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
