import assert from "node:assert/strict";
import { test } from "node:test";
import { whyClosed } from "../js/net/closed.js";
import { backoff, Link } from "../js/net/socket.js";
import { fakeWebSockets, FakeClock } from "./fakes.js";

function setUp() {
  const clock = new FakeClock(), sockets = fakeWebSockets();
  const events = [];
  const link = new Link(
    "ws://host/ws",
    { WebSocket: sockets.FakeWebSocket, setTimeout: clock.setTimeout, clearTimeout: clock.clearTimeout, now: () => clock.now, random: () => 0.5, whyClosed, whyRefused: async () => (events.push("asked why"), "it says so") },
    {
      opened: () => events.push("opened"),
      received: (bytes) => events.push(`received ${bytes.join()}`),
      closed: () => events.push("closed"),
      signedOut: () => events.push("signed out"),
      banned: () => events.push("banned"),
      probe: () => events.push("probe"),
      changed: () => {},
    },
  );
  link.start();
  return { clock, sockets, link, events };
}

/** Opens the connection and lets the server greet, as a real server always does. */
function greet(sockets) {
  sockets.last.open();
  sockets.last.deliver([1]);
}

test("backoff: 100 ms, doubled up to 2 s, spread by a quarter either way", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 20].map((tries) => backoff(tries, 0.5)), [100, 200, 400, 800, 1600, 2000, 2000]);
  assert.equal(backoff(0, 0), 75);
  assert.equal(backoff(9, 1), 2500);
});

test("connects with the subprotocol and hands bytes over", () => {
  const { sockets, link, events } = setUp();
  assert.deepEqual([sockets.last.url, sockets.last.protocol, sockets.last.binaryType], ["ws://host/ws", "pixel.msgpack.v1", "arraybuffer"]);
  assert.equal(link.phase, "connecting");
  link.send(new Uint8Array([9]));
  greet(sockets);
  link.send(new Uint8Array([5]));
  assert.deepEqual(events, ["opened", "received 1"]);
  assert.deepEqual(sockets.last.sent.map((bytes) => [...bytes]), [[5]]);
});

test("a connection whose sign-in has ended is made anew", () => {
  const { clock, sockets, link, events } = setUp();
  greet(sockets);
  sockets.last.drop(4005);
  assert.deepEqual([events.slice(-2), link.phase], [["closed", "signed out"], "waiting"]);
  clock.advance(3000);
  assert.equal(sockets.made.length, 2);
});

test("when handshakes fail in a row, the server is asked why, once, until one succeeds", async () => {
  const { clock, sockets, link, events } = setUp();
  for (const [asked, hint] of [[0, ""], [0, ""], [1, "it says so"], [1, "it says so"]]) {
    sockets.last.drop();
    await new Promise((done) => setImmediate(done));
    assert.deepEqual([events.filter((event) => event === "asked why").length, link.hint], [asked, hint]);
    clock.advance(3000);
  }
  greet(sockets);
  assert.equal(link.hint, "");
  sockets.last.drop(); // a connection that breaks is no refusal
  for (let tries = 0; tries < 3; tries++) {
    assert.equal(events.filter((event) => event === "asked why").length, 1);
    clock.advance(3000);
    sockets.last.drop();
  }
  assert.equal(events.filter((event) => event === "asked why").length, 2);
});

test("a lost connection is tried again, with growing pauses, until one succeeds", () => {
  const { clock, sockets, link, events } = setUp();
  greet(sockets);
  link.succeeded();
  sockets.last.drop();
  assert.equal(link.phase, "waiting");
  assert.deepEqual(events.at(-1), "closed");
  for (const pause of [100, 200, 400]) {
    const before = sockets.made.length;
    clock.advance(pause - 1);
    assert.equal(sockets.made.length, before, `before ${pause} ms`);
    clock.advance(1);
    assert.equal(sockets.made.length, before + 1, `after ${pause} ms`);
    sockets.last.drop();
  }
  clock.advance(800);
  greet(sockets);
  link.succeeded();
  sockets.last.drop();
  const before = sockets.made.length;
  clock.advance(100);
  assert.equal(sockets.made.length, before + 1);
});

test("close codes: which end it and which do not", () => {
  const table = [
    [1000, true], [1001, true], [1006, true], [1011, true], [1012, true], [4002, true], [4003, true],
    [1002, false], [1003, false], [1007, false], [1009, false], [4000, false], [4001, false], [4004, false], [4006, false],
  ];
  for (const [code, again] of table) {
    const { clock, sockets, link } = setUp();
    greet(sockets);
    sockets.last.drop(code);
    clock.advance(60_000);
    assert.equal(sockets.made.length > 1, again, String(code));
    assert.equal(link.phase === "stopped", !again, String(code));
    assert.equal(link.reason !== "", !again, String(code));
    if (!again) assert.equal(clock.waiting, 0, "nothing goes on");
  }
});

test("who is banned is told why", () => {
  const { sockets, link } = setUp();
  greet(sockets);
  sockets.last.drop(4006, "act 17: spam, until 2026-12-01 10:00 UTC");
  assert.deepEqual([link.phase, link.reason], ["stopped", "You have been banned from this canvas: act 17: spam, until 2026-12-01 10:00 UTC"]);
});

test("after it was stopped the user can start it again", () => {
  const { sockets, link } = setUp();
  greet(sockets);
  sockets.last.drop(4004);
  link.start();
  assert.deepEqual([sockets.made.length, link.phase, link.reason], [2, "connecting", ""]);
});

test("a draining server names the pause after its close, once", () => {
  const { clock, sockets, link } = setUp();
  greet(sockets);
  link.succeeded();
  link.restartIn(180);
  sockets.last.drop(1012);
  clock.advance(179);
  assert.equal(sockets.made.length, 1);
  clock.advance(1);
  assert.equal(sockets.made.length, 2);
  sockets.last.drop();
  clock.advance(200);
  assert.equal(sockets.made.length, 3);
});

test("a handshake that hangs is given up", () => {
  const { clock, sockets } = setUp();
  clock.advance(9000);
  assert.equal(sockets.made[0].closed, 1000);
  clock.advance(200);
  assert.equal(sockets.made.length, 2);
});

test("a server that doesn't greet is given up", () => {
  const { clock, sockets } = setUp();
  sockets.last.open();
  clock.advance(6000);
  assert.equal(sockets.made[0].closed, 4000);
});

test("a quiet connection is probed; an answer, whatever it is, keeps it", () => {
  const { clock, sockets, link, events } = setUp();
  greet(sockets);
  clock.advance(11_000);
  assert.equal(events.at(-1), "probe");
  clock.advance(3000);
  sockets.last.deliver([2]);
  clock.advance(4000);
  assert.equal(link.phase, "open");
});

test("a silent connection is replaced", () => {
  const { clock, sockets, events } = setUp();
  greet(sockets);
  clock.advance(17_000);
  assert.equal(sockets.made.length, 2);
  assert.equal(events.at(-1), "closed");
  sockets.made[0].drop(1011); // too late: this socket is of no interest any more
  assert.equal(sockets.made.length, 2);
});

test("after sleep the connection is probed with little patience, not blamed for the silence", () => {
  const { clock, sockets, link, events } = setUp();
  greet(sockets);
  clock.sleep(3_600_000);
  clock.advance(0);
  assert.equal(events.at(-1), "probe");
  assert.equal(link.phase, "open");
  clock.advance(1000);
  assert.equal(link.phase, "open");
  clock.advance(2000);
  assert.equal(sockets.made.length, 2);
});

test("a page whose timers are held up again and again still notices a dead connection", () => {
  const { clock, sockets } = setUp();
  greet(sockets);
  for (let i = 0; i < 3; i++) {
    clock.sleep(60_000);
    clock.advance(0);
  }
  assert.equal(sockets.made[0].closed, 4000);
});

test("good news from the network: the next try is now, with short pauses again", () => {
  const { clock, sockets, link } = setUp();
  for (const pause of [100, 200, 400, 800]) {
    sockets.last.drop();
    clock.advance(pause);
  }
  sockets.last.drop();
  const before = sockets.made.length;
  link.wake();
  assert.equal(sockets.made.length, before + 1);
  sockets.last.drop();
  clock.advance(100);
  assert.equal(sockets.made.length, before + 2);
  clock.advance(5000);
  assert.equal(sockets.made.length, before + 2, "the earlier timer is off");
});

test("failing gives the code to the server and goes on with another connection", () => {
  const { clock, sockets, link } = setUp();
  greet(sockets);
  link.fail(4000);
  assert.equal(sockets.made[0].closed, 4000);
  link.fail(4000); // once is enough
  clock.advance(5000);
  assert.equal(sockets.made.length, 2);
});
