// One user of the canvas, for programs: stays connected, resumes without a gap, holds a replica of the regions that it
// follows, places ops and says what became of them. The same net/ as the page's carries it; what a page needs besides,
// such as showing pixels before they are confirmed, is in net/session.js.

import { makeGeometry, sameGeometry } from "../geometry.js";
import { Allowance } from "../limits/allowance.js";
import { inflate } from "../net/inflate.js";
import * as protocol from "../net/protocol.js";
import { Regions } from "../net/regions.js";
import { backoff, Link } from "../net/socket.js";
import { draw } from "./drawing.js";
import { Ended, Refused } from "./errors.js";
import { Ops } from "./ops.js";
import { optionsOf } from "./options.js";
import { Pings } from "./pings.js";
import { dotsOf, Replica } from "./replica.js";
import { Signal } from "./signal.js";
import { addressOf, LONGEST, PATIENCE, socketsOf, whyRefused } from "./sockets.js";

/**
 * @typedef {import("./ops.js").Dot} Dot
 * @typedef {import("./options.js").Options} Options
 * @typedef {import("./options.js").Follow} Follow
 */

const LASTED = 2000; // ms: a connection that has lasted so long was a success, and the next failure is the first again

export class Client {
  #options;
  #address;
  #link;
  #ops = new Ops();
  #allowance = new Allowance();
  /** @type {Replica | null} */
  #replica = null;
  /** @type {Regions | null} */
  #regions = null;
  /** @type {protocol.Welcome | null} */
  #welcome = null;
  /** @type {Ended | null} why the client has ended */
  #end = null;
  #closing = false;
  #connected = false; // and welcomed
  #phase = ""; // of the link, when it was looked at last
  #connections = 0;
  #lasting = /** @type {any} */ (0); // the timer of LASTED
  #pings = new Pings();
  /** @type {((message: protocol.Refused) => void) | null} hears whether a token was refused */
  #renewing = null;
  #version = 0; // of what is held
  #seen = 0; // by changed()
  #users = 0;
  #moved = new Signal(); // something has changed that one may wait for

  /** Starts nothing: see open. @param {string | URL} url @param {Options} [options] */
  constructor(url, options = {}) {
    this.#options = optionsOf(options);
    this.#address = addressOf(url);
    this.#link = new Link(this.#address, {
      WebSocket: socketsOf(options.WebSocket, this.#options.key),
      setTimeout: (run, ms) => /** @type {any} */ (setTimeout(run, ms)),
      clearTimeout: (id) => clearTimeout(id),
      now: () => Date.now(),
      random: () => Math.random(),
      whyClosed: () => "", whyRefused: () => Promise.resolve(""), // see #farewell, and #refused, which asks each time
    }, {
      opened: () => this.#opened(),
      received: (bytes) => this.#received(bytes),
      closed: () => this.#closed(),
      signedOut: () => this.#signedOut(),
      banned: () => {},
      probe: () => void this.#ping(),
      changed: () => this.#changed(),
    });
  }

  /** Connects, and resolves when the server has welcomed the client. If the first attempt fails, the client has ended. */
  async open() {
    this.#link.start();
    await this.#until(() => this.#connected);
    return this;
  }

  /** Ops without an answer fail, although they may have been carried out. */
  close() {
    this.#giveUp(new Ended("the client is closed"));
  }

  /** Whether there is a connection now. */
  get connected() {
    return this.#connected;
  }

  /** Why the client has ended; null: it has not. */
  get ended() {
    return this.#end;
  }

  /** What the server has said about the canvas and its limits. */
  get welcome() {
    return /** @type {protocol.Welcome} */ (this.#welcome);
  }

  get width() {
    return this.welcome.width;
  }

  get height() {
    return this.welcome.height;
  }

  /** How many connections the canvas has, this one included. */
  get users() {
    return this.#users;
  }

  /** The colour of a pixel, "#RRGGBB"; null: it is not held. */
  pixel(x, y) {
    return this.#replica?.pixel(x, y) ?? null;
  }

  /** A copy of a part of the canvas, by default all of it: 4 bytes a pixel, as ImageData has them. @param {import("../geometry.js").Rect} [rect] */
  image(rect = { x: 0, y: 0, width: this.width, height: this.height }) {
    return this.#replica.image(rect);
  }

  /** @param {Follow} what to follow from now on */
  follow(what) {
    this.#options.follow = what;
    if (this.#regions) this.#regions.want(this.#replica.plan(this.#options.follow));
  }

  /**
   * Places up to 4,096 pixels as one op, and resolves when they are durable and visible. It waits for room in the window
   * and for a connection, but not for the allowance: draw does. What was refused rejects with Refused.
   * @param {Dot | Dot[]} dots
   */
  place(dots) {
    if (this.#end) return Promise.reject(this.#end);
    const answered = this.#ops.add(Array.isArray(dots) ? dots : [dots]);
    this.#flush();
    return answered;
  }

  /**
   * Draws any number of pixels, in their order, as fast as the allowance has them, and resolves when all are durable. What is
   * refused for a while is placed again; what is refused for good rejects.
   * @param {Dot | Dot[]} dots
   */
  draw(dots) {
    return draw(Array.isArray(dots) ? dots : [dots], {
      allowance: this.#allowance,
      place: (part) => this.place(part),
      connected: () => this.#until(() => this.#connected),
      shown: () => this.sync().then(() => (x, y) => this.pixel(x, y)),
    });
  }

  /** Resolves when the client holds all that the server had when it was called, of all that it follows. */
  async sync() {
    do await this.#until(() => this.#connected && this.#regions.complete);
    while (!(await this.#ping()));
  }

  /** Resolves when something has changed since it resolved last, in what is followed. */
  async changed() {
    await this.#until(() => this.#version !== this.#seen);
    this.#seen = this.#version;
  }

  /** Shows a new token, which lasts longer, of the same account. */
  async renew(/** @type {string} */ token) {
    if (typeof this.#options.token === "string") this.#options.token = token;
    await this.#until(() => this.#connected);
    const refused = new Promise((_, reject) => {
      this.#renewing = (message) => reject(new Refused(message));
    });
    this.#link.send(protocol.encodeAuth(token));
    try {
      await Promise.race([this.#ping(), refused]);
    } finally {
      this.#renewing = null;
    }
  }

  /** @param {string} name to be shown to others; empty: none */
  rename(name) {
    this.#options.name = name;
    if (this.#connected) this.#link.send(protocol.encodeRename(name));
  }

  /** Shows others where the pointer is. Without a place it has left. The server passes 20 a second on. */
  point(x = -1, y = -1) {
    if (this.#connected) this.#link.send(x < 0 ? protocol.encodeCursorGone() : protocol.encodeCursor(x, y));
  }

  async #opened() {
    const connection = ++this.#connections;
    const { token, name } = this.#options;
    try {
      const shown = typeof token === "function" ? await token() : token;
      if (connection !== this.#connections) return;
      this.#link.send(protocol.encodeHello(this.#welcome?.session ?? null, name, this.#ops.last, protocol.REFUSED_BANNED, shown));
    } catch (error) {
      if (connection !== this.#connections) return;
      if (this.#welcome) this.#link.fail(1000);
      else this.#giveUp(new Ended(`no token: ${error}`));
    }
  }

  #closed() {
    this.#connections++;
    this.#connected = false;
    clearTimeout(this.#lasting);
    this.#regions?.disconnected();
    this.#pings.lost();
    this.#moved.fire();
  }

  /** A token or key that has ended is of no use the next time either, unless there can be another. */
  #signedOut() {
    if (typeof this.#options.token !== "function") this.#giveUp(this.#farewell());
  }

  /** The link has another phase. */
  #changed() {
    const { phase } = this.#link, before = this.#phase;
    this.#phase = phase;
    if (this.#closing || phase === before) return;
    if (phase === "stopped" && before !== "") this.#finish(this.#farewell());
    if (phase !== "waiting") return;
    if (before === "connecting") void this.#refused();
    else if (!this.#welcome) this.#giveUp(this.#farewell());
    else this.#tell("disconnected", { ...this.#link.farewell, retry: this.#link.pause });
  }

  /** A handshake has failed: asks why, and waits as long as the server asks before the next one. */
  async #refused() {
    this.#link.rest(PATIENCE + LONGEST); // until it is known
    const why = await whyRefused(this.#address, this.#options.key);
    if (this.#link.phase !== "waiting") return;
    if (!this.#welcome || why.hopeless) {
      return this.#giveUp(new Ended(`the server accepts no WebSocket: ${why.text}`, why));
    }
    const retry = Math.max(why.retry, backoff(this.#link.tries - 1, Math.random()));
    this.#link.rest(retry);
    this.#tell("disconnected", { code: 0, reason: why.text, retry });
  }

  #farewell() {
    const { code, reason } = this.#link.farewell;
    return new Ended(code ? `the server has closed the connection with code ${code}${reason && `: ${reason}`}` : "the connection broke", { code, reason });
  }

  #giveUp(/** @type {Ended} */ error) {
    this.#closing = true;
    this.#link.stop(error.message);
    this.#finish(error);
  }

  #finish(/** @type {Ended} */ error) {
    if (this.#end) return;
    this.#end = error;
    clearTimeout(this.#lasting);
    this.#ops.fail(error);
    this.#moved.fire();
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  #received(bytes) {
    try {
      const message = protocol.decodeServer(bytes);
      if (message && (this.#connected || message.type === protocol.WELCOME)) this.#handle(message);
    } catch (error) {
      if (error instanceof protocol.Malformed) this.#malformed(error);
      else this.#giveUp(new Ended(`${error}`)); // it would happen again on each connection
    }
  }

  /** The server has said what can't be understood. Another connection may do better. */
  #malformed(/** @type {Error} */ error) {
    this.#link.farewell = { code: 0, reason: `the server broke the protocol: ${error.message}` };
    this.#link.fail(4000);
  }

  /** @param {protocol.ServerMessage} message */
  #handle(message) {
    const now = performance.now();
    switch (message.type) {
      case protocol.WELCOME:
        return this.#welcomed(message, now);
      case protocol.SNAPSHOT:
        return this.#regions.snapshot(message);
      case protocol.PIXELS:
        return this.#regions.pixels(message);
      case protocol.ACK:
        for (const num of message.ops) this.#ops.take(num)?.done();
        this.#allowance.heard(message, this.#ops.answered, now);
        return this.#flush();
      case protocol.REFUSED:
        return this.#refuse(message, now);
      case protocol.WAITING:
        return this.#tell("waiting", message.ops);
      case protocol.ALLOWANCE:
        this.#allowance.open(message.rate, message.burst, now);
        this.#allowance.heard(message, this.#ops.answered, now);
        return this.#moved.fire();
      case protocol.CURSORS:
        return this.#tell("cursors", message.cursors);
      case protocol.PRESENCE:
        this.#users = message.count;
        return this.#tell("presence", message);
      case protocol.PONG:
        this.#allowance.clock.heard(message.time, now);
        return this.#pings.answered(message.token);
      case protocol.NOTICE:
        if (message.code === protocol.NOTICE_DRAINING) {
          this.#ops.held = true;
          this.#link.restartIn(Math.min(message.retry, LONGEST));
        }
        return this.#tell("notice", { code: message.code, text: message.text, retry: message.retry });
    }
  }

  /** @param {protocol.Welcome} message */
  #welcomed(message, now) {
    this.#welcome = message;
    this.#connected = true;
    this.#lasting = setTimeout(() => this.#link.succeeded(), LASTED);
    this.#allowance.clock.reset();
    this.#allowance.clock.heard(message.time, now);
    this.#allowance.open(message.rate, message.burst, now);
    const geometry = makeGeometry(message.width, message.height, message.region);
    if (!this.#replica || !sameGeometry(this.#replica.geometry, geometry)) this.#begin(geometry);
    this.#regions.resume();
    this.#regions.want(this.#replica.plan(this.#options.follow));
    this.#ops.window = message.window;
    for (const op of this.#ops.again()) this.#link.send(protocol.encodePlace(op.num, op.pixels));
    this.#flush();
    this.#moved.fire();
    this.#tell("connected", this);
  }

  /** @param {import("../geometry.js").Geometry} geometry */
  #begin(geometry) {
    this.#replica = new Replica(geometry);
    const changed = () => {
      this.#version++;
      this.#moved.fire();
    };
    this.#regions = new Regions(/** @type {any} */ (this.#replica), {
      send: (bytes) => this.#link.send(bytes),
      inflate,
      wrote: (region, message, live) => {
        this.#replica.write(/** @type {any} */ (region), message.pixels);
        if (this.#options.on.pixels && message.pixels.length > 0) this.#tell("pixels", dotsOf(/** @type {any} */ (region), message), live);
        changed();
      },
      loaded: changed,
      failed: (error) => this.#malformed(error),
    });
  }

  /** @param {protocol.Refused} message */
  #refuse(message, now) {
    if (message.op === 0) return this.#renewing?.(message);
    const op = this.#ops.take(message.op);
    if (op) this.#allowance.spend(-op.count, now); // it was not taken, or it was given back
    this.#allowance.heard(message, this.#ops.answered, now);
    op?.failed(new Refused(message));
    if (message.code === protocol.REFUSED_DRAINING) this.#ops.held = true;
    this.#flush();
  }

  /** Sends what may be sent now. */
  #flush() {
    if (!this.#connected) return;
    for (let op = this.#ops.next(); op; op = this.#ops.next()) {
      this.#allowance.spend(op.count, performance.now());
      this.#link.send(protocol.encodePlace(op.num, op.pixels));
    }
  }

  #ping() {
    return this.#pings.ask((token) => this.#link.send(protocol.encodePing(token)));
  }

  /** Waits until something holds, or throws why the client has ended. @param {() => boolean} holds */
  async #until(holds) {
    while (!this.#end && !holds()) await this.#moved.wait();
    if (this.#end) throw this.#end;
  }

  /** Calls a handler when all that has led to it is done. What it throws is the program's, not the connection's. */
  #tell(/** @type {keyof import("./options.js").Handlers} */ what, /** @type {any[]} */ ...said) {
    const handler = /** @type {any} */ (this.#options.on[what]);
    if (handler) queueMicrotask(() => handler(...said));
  }
}
