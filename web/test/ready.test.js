import assert from "node:assert/strict";
import { test } from "node:test";
import { Canvas } from "../js/canvas/canvas.js";
import { makeGeometry } from "../js/geometry.js";
import { Pending } from "../js/canvas/pending.js";
import { Kept } from "../js/browser_storage.js";
import { Ready } from "../js/limits/ready.js";
import { newState } from "../js/state.js";
import { FakeClock, fakeStorage } from "./fakes.js";

/** A cooldown of 5 s, one pixel saved up. */
function setUp({ storage = fakeStorage(), rate = 0.2 } = {}) {
  const state = newState(), clock = new FakeClock(), heard = [];
  state.canvas = new Canvas(makeGeometry(10, 10, 10));
  state.pending = new Pending(state.canvas);
  Object.assign(state.connection, { phase: "open", welcomed: true });
  state.allowance.open(rate, 1, clock.now);
  const it = { state, clock, heard, storage, hidden: false };
  it.ready = new Ready(state, {
    now: () => clock.now, setTimeout: clock.setTimeout, clearTimeout: clock.clearTimeout, kept: new Kept(() => storage),
    chime: () => heard.push("chime"), notify: (text) => heard.push(text), hidden: () => it.hidden, changed() {},
  });
  it.place = () => {
    state.allowance.spend(1, clock.now);
    state.said = "Red at 1, 2";
    it.ready.look();
  };
  return it;
}

test("says when the next pixel comes and when it is there, and no more unless asked to", () => {
  const it = setUp();
  it.ready.look();
  it.place();
  assert.equal(it.state.said, "Red at 1, 2. Next pixel in 5 seconds");
  it.clock.advance(4999);
  assert.notEqual(it.state.said, "A pixel is ready");
  it.clock.advance(2); // no frame has been drawn meanwhile
  assert.equal(it.state.said, "A pixel is ready");
  assert.deepEqual([it.heard, it.clock.waiting], [[], 0]);
});

test("a sound when asked for, which is heard at once; a notification only when nobody looks; both are remembered", () => {
  const it = setUp();
  it.ready.set("sound", true);
  it.ready.set("notification", true);
  assert.deepEqual(it.heard, ["chime"]);
  it.place();
  it.clock.advance(5001);
  assert.deepEqual(it.heard, ["chime", "chime"]);
  it.hidden = true;
  it.place();
  it.clock.advance(5001);
  assert.deepEqual(it.heard, ["chime", "chime", "chime", "A pixel is ready"]);
  const { ready } = setUp({ storage: it.storage });
  assert.deepEqual([ready.sound, ready.notification], [true, true]);
});

test("off at first, and whatever the storage holds", () => {
  for (const storage of [null, fakeStorage(), { getItem: () => "{" }, { getItem: () => "null" }, { getItem: () => '{"sound":1}' }]) {
    const { ready } = setUp({ storage });
    assert.deepEqual([ready.sound, ready.notification], [false, false]);
  }
});

test("a wait that the connection or another pace ends is not announced", () => {
  const it = setUp();
  it.ready.set("sound", true);
  it.place();
  it.state.connection.welcomed = false;
  it.ready.look();
  it.clock.advance(9000);
  it.state.connection.welcomed = true;
  it.ready.look();
  assert.deepEqual([it.heard, it.clock.waiting], [["chime"], 0]);
  const fast = setUp({ rate: 20 });
  fast.place();
  assert.deepEqual([fast.state.said, fast.clock.waiting], ["Red at 1, 2", 0]);
});
