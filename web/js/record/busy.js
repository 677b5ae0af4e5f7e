// How much was drawn when, in what is in view: for the bars of the time bar, and to find where something happened.

import { visibleRect } from "../view/view.js";
import { areaOf } from "./area.js";
import { stepOf } from "./timeline.js";

/** @typedef {{step: number, buckets: import("./timeline.js").Bucket[], whole: boolean}} Activity  step: ms; whole: of the whole canvas */

/** @type {Activity} */
const NOTHING = { step: 1, buckets: [], whole: true };
const REST = 400; // ms that the view stays as it is before anything is asked about it
const FRESH = 60_000; // ms after which it is counted again
const KEPT = 50; // views

export class Busy {
  #stop = new AbortController();
  #seen = { key: "", since: 0 };
  /** @type {Map<string, {at: number, activity: Activity | null}>} by view; null: on its way */
  #known = new Map();

  /**
   * @param {import("../state.js").State} state
   * @param {import("./parts.js").Page} page
   */
  constructor(state, page) {
    this.state = state;
    this.page = page;
  }

  /** Nobody looks any more. */
  stop() {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#known.clear();
  }

  /** Sees to it that what is in view is counted. @param {number} now ms of a steady clock */
  advance(now) {
    const { past, canvas, view, viewport, flight } = this.state;
    if (!past.stats?.first) return;
    const { geometry } = canvas, area = areaOf(geometry, visibleRect(flight?.to ?? view, viewport));
    const whole = !area.all || area.regions.length === geometry.columns * geometry.rows;
    const key = whole ? "" : area.regions.join();
    const known = this.#known.get(key);
    if (known?.activity) past.activity = known.activity;
    if (key !== this.#seen.key) this.#seen = { key, since: now };
    if (known && (known.activity === null || now - known.at < FRESH)) return;
    if (this.#known.size > 0 && now - this.#seen.since < REST) return;
    this.#count(key, whole ? null : area, now);
  }

  /** @param {string} key @param {import("./area.js").Area | null} area null: the whole canvas */
  async #count(key, area, now) {
    const { past } = this.state, { signal } = this.#stop;
    const { from, step } = stepOf(past.span), before = this.#known.get(key)?.activity ?? null;
    if (this.#known.size >= KEPT) this.#known.clear();
    this.#known.set(key, { at: now, activity: null });
    try {
      const counts = await this.page.server.activity(area, from, step, signal);
      const buckets = counts.map((pixels, i) => ({ time: from + i * step, pixels })).filter(({ pixels }) => pixels > 0);
      this.#known.set(key, { at: now, activity: { step, buckets, whole: area === null } });
    } catch {
      // The bars of before, or none: nothing depends on them.
      if (!signal.aborted) this.#known.set(key, { at: now, activity: before ?? past.activity ?? NOTHING });
    }
    this.page.changed();
  }
}
