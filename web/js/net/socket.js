// The connection to the server, for as long as the page is open: connects, notices when the connection is gone, waits
// and connects again. It carries bytes; session.js knows what they mean.

import { SUBPROTOCOL } from "./protocol.js";
import { t } from "../words/words.js";

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

/** Close codes after which, by PROTOCOL.md, trying again is useless, and what to tell the user. */
const FINAL = new Map([
  [1002, t("The connection broke the WebSocket protocol")],
  [1003, t("The server speaks another protocol")],
  [1007, t("The server could not read what this page sent")],
  [1009, t("This page sent too much at once")],
  [4000, t("The server could not read what this page sent")],
  [4001, t("The server did not hear from this page in time")],
  [4004, t("You were disconnected by an operator")],
  [BANNED, t("You have been banned from this canvas")],
]);

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
    socket.onclose = (event) => {
      this.#socket = null;
      if (this.phase === "connecting") this.#askWhy();
      if (event.code === BANNED && event.reason) this.stop(`${FINAL.get(BANNED)}: ${event.reason}`);
      else if (FINAL.has(event.code)) this.stop(FINAL.get(event.code));
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
    const delay = asked >= 0 ? asked : backoff(this.tries, this.ports.random());
    this.tries++;
    this.#timer = this.ports.setTimeout(() => this.#connect(), delay);
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
