// Maps instead of the drawing: when each pixel was painted last, and where nobody has ever painted. They are of now.

import { Canvas } from "../canvas/canvas.js";
import { say } from "../state.js";
import { visibleRect } from "../view/view.js";
import { areaOf } from "./area.js";
import { heatOf, markOf } from "./shades.js";
import { t } from "../words/words.js";

const FRESH = 20_000; // ms after which a map that is shown is made again

export class Maps {
  #stop = new AbortController();
  #area = "";
  #due = 0;

  /**
   * @param {import("../state.js").State} state
   * @param {import("./replay.js").Replay} replay
   * @param {import("./parts.js").Page} page
   */
  constructor(state, replay, page) {
    this.state = state;
    this.replay = replay;
    this.page = page;
  }

  /** The next of: heat, never painted, none. */
  next() {
    const kinds = /** @type {const} */ (["", "heat", "blank"]);
    this.choose(kinds[(kinds.indexOf(this.state.past.mapped) + 1) % kinds.length]);
  }

  /** @param {"" | "heat" | "blank"} kind empty: none */
  choose(kind) {
    const { past } = this.state;
    this.#stop.abort();
    this.#area = "";
    if (kind !== "" && !past.live) this.replay.live();
    Object.assign(past, { mapped: kind, map: null, mappedAt: 0 });
    say(this.state, { "": t("Drawing"), heat: t("Heat map: when each pixel was painted last"), blank: t("Where nobody has ever painted") }[kind]);
    this.page.changed();
  }

  /** Makes the map that is wanted of what is in view. @param {number} now ms */
  advance(now) {
    const { past, canvas, view, viewport, flight } = this.state;
    if (!past.mapped) return this.#stop.abort();
    const area = areaOf(canvas.geometry, visibleRect(flight?.to ?? view, viewport)), key = `${past.mapped} ${area.regions}`;
    past.whole = area.all;
    if (key === this.#area && now < this.#due) return;
    this.#area = key;
    this.#due = now + FRESH;
    this.#stop.abort();
    this.#make(area, past.mapped, (this.#stop = new AbortController()).signal);
  }

  /** @param {import("./area.js").Area} area @param {"heat" | "blank"} kind @param {AbortSignal} signal */
  async #make(area, kind, signal) {
    const { past, canvas } = this.state;
    const map = past.map ?? new Canvas(canvas.geometry);
    const one = async (/** @type {number} */ id) => {
      const region = map.regions[id], times = await this.page.server.painted(region, signal);
      if (signal.aborted) return;
      const shown = canvas.regions[id].tile, today = this.page.today() / 1000, longest = (past.span.to - past.span.from) / 1000;
      const shade = kind === "heat" ? heatOf(today, longest) : markOf(region);
      const rgb = new Uint8Array(3 * times.length);
      for (let at = 0; at < times.length; at++) {
        const colour = shade(times[at], shown ? shown.words[at] : 0xffffffff, at);
        rgb[3 * at] = colour >> 16;
        rgb[3 * at + 1] = colour >> 8;
        rgb[3 * at + 2] = colour;
      }
      map.load(region, 0, 0, rgb, true);
      past.map = map;
      past.mappedAt = this.page.now();
      this.page.changed();
    };
    try {
      await Promise.all(area.regions.map(one));
    } catch (error) {
      if (!signal.aborted && this.state.past === past) past.trouble = error.message;
    }
  }
}
