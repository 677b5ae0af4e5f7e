import assert from "node:assert/strict";
import { test } from "node:test";
import { Canvas } from "../js/canvas/canvas.js";
import { countdown, paceOf, spoken, untilTick } from "../js/durations.js";
import { Drawing } from "../js/input/drawing.js";
import { makeGeometry } from "../js/geometry.js";
import { explain, hindrance, wait } from "../js/limits/cannot_draw.js";
import { Pending } from "../js/canvas/pending.js";
import { newState } from "../js/state.js";

const RED = 0xff0000, WHITE = 0xffffff;

/** A user in front of a canvas with a pace, who has drawn nothing yet. */
function setUp(rate, burst) {
  const state = newState();
  state.canvas = new Canvas(makeGeometry(200, 100, 64));
  for (const region of state.canvas.regions) state.canvas.load(region, 0, 0, null, true);
  state.pending = new Pending(state.canvas);
  state.colour = RED;
  Object.assign(state.connection, { phase: "open", welcomed: true });
  state.allowance.open(rate, burst, 0);
  const it = { state, now: 0, drawing: new Drawing(state, { now: () => it.now, changed() {} }) };
  it.sent = () => {
    for (let op = state.pending.next(99, () => true, it.now); op; op = state.pending.next(99, () => true, it.now)) state.allowance.spend(op.dots.size, it.now);
  };
  return it;
}

test("in a cooldown a stroke ends with the last pixel there is, and nothing is shown that would be taken back", () => {
  const it = setUp(0.2, 6);
  it.drawing.begin(10, 10);
  it.drawing.to(30, 10);
  it.drawing.end();
  const drawn = Array.from({ length: 21 }, (_, i) => it.state.canvas.pixel(10 + i, 10)).filter((colour) => colour === RED).length;
  assert.equal(drawn, 6);
  assert.match(it.state.toast.text, /next pixel is ready in 5 s/, "these are not sent yet, but will be at once");
  it.sent();
  it.now = 1500;
  it.drawing.place(50, 50);
  assert.equal(it.state.canvas.pixel(50, 50), WHITE);
  assert.match(it.state.toast.text, /next pixel is ready in 4 s/);
  it.now = 5000;
  it.drawing.place(50, 50);
  assert.equal(it.state.canvas.pixel(50, 50), RED);
});

test("a cooldown rules without a connection too: what is drawn then is no more than what there will be", () => {
  const it = setUp(0.2, 3);
  it.state.connection.welcomed = false;
  for (let x = 0; x < 9; x++) it.drawing.place(x, 0);
  assert.equal(it.state.pending.unsent, 3);
  assert.equal(wait(it.state, 0), Infinity);
  assert.match(it.state.toast.text, /sent first/);
});

test("where pixels come faster, what waits for the connection does not keep one from drawing on", () => {
  const it = setUp(10, 20);
  it.state.connection.welcomed = false;
  for (let x = 0; x < 100; x++) it.drawing.place(x, 0);
  assert.equal(it.state.pending.unsent, 100);
  it.state.connection.welcomed = true;
  for (let x = 0; x < 100; x++) it.drawing.place(x, 5);
  assert.equal(it.state.pending.eager, 20);
  assert.match(it.state.toast.text, /faster/);
});

test("who may only watch is told so before anything is drawn, and offered to sign in if that would help", () => {
  const it = setUp(0, 0);
  Object.assign(it.state.me, { known: true, draws: false });
  it.drawing.place(1, 1);
  assert.deepEqual([it.state.canvas.pixel(1, 1), it.state.toast.text, it.state.asksSignIn], [WHITE, "You may only watch here", false]);
  it.state.toast = null;
  it.state.me.signIn = "auth/login";
  it.drawing.place(1, 1);
  assert.deepEqual([it.state.toast, it.state.asksSignIn, it.state.said], [null, true, "Sign in to draw here"]);
});

test("nothing hinders where there is no limit, or nothing is known", () => {
  const it = setUp(0, 0);
  assert.deepEqual([hindrance(it.state, 0), explain(it.state, "", 0), wait(it.state, 0)], ["", "", 0]);
  assert.equal(hindrance(newState(), 0), "");
});

test("times, as they are counted down and spoken", () => {
  for (const [ms, shown, aloud] of [
    [1, "1 s", "1 second"], [4000, "4 s", "4 seconds"], [4001, "5 s", "5 seconds"], [59_001, "1:00", "1 minute"],
    [65_000, "1:05", "1 minute 5 seconds"], [3_605_000, "1:00:05", "1 hour 5 seconds"], [0, "0 s", "0 seconds"],
  ]) assert.deepEqual([countdown(ms), spoken(ms)], [shown, aloud]);
  for (const ms of [1, 999, 1000, 1001, 4200]) assert.notEqual(countdown(ms), countdown(ms - untilTick(ms) - 1), String(ms));
  assert.equal(untilTick(0), Infinity);
});

test("paces, in words", () => {
  for (const [rate, burst, words] of [
    [0, 0, "As many pixels as you like"], [200, 2000, "200 pixels a second, up to 2,000 at once"], [1.5, 3, "1.5 pixels a second, up to 3 at once"],
    [1, 1, "1 pixel every second"], [0.2, 6, "1 pixel every 5 s, up to 6 saved up"], [1 / 300, 1, "1 pixel every 5 min"], [1 / 7200, 2, "1 pixel every 2 h, up to 2 saved up"],
  ]) assert.equal(paceOf(rate, burst), words);
});
