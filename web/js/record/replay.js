// The canvas as it was: seeks a moment, plays on from it, comes back to now. The live canvas goes on beside it,
// untouched; what is shown instead is a model of its own.

import { Canvas } from "../canvas.js";
import { visibleRect } from "../view.js";
import { areaOf, cut } from "./area.js";
import { Chunks } from "./chunks.js";
import { PlayClock, SPEEDS } from "./play_clock.js";
import { busyMoments, fittingSpeed, nextBusy, spanOf } from "./timeline.js";

/**
 * @typedef {import("./timeline.js").Span} Span
 *
 * What the state holds while one looks at the past. Times are Unix ms.
 * @typedef {object} Past
 * @property {Canvas | null} canvas the pixels at that time; null: those of now
 * @property {Canvas | null} map what is drawn instead of pixels
 * @property {"" | "heat" | "blank"} mapped which map that is
 * @property {number} mappedAt when the map was made; 0: it is on its way
 * @property {number} time
 * @property {number | null} marked the moment that a link shows; null: the canvas as it is
 * @property {boolean} live it is now
 * @property {boolean} loading the picture of a moment is on its way
 * @property {boolean} whole all that is in view is replayed
 * @property {Span} span of the time bar
 * @property {import("./record_server.js").Stats | null} stats
 * @property {import("./busy.js").Activity | null} activity how much was drawn when, in what is in view
 * @property {PlayClock} clock
 * @property {string} trouble why nothing comes, for the user
 */

const EDGE = 1500; // ms: what is so close to now is now
const FIRST_LOOK = 45; // s that playing all of it takes at least, at the speed that is offered first

export class Replay {
  #picture = new AbortController();
  #asked = new AbortController(); // what is asked as long as it is open
  #scrubbing = false;
  #showing = false;
  #again = false;
  #area = "";
  #chunks;

  /**
   * @param {import("../state.js").State} state
   * @param {object} ports
   * @param {import("./record_server.js").RecordServer} ports.server
   * @param {() => number} ports.now ms of a steady clock
   * @param {() => number} ports.today Unix ms, as the server has it
   * @param {() => void} ports.changed
   */
  constructor(state, ports) {
    this.state = state;
    this.ports = ports;
    this.#chunks = new Chunks({
      load: (id, start, to, signal) => ports.server.past(state.canvas.regions[id], start, to, signal),
      changed: ports.changed,
      failed: (error) => this.#fail(error),
    });
  }

  /** @param {number | null} time to begin with; null: now */
  open(time) {
    const { state } = this, today = this.ports.today();
    if (!state.canvas) return;
    if (!state.past) {
      state.past = {
        canvas: null, map: null, mapped: "", mappedAt: 0, time: today, marked: null, live: true, loading: false, whole: true,
        span: spanOf(null, today), stats: null, activity: null, clock: new PlayClock(), trouble: "",
      };
      this.#count();
    }
    if (time !== null) this.seek(time);
    this.ports.changed();
  }

  /** @returns {boolean} whether it was open */
  close() {
    if (!this.state.past) return false;
    this.live();
    this.#asked.abort();
    this.state.past = null;
    this.state.said = "Live again";
    this.ports.changed();
    return true;
  }

  /** Shows the canvas as it is. */
  live() {
    const { past } = this.state;
    this.#picture.abort();
    this.#chunks.stop();
    this.#showing = this.#again = false;
    this.#area = "";
    past.clock.pause();
    const time = this.ports.today();
    Object.assign(past, { canvas: null, live: true, loading: false, marked: null, time, trouble: "", whole: true });
    past.span = spanOf(past.stats?.first || null, time);
    this.ports.changed();
  }

  /** Shows a moment. @param {boolean} [scrubbing] another one follows at once */
  seek(time, scrubbing = false) {
    const { past } = this.state, end = this.ports.today();
    this.#scrubbing = scrubbing;
    if (time >= end - EDGE) return this.live();
    const at = past.stats ? Math.max(time, past.span.from) : time;
    past.clock.set(at, this.ports.now());
    Object.assign(past, { time: at, live: false, trouble: "", map: null, mapped: "" });
    if (!scrubbing) past.marked = at;
    this.#chunks.stop();
    this.#show();
    this.ports.changed();
  }

  /** Plays on, or pauses; at the end it begins anew. */
  toggle() {
    const { past } = this.state, { clock } = past;
    if (clock.playing) {
      clock.pause();
      past.marked = past.live ? null : past.time;
    } else {
      if (past.live) this.seek(past.span.from);
      if (past.live) return;
      clock.play(this.ports.now());
    }
    this.state.said = clock.playing ? "Playing" : "Paused";
    this.ports.changed();
  }

  /** @param {number} speed */
  setSpeed(speed) {
    this.state.past.clock.speed = speed;
    this.ports.changed();
  }

  /** One step faster (direction above 0) or slower. @param {number} direction */
  change(direction) {
    const { clock } = this.state.past;
    clock.change(direction);
    this.state.said = `Speed ${clock.speed}×`;
    this.ports.changed();
  }

  /** To where something happened next. */
  jump() {
    const { past } = this.state;
    const next = past.activity && nextBusy(busyMoments(past.activity.buckets, past.activity.step), past.time);
    if (next !== null) this.seek(Math.max(next, past.stats.first));
  }

  /** Lets time pass. @returns {boolean} whether it goes on by itself */
  advance(now) {
    const { past } = this.state;
    const end = this.ports.today();
    past.span.to = Math.max(past.span.to, end);
    if (past.live) past.time = end;
    if (!past.canvas || this.#scrubbing || this.#showing) return past.clock.playing;
    this.#follow();
    const { clock } = past;
    this.#chunks.ahead(clock.time, clock.playing ? clock.speed : 1, end);
    const time = clock.advance(now, this.#chunks.loaded);
    this.#chunks.take(time, this.#begin, this.#place);
    past.time = time;
    if (clock.playing && time >= end - EDGE) this.live();
    return clock.playing;
  }

  /** Which part of the canvas is replayed now. */
  get #seen() {
    const { canvas, view, viewport, flight } = this.state;
    return areaOf(canvas.geometry, visibleRect(flight?.to ?? view, viewport));
  }

  /** Loads the picture of the moment. While one is on its way, it waits for it, unless nothing follows at once. */
  async #show() {
    if (this.#showing && this.#scrubbing) {
      this.#again = true;
      return;
    }
    this.#picture.abort();
    const stop = (this.#picture = new AbortController()), { past } = this.state, { time } = past, area = this.#seen;
    this.#showing = past.loading = true;
    this.#again = false;
    try {
      const rgb = await this.ports.server.picture(area, time, stop.signal);
      if (stop.signal.aborted) return;
      this.#fill(area, rgb, time);
    } catch (error) {
      if (stop.signal.aborted) return;
      this.#fail(error);
    }
    this.#showing = past.loading = false;
    this.ports.changed();
    if (this.#again) this.#show();
  }

  /** Shows a picture. */
  #fill(area, rgb, time) {
    const { past, canvas: { geometry } } = this.state;
    past.canvas ??= new Canvas(geometry);
    for (const region of past.canvas.regions) {
      if (area.regions.includes(region.id)) past.canvas.load(region, 0, 0, cut(rgb, area, region), true);
      else if (region.tile) past.canvas.release(region);
    }
    past.whole = area.all;
    this.#area = area.regions.join();
    if (!this.#scrubbing) this.#chunks.want(area.regions, time);
  }

  /** The view may show other regions than before. */
  #follow() {
    const { past } = this.state, area = this.#seen, key = area.regions.join();
    past.whole = area.all;
    if (key === this.#area) return;
    this.#area = key;
    this.#chunks.want(area.regions, past.time);
    for (const region of past.canvas.regions) if (region.tile && !area.regions.includes(region.id)) past.canvas.release(region);
  }

  #begin = (id, { epoch, seq, rgb }) => {
    const { canvas } = this.state.past;
    canvas.load(canvas.regions[id], epoch, seq, rgb, true);
  };

  #place = (id, pixels, first, last) => {
    const { canvas } = this.state.past;
    canvas.write(canvas.regions[id], pixels, first, last, false, false);
  };

  /** Asks what happened when. */
  async #count() {
    const { past } = this.state, { signal } = (this.#asked = new AbortController());
    try {
      const stats = await this.ports.server.stats(signal);
      past.stats = stats;
      past.span = spanOf(stats.first || null, this.ports.today());
      past.clock.speed = fittingSpeed(SPEEDS, past.span, FIRST_LOOK);
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
    this.ports.changed();
  }

  /** @param {Error} error */
  #fail(error) {
    const { past } = this.state;
    if (!past) return;
    past.clock.pause();
    past.trouble = error.message;
    this.ports.changed();
  }
}
