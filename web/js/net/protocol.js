// The messages of codec/PROTOCOL.md: what this page sends and what it understands. It knows
// bytes and nothing else; session.js gives the messages their meaning.

import { Malformed, Reader, Writer } from "./msgpack.js";

export { Malformed };

export const SUBPROTOCOL = "pixel.msgpack.v1";
export const MAX_PLACE = 4096; // pixels in one PLACE
export const PLACE_BYTES = 7; // of one pixel of a PLACE: x, y, red, green, blue
export const PIXEL_BYTES = 5; // of one pixel of a PIXELS: position, red, green, blue
const MAX_PIXELS = 65_536; // pixels in one PIXELS
const MAX_MARKS = 4096; // regions in one SUBSCRIBE: as many as a canvas has
const GONE = 0xffff; // both coordinates of a pointer that has left
const CURSOR_BYTES = 10;

export const WELCOME = 16;
export const SNAPSHOT = 17;
export const PIXELS = 18;
export const ACK = 19;
export const REFUSED = 20;
export const CURSORS = 21;
export const PRESENCE = 22;
export const PONG = 23;
export const NOTICE = 24;
export const WAITING = 25;
export const ALLOWANCE = 26;
export const BECKONS = 28;

export const NOTICE_DRAINING = 1;
export const NOTICE_ANNOUNCEMENT = 2;
export const NOTICE_RULES = 3;
export const NOTICE_TEMPLATES = 4;
export const REFUSED_RATE = 1;
export const REFUSED_DRAINING = 6;
export const REFUSED_RIGHTS = 10;
export const REFUSED_PROTECTED = 12;
export const REFUSED_BANNED = 14;

/**
 * A region and what is held of it.
 * @typedef {[region: number, epoch: number, seq: number]} Mark
 *
 * @typedef {{type: 16, session: Uint8Array, user: number, node: string, time: number, width: number, height: number,
 *   region: number, rate: number, burst: number, window: number}} Welcome
 * @typedef {{type: 17, region: number, epoch: number, seq: number, data: Uint8Array<ArrayBuffer>}} Snapshot
 * @typedef {{type: 18, region: number, epoch: number, from: number, count: number, pixels: Uint8Array,
 *   authors: (number | string)[]}} Pixels  authors: n, author, n, author, …; the n add up to the pixels there are
 * @typedef {{type: 19, ops: number[], left: number, next?: number}} Ack  next: when one more pixel will be free, Unix
 *   ms of the server, 0 if none is missing; servers of before do not say it
 * @typedef {{type: 20, op: number, code: number, retry: number, left: number, next?: number}} Refused  retry: milliseconds
 * @typedef {{type: 21, cursors: {user: number, x: number, y: number, gone: boolean}[]}} Cursors
 * @typedef {{type: 28, cursors: {user: number, x: number, y: number}[]}} Beckons
 * @typedef {{type: 22, count: number, full: boolean, joined: [user: number, name: string][], left: number[],
 *   people?: number}} Presence  people: how many count makes, if each counts once
 * @typedef {{type: 23, token: number, time: number}} Pong
 * @typedef {{type: 24, code: number, text: string, retry: number}} Notice  retry: milliseconds
 * @typedef {{type: 25, ops: number[]}} Waiting
 * @typedef {{type: 26, rate: number, burst: number, left: number, next: number}} AllowanceNow  next: as in Ack
 * @typedef {Waiting | Beckons | Welcome | Snapshot | Pixels | Ack | Refused | Cursors | Presence | Pong | Notice | AllowanceNow} ServerMessage
 */

/**
 * @param {Uint8Array | null} session to resume
 * @param {number} [sent] the highest op number ever sent in it
 * @param {number} [knows] the highest refusal that is known; only with sent
 * @param {string} [token] a JSON Web Token; only with sent. The page has none
 */
export function encodeHello(session, name, sent, knows, token) {
  const w = new Writer().array(sent === undefined ? 3 : knows !== undefined ? 6 : token ? 5 : 4).uint(1);
  (session ? w.bin(session) : w.nil()).text(name);
  if (sent !== undefined) w.uint(sent);
  if (token) w.text(token);
  else if (knows !== undefined) w.nil();
  if (knows !== undefined) w.uint(knows);
  return w.finish();
}

/** @param {Mark[]} marks at most 4,096: no canvas has more regions */
export function encodeSubscribe(marks) {
  if (marks.length > MAX_MARKS) throw new RangeError(`${marks.length} marks in one message`);
  const w = new Writer().array(2).uint(2).array(marks.length);
  for (const [region, epoch, seq] of marks) w.array(3).uint(region).uint(epoch).uint(seq);
  return w.finish();
}

/** @param {number[]} regions at most 4,096 */
export function encodeUnsubscribe(regions) {
  if (regions.length > MAX_MARKS) throw new RangeError(`${regions.length} regions in one message`);
  const w = new Writer().array(2).uint(3).array(regions.length);
  for (const region of regions) w.uint(region);
  return w.finish();
}

/**
 * @param {number} op its number
 * @param {Uint8Array} pixels as packDots makes them
 */
export function encodePlace(op, pixels) {
  return new Writer().array(3).uint(4).uint(op).bin(pixels).finish();
}

/**
 * Packs pixels for PLACE.
 * @param {Map<number, number>} dots colour by y * width + x; at most MAX_PLACE
 * @param {number} width of the canvas
 */
export function packDots(dots, width) {
  const packed = new Uint8Array(PLACE_BYTES * dots.size);
  let at = 0;
  for (const [key, colour] of dots) {
    const x = key % width, y = (key - x) / width;
    packed[at++] = x >> 8;
    packed[at++] = x;
    packed[at++] = y >> 8;
    packed[at++] = y;
    packed[at++] = colour >> 16;
    packed[at++] = colour >> 8;
    packed[at++] = colour;
  }
  return packed;
}

export function encodeRename(name) {
  return new Writer().array(2).uint(5).text(name).finish();
}

export function encodeCursor(x, y) {
  return new Writer().array(3).uint(6).uint(x).uint(y).finish();
}

export function encodeCursorGone() {
  return new Writer().array(1).uint(6).finish();
}

export function encodeBeckon(x, y) {
  return new Writer().array(3).uint(9).uint(x).uint(y).finish();
}

/** @param {string} token a JSON Web Token, which lasts longer than the one before */
export function encodeAuth(token) {
  return new Writer().array(2).uint(8).text(token).finish();
}

export function encodePing(token) {
  return new Writer().array(2).uint(7).uint(token).finish();
}

/**
 * By type: how many elements a message has at least, what reads them, and the number that newer servers add behind them.
 * @type {Record<number, [elements: number, read: (r: Reader) => ServerMessage, added?: "next" | "people"]>}
 */
const decoders = {
  [WELCOME]: [11, readWelcome],
  [SNAPSHOT]: [5, (r) => ({ type: SNAPSHOT, region: r.uint(), epoch: r.uint(), seq: r.uint(), data: r.bin() })],
  [PIXELS]: [7, readPixels],
  [WAITING]: [2, (r) => ({ type: WAITING, ops: list(r, () => r.uint()) })],
  [ACK]: [3, (r) => ({ type: ACK, ops: list(r, () => r.uint()), left: r.uint() }), "next"],
  [REFUSED]: [5, (r) => ({ type: REFUSED, op: r.uint(), code: r.uint(), retry: r.uint(), left: r.uint() }), "next"],
  [CURSORS]: [2, (r) => ({ type: CURSORS, cursors: readPointers(r) })],
  [BECKONS]: [2, (r) => ({ type: BECKONS, cursors: readPointers(r) })],
  [PRESENCE]: [5, readPresence, "people"],
  [PONG]: [3, (r) => ({ type: PONG, token: r.uint(), time: r.uint() })],
  [NOTICE]: [4, (r) => ({ type: NOTICE, code: r.uint(), text: r.text(), retry: r.uint() })],
  [ALLOWANCE]: [5, (r) => ({ type: ALLOWANCE, rate: rate(r), burst: r.uint(), left: r.uint(), next: r.uint() })],
};

/**
 * Reads one message. Bins are parts of bytes, not copies.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {ServerMessage | null} null for a type this page doesn't know, to be ignored
 * @throws {Malformed}
 */
export function decodeServer(bytes) {
  const r = new Reader(bytes);
  const length = r.array();
  if (length < 1) throw new Malformed("a message without a type");
  const known = decoders[r.uint()];
  if (!known) {
    r.skip(length - 1);
    r.end();
    return null;
  }
  const [elements, read, added] = known;
  if (length < elements) throw new Malformed(`${length} elements, at least ${elements}`);
  const message = read(r);
  let more = length - elements;
  if (added && more > 0 && r.isUint()) {
    message[added] = r.uint();
    more--;
  }
  r.skip(more);
  r.end();
  return message;
}

/** @returns {Welcome} */
function readWelcome(r) {
  const session = r.bin();
  if (session.length !== 16) throw new Malformed(`a session of ${session.length} bytes`);
  /** @type {Welcome} */
  const message = {
    type: WELCOME, session: session.slice(), user: r.uint(), node: r.text(), time: r.uint(), width: r.uint(), height: r.uint(),
    region: r.uint(), rate: rate(r), burst: r.uint(), window: r.uint(),
  };
  if (!message.width || !message.height || !message.region) throw new Malformed("an empty canvas");
  return message;
}

/** @returns {number} pixels per second */
function rate(r) {
  const rate = r.float();
  if (!(rate >= 0)) throw new Malformed(`rate ${rate}`);
  return rate;
}

/** @returns {Pixels} */
function readPixels(r) {
  /** @type {Pixels} */
  const message = { type: PIXELS, region: r.uint(), epoch: r.uint(), from: r.uint(), count: r.uint(), pixels: r.bin(), authors: [] };
  const pixels = message.pixels.length / PIXEL_BYTES;
  if (!Number.isInteger(pixels) || pixels > MAX_PIXELS) throw new Malformed(`${message.pixels.length} bytes of pixels`);
  if (pixels > message.count) throw new Malformed(`${pixels} pixels, at most ${message.count}`);
  if (!r.isArray()) {
    message.authors.push(pixels, author(r));
    return message;
  }
  let covered = 0;
  const length = r.array();
  if (length % 2) throw new Malformed("an author is missing");
  for (let i = 0; i < length; i += 2) {
    const n = r.uint();
    covered += n;
    message.authors.push(n, author(r));
  }
  if (covered !== pixels) throw new Malformed(`authors of ${covered} pixels, ${pixels} pixels`);
  return message;
}

/** @returns {number | string} */
function author(r) {
  return r.isText() ? r.text() : r.uint();
}

/** @returns {Cursors["cursors"]} */
function readPointers(r) {
  const bytes = r.bin();
  if (bytes.length % CURSOR_BYTES) throw new Malformed(`${bytes.length} bytes of cursors`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cursors = [];
  for (let at = 0; at < bytes.length; at += CURSOR_BYTES) {
    const user = view.getUint16(at) * 2 ** 32 + view.getUint32(at + 2);
    const x = view.getUint16(at + 6), y = view.getUint16(at + 8);
    cursors.push({ user, x, y, gone: x === GONE && y === GONE });
  }
  return cursors;
}

/** @returns {Presence} */
function readPresence(r) {
  return {
    type: PRESENCE,
    count: r.uint(),
    full: r.bool(),
    joined: list(r, () => {
      const length = r.array();
      if (length < 2) throw new Malformed("a user without a name");
      /** @type {[number, string]} */
      const user = [r.uint(), r.text()];
      r.skip(length - 2);
      return user;
    }),
    left: list(r, () => r.uint()),
  };
}

/**
 * Reads an array. Its elements are pushed one by one, so a length that lies can't make the page allocate.
 * @template T
 * @param {Reader} r
 * @param {() => T} element
 */
function list(r, element) {
  const out = [];
  for (let left = r.array(); left > 0; left--) out.push(element());
  return out;
}
