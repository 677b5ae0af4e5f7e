import assert from "node:assert/strict";
import { test } from "node:test";
import { Canvas } from "../js/canvas/canvas.js";
import { makeGeometry } from "../js/geometry.js";
import { MAX_UNSENT, Pending } from "../js/canvas/pending.js";
import { MAX_PLACE } from "../js/net/protocol.js";
import { packPixels } from "./fakes.js";

const RED = 0xff0000, GREEN = 0x00ff00, BLUE = 0x0000ff, WHITE = 0xffffff;
const always = () => true;

function setUp(width = 100, height = 60) {
  const canvas = new Canvas(makeGeometry(width, height, 64));
  for (const region of canvas.regions) canvas.load(region, 0, 0, null, true);
  return { canvas, pending: new Pending(canvas) };
}

/** Draws pixels of the first row as one op and sends it. */
function send(pending, colour, ...xs) {
  for (const x of xs) assert.ok(pending.draw(x, colour, false));
  return pending.next(100, always, 0);
}

test("drawing is shown at once and numbered when sent, from 1, rising", () => {
  const { canvas, pending } = setUp();
  pending.draw(3, RED, false);
  pending.draw(4, RED, false);
  assert.equal(canvas.pixel(3, 0), RED);
  assert.equal(canvas.confirmed(3, 0), WHITE);
  assert.equal(pending.unsent, 2);
  const op = pending.next(100, always, 0);
  assert.deepEqual([op.num, [...op.dots]], [1, [[3, RED], [4, RED]]]);
  assert.equal(pending.next(100, always, 0), null);
  assert.equal(send(pending, RED, 5).num, 2);
  assert.deepEqual([pending.unsent, pending.count], [0, 2]);
});

test("an acknowledged pixel stays shown until PIXELS brings it", () => {
  const { canvas, pending } = setUp();
  const op = send(pending, RED, 3);
  pending.ack([op.num], 0);
  assert.equal(pending.count, 0);
  assert.equal(canvas.pixel(3, 0), RED);
  canvas.write(canvas.regions[0], packPixels([[3, RED]]), 0, 1, true, true);
  assert.equal(canvas.covers.size, 0);
  assert.equal(canvas.confirmed(3, 0), RED);
});

test("an acknowledged pixel whose PIXELS doesn't come gives way after a while", () => {
  const { canvas, pending } = setUp();
  const op = send(pending, RED, 3);
  canvas.write(canvas.regions[0], packPixels([[3, GREEN]]), 0, 1, false, true);
  pending.ack([op.num], 0);
  assert.equal(pending.settle(900), true);
  assert.equal(canvas.pixel(3, 0), RED);
  assert.equal(pending.settle(1000), false);
  assert.equal(canvas.pixel(3, 0), GREEN);
});

test("a refused pixel never stays", () => {
  const { canvas, pending } = setUp();
  const op = send(pending, RED, 3, 4);
  canvas.write(canvas.regions[0], packPixels([[4, BLUE]]), 0, 1, false, true);
  assert.equal(pending.refuse(op.num), op);
  assert.deepEqual([canvas.pixel(3, 0), canvas.pixel(4, 0)], [WHITE, BLUE]);
  assert.equal(canvas.covers.size, 0);
  assert.equal(pending.refuse(op.num), null);
});

test("a refused op shows the older one that is still waiting, and never hides a newer", () => {
  const { canvas, pending } = setUp();
  const first = send(pending, RED, 3), second = send(pending, GREEN, 3), third = send(pending, BLUE, 3);
  pending.refuse(second.num);
  assert.equal(canvas.pixel(3, 0), BLUE);
  pending.refuse(third.num);
  assert.equal(canvas.pixel(3, 0), RED);
  pending.refuse(first.num);
  assert.equal(canvas.pixel(3, 0), WHITE);
});

test("at most the window is unanswered; the rest waits and goes out in order", () => {
  const { pending } = setUp();
  pending.draw(1, RED, false);
  const first = pending.next(1, always, 0);
  pending.draw(2, RED, false);
  assert.equal(pending.next(1, always, 0), null);
  pending.draw(3, RED, false);
  assert.equal(pending.unsent, 2);
  pending.ack([first.num], 0);
  assert.deepEqual([...pending.next(1, always, 0).dots.keys()], [2, 3]);
});

test("numbers go no further than the window from the oldest op without an answer", () => {
  const { pending } = setUp();
  for (const x of [1, 2, 3]) {
    pending.draw(x, RED, false);
    assert.equal(pending.next(3, always, 0).num, x);
  }
  pending.draw(4, RED, false);
  pending.ack([2, 3], 0);
  assert.equal(pending.next(3, always, 0), null);
  pending.ack([1], 0);
  assert.equal(pending.next(3, always, 0).num, 4);
});

test("an op takes at most what a PLACE does", () => {
  const { pending } = setUp(1000, 60);
  for (let i = 0; i < MAX_PLACE + 5; i++) pending.draw(i, RED, false);
  assert.equal(pending.next(9, always, 0).dots.size, MAX_PLACE);
  assert.equal(pending.next(9, always, 0).dots.size, 5);
});

test("an op takes at most what the server's burst allows, drawn online or not", () => {
  const { pending } = setUp();
  pending.largest = 3;
  for (let i = 0; i < 7; i++) pending.draw(i, RED, i > 3);
  assert.deepEqual([1, 2, 3].map(() => pending.next(9, always, 0).dots.size), [3, 1, 3]);
});

test("what waits is bounded: beyond, drawing is refused and not shown", () => {
  const { canvas, pending } = setUp(1000, 60);
  for (let i = 0; i < MAX_UNSENT; i++) assert.ok(pending.draw(i, RED, true));
  assert.equal(pending.draw(MAX_UNSENT, RED, true), false);
  assert.equal(canvas.pixel(0, 5), WHITE);
  assert.equal(pending.unsent, MAX_UNSENT);
});

test("after a reconnect, ops without an answer go again in order, with their numbers", () => {
  const { pending } = setUp();
  send(pending, RED, 1);
  send(pending, RED, 2);
  pending.ack([1], 0);
  send(pending, RED, 3);
  pending.draw(4, RED, true);
  assert.deepEqual(pending.again(50).map((op) => op.num), [2, 3]);
  assert.equal(pending.waitingSince, 50);
  assert.equal(pending.next(9, always, 60).num, 4);
});

test("requeued ops keep their order and get new numbers", () => {
  const { canvas, pending } = setUp();
  send(pending, RED, 1);
  send(pending, RED, 2);
  send(pending, RED, 3);
  pending.draw(4, RED, false);
  pending.requeue(3);
  pending.requeue(1);
  pending.requeue(2);
  assert.equal(canvas.pixel(1, 0), RED);
  assert.equal(pending.unsent, 4);
  const sent = [];
  for (let op = pending.next(9, always, 0); op; op = pending.next(9, always, 0)) sent.push([op.num, [...op.dots.keys()]]);
  assert.deepEqual(sent, [[4, [1]], [5, [2]], [6, [3]], [7, [4]]]);
});

test("an op that may not go yet holds back those behind it", () => {
  const { pending } = setUp();
  pending.draw(1, RED, true);
  pending.draw(2, RED, false);
  assert.equal(pending.next(9, (op) => !op.patient, 0), null);
  assert.deepEqual([...pending.next(9, always, 0).dots.keys()], [1]);
});

test("abandon takes everything back", () => {
  const { canvas, pending } = setUp();
  send(pending, RED, 1, 2);
  pending.draw(2, GREEN, true);
  assert.equal(pending.abandon(), 3);
  assert.deepEqual([pending.count, pending.unsent, canvas.covers.size], [0, 0, 0]);
  assert.equal(canvas.pixel(2, 0), WHITE);
});
