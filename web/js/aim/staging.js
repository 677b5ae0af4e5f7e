// Pixels that the user has aimed at and has yet to confirm. Nobody else sees them, and the server hears of them when they are painted.

import { contains } from "../geometry.js";
import { stages, stamp } from "../input/tools.js";
import { tellObstacle } from "../input/paint.js";
import { hindrance } from "../limits/cannot_draw.js";
import { say, tell } from "../state.js";
import { DRAW_ZOOM } from "../view/view.js";
import { plural, t } from "../words/words.js";

/**
 * @typedef {import("../state.js").State} State
 * @typedef {import("../limits/cannot_draw.js").Dot} Dot
 *
 * @typedef {object} Ports
 * @property {() => number} now ms of a steady clock
 * @property {() => void} changed
 * @property {() => boolean} steady the view has not just flown
 * @property {(dots: Dot[]) => number} place draws them, and says how many it could
 */

const MOST = 1000; // pixels: more can't be looked over before they are painted

/** "3 pixels not placed yet" */
export function notPlaced(/** @type {number} */ n) {
  return plural(n, "1 pixel not placed yet", "{n} pixels not placed yet");
}

export class Staging {
  /** @param {State} state @param {Ports} ports */
  constructor(state, ports) {
    this.state = state;
    this.ports = ports;
  }

  /** How many pixels may be staged: what could be placed at once. */
  get most() {
    const { allowance } = this.state;
    return allowance.limited ? Math.max(1, Math.min(MOST, allowance.burst)) : MOST;
  }

  /** What would be painted: all that is staged, or else the pixels aimed at. @returns {Dot[]} */
  get targets() {
    const { brush, canvas, colour, reticule, staged, view } = this.state;
    if (!canvas) return [];
    const { width } = canvas.geometry, dots = /** @type {Dot[]} */ ([]);
    for (const [key, each] of staged) dots.push({ x: key % width, y: Math.floor(key / width), colour: each });
    if (dots.length > 0 || !reticule || !stages(this.state) || view.zoom < DRAW_ZOOM) return dots;
    stamp(reticule.x, reticule.y, brush, (x, y) => {
      if (contains(canvas.geometry, x, y)) dots.push({ x, y, colour });
    });
    return dots;
  }

  /** Stages what the brush covers, or takes it away if the pixel in its middle is staged in that colour. */
  stage(x, y) {
    const { brush, canvas, colour, staged } = this.state;
    if (!canvas || !contains(canvas.geometry, x, y)) return;
    const keyOf = (/** @type {number} */ px, /** @type {number} */ py) => py * canvas.geometry.width + px, taken = staged.get(keyOf(x, y)) === colour;
    if (!taken && this.most === 1) staged.clear(); // there is one, and it moves
    let stopped = false;
    stamp(x, y, brush, (px, py) => {
      if (taken) staged.delete(keyOf(px, py));
      else if (!stopped && contains(canvas.geometry, px, py)) stopped = !this.#add({ x: px, y: py, colour }, keyOf(px, py));
    });
    if (!stopped) say(this.state, `${taken ? t("{x}, {y} taken away", { x, y }) : t("{x}, {y} staged", { x, y })}: ${notPlaced(staged.size)}`);
    this.ports.changed();
  }

  /** @param {Dot} dot @returns {boolean} whether it is staged now; else the user was told why not */
  #add(dot, key) {
    const { state } = this, now = this.ports.now(), why = hindrance(state, now, dot);
    if (why !== "" && why !== "cooldown" && why !== "rate") {
      tellObstacle(state, why, now, dot);
      return false;
    }
    if (!state.staged.has(key) && state.staged.size >= this.most) {
      tell(state, t("No more pixels can be staged: paint these first, or press one to take it away"), now);
      return false;
    }
    state.staged.set(key, dot.colour);
    return true;
  }

  /** Places the targets, in the order in which they were staged and as far as the allowance goes. The rest stays staged. */
  paint() {
    const { canvas, staged } = this.state, { targets } = this;
    if (targets.length === 0 || (staged.size === 0 && !this.ports.steady())) return;
    const placed = this.ports.place(targets);
    for (const { x, y } of targets.slice(0, placed)) staged.delete(y * canvas.geometry.width + x);
    if (placed === targets.length) say(this.state, plural(placed, "Painted: 1 pixel", "Painted: {n} pixels"));
    this.ports.changed();
  }

  /** Forgets what is staged. @returns {boolean} whether anything was */
  drop() {
    const { staged } = this.state, some = staged.size > 0;
    if (some) say(this.state, t("Nothing is staged any more"));
    staged.clear();
    this.ports.changed();
    return some;
  }
}
