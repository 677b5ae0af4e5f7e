import assert from "node:assert/strict";
import { test } from "node:test";
import { Canvas } from "../js/canvas/canvas.js";
import { makeGeometry, regionAt, regionRect } from "../js/geometry.js";
import { hindrance } from "../js/limits/cannot_draw.js";
import { Navigation } from "../js/view/navigation.js";
import { Replay } from "../js/record/replay.js";
import { newState, shownCanvas } from "../js/state.js";
import { packPixels, seeded } from "./fakes.js";

const WHITE = 0xffffff, TODAY = 1_800_000_000_000, FIRST = TODAY - 100_000;
const settle = async () => {
  for (let i = 0; i < 20; i++) await new Promise((done) => setImmediate(done));
};

const MODES = [500, 1e9]; // pixels that the server says there are: all are loaded at once, or not

/** A canvas of 128x64 in two regions, on which 500 pixels were drawn in 100 s, and a server that knows them. */
async function setUp({ seed = 1, open = null, pixels = 500 } = {}) {
  const geometry = makeGeometry(128, 64, 64), random = seeded(seed), below = (n) => Math.floor(random() * n);
  const drawn = Array.from({ length: 500 }, (_, i) => ({ time: FIRST + i * 190, x: below(128), y: below(64), colour: below(0xffffff) }));
  const state = newState();
  state.canvas = new Canvas(geometry);
  for (const region of state.canvas.regions) state.canvas.load(region, 1, 0, null, true);
  const at = (time) => {
    const canvas = new Map();
    for (const pixel of drawn) if (pixel.time <= time) canvas.set(pixel.y * 128 + pixel.x, pixel.colour);
    return (x, y) => canvas.get(y * 128 + x) ?? WHITE;
  };
  const clock = { now: 5000, today: TODAY }, asked = [], held = { pictures: null };
  const rgbOf = ({ x, y, width, height }, time) => {
    const was = at(time);
    return Uint8Array.from({ length: 3 * width * height }, (_, i) => {
      const p = Math.floor(i / 3);
      return was(x + (p % width), y + Math.floor(p / width)) >> (16 - 8 * (i % 3));
    });
  };
  const server = {
    stats: async () => ({ pixels, first: FIRST, last: drawn.at(-1).time, gaps: [] }),
    async picture(area, time, signal) {
      asked.push(["picture", time]);
      if (held.pictures) await new Promise((done) => held.pictures.push(done));
      signal.throwIfAborted();
      return rgbOf(area, time);
    },
    async past({ id }, { from, after }, to) {
      asked.push(["past", id, from, after, to]);
      const mine = drawn.filter(({ x, y }) => regionAt(geometry, x, y) === id), rect = regionRect(geometry, id);
      const begin = after ?? mine.filter(({ time }) => time <= from).length;
      const due = mine.slice(begin).filter(({ time }) => time <= to), some = due.slice(0, 40);
      const steps = after === undefined ? [{ time: from, whole: { epoch: 1, seq: begin, rgb: rgbOf(rect, from) } }] : [];
      if (some.length > 0) {
        const dots = some.map(({ x, y, colour }) => [(y - rect.y) * rect.width + x - rect.x, colour]);
        steps.push({ pixels: packPixels(dots), times: Float64Array.from(some, ({ time }) => time) });
      }
      return { steps, seq: begin + some.length, time: some.length < due.length ? some.at(-1).time : to, more: some.length < due.length };
    },
  };
  const ports = { now: () => clock.now, changed() {}, calm: () => true };
  const navigation = new Navigation(state, ports);
  navigation.resize({ width: 256, height: 128, left: 0, top: 0, right: 0, bottom: 0 });
  navigation.open("");
  const replay = new Replay(state, { ...ports, server, today: () => clock.today });
  replay.open(open);
  await settle();
  /** Lets a time pass, frame by frame, and checks each frame. */
  const run = async (ms, check = () => {}) => {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.now += 50;
      replay.advance(clock.now);
      await settle();
      check();
    }
  };
  const same = (time, what) => {
    const was = at(time), shown = shownCanvas(state);
    for (let y = 0; y < 64; y++) for (let x = 0; x < 128; x++) if (shown.pixel(x, y) !== null) assert.equal(shown.pixel(x, y), was(x, y), `${what}: ${x}, ${y}`);
  };
  return { state, replay, navigation, clock, asked, held, run, same, settle, drawn };
}

test("it opens at now, with the canvas as it is, and asks for nothing but the counts", async () => {
  const { state, asked, run } = await setUp();
  await run(500);
  assert.equal(state.past.live, true);
  assert.equal(shownCanvas(state), state.canvas);
  assert.deepEqual(asked, []);
  assert.equal(state.past.span.from, FIRST);
});

for (const pixels of MODES) test(`a moment is shown as it was, and is in the link; ${pixels} pixels`, async () => {
  const { state, replay, navigation, run, same, settle, drawn } = await setUp({ pixels });
  for (const part of [0.5, 0.1, 0.9, 0]) {
    const time = Math.round(FIRST + part * 95_000);
    replay.seek(time);
    await settle();
    await run(100);
    same(time, `at ${part}`);
    assert.ok(navigation.hash.endsWith(`&t=${new Date(time).toISOString().replace(".000Z", "Z")}`), navigation.hash);
  }
  replay.seek(FIRST - 50_000);
  await settle();
  assert.equal(state.past.time, FIRST, "there is nothing before the first pixel");
  assert.equal(drawn.length, 500);
});

for (const pixels of MODES) test(`every frame from blank to now is what was there, and the last one is the canvas; ${pixels} pixels`, async () => {
  for (let seed = 1; seed <= 4; seed++) {
    const { state, replay, run, same } = await setUp({ seed, pixels });
    replay.setSpeed(10);
    replay.seek(FIRST - 1);
    replay.toggle();
    assert.equal(state.past.clock.playing, true);
    let frames = 0, last = 0, model = null;
    await run(20_000, () => {
      if (!state.past.canvas) return;
      assert.ok(state.past.time >= last, "time never goes back");
      last = state.past.time;
      model = state.past.canvas;
      if (frames++ % 10 === 0) same(state.past.time, `seed ${seed}, frame ${frames}`);
    });
    assert.equal(state.past.live, true, "it ends at now");
    assert.ok(frames > 50);
    state.past.canvas = model;
    same(TODAY, `seed ${seed}, last frame`);
  }
});

test("the live canvas is never touched, and nothing can be placed", async () => {
  const { state, replay, run } = await setUp();
  const before = state.canvas.regions.map(({ tile }) => tile.words.slice());
  replay.seek(FIRST + 50_000);
  replay.toggle();
  await run(2000);
  assert.equal(hindrance({ ...state, me: { ...state.me, draws: true } }, 0), "past");
  state.canvas.regions.forEach(({ tile }, i) => assert.deepEqual(tile.words, before[i]));
  replay.close();
  assert.equal(state.past, null);
  assert.equal(hindrance(state, 0), "");
});

test("while the slider moves one picture is asked for at a time, and the last moment is shown", async () => {
  const { state, replay, asked, held, run, same, settle } = await setUp();
  held.pictures = [];
  for (let i = 1; i <= 30; i++) replay.seek(FIRST + i * 1000, true);
  await run(200);
  assert.deepEqual(asked, [["picture", FIRST + 1000]]);
  held.pictures.shift()();
  await settle();
  assert.deepEqual(asked.at(-1), ["picture", FIRST + 30_000]);
  replay.seek(FIRST + 31_000);
  await settle();
  const waiting = held.pictures.splice(0);
  held.pictures = null;
  for (const done of waiting) done();
  await settle();
  await run(200);
  assert.equal(state.past.time, FIRST + 31_000);
  same(FIRST + 31_000, "in the end");
  assert.ok(asked.filter(([kind]) => kind === "picture").length <= 3);
});

for (const pixels of MODES) test(`when the view shows other regions they follow, at the moment that is shown; ${pixels} pixels`, async () => {
  const { state, replay, navigation, run, same, settle } = await setUp({ pixels });
  navigation.resize({ width: 60, height: 60, left: 0, top: 0, right: 0, bottom: 0 });
  navigation.open("#20,20,2");
  replay.seek(FIRST + 40_000);
  await settle();
  await run(100);
  assert.deepEqual(state.past.canvas.regions.map(({ tile }) => tile !== null), [true, false]);
  replay.toggle();
  await run(1000);
  navigation.open("#100,20,2");
  await run(1000);
  assert.deepEqual(state.past.canvas.regions.map(({ tile }) => tile !== null), [false, true]);
  same(state.past.time, "the other region");
  assert.ok(state.past.time > FIRST + 41_000, "it went on");
});

test("a link opens at its moment, before it is known how far the record goes back", async () => {
  const { state, run, same } = await setUp({ open: FIRST + 12_345 });
  await run(100);
  assert.equal(state.past.live, false);
  assert.equal(state.past.time, FIRST + 12_345);
  same(FIRST + 12_345, "the link's moment");
});

test("at the end it plays from the beginning; pausing keeps the moment", async () => {
  const { state, replay, run, settle } = await setUp();
  replay.toggle();
  await settle();
  await run(1000);
  assert.ok(state.past.clock.playing && state.past.time > FIRST && state.past.time < FIRST + 5000);
  replay.toggle();
  const { time } = state.past;
  await run(1000);
  assert.equal(state.past.time, time);
  assert.equal(state.past.marked, time);
  replay.jump();
  assert.equal(state.past.time, time, "it is not known yet when much happened");
  state.past.activity = { step: 1000, buckets: [{ time: FIRST - 500, pixels: 9 }, { time: FIRST + 500, pixels: 9 }], whole: true };
  replay.jump();
  await settle();
  assert.equal(state.past.time, FIRST, "what was busy begins with the first pixel");
});

test("what can't be loaded is said, and the replay stands still", async () => {
  const { state, replay, run, settle } = await setUp();
  replay.ports.server.picture = async () => { throw new Error("There is no record here"); };
  replay.seek(FIRST + 1000);
  await settle();
  await run(100);
  assert.equal(state.past.trouble, "There is no record here");
  assert.equal(state.past.clock.playing, false);
  assert.equal(shownCanvas(state), state.canvas);
});

test("of a small record each region is asked for once: then seeking anywhere asks nothing, and is right", async () => {
  const { state, replay, asked, run, same, settle } = await setUp();
  replay.seek(FIRST + 50_000);
  await settle();
  await run(500);
  const before = asked.length, random = seeded(9);
  for (let i = 0; i < 40; i++) {
    const time = Math.round(FIRST + random() * 95_000);
    replay.seek(time, i % 3 > 0);
    same(time, `moment ${i}, at once`);
    if (i % 5 === 0) await run(100);
    assert.equal(state.past.loading, 0);
    if (i % 10 === 9) replay.live();
  }
  assert.equal(asked.length, before);
  replay.toggle();
  await run(300);
  same(state.past.time, "played on from there");
});

test("of a large record nothing is loaded ahead while the user looks for a moment, and little while the slider moves", async () => {
  const { replay, asked, run, clock, settle } = await setUp({ pixels: 1e9 });
  for (let i = 0; i < 5; i++) {
    replay.seek(FIRST + 10_000 * i);
    await settle();
    await run(200);
  }
  assert.deepEqual(asked.map(([kind]) => kind), Array(5).fill("picture"));
  await run(1000);
  assert.ok(asked.filter(([kind]) => kind === "past").length >= 2);
  asked.length = 0;
  for (let i = 0; i < 100; i++) {
    replay.seek(FIRST + 900 * i, true);
    clock.now += 1;
    await settle();
  }
  assert.ok(asked.length <= 40, `${asked.length} pictures in 100 ms`);
  assert.ok(asked.every(([kind]) => kind === "picture"));
});

test("what could not be loaded is asked for again when the user plays on", async () => {
  const { state, replay, run, settle } = await setUp({ pixels: 1e9 });
  replay.seek(FIRST + 1000);
  await settle();
  const { server } = replay.ports, { past } = server;
  server.past = async () => { throw new Error("The record can't be read"); };
  await run(1500);
  assert.equal(state.past.trouble, "The record can't be read");
  server.past = past;
  replay.toggle();
  await run(1000);
  assert.equal(state.past.trouble, "");
  assert.ok(state.past.time > FIRST + 1500);
});

for (const pixels of MODES) test(`opened again, it shows a moment as before; ${pixels} pixels`, async () => {
  const { replay, run, same, settle } = await setUp({ pixels });
  for (let i = 0; i < 3; i++) {
    replay.open(null);
    await settle();
    replay.seek(FIRST + 20_000 * (i + 1));
    await settle();
    await run(1000);
    same(FIRST + 20_000 * (i + 1), `time ${i}`);
    assert.notEqual(replay.state.past.canvas.pixel(100, 10), null);
    replay.close();
  }
});
