// Speaks the protocol: greets, resumes, follows regions, sends what was drawn, and writes what the server says into
// the state. The session id is kept only in memory: a duplicated tab that shared it would give its ops the same
// numbers as this one, and lose them.

import { Canvas } from "../canvas/canvas.js";
import { contains, makeGeometry, sameGeometry } from "../geometry.js";
import { Pending } from "../canvas/pending.js";
import { plan } from "./plan.js";
import * as protocol from "./protocol.js";
import { Regions } from "./regions.js";
import { TakenBack } from "../limits/refused.js";
import { say, show, tell } from "../state.js";
import { visibleRect } from "../view/view.js";
import { plural, t } from "../words/words.js";

/**
 * @typedef {import("../state.js").State} State
 * @typedef {import("./socket.js").Link} Link
 *
 * @typedef {object} Ports
 * @property {() => number} now ms of a steady clock
 * @property {(data: Uint8Array<ArrayBuffer>, size: number) => Promise<Uint8Array>} inflate
 * @property {() => void} changed the state has
 * @property {() => void} began there is a canvas, of another size than before: the view has to be set
 * @property {() => void} banned the user is: the server says why
 * @property {() => void} welcomed there is a new connection
 * @property {(places: protocol.Beckons["cursors"]) => void} beckoned others ask to look there
 * @property {(code: number, retry: number) => void} notBeckoned the user may not ask that, or may again after so many ms
 * @property {(version: string, within: number) => void} rulesChanged ask for them within so many ms
 * @property {(within: number) => void} templatesChanged ask for the server's templates within so many ms
 * @property {() => void} rightsChanged who the user is to the server, or what they may do, is not what this page took it for
 */

const CURSOR_PAUSE = 60; // ms; the server forwards at most 20 a second
const DOUBT = 3000; // ms: an op that is unanswered for so long casts doubt on the connection itself
const FAULTS = 5; // after so many connections in a row that it could not understand, this page stops trying
const FAULTS_APART = 60_000; // ms: faults further apart have nothing to do with each other
const TELL_RETRY = 1000; // ms: a shorter wait is over before it is read
const DRAIN_LIMIT = 10_000; // ms that a draining server has to close the connection before this page leaves by itself

export class Session {
  /** @type {Uint8Array | null} */
  #id = null;
  /** @type {Regions | null} */
  #regions = null;
  #window = 0; // how many ops may be unanswered
  #drainingSince = 0;
  #takenBack = new TakenBack();
  #faults = { count: 0, last: 0 };
  #probe = { token: 0, sent: 0 };
  #cursor = { x: -1, y: -1, sent: 0, gone: true };

  /** @param {State} state @param {Link} link @param {Ports} ports */
  constructor(state, link, ports) {
    this.state = state;
    this.link = link;
    this.ports = ports;
  }

  /** The handlers that the link calls. @returns {import("./socket.js").Handlers} */
  static handlers(/** @type {() => Session} */ session) {
    return {
      opened: () => session().#opened(),
      received: (bytes) => session().#received(bytes),
      closed: () => session().#closed(),
      signedOut: () => session().#signedOut(),
      banned: () => session().ports.banned(),
      probe: () => session().#sendProbe(),
      changed: () => session().#changed(),
    };
  }

  rename(name) {
    this.link.send(protocol.encodeRename(name));
  }

  /** Sends what was drawn since the last time, as far as the server takes it now. */
  flush() {
    const { pending, allowance, connection } = this.state;
    if (!pending || !connection.welcomed) return;
    const now = this.ports.now();
    if (now - Math.max(pending.waitingSince, this.#probe.sent) > DOUBT) this.link.wake();
    if (connection.draining) {
      if (now - this.#drainingSince > DRAIN_LIMIT) this.link.fail(1000);
      return;
    }
    const allowed = (op) => !op.patient || allowance.allows(op.dots.size, now);
    for (let op = pending.next(this.#window, allowed, now); op; op = pending.next(this.#window, allowed, now)) {
      this.#place(op, now);
    }
  }

  /** Follows the regions that the view needs. */
  follow() {
    const { canvas, view, viewport, flight } = this.state;
    if (!canvas || !this.#regions) return;
    const held = canvas.regions.filter((region) => region.tile).map((region) => region.id);
    this.#regions.want(plan(canvas.geometry, visibleRect(flight?.to ?? view, viewport), held));
  }

  /** Whether every region that is followed has arrived. */
  get complete() {
    return this.#regions?.complete ?? false;
  }

  /** Shows others where the reticule is. Returns whether it is too early for that. */
  point() {
    const { connection, past } = this.state, reticule = past ? null : this.state.reticule;
    const last = this.#cursor, now = this.ports.now();
    if (!connection.welcomed) return false;
    if (!reticule) {
      if (!last.gone) this.link.send(protocol.encodeCursorGone());
      last.gone = true;
      return false;
    }
    if (!last.gone && last.x === reticule.x && last.y === reticule.y) return false;
    if (now - last.sent < CURSOR_PAUSE) return true;
    this.#cursor = { x: reticule.x, y: reticule.y, sent: now, gone: false };
    this.link.send(protocol.encodeCursor(reticule.x, reticule.y));
    return false;
  }

  /** Asks others to look at a place. */
  beckon(x, y) {
    this.link.send(protocol.encodeBeckon(x, y));
  }

  #opened() {
    this.link.send(protocol.encodeHello(this.#id, this.state.name, this.state.pending?.lastNum ?? 0, protocol.REFUSED_BANNED));
  }

  #closed() {
    const { connection, people } = this.state;
    this.#regions?.disconnected();
    people.disconnected();
    this.#cursor.gone = true;
    connection.welcomed = false;
    connection.draining = false;
    if (connection.lostAt === 0) connection.lostAt = this.ports.now();
  }

  /** The server has ended what this connection was signed in with. The next one is that of who the user is then. */
  #signedOut() {
    tell(this.state, t("You are signed out now"), this.ports.now());
    this.ports.rightsChanged();
  }

  #changed() {
    const { connection, pending, strokes } = this.state;
    connection.phase = this.link.phase;
    connection.reason = this.link.reason;
    connection.hint = this.link.hint;
    if (connection.phase === "stopped") {
      if (connection.lostAt === 0) connection.lostAt = this.ports.now();
      const lost = pending?.abandon() ?? 0;
      if (lost > 0) strokes.clear();
      if (lost > 0) tell(this.state, plural(lost, "Taken back: 1 pixel was not saved. {why}", "Taken back: {n} pixels were not saved. {why}", { why: connection.reason }), this.ports.now());
    }
    this.ports.changed();
  }

  #sendProbe() {
    this.#probe = { token: this.#probe.token + 1, sent: this.ports.now() };
    this.link.send(protocol.encodePing(this.#probe.token));
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  #received(bytes) {
    try {
      const message = protocol.decodeServer(bytes);
      if (message) this.#handle(message);
    } catch (error) {
      this.#failed(error);
    }
    this.ports.changed();
  }

  /** The server said something that this page can't understand. A new connection may do better, but there is no use in many. */
  #failed(error) {
    console.error("pixel protocol:", error);
    const now = this.ports.now(), last = this.#faults;
    this.#faults = { count: now - last.last < FAULTS_APART ? last.count + 1 : 1, last: now };
    if (this.#faults.count < FAULTS) return this.link.fail(4000);
    this.#faults.count = 0; // a user who asks for another try gets FAULTS of them
    this.link.stop(t("This page can’t read what the server sends: reload it, or try a newer browser"));
  }

  /** @param {protocol.ServerMessage} message */
  #handle(message) {
    const { allowance, pending, people, connection } = this.state;
    const now = this.ports.now();
    if (message.type !== protocol.WELCOME && !connection.welcomed) return;
    switch (message.type) {
      case protocol.WELCOME:
        return this.#welcome(message, now);
      case protocol.SNAPSHOT:
        return this.#regions.snapshot(message);
      case protocol.PIXELS:
        return this.#regions.pixels(message);
      case protocol.ACK:
        this.state.placed += pending.ack(message.ops, now);
        return allowance.heard(message, pending.answered, now);
      case protocol.WAITING:
        if (message.ops.some((op) => pending.sentOp(op))) tell(this.state, t("Not saved yet: the canvas waits for its store"), now);
        return;
      case protocol.REFUSED:
        this.#refused(message, now);
        return allowance.heard(message, pending.answered, now);
      case protocol.ALLOWANCE:
        this.#allow(message, now);
        return allowance.heard(message, pending.answered, now);
      case protocol.CURSORS:
        return people.moved(message, connection.user, now);
      case protocol.BECKONS:
        return this.ports.beckoned(message.cursors);
      case protocol.PRESENCE:
        return people.presence(message);
      case protocol.PONG:
        allowance.clock.heard(message.time, now);
        if (message.token === this.#probe.token) connection.rtt = now - this.#probe.sent;
        return;
      case protocol.NOTICE:
        return this.#notice(message);
    }
  }

  /** @param {protocol.Welcome} message */
  #welcome(message, now) {
    const { state } = this;
    this.#id = message.session;
    this.#window = message.window;
    this.link.succeeded();
    Object.assign(state.connection, { welcomed: true, lostAt: 0, node: message.node, user: message.user, draining: false });
    state.allowance.clock.reset();
    state.allowance.clock.heard(message.time, now);

    const geometry = makeGeometry(message.width, message.height, message.region);
    if (!state.canvas || !sameGeometry(state.canvas.geometry, geometry)) this.#begin(geometry, now);
    this.#allow(message, now);
    this.ports.welcomed();
    this.#regions.resume();
    this.follow();
    for (const op of state.pending.again(now)) this.#send(op);
    this.flush();
    this.#sendProbe();
  }

  /** How fast the user may draw from now on. @param {{rate: number, burst: number}} message */
  #allow({ rate, burst }, now) {
    this.state.allowance.open(rate, burst, now);
    this.state.pending.largest = rate > 0 ? burst : Infinity;
  }

  /** A canvas of a size that this page doesn't hold: starts from nothing. */
  #begin(geometry, now) {
    const { state } = this;
    const lost = state.pending?.abandon() ?? 0;
    if (lost > 0) tell(state, plural(lost, "Taken back: the canvas has a new size, 1 pixel was not saved", "Taken back: the canvas has a new size, {n} pixels were not saved"), now);
    state.canvas = new Canvas(geometry);
    state.pending = new Pending(state.canvas, state.pending?.lastNum);
    state.strokes.clear();
    state.canvas.watch = state.strokes;
    if (state.reticule && !contains(geometry, state.reticule.x, state.reticule.y)) state.reticule = null;
    this.#regions = new Regions(state.canvas, {
      send: (bytes) => this.link.send(bytes),
      inflate: this.ports.inflate,
      asked: this.ports.asked?.(geometry),
      wrote: (region, pixels, live) => this.#wrote(region, pixels, live),
      loaded: () => this.ports.changed(),
      failed: (error) => this.#failed(error),
    });
    this.ports.began();
  }

  /** Pixels were confirmed: shows them, and who drew them if it happened just now. @param {protocol.Pixels} message */
  #wrote(region, message, live) {
    const { canvas, connection, people } = this.state;
    const { pixels, authors } = message;
    const now = this.ports.now();
    let first = 0;
    for (let i = 0; i < authors.length; i += 2) {
      const last = first + Number(authors[i]), author = authors[i + 1];
      if (last === first) continue;
      canvas.write(region, pixels, first, last, author === connection.user, live);
      if (live && author !== connection.user) {
        const at = (last - 1) * protocol.PIXEL_BYTES, position = (pixels[at] << 8) | pixels[at + 1];
        people.drew(author, region.x + (position % region.width), region.y + Math.floor(position / region.width), now);
      }
      first = last;
    }
  }

  /** @param {protocol.Refused} message */
  #refused(message, now) {
    const { allowance, pending, connection, strokes } = this.state;
    if (message.op === 0) return this.ports.notBeckoned(message.code, message.retry);
    const op = pending.sentOp(message.op);
    if (op) allowance.spend(-op.dots.size, now); // it was not taken, or it was given back
    if (message.code === protocol.REFUSED_DRAINING) {
      if (!connection.draining) this.#drainingSince = now;
      connection.draining = true;
      pending.requeue(message.op);
      return;
    }
    if (!op) return;
    // An op that has waited through an outage may as well wait for its turn in the allowance.
    if (message.code === protocol.REFUSED_RATE && op.patient) {
      pending.requeue(message.op);
      return;
    }
    pending.refuse(message.op);
    strokes.refused(op.dots);
    if (message.code === protocol.REFUSED_RIGHTS || message.code === protocol.REFUSED_BANNED) this.ports.rightsChanged();
    if (message.code === protocol.REFUSED_PROTECTED) this.#tried(op, now);
    const { text, first } = this.#takenBack.add(message.code, op.dots.size, now);
    show(this.state, text, now, null, message.retry >= TELL_RETRY ? now + message.retry : 0);
    if (first || pending.answered) say(this.state, text); // and not with each of many
  }

  /** Shows what is protected where the user tried to draw. @param {import("../canvas/pending.js").Op} op */
  #tried(op, now) {
    const [key] = op.dots.keys(), { width } = this.state.canvas.geometry;
    this.state.tried = { x: key % width, y: Math.floor(key / width), at: now };
  }

  /** @param {protocol.Notice} message */
  #notice(message) {
    if (message.code === protocol.NOTICE_DRAINING) this.link.restartIn(message.retry);
    if (message.code === protocol.NOTICE_ANNOUNCEMENT) say(this.state, (this.state.announcement = message.text));
    if (message.code === protocol.NOTICE_RULES) this.ports.rulesChanged(message.text, message.retry);
    if (message.code === protocol.NOTICE_TEMPLATES) this.ports.templatesChanged(message.retry);
  }

  /** @param {import("../canvas/pending.js").Op} op */
  #place(op, now) {
    this.state.allowance.spend(op.dots.size, now);
    this.#send(op);
  }

  /** @param {import("../canvas/pending.js").Op} op that has been taken from the allowance */
  #send(op) {
    this.link.send(protocol.encodePlace(op.num, protocol.packDots(op.dots, this.state.canvas.geometry.width)));
  }
}
