// The connection to the server, for as long as the page is open: connects, notices when the connection is gone, waits
// and connects again. It carries bytes; session.js knows what they mean.

import { SUBPROTOCOL } from "./protocol.js";

/**
 * connecting: no answer yet; open; waiting: until the next try; stopped: only the user can start it again.
 * @typedef {"connecting" | "open" | "waiting" | "stopped"} Phase
 *
 * @typedef {object} Ports
 * @property {typeof WebSocket} WebSocket
 * @property {(run: () => void, ms: number) => number} setTimeout
 * @property {(id: number) => void} clearTimeout
 * @property {() => number} now the time of day, ms: unlike a steady clock it goes on while the computer sleeps
 * @property {() => number} random 0 to 1
 * @property {(code: number, reason: string) => string} whyClosed what to tell the user about a close frame that ends the tries
 * @property {() => Promise<string>} whyRefused what to tell the user about handshakes that fail; empty: nothing
 *
 * @typedef {object} Handlers
 * @property {() => void} opened
 * @property {(bytes: Uint8Array<ArrayBuffer>) => void} received
 * @property {() => void} closed what was sent but not answered may be lost
 * @property {() => void} signedOut the server has closed the connection, because what it was signed in with has ended
 * @property {() => void} banned the server has closed the connection, because the user is banned
 * @property {() => void} probe send something that is answered at once
 * @property {() => void} changed phase or reason has changed
 */

const FIRST_DELAY = 100; // ms, doubled with every try
const MAX_DELAY = 2000; // ms
const SPREAD = 0.25; // of a delay, either way, so that the clients of a failed server don't come back all at once
const CONNECT_LIMIT = 8000; // ms for the handshake
const ASK_WHY = 3; // handshakes that must fail in a row before the server is asked why
const TICK = 1000; // ms between looks at the clock
const PROBE_EVERY = 10_000; // ms; also how often the round trip is measured
const PATIENCE = 5000; // ms for the answer to a probe
const URGENT_PATIENCE = 2000; // ms, when there is a reason for doubt: the computer slept, the network changed
const SLEPT = 3 * TICK; // ms between looks: after so long the computer slept, or the browser held the page up

const SIGNED_OUT = 4005, BANNED = 4006; // close codes
const NOTHING_SAID = 1006; // what a browser says of a connection that ended without a close frame

/** Close codes after which, by PROTOCOL.md, trying again is useless. */
const FINAL = new Set([1002, 1003, 1007, 1009, 4000, 4001, 4004, BANNED]);

/**
 * How long to wait before a try.
 * @param {number} tries that have failed since the last success
 * @param {number} random 0 to 1
 */
export function backoff(tries, random) {
  const delay = Math.min(MAX_DELAY, FIRST_DELAY * 2 ** tries);
  return delay * (1 + SPREAD * (2 * random - 1));
}

export class Link {
  /** @type {Phase} */
  phase = "stopped";
  /** Why the connection is stopped, for the user. */
  reason = "";
  /** Tries that have failed since the last success. */
  tries = 0;
  /** Why the tries may have failed, for the user; empty: not known. */
  hint = "";
  /** What the last connection ended with; code 0: the server has said nothing. */
  farewell = { code: 0, reason: "" };
  /** ms from the end of the last connection, or try, to the next try. */
  pause = 0;

  /** @type {WebSocket | null} */
  #socket = null;
  #timer = 0; // of the next try
  #tick = 0;
  #ticked = 0;
  #began = 0; // connecting
  #probed = 0; // the last time a probe was sent
  #deadline = 0; // for hearing something; 0: none
  #doubted = false; // the clock has jumped, and nothing has been heard since
  #refused = 0; // handshakes that have failed since the last success
  #restart = -1; // ms to wait after the next close, as the server asked; -1: it did not

  /** @param {string} url @param {Ports} ports @param {Handlers} handlers */
  constructor(url, ports, handlers) {
    this.url = url;
    this.ports = ports;
    this.handlers = handlers;
  }

  start() {
    if (this.phase !== "stopped") return;
    this.reason = this.hint = "";
    this.#refused = 0;
    this.tries = 0;
    this.#connect();
    this.#watch();
  }

  /** @param {string} reason why, for the user */
  stop(reason) {
    this.ports.clearTimeout(this.#timer);
    this.ports.clearTimeout(this.#tick);
    this.reason = reason;
    this.#abandon(1000);
    this.#enter("stopped");
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes lost if the connection is not open; resuming makes up for that */
  send(bytes) {
    if (this.phase === "open") this.#socket.send(bytes);
  }

  /** The server has welcomed this page: after the next failure, delays are short again at first. */
  succeeded() {
    this.tries = 0;
  }

  /** The server will close the connection, and wants to be left alone for some milliseconds after that. */
  restartIn(ms) {
    this.#restart = ms;
  }

  /** Puts the next try off, if the link waits for it: it comes in so many ms from now. */
  rest(ms) {
    if (this.phase !== "waiting") return;
    this.ports.clearTimeout(this.#timer);
    this.#timer = this.ports.setTimeout(() => this.#connect(), ms);
  }

  /** Gives up this connection and tries another. @param {number} code tells the server why */
  fail(code) {
    if (this.phase !== "open" && this.phase !== "connecting") return;
    this.#abandon(code);
    this.#retry();
  }

  /** Checks the connection at once, because there is reason for doubt or for hope: the page was hidden, the network changed. */
  wake() {
    if (this.phase === "waiting") {
      this.ports.clearTimeout(this.#timer);
      this.tries = 0;
      this.#connect();
    } else if (this.phase === "open") {
      this.#probe(URGENT_PATIENCE);
    }
  }

  #connect() {
    this.#began = this.ports.now();
    this.farewell = { code: 0, reason: "" };
    this.#enter("connecting");
    const socket = new this.ports.WebSocket(this.url, SUBPROTOCOL);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#refused = 0;
      this.hint = "";
      this.#heard();
      this.#probed = this.ports.now();
      this.#deadline = this.#probed + PATIENCE; // for the welcome
      this.#enter("open");
      this.handlers.opened();
    };
    socket.onmessage = (event) => {
      this.#heard();
      this.handlers.received(new Uint8Array(event.data));
    };
    socket.onerror = () => {}; // onclose follows; the sockets of Node.js's package ws would throw what nobody hears
    socket.onclose = (event) => {
      this.#socket = null;
      this.farewell = event.code === NOTHING_SAID ? { code: 0, reason: "" } : { code: event.code, reason: event.reason };
      if (this.phase === "connecting") this.#askWhy();
      if (FINAL.has(event.code)) this.stop(this.ports.whyClosed(event.code, event.reason));
      else this.#retry();
      if (event.code === SIGNED_OUT) this.handlers.signedOut();
      if (event.code === BANNED) this.handlers.banned();
    };
  }

  /** Asks only once in a row of failures: the answer won't change soon, and others need the server too. */
  #askWhy() {
    if (++this.#refused !== ASK_WHY) return;
    this.ports.whyRefused().then((why) => {
      if (this.#refused < ASK_WHY || this.phase === "stopped") return;
      this.hint = why;
      this.handlers.changed();
    });
  }

  #retry() {
    const asked = this.#restart;
    this.#restart = -1;
    this.pause = asked >= 0 ? asked : backoff(this.tries, this.ports.random());
    this.tries++;
    this.#timer = this.ports.setTimeout(() => this.#connect(), this.pause);
    this.#enter("waiting");
  }

  /** Drops the socket, and ignores whatever still arrives on it. */
  #abandon(code) {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = null;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(code);
  }

  /** @param {Phase} phase */
  #enter(phase) {
    const wasOpen = this.phase === "open";
    this.phase = phase;
    if (wasOpen && phase !== "open") this.handlers.closed();
    this.handlers.changed();
  }

  #watch() {
    this.#ticked = this.ports.now();
    const look = () => {
      this.#tick = this.ports.setTimeout(look, TICK);
      const now = this.ports.now();
      const late = now - this.#ticked - TICK;
      this.#ticked = now;
      this.#look(now, late > SLEPT || late < -TICK);
    };
    this.#tick = this.ports.setTimeout(look, TICK);
  }

  #heard() {
    this.#deadline = 0;
    this.#doubted = false;
  }

  /**
   * @param {boolean} slept the clock has jumped: what it says about silence means nothing, once. Looks that are
   *   late time after time are those of a page in the background.
   */
  #look(now, slept) {
    if (slept && !this.#doubted) {
      this.#doubted = true;
      this.#began = now;
      this.wake();
    } else if (this.phase === "connecting" && now - this.#began > CONNECT_LIMIT) {
      this.fail(1000);
    } else if (this.phase === "open" && this.#deadline > 0 && now >= this.#deadline) {
      this.fail(4000);
    } else if (this.phase === "open" && now - this.#probed >= PROBE_EVERY) {
      this.#probe(PATIENCE);
    }
  }

  #probe(patience) {
    const now = this.ports.now();
    this.#probed = now;
    const deadline = now + patience;
    this.#deadline = this.#deadline > now ? Math.min(this.#deadline, deadline) : deadline;
    this.handlers.probe();
  }
}
