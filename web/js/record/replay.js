// The canvas as it was: seeks a moment, plays on from it, comes back to now. The live canvas goes on beside it,
// untouched; what is shown instead is a model of its own.

import { Canvas } from "../canvas/canvas.js";
import { say } from "../state.js";
import { visibleRect } from "../view/view.js";
import { areaOf, cut } from "./area.js";
import { Chunks } from "./chunks.js";
import { PlayClock, SPEEDS } from "./play_clock.js";
import { busyMoments, fittingSpeed, nextBusy, spanOf } from "./timeline.js";
import { t } from "../words/words.js";

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
 * @property {number} loading since when the picture of a moment is on its way, by the steady clock; 0: none is
 * @property {boolean} whole all that is in view is replayed
 * @property {Span} span of the time bar
 * @property {import("./record_server.js").Stats | null} stats
 * @property {import("./busy.js").Activity | null} activity how much was drawn when, in what is in view
 * @property {PlayClock} clock
 * @property {string} trouble why nothing comes, for the user
 */

const LITTLE = 300_000; // pixels: if a record has no more, all of what is in view is loaded once (3 MB): seeking asks nothing then
const GRID = 400; // moments of the bar that are shown while the slider moves: those seen before are in the browser's cache
const PACE = 1500; // pixels of pictures per ms while the slider moves, since the server makes only so many for one network
const SETTLED = 700; // ms that a moment is looked at before what followed is loaded
const EDGE = 1500; // ms: what is so close to now is now
const FIRST_LOOK = 45; // s that playing all of it takes at least, at the speed that is offered first

export class Replay {
  #picture = new AbortController();
  #asked = new AbortController(); // what is asked as long as it is open
  #scrubbing = false;
  #showing = false;
  #again = false;
  #area = "";
  #sought = 0; // when the last moment was, by the steady clock, here and below
  #due = 0; // when another picture may be asked for while the slider moves
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
        canvas: null, map: null, mapped: "", mappedAt: 0, time: today, marked: null, live: true, loading: 0, whole: true,
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
    this.#chunks.stop();
    this.#asked.abort();
    this.state.past = null;
    say(this.state, t("Live again"));
    this.ports.changed();
    return true;
  }

  /** Shows the canvas as it is. */
  live() {
    const { past } = this.state;
    this.#picture.abort();
    if (!this.#little) this.#chunks.stop();
    this.#showing = this.#again = this.#scrubbing = false;
    past.clock.pause();
    const time = this.ports.today();
    Object.assign(past, { canvas: null, live: true, loading: 0, marked: null, time, trouble: "", whole: true });
    past.span = spanOf(past.stats?.first || null, time);
    this.ports.changed();
  }

  /** Shows a moment. @param {boolean} [scrubbing] another one follows at once */
  seek(time, scrubbing = false) {
    const { past } = this.state, end = this.ports.today();
    this.#scrubbing = scrubbing;
    if (time >= end - EDGE) return this.live();
    const at = past.stats ? Math.max(time, past.span.from) : time;
    this.#retry();
    this.#sought = this.ports.now();
    past.clock.set(at, this.#sought);
    Object.assign(past, { time: at, live: false, trouble: "", map: null, mapped: "" });
    if (!scrubbing) past.marked = at;
    if (!this.#rewind()) this.#show();
    this.ports.changed();
  }

  /** Shows the moment out of what is loaded already. @returns {boolean} whether that could be done */
  #rewind() {
    const { past, canvas } = this.state;
    if (!this.#little || this.#area !== this.#seen.regions.join() || this.#chunks.loaded < past.time || !this.#chunks.rewind()) return false;
    if (this.#showing) this.#picture.abort();
    this.#showing = this.#again = false;
    past.loading = 0;
    past.canvas ??= new Canvas(canvas.geometry);
    this.#chunks.take(past.time, this.#begin, this.#place);
    return true;
  }

  /** Whether all of what is in view is loaded at once. */
  get #little() {
    return (this.state.past.stats?.pixels ?? Infinity) <= LITTLE;
  }

  /** Loads what follows the moment that is shown; of a small record everything. @param {number[]} regions @param {number} time */
  #want(regions, time) {
    const little = this.#little;
    this.#chunks.want(regions, little ? Math.min(this.state.past.stats.first || time, time) - 1 : time, little);
  }

  /** What could not be loaded before may be there now: it is asked for when the user does something. */
  #retry() {
    const { past } = this.state;
    if (!past.trouble) return;
    this.#chunks.stop();
    this.#area = past.trouble = "";
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
      this.#retry();
      clock.play(this.ports.now());
    }
    say(this.state, clock.playing ? t("Playing") : t("Paused"));
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
    say(this.state, t("Speed {speed}", { speed: `${clock.speed}×` }));
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
    const { past } = this.state, { clock } = past;
    const end = this.ports.today();
    past.span.to = Math.max(past.span.to, end);
    if (past.live) past.time = end;
    if (this.#again && !this.#showing && now >= this.#due) this.#show();
    if (!past.canvas || this.#showing || (this.#scrubbing && !this.#little)) return clock.playing;
    if (!this.#little && !clock.playing && now - this.#sought < SETTLED && this.#area === this.#seen.regions.join()) return false;
    this.#follow();
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
    if (this.#scrubbing && (this.#showing || this.ports.now() < this.#due)) {
      this.#again = true;
      return;
    }
    this.#picture.abort();
    if (!this.#little) this.#chunks.stop();
    const stop = (this.#picture = new AbortController()), { past } = this.state, area = this.#seen, time = this.#scrubbing ? this.#coarse(past.time) : past.time;
    this.#showing = true;
    this.#again = false;
    past.loading ||= this.ports.now();
    this.#due = this.ports.now() + (area.width * area.height) / PACE;
    try {
      const rgb = await this.ports.server.picture(area, time, stop.signal);
      if (stop.signal.aborted) return;
      this.#fill(area, rgb, time);
    } catch (error) {
      if (stop.signal.aborted) return;
      this.#fail(error);
    }
    this.#showing = false;
    past.loading = 0;
    this.ports.changed();
    if (this.#again && this.ports.now() >= this.#due) this.#show();
  }

  /** A moment near another. @param {number} time */
  #coarse(time) {
    const { from, to } = this.state.past.span, step = Math.max(1000, (to - from) / GRID);
    return Math.round(from + Math.round((time - from) / step) * step);
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
    if (!this.#scrubbing || this.#little) this.#want(area.regions, time);
  }

  /** The view may show other regions than before. */
  #follow() {
    const { past } = this.state, area = this.#seen, key = area.regions.join();
    past.whole = area.all;
    if (key === this.#area) return;
    this.#area = key;
    this.#want(area.regions, past.time);
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
