// The questions about the record that this page asks of the server: codec/CLIENTS.md, "What was drawn".

import { inflate } from "../net/inflate.js";
import { readPast } from "./answers.js";
import { readPNG } from "./png.js";

/**
 * One pixel of a place's history.
 * @typedef {{seq: number, time: number, color: string, before?: string, user?: string, name?: string, cause?: string}} Entry
 * Pixels of a region that could not be kept: those after the sequence number from, up to and including to.
 * @typedef {{region: number, from: number, to: number, why: string, noted: number}} Gap  noted: Unix ms
 * @typedef {{pixels: Entry[], more: boolean, since?: number, gaps: Gap[]}} PlaceHistory  newest first
 * @typedef {{pixels: number, first: number, last: number, gaps: Gap[]}} Stats
 */

export class RecordServer {
  /** @param {import("./asking.js").Asking} asking */
  constructor(asking) {
    this.asking = asking;
  }

  /**
   * What happened at one place, newest first.
   * @param {number | null} before seq of the oldest pixel that is known; null: from the newest on
   * @returns {Promise<PlaceHistory>}
   */
  place(x, y, before, limit, signal) {
    const query = queryOf({ limit, ...(before === null ? {} : { before }) });
    return this.asking.ask(`api/pixel/${x}/${y}/history?${query}`, async (response) => withLists(await response.json(), "pixels", "gaps"), signal);
  }

  /** How much there is, and from when to when. @returns {Promise<Stats>} */
  stats(signal) {
    return this.asking.ask("api/stats", async (response) => withLists(await response.json(), "gaps"), signal);
  }

  /**
   * Who has drawn most since a time.
   * @param {number | null} from Unix ms; null: in all
   * @returns {Promise<import("./leaders.js").Count[]>} most first
   */
  async most(from, signal) {
    const query = from === null ? "" : `?${queryOf({ from })}`;
    return (await this.asking.ask(`api/stats${query}`, async (response) => withLists(await response.json(), "users"), signal)).users;
  }

  /**
   * How much was drawn in each step of a time up to now.
   * @param {import("../geometry.js").Rect | null} area null: the whole canvas
   * @param {number} from Unix ms @param {number} step ms
   * @returns {Promise<number[]>}
   */
  async activity(area, from, step, signal) {
    const query = queryOf({ from, step, ...(area ? where(area) : {}) });
    const said = await this.asking.ask(`api/activity?${query}`, async (response) => withLists(await response.json(), "counts"), signal);
    return said.counts.map(Number);
  }

  /**
   * A part of the canvas as it was.
   * @param {import("../geometry.js").Rect} area
   * @param {number} time Unix ms
   * @returns {Promise<Uint8Array>} 3 bytes a pixel
   */
  async picture(area, time, signal) {
    const { width, height } = area;
    const picture = await this.asking.ask(`api/canvas.png?${queryOf({ ...where(area), at: time })}`, async (response) => readPNG(await bytesOf(response)), signal);
    if (picture.width !== width || picture.height !== height) throw new Error(`a picture of ${picture.width}x${picture.height}, not ${width}x${height}`);
    return picture.rgb;
  }

  /**
   * When each pixel of a region was painted last.
   * @param {import("../geometry.js").Rect & {id: number}} region
   * @returns {Promise<Uint32Array>} by position, s since 1970; 0: never
   */
  painted({ id, width, height }, signal) {
    return this.asking.ask(`api/painted/${id}`, async (response) => {
      const packed = await inflate(await bytesOf(response), 4 * width * height), view = new DataView(packed.buffer);
      return Uint32Array.from({ length: width * height }, (_, at) => view.getUint32(4 * at));
    }, signal);
  }

  /**
   * What happened in a region, up to a time.
   * @param {import("../geometry.js").Rect & {id: number}} region
   * @param {import("./chunks.js").Start} start
   * @param {number} to Unix ms
   * @returns {Promise<import("./chunks.js").Chunk>}
   */
  past(region, start, to, signal) {
    const read = async (/** @type {Response} */ response) => {
      const past = readPast(await bytesOf(response));
      return { ...past, steps: await Promise.all(past.steps.map((step) => ("snapshot" in step ? unpacked(step, region) : step))) };
    };
    return this.asking.ask(`api/history/${region.id}?${queryOf({ ...start, to })}`, read, signal, { Accept: "application/vnd.msgpack" });
  }
}

/** The server counts time in whole ms. @param {Record<string, number>} numbers */
function queryOf(numbers) {
  return new URLSearchParams(Object.entries(numbers).map(([key, n]) => [key, String(Math.floor(n))]));
}

/** @param {import("../geometry.js").Rect} area */
function where({ x, y, width, height }) {
  return { x, y, w: width, h: height };
}

/** An answer with these lists, if need be empty ones. */
function withLists(said, ...names) {
  return { ...said, ...Object.fromEntries(names.map((name) => [name, Array.isArray(said?.[name]) ? said[name] : []])) };
}

/** @param {import("./answers.js").Whole} step */
async function unpacked({ time, snapshot: { epoch, seq, data } }, { width, height }) {
  return { time, whole: { epoch, seq, rgb: data.length > 0 ? await inflate(data, 3 * width * height) : null } };
}

/** @param {Response} response */
async function bytesOf(response) {
  return new Uint8Array(await response.arrayBuffer());
}
