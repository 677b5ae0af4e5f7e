import assert from "node:assert/strict";
import { test } from "node:test";
import { Allowance } from "../js/limits/allowance.js";
import { ServerClock } from "../js/net/server_clock.js";

test("the allowance counts from what the server said, with a steady clock", () => {
  const allowance = new Allowance();
  assert.equal(allowance.left(0), Infinity);
  allowance.open(20, 100, 1000);
  assert.equal(allowance.left(1000), 100);
  allowance.spend(60, 1000);
  assert.equal(allowance.left(1500), 50);
  allowance.set(10, 2000);
  assert.equal(allowance.left(3000), 30);
  assert.equal(allowance.left(60_000), 100);
  allowance.set(10, 0);
  assert.deepEqual([allowance.allows(10, 0), allowance.allows(11, 0)], [true, false]);
  allowance.set(100, 0);
  assert.equal(allowance.allows(5000, 0), true, "larger than the burst: when it is full");
});

test("the server's clock is never taken to be further than it is, and not long for less than it was", () => {
  const clock = new ServerClock();
  assert.equal(clock.known, false);
  // The server is 5000 ms ahead. Its messages take from 10 to 300 ms.
  for (const [sent, took] of [[0, 200], [1000, 10], [2000, 300]]) clock.heard(sent + 5000, sent + took);
  assert.equal(clock.when(10_000), 10_000 - 5000 + 10, "the quickest message tells most");
  for (let sent = 3000; sent < 9000; sent += 1000) clock.heard(sent + 4000, sent + 20); // it was set back by a second
  assert.equal(clock.when(10_000), 10_000 - 4000 + 20);
  clock.reset();
  clock.heard(100, 50);
  assert.equal(clock.when(150), 100);
});

/** A cooldown of 5 s, of which 6 are saved up, on a server whose clock is 1,000,000 ms ahead. */
function cooldown() {
  const allowance = new Allowance();
  allowance.clock.heard(1_000_000, 0);
  allowance.open(0.2, 6, 0);
  return allowance;
}

test("when the next pixel is free is what the server says, to the millisecond", () => {
  const allowance = cooldown();
  assert.deepEqual([allowance.slow, allowance.whole(0), allowance.until(1, 0)], [true, 6, 0]);
  allowance.heard({ left: 2, next: 1_003_500 }, true, 1000); // 2.5 s from now
  assert.deepEqual([allowance.whole(1000), allowance.until(3, 1000), allowance.until(6, 1000)], [2, 2500, 17_500]);
  assert.deepEqual([allowance.whole(3499), allowance.whole(3500)], [2, 3]);
  assert.equal(allowance.until(7, 1000), Infinity);
  allowance.heard({ left: 6, next: 0 }, true, 4000);
  assert.equal(allowance.until(6, 4000), 0);
});

test("a wait that is longer than one pixel takes is believed", () => {
  const allowance = cooldown();
  allowance.heard({ left: 0, next: 1_060_000 }, true, 0);
  assert.deepEqual([allowance.whole(0), allowance.until(1, 0), allowance.whole(59_999), allowance.whole(60_000)], [0, 60_000, 0, 1]);
});

test("an answer from before the last pixels were counted gives nothing back", () => {
  const allowance = cooldown();
  allowance.spend(4, 0);
  allowance.heard({ left: 5, next: 1_005_000 }, false, 0);
  assert.equal(allowance.whole(0), 2);
  allowance.heard({ left: 1, next: 1_005_000 }, false, 0);
  assert.equal(allowance.whole(0), 1, "less than expected: another tab draws too");
  allowance.heard({ left: 5, next: 1_005_000 }, true, 0);
  assert.equal(allowance.whole(0), 5);
});

test("a new connection has what was left on the last one, unless the pace is another", () => {
  const allowance = cooldown();
  allowance.spend(6, 0);
  allowance.open(0.2, 6, 2500);
  assert.equal(allowance.left(2500), 0.5);
  allowance.open(0.5, 10, 2500);
  assert.equal(allowance.left(2500), 10);
  allowance.open(0, 0, 2500);
  assert.deepEqual([allowance.left(2500), allowance.whole(2500), allowance.until(9, 2500), allowance.slow], [Infinity, Infinity, 0, false]);
});
