import assert from "node:assert/strict";
import { test } from "node:test";
import { Canvas } from "../js/canvas/canvas.js";
import { makeGeometry } from "../js/geometry.js";
import { Busy } from "../js/record/busy.js";
import { newState } from "../js/state.js";

const settle = () => new Promise((done) => setImmediate(done));

/** A canvas of four regions; the test answers what is asked. */
function setUp() {
  const state = newState(), asked = [];
  state.canvas = new Canvas(makeGeometry(128, 128, 64));
  state.view = { x: 64, y: 64, zoom: 1 };
  state.viewport = { width: 200, height: 200, left: 0, top: 0, right: 0, bottom: 0 };
  state.past = { stats: { first: 1_000_000 }, span: { from: 1_000_000, to: 1_100_000 }, activity: null };
  const server = { activity: (area, from, step, signal) => new Promise((answer, refuse) => asked.push({ area, from, step, signal, answer, refuse })) };
  return { state, asked, busy: new Busy(state, { server, changed() {} }) };
}

test("the whole canvas is counted, and when the view stays closer, what is in it; each once", async () => {
  const { state, asked, busy } = setUp();
  busy.advance(0);
  busy.advance(10);
  assert.deepEqual(asked.map(({ area, step }) => [area, step]), [[null, 1000]]);
  asked[0].answer([0, 5, 0, 7]);
  await settle();
  busy.advance(20);
  assert.deepEqual(state.past.activity, { step: 1000, buckets: [{ time: 1_001_000, pixels: 5 }, { time: 1_003_000, pixels: 7 }], whole: true });
  state.view = { x: 32, y: 32, zoom: 10 };
  busy.advance(30);
  busy.advance(400);
  assert.equal(asked.length, 1, "the view may move on");
  busy.advance(440);
  assert.deepEqual([asked[1].area.regions, asked[1].area.width], [[0], 64]);
  asked[1].answer([1]);
  await settle();
  busy.advance(500);
  assert.equal(state.past.activity.whole, false);
  state.view = { x: 64, y: 64, zoom: 1 };
  busy.advance(600);
  assert.equal(state.past.activity.whole, true, "what was counted is remembered");
  busy.advance(30_000);
  assert.equal(asked.length, 2);
  busy.advance(61_000);
  assert.equal(asked.length, 3, "and counted again after a while");
});

test("without a pixel, or without an answer, there are no bars, and nothing is asked again at once", async () => {
  const { state, asked, busy } = setUp();
  state.past.stats.first = 0;
  busy.advance(0);
  assert.equal(asked.length, 0);
  state.past.stats.first = 1_000_000;
  busy.advance(10);
  asked[0].refuse(new Error("There is no record here"));
  await settle();
  for (let now = 20; now < 50_000; now += 500) busy.advance(now);
  assert.equal(asked.length, 1);
  assert.deepEqual(state.past.activity.buckets, []);
  busy.advance(61_000);
  assert.equal(asked.length, 2, "but later");
  busy.stop();
  assert.equal(asked[0].signal.aborted, true);
});
