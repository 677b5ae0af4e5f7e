// Who placed a pixel, and what stood there before: asks, and remembers what the card shows.

import { nameOf, parseHex } from "../colour.js";
import { contains } from "../geometry.js";
import { say } from "../state.js";
import { whose } from "./entries.js";
import { ago } from "./times.js";
import { t } from "../words/words.js";

/**
 * @typedef {import("./record_server.js").Entry} Entry
 *
 * @typedef {object} Inspected
 * @property {number} x
 * @property {number} y
 * @property {boolean} pinned it stays when the pointer rests elsewhere
 * @property {"asking" | "known" | "failed"} phase
 * @property {string} why it failed, for the user
 * @property {Entry[]} pixels newest first
 * @property {boolean} more there are older ones
 * @property {number} since when the record of the place begins, Unix ms; 0: not known
 * @property {import("./record_server.js").Gap[]} gaps
 * @property {number | null} colour that was shown when it was asked
 */

const SHOWN = 11; // pixels that are asked for at once: the one that is seen, and ten before
const PAUSE = 250; // ms between questions while the aim moves
const TURNS = 20; // questions at most for what stood at a moment of a replay

export class Inspector {
  #stop = new AbortController();
  #timer = 0;

  /**
   * @param {import("../state.js").State} state
   * @param {object} ports
   * @param {import("./record_server.js").RecordServer} ports.server
   * @param {() => number} ports.today Unix ms, as the server has it
   * @param {(run: () => void, ms: number) => number} ports.setTimeout
   * @param {(id: number) => void} ports.clearTimeout
   * @param {() => void} ports.changed
   */
  constructor(state, ports) {
    this.state = state;
    this.ports = ports;
  }

  /** Shows a pixel. @param {boolean} pinned @param {boolean} [soon] after a pause, since the aim may move on */
  open(x, y, pinned, soon = false) {
    const { state } = this, shown = state.inspected;
    const canvas = state.past?.canvas ?? state.canvas;
    if (!canvas || !contains(canvas.geometry, x, y)) return;
    if (shown && shown.x === x && shown.y === y && shown.phase !== "failed") {
      shown.pinned ||= pinned;
      return this.ports.changed();
    }
    this.#forget();
    state.inspected = { x, y, pinned, phase: "asking", why: "", pixels: [], more: false, since: 0, gaps: [], colour: canvas.pixel(x, y) };
    if (soon) this.#timer = this.ports.setTimeout(() => this.#ask(null), PAUSE);
    else this.#ask(null);
    this.ports.changed();
  }

  /** @returns {boolean} whether it was open */
  close() {
    if (!this.state.inspected) return false;
    this.#forget();
    this.state.inspected = null;
    this.ports.changed();
    return true;
  }

  /** Older ones. */
  more() {
    const { inspected } = this.state;
    if (inspected?.phase === "known" && inspected.more) this.#ask(inspected.pixels.at(-1)?.seq ?? null);
  }

  /** Asks anew if what is shown has changed meanwhile. */
  look() {
    const { inspected, past, canvas } = this.state;
    if (!inspected || inspected.phase === "asking") return;
    const colour = (past?.canvas ?? canvas)?.pixel(inspected.x, inspected.y) ?? null;
    if (colour === inspected.colour || colour === null) return;
    const { x, y, pinned } = inspected;
    this.close();
    this.open(x, y, pinned, true);
  }

  #forget() {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.ports.clearTimeout(this.#timer);
  }

  /** @param {number | null} before */
  async #ask(before) {
    const shown = this.state.inspected, { signal } = this.#stop;
    const until = this.state.past?.time ?? Infinity;
    shown.phase = "asking";
    this.ports.changed();
    try {
      for (let turn = 0; turn < TURNS; turn++) {
        const said = await this.ports.server.place(shown.x, shown.y, before, SHOWN, signal);
        const pixels = said.pixels.filter((entry) => entry.time <= until);
        Object.assign(shown, { pixels: [...shown.pixels, ...pixels], more: said.more, since: said.since ?? 0, gaps: said.gaps });
        if (shown.pixels.length > 0 || !said.more) break;
        before = said.pixels.at(-1)?.seq ?? null;
      }
      shown.phase = "known";
    } catch (error) {
      if (signal.aborted) return;
      Object.assign(shown, { phase: "failed", why: error.message });
    }
    if (this.state.inspected === shown && before === null) say(this.state, this.#words(shown));
    this.ports.changed();
  }

  /** What is read aloud. @param {Inspected} shown */
  #words({ x, y, pixels, colour, phase, why }) {
    if (phase === "failed") return `${x}, ${y}: ${why}`;
    if (pixels.length === 0) return `${x}, ${y}: ${colour === null ? "" : `${nameOf(colour)}, `}${t("nothing is recorded here")}`;
    const [now, ...before] = pixels.map((entry) => t("{colour} by {name}, {time}", { colour: nameOf(parseHex(entry.color) ?? 0), name: whose(entry, this.state).text, time: ago(entry.time, this.ports.today()) }));
    return `${x}, ${y}: ${before.length > 0 ? t("{text}. Before that: {list}", { text: now, list: before.slice(0, 3).join("; ") }) : now}`;
  }
}
