import assert from "node:assert/strict";
import { test } from "node:test";
import { makeGeometry } from "../js/geometry.js";
import { Reader } from "../js/net/msgpack.js";
import { Session } from "../js/net/session.js";
import { newState } from "../js/state.js";
import { server } from "./fakes.js";

const RED = 0xff0000, WHITE = 0xffffff;
const HELLO = 1, SUBSCRIBE = 2, PLACE = 4, RENAME = 5, CURSOR = 6, PING = 7, BECKON = 9;

/** A session over a link that the test plays: the test opens it, delivers messages, closes it, and sees what was sent. */
function setUp() {
  const state = newState();
  state.viewport = { width: 200, height: 200, left: 0, top: 0, right: 0, bottom: 0 };
  let sent = [], time = 1000;
  const link = {
    phase: "stopped", reason: "", failed: [], stopped: [], restart: -1, welcomes: 0,
    send: (bytes) => link.phase === "open" && sent.push(new Uint8Array(bytes)),
    fail: (code) => link.failed.push(code),
    stop: (reason) => link.stopped.push(reason),
    restartIn: (ms) => (link.restart = ms),
    succeeded: () => link.welcomes++,
    wake: () => handlers.probe(),
  };
  const session = new Session(state, link, {
    now: () => time, inflate: () => new Promise(() => {}), changed() {}, began: () => (state.view = { x: 50, y: 30, zoom: 1 }), rightsChanged: () => it.doubts++,
    banned: () => it.banned++, welcomed() {}, rulesChanged: (version, within) => it.rules.push([version, within]),
    beckoned: (places) => it.beckons.push(...places), notBeckoned: (code, retry) => it.beckons.push([code, retry]),
  });
  const handlers = Session.handlers(() => session);
  const it = {
    state, link, session, handlers,
    banned: 0, // how often the page was told to ask why
    rules: [], // what the page was told about them
    beckons: [], // what the page was told about those who beckon
    doubts: 0, // how often the page was told to ask who the user is
    open() {
      link.phase = "open";
      handlers.opened();
    },
    close(phase = "waiting", reason = "") {
      Object.assign(link, { phase, reason });
      handlers.closed();
      handlers.changed();
    },
    tell: (bytes) => handlers.received(new Uint8Array(bytes)),
    advance: (ms) => (time += ms),
    /** What was sent since the last time, as [type, rest…] */
    take() {
      const messages = sent.map(read);
      sent = [];
      return messages;
    },
    draw(x, colour = RED) {
      return state.pending.draw(x, colour, !state.connection.welcomed);
    },
  };
  return it;
}

function read(bytes) {
  const r = new Reader(bytes), length = r.array(), type = r.uint();
  switch (type) {
    case HELLO: {
      const session = bytes[2] === 0xc0 ? (r.skip(1), null) : Buffer.from(r.bin()).toString("hex");
      return r.text(), [type, session, r.uint()];
    }
    case SUBSCRIBE: {
      const marks = [];
      for (let left = r.array(); left > 0; left--) marks.push((r.array(), [r.uint(), r.uint(), r.uint()]));
      return [type, marks];
    }
    case PLACE: return [type, r.uint(), r.bin().length / 7];
    case RENAME: return [type, r.text()];
    case CURSOR: case BECKON: return length === 1 ? [type] : [type, r.uint(), r.uint()];
    default: return [type];
  }
}

/** The types and relevant parts of all messages except PING, which measures the round trip. */
const told = (messages) => messages.filter(([type]) => type !== PING);

function welcomed(options) {
  const it = setUp();
  it.open();
  it.tell(server.welcome(options));
  it.take();
  it.tell(server.snapshot(0, 0, 0));
  it.tell(server.snapshot(1, 0, 0));
  return it;
}

test("greets first, and subscribes when the canvas is known", () => {
  const it = setUp();
  it.state.name = "Ada";
  it.open();
  assert.deepEqual(it.take(), [[HELLO, null, 0]]);
  it.tell(server.pixels(0, 1, 0, [[0, RED]])); // before the welcome: ignored
  it.tell(server.welcome({ user: 77, rate: 20, burst: 100 }));
  assert.deepEqual(told(it.take()), [[SUBSCRIBE, [[0, 0, 0], [1, 0, 0]]]]);
  assert.deepEqual([it.state.connection.user, it.state.connection.node, it.state.canvas.geometry.width], [77, "pod-0", 100]);
  assert.equal(it.state.allowance.left(1000), 100);
  assert.equal(it.link.welcomes, 1);
});

test("resumes: HELLO with the session, SUBSCRIBE with positions, then the unanswered ops with their numbers", () => {
  const it = welcomed();
  it.tell(server.pixels(0, 3, 0, [[1, RED], [2, RED]]));
  it.draw(10);
  it.session.flush();
  it.draw(11);
  it.session.flush();
  it.tell(server.ack([1]));
  it.close();
  it.draw(12);
  it.session.flush();
  it.take();
  it.open();
  assert.deepEqual(it.take(), [[HELLO, "07".repeat(16), 2]]);
  it.tell(server.welcome());
  assert.deepEqual(told(it.take()), [[SUBSCRIBE, [[0, 3, 2], [1, 0, 0]]], [PLACE, 2, 1], [PLACE, 3, 1]]);
});

test("the canvas is right after a reconnect, and what was acknowledged is not sent again", () => {
  const it = welcomed();
  it.draw(10);
  it.session.flush();
  it.close();
  it.open();
  it.tell(server.welcome());
  it.take();
  it.tell(server.pixels(0, 3, 0, [[10, RED]], { author: 9, count: 4 }));
  it.tell(server.ack([1]));
  assert.equal(it.state.canvas.confirmed(10, 0), RED);
  assert.equal(it.state.pending.count, 0);
  it.close();
  it.open();
  it.tell(server.welcome());
  assert.deepEqual(told(it.take()).filter(([type]) => type === PLACE), []);
});

test("no more than the window is unanswered", () => {
  const it = welcomed({ window: 2 });
  for (let x = 0; x < 4; x++) {
    it.draw(x);
    it.session.flush();
  }
  assert.deepEqual(told(it.take()), [[PLACE, 1, 1], [PLACE, 2, 1]]);
  it.tell(server.ack([1]));
  it.session.flush();
  assert.deepEqual(told(it.take()), [[PLACE, 3, 2]]);
});

test("a refusal takes the pixels back and says why", () => {
  const table = [[1, "faster"], [2, "off the canvas"], [3, "busy"], [4, "saved"], [7, "did not accept"], [99, "did not accept"]];
  for (const [code, words] of table) {
    const it = welcomed({ rate: 10, burst: 50 });
    it.draw(10);
    it.session.flush();
    it.tell(server.refused(1, code, 2500, 3));
    assert.equal(it.state.canvas.pixel(10, 0), WHITE, String(code));
    assert.match(it.state.toast.text, new RegExp(words));
    assert.equal(it.state.toast.due, 3500, "which is counted down to");
    assert.equal(it.state.said, it.state.toast.text);
    assert.equal(it.state.allowance.left(1000), 3);
  }
});

test("what is not known yet stays shown, with a word, until it is", () => {
  const it = welcomed();
  it.draw(10);
  it.session.flush();
  it.tell(server.waiting([1, 9]));
  assert.match(it.state.toast.text, /Not saved yet/);
  assert.equal(it.state.pending.count, 1);
  it.tell(server.ack([1]));
  assert.equal(it.state.pending.count, 0);
  it.state.toast = null;
  it.tell(server.waiting([1])); // answered already
  assert.equal(it.state.toast, null);
});

test("a draining server's refusal is no refusal: the op goes to the next server, with a new number", () => {
  const it = welcomed();
  it.draw(10);
  it.session.flush();
  it.take();
  it.tell(server.refused(1, 6));
  assert.equal(it.state.canvas.pixel(10, 0), RED);
  assert.equal(it.state.toast, null);
  it.session.flush();
  assert.deepEqual(it.take(), [], "not to this server");
  it.close();
  it.open();
  it.tell(server.welcome());
  assert.deepEqual(told(it.take()).at(-1), [PLACE, 2, 1]);
});

test("a draining server that doesn't close is left", () => {
  const it = welcomed();
  it.draw(10);
  it.session.flush();
  it.tell(server.refused(1, 6));
  it.advance(11_000);
  it.session.flush();
  assert.deepEqual(it.link.failed, [1000]);
});

test("what was drawn while disconnected waits for its turn in the allowance", () => {
  const it = welcomed({ rate: 10, burst: 300 });
  it.close();
  for (let x = 0; x < 80; x++) for (let y = 0; y < 5; y++) it.state.pending.draw(y * 100 + x, RED, true);
  it.open();
  it.tell(server.welcome({ rate: 10, burst: 300 }));
  assert.deepEqual(told(it.take()).at(-1), [PLACE, 1, 256]);
  it.session.flush();
  assert.deepEqual(told(it.take()), []);
  it.advance(10_001);
  it.session.flush();
  assert.deepEqual(told(it.take()), [[PLACE, 2, 144]]);
  it.tell(server.refused(2, 1, 100, 40));
  assert.equal(it.state.canvas.pixel(79, 4), RED, "refused for the rate it just waits on");
  it.advance(10_500);
  it.session.flush();
  assert.deepEqual(told(it.take()), [[PLACE, 3, 144]]);
});

test("a reconnect is no fresh allowance, and what is sent again is not taken twice", () => {
  const it = welcomed({ rate: 1, burst: 9 });
  for (const x of [1, 2, 3]) it.draw(x);
  it.session.flush();
  assert.equal(it.state.allowance.left(1000), 6);
  it.close();
  it.open();
  it.tell(server.welcome({ rate: 1, burst: 9 }));
  assert.deepEqual(told(it.take()).at(-1), [PLACE, 1, 3]);
  assert.equal(it.state.allowance.left(1000), 6);
  it.tell(server.refused(1, 4, 0, 9)); // the server could not save it, and gives it back
  assert.equal(it.state.allowance.left(1000), 9);
});

test("ALLOWANCE says what other tabs have left, by the server's clock, and a new pace", () => {
  const it = welcomed({ rate: 1, burst: 9, time: 500_000 });
  it.tell(server.allowance(1, 9, 2, 500_400));
  assert.deepEqual([it.state.allowance.whole(1000), Math.round(it.state.allowance.until(3, 1000))], [2, 400]);
  it.tell(server.allowance(2, 4, 4, 0));
  assert.deepEqual([it.state.allowance.rate, it.state.allowance.left(1000), it.state.pending.largest], [2, 4, 4]);
});

test("who the user is, is asked again when the server refuses by right or ends the sign-in", () => {
  const it = welcomed();
  it.draw(10);
  it.session.flush();
  it.tell(server.refused(1, 10));
  assert.equal(it.state.canvas.pixel(10, 0), WHITE);
  assert.match(it.state.toast.text, /only watch/);
  assert.equal(it.doubts, 1);
  it.close();
  it.handlers.signedOut();
  assert.match(it.state.toast.text, /signed out/);
  assert.equal(it.doubts, 2);
});

test("when the connection is stopped for good, what is not saved is taken back", () => {
  const it = welcomed();
  it.draw(10);
  it.draw(11);
  it.session.flush();
  it.close("stopped", "You were disconnected by an operator");
  assert.equal(it.state.canvas.pixel(10, 0), WHITE);
  assert.match(it.state.toast.text, /2 pixels were not saved.*operator/);
});

test("one's own pixels leave no tag, others' do, with the alias if there is one", () => {
  const it = welcomed({ user: 9 });
  it.tell(server.pixels(0, 1, 0, [[1, RED]], { author: 9 }));
  assert.equal(it.state.people.tags.size, 0);
  it.tell(server.pixels(0, 1, 1, [[64 * 2 + 3, RED]], { author: 5 }));
  it.tell(server.pixels(1, 1, 0, [[0, RED], [36 + 1, RED]], { author: "Bot" }));
  const tags = [...it.state.people.tags].map(([author, { x, y }]) => [it.state.people.nameOf(author), x, y]);
  assert.deepEqual(tags, [["Anonymous", 3, 2], ["Bot", 65, 1]]);
});

test("what can't be understood costs the connection, not the page", (t) => {
  t.mock.method(console, "error", () => {});
  const it = welcomed();
  it.tell([0x93, 0x17, 0xc0, 0x00]);
  it.tell(server.pixels(0, 1, 0, [[64 * 60, RED]]));
  assert.deepEqual(it.link.failed, [4000, 4000]);
  it.tell([0x92, 0x63, 0x01]); // of a type it doesn't know: ignored
  assert.equal(it.link.failed.length, 2);
});

test("what comes again with every connection ends the tries, with a word", (t) => {
  t.mock.method(console, "error", () => {});
  const it = welcomed(), fault = () => it.tell([0x93, 0x17, 0xc0, 0x00]);
  for (let i = 0; i < 10; i++) { // faults far apart: each counts from one again
    fault();
    it.advance(60_000);
  }
  assert.deepEqual([it.link.failed.length, it.link.stopped.length], [10, 0]);
  for (let i = 0; i < 5; i++) fault();
  assert.deepEqual([it.link.failed.length, it.link.stopped.length], [14, 1]);
  assert.match(it.link.stopped[0], /newer browser/);
  fault(); // after the user asked for another try
  assert.deepEqual([it.link.failed.length, it.link.stopped.length], [15, 1]);
});

test("notices: draining goes to the link, an announcement to the user", () => {
  const it = welcomed();
  it.tell(server.notice(1, "restarting", 180));
  it.tell(server.notice(2, "Cake at five", 0));
  it.tell(server.notice(3, "?", 0));
  assert.equal(it.link.restart, 180);
  assert.equal(it.state.announcement, "Cake at five");
});

test("the reticule is shown to others: when it moves, not too often, and when it is gone", () => {
  const it = welcomed();
  const at = (x) => (it.state.reticule = x === null ? null : { x, y: 1, keyboard: false });
  at(5);
  assert.equal(it.session.point(), false);
  at(6);
  assert.equal(it.session.point(), true, "later");
  assert.deepEqual(it.take(), [[CURSOR, 5, 1]]);
  it.advance(60);
  it.session.point();
  it.session.point();
  assert.deepEqual(it.take(), [[CURSOR, 6, 1]]);
  at(null);
  it.session.point();
  it.session.point();
  assert.deepEqual(it.take(), [[CURSOR]]);
});

test("another size of canvas after a reconnect: everything anew", () => {
  const it = welcomed();
  it.draw(99);
  it.session.flush();
  it.close();
  it.open();
  it.take();
  it.tell(server.welcome({ width: 64, height: 64 }));
  assert.deepEqual(it.state.canvas.geometry, makeGeometry(64, 64, 64));
  assert.deepEqual(told(it.take()), [[SUBSCRIBE, [[0, 0, 0]]]]);
  assert.match(it.state.toast.text, /new size/);
  it.draw(5);
  it.session.flush();
  assert.deepEqual(told(it.take()), [[PLACE, 2, 1]], "the session's numbers go on");
});

test("an op without an answer is a reason to probe the connection, again and again", () => {
  const it = welcomed();
  it.draw(10);
  it.session.flush();
  it.take();
  for (const [ms, types] of [[2900, []], [200, [[PING]]], [1000, []], [2500, [[PING]]]]) {
    it.advance(ms);
    it.session.flush();
    assert.deepEqual(it.take(), types);
  }
});

test("the round trip is measured", () => {
  const it = setUp();
  it.open();
  it.tell(server.welcome());
  it.advance(42);
  it.tell([0x93, 23, 1, 0]);
  assert.equal(it.state.connection.rtt, 42);
});

test("rules: a notice has the page ask for them, a refused pixel shows what is protected, a ban has it ask why", () => {
  const it = setUp();
  it.open();
  it.tell(server.welcome());
  it.tell(server.notice(3, "17", 1500));
  assert.deepEqual(it.rules, [["17", 1500]]);
  it.tell(server.notice(2, "Tea at five", 0));
  assert.deepEqual([it.state.announcement, it.state.said], ["Tea at five", "Tea at five"]);
  it.tell(server.snapshot(0, 1, 0));
  it.state.pending.draw(2 * 100 + 5, 0xe50025, false);
  it.session.flush();
  it.tell(server.refused(1, 12));
  assert.deepEqual({ ...it.state.tried, at: 0 }, { x: 5, y: 2, at: 0 });
  assert.match(it.state.toast.text, /protected/);
  it.handlers.banned();
  assert.equal(it.banned, 1);
});

test("places: sent, heard from others, and refused", () => {
  const it = setUp();
  it.open();
  it.tell(server.welcome());
  it.take();
  it.session.beckon(3, 4);
  assert.deepEqual(it.take(), [[BECKON, 3, 4]]);
  it.tell([0x92, 28, 0xc4, 10, 0, 0, 0, 0, 0, 5, 0, 7, 0, 8]);
  it.tell([0x95, 20, 0, 1, 100, 0]);
  assert.deepEqual(it.beckons, [{ user: 5, x: 7, y: 8, gone: false }, [1, 100]]);
});

test("pixels that were saved are counted, and those that were refused are not", () => {
  const it = setUp();
  it.open();
  it.tell(server.welcome());
  it.draw(1);
  it.draw(2);
  it.session.flush();
  it.tell(server.ack([1]));
  it.draw(3);
  it.session.flush();
  it.tell(server.refused(2, 2));
  assert.equal(it.state.placed, 2);
});
