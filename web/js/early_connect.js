// The first thing that runs: it connects, and asks for the canvas and the words, while the page's other modules are still on their way.
// The session takes over from it (net/begun.js). It is small, needs nothing else, and may fail: then the session begins by itself.

import { wanted } from "./words/languages.js";

const MOST = 64; // regions to ask for at once: those of a canvas that is held whole (net/plan.js)

/** HELLO of a new session without a name, whose page knows the refusals up to 14. */
export const HELLO = Uint8Array.of(0x96, 1, 0xc0, 0xa0, 0, 0xc0, 14);

/** SUBSCRIBE to regions of which nothing is held. @param {number[]} regions below 2^16 */
export function subscribe(regions) {
  const marks = regions.flatMap((region) => [0x93, 0xcd, region >> 8, region & 255, 0, 0]);
  return Uint8Array.of(0x92, 2, 0xdc, regions.length >> 8, regions.length & 255, ...marks);
}

/**
 * The regions of a canvas, those first that are near the place that a link names; none if they are too many.
 * @param {string} size "width height region", as the server writes it into the page; empty: it doesn't
 * @param {string} hash of the link
 */
export function regionsOf(size, hash) {
  const [width, height, edge] = size.split(" ").map(Number);
  const columns = Math.ceil(width / edge), count = columns * Math.ceil(height / edge);
  if (!(count > 0 && count <= MOST && width * height <= MOST << 16)) return [];
  const [, x, y] = /^#(\d+),(\d+)/.exec(hash) ?? [0, width / 2, height / 2];
  const distance = (/** @type {number} */ id) => Math.hypot(((id % columns) + 0.5) * edge - Number(x), (Math.floor(id / columns) + 0.5) * edge - Number(y));
  return Array.from({ length: count }, (_, id) => id).sort((a, b) => distance(a) - distance(b));
}

/**
 * @typedef {object} Begun
 * @property {WebSocket} socket
 * @property {string} size of the canvas, as the page says it
 * @property {number[]} regions that were asked for
 * @property {MessageEvent[]} messages that have arrived
 */

/** @returns {Begun} */
export function begin(/** @type {typeof WebSocket} */ Socket, /** @type {string} */ page, /** @type {string} */ size) {
  const { href, hash, searchParams } = new URL(page);
  const address = new URL("ws", href.replace(/^http/, "ws"));
  const socket = new Socket(address.href, "pixel.msgpack.v1");
  const begun = { socket, size, regions: regionsOf(size, hash || `#${searchParams.get("x")},${searchParams.get("y")}`), messages: /** @type {MessageEvent[]} */ ([]) };
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    socket.send(HELLO);
    if (begun.regions.length > 0) socket.send(subscribe(begun.regions));
  };
  socket.onmessage = (event) => begun.messages.push(event);
  return begun;
}

/** Begins, unless the page itself has begun already: which of the two is there first is not known. @param {any} page the document */
export function beginOnce(page, /** @type {typeof WebSocket} */ Socket, /** @type {string} */ address) {
  if ("begun" in page) return;
  page.begun = begin(Socket, address, page.querySelector('meta[name="canvas"]')?.getAttribute("content") ?? "");
}

if (typeof document === "object") wanted(document);
if (typeof document === "object" && new URLSearchParams(location.search).has("embed")) document.documentElement.dataset.embed = "";
if (typeof document === "object" && typeof DecompressionStream === "function") beginOnce(document, WebSocket, location.href);
