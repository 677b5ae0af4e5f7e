// How a client reaches a server: the address, the WebSocket, and what the server says when it accepts none.

import { SUBPROTOCOL } from "../net/protocol.js";

const PATIENCE = 4000; // ms for the answer to why a handshake has failed
const LONGEST = 30_000; // ms: the longest pause that a server can ask for
const HOPELESS = new Set([400, 401, 403]); // answers that will be the same next time

/** The WebSocket of a canvas: "https://canvas.example/" leads to "wss://canvas.example/ws". @param {string | URL} url */
export function addressOf(url) {
  const address = new URL(url);
  address.hash = ""; // of a place on the canvas, as the page writes it
  if (address.protocol === "http:" || address.protocol === "https:") {
    address.protocol = address.protocol.replace("http", "ws");
    address.search = "";
    if (!address.pathname.endsWith("/ws")) address.pathname = address.pathname.replace(/[^/]*$/, "ws");
  }
  if (address.protocol !== "ws:" && address.protocol !== "wss:") throw new TypeError(`${url}: must be like https://canvas.example/ or wss://canvas.example/ws`);
  return address.href;
}

/**
 * What makes WebSockets: the platform's, or a class that was handed in, like that of the package ws. Only a browser's
 * can't show a key.
 * @param {any} handed undefined: the platform's
 * @param {string} key empty: none
 */
export function socketsOf(handed, key) {
  const Socket = handed ?? globalThis.WebSocket;
  if (!Socket) throw new TypeError("there is no WebSocket here: hand a class in, as { WebSocket }, or use Node.js 22 or later");
  if (key && !handed && typeof document === "object") throw new TypeError("a browser can't show a key: use a token");
  const headers = { Authorization: `Bearer ${key}` };
  return /** @type {any} a class, to make them with */ (function (/** @type {string} */ url) {
    if (!key) return new Socket(url, SUBPROTOCOL);
    return handed ? new Socket(url, SUBPROTOCOL, { headers }) : new Socket(url, { protocols: [SUBPROTOCOL], headers });
  });
}

/**
 * Why the server has accepted no WebSocket. WebSockets don't tell, so it is asked over HTTP.
 * @param {string} address of the WebSocket @param {string} key
 * @returns {Promise<{status: number, text: string, retry: number, hopeless: boolean}>} status 0: it can't be reached
 */
export async function whyRefused(address, key) {
  const why = { status: 0, text: "no connection", retry: 0, hopeless: false };
  try {
    const url = new URL(address.replace("ws", "http"));
    if (typeof location === "object") url.searchParams.set("origin", location.origin);
    const answer = await fetch(url, {
      cache: "no-store", signal: AbortSignal.timeout(PATIENCE), headers: key ? { Authorization: `Bearer ${key}` } : {},
    });
    const text = (await answer.text()).trim().slice(0, 1024);
    const seconds = Number(answer.headers.get("Retry-After") ?? 0);
    why.status = answer.status;
    why.text = `status ${answer.status}${text && `: ${text}`}`;
    why.retry = seconds > 0 ? Math.min(LONGEST, 1000 * seconds) : 0;
    why.hopeless = HOPELESS.has(answer.status);
  } catch {
    // it can't be reached, or does not let this page ask
  }
  return why;
}

export { LONGEST, PATIENCE };
