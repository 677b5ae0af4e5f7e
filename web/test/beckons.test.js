import assert from "node:assert/strict";
import { test } from "node:test";
import { BECKON_LIFE, Beckons } from "../js/beckons/beckons.js";
import { atEdge, clearOf } from "../js/beckons/edge.js";
import { Canvas } from "../js/canvas/canvas.js";
import { makeGeometry } from "../js/geometry.js";
import { newState } from "../js/state.js";
import { seeded } from "./fakes.js";

function setUp() {
  const state = newState(), did = { sent: [], sounds: 0, shown: 0, calm: false };
  let time = 1000;
  state.canvas = new Canvas(makeGeometry(100, 100, 64));
  Object.assign(state.connection, { welcomed: true, user: 1 });
  state.view = { x: 100, y: 30, zoom: 1 };
  const beckons = new Beckons(state, {
    now: () => time, changed() {}, send: (x, y) => did.sent.push([x, y]), sound: () => did.sounds++, show: () => did.shown++, calm: () => did.calm,
  });
  return { state, did, beckons, advance: (ms) => (time += ms), get now() { return time; } };
}

test("one shows the pixel aimed at, or what is in the middle; nothing of the past, and nothing without a connection", () => {
  const { state, did, beckons } = setUp();
  beckons.beckon();
  state.reticule = { x: 3, y: 4, keyboard: true };
  beckons.beckon();
  assert.deepEqual(did.sent, [[99, 30], [3, 4]]);
  assert.deepEqual(state.beckons.map(({ user, x }) => [user, x]), [[1, 3]]);
  assert.equal(state.said, "You show others 3, 4");
  state.past = /** @type {any} */ ({});
  beckons.beckon();
  state.past = null;
  state.connection.welcomed = false;
  beckons.beckon();
  assert.equal(did.sent.length, 2);
  assert.equal(state.said, "Nobody sees it: there is no connection");
});

test("what others show is said and heard, one place each, few at once, for a while; one's own is not said twice", () => {
  const it = setUp(), { state, did, beckons } = it;
  beckons.heard([{ user: 1, x: 9, y: 9 }]);
  assert.deepEqual([state.beckons, did.sounds], [[], 0]);
  beckons.heard([{ user: 2, x: 5, y: 6 }]);
  assert.equal(state.said, "Anonymous shows you 5, 6");
  for (let user = 2; user < 50; user++) beckons.heard([{ user, x: user, y: 0 }]);
  assert.deepEqual(state.beckons.map(({ user }) => user), [45, 46, 47, 48, 49]);
  it.advance(BECKON_LIFE);
  beckons.show(it.now);
  assert.deepEqual(state.beckons, []);
});

test("what the server does not pass on is taken back, and why is said", () => {
  const { state, beckons } = setUp();
  beckons.refused(5, 0);
  assert.equal(state.toast, null);
  for (const [code, words] of [[1, "You can show others a place again in 3 s"], [10, "You may not show others a place"]]) {
    beckons.beckon();
    beckons.refused(code, code === 1 ? 2400 : 0);
    assert.deepEqual([state.beckons, state.toast.text], [[], words]);
  }
});

test("while they are shown each frame is drawn, or few for those who asked for less motion", () => {
  const it = setUp(), { did, beckons } = it;
  beckons.heard([{ user: 2, x: 5, y: 6 }]);
  assert.equal(beckons.show(it.now), 0);
  did.calm = true;
  assert.ok(beckons.show(it.now) > 50);
  it.advance(BECKON_LIFE);
  assert.deepEqual([beckons.show(it.now), did.shown], [Infinity, 3]);
});

test("an arrow stands where the line to its place leaves what is free of controls, whole, and points there", () => {
  for (let seed = 1; seed <= 500; seed++) {
    const random = seeded(seed), some = (max) => Math.floor(random() * max);
    const viewport = { width: 320 + some(1200), height: 240 + some(800), left: some(40), top: some(60), right: some(40), bottom: some(90) };
    const size = { width: 20 + some(120), height: 44 }, at = { x: some(6000) - 2000, y: some(6000) - 2000 };
    const edge = atEdge(at, viewport, size);
    const inside = at.x >= viewport.left && at.y >= viewport.top && at.x <= viewport.width - viewport.right && at.y <= viewport.height - viewport.bottom;
    assert.equal(edge === null, inside, `seed ${seed}`);
    if (!edge) continue;
    assert.ok(edge.x - size.width / 2 >= viewport.left - 0.01 && edge.x + size.width / 2 <= viewport.width - viewport.right + 0.01, `seed ${seed}`);
    assert.ok(edge.y - size.height / 2 >= viewport.top - 0.01 && edge.y + size.height / 2 <= viewport.height - viewport.bottom + 0.01, `seed ${seed}`);
    const from = { x: (viewport.width + viewport.left - viewport.right) / 2, y: (viewport.height + viewport.top - viewport.bottom) / 2 };
    assert.ok(Math.abs(Math.atan2(at.y - from.y, at.x - from.x) - edge.angle) < 1e-9, `seed ${seed}`);
  }
});

test("arrows to places that are near each other cover none of each other, and stay on the stage", () => {
  const viewport = { width: 390, height: 844, left: 8, top: 60, right: 8, bottom: 200 };
  for (let seed = 1; seed <= 300; seed++) {
    const random = seeded(seed), placed = [], far = { x: random() * 8000 - 4000, y: random() * 8000 - 4000 };
    for (let i = 0; i < 5; i++) {
      const size = { width: 60 + Math.floor(random() * 90), height: 44 };
      const edge = atEdge({ x: far.x + random() * 300, y: far.y + random() * 300 }, viewport, size);
      if (edge) placed.push({ ...clearOf(edge, size, placed, 352), ...size });
    }
    for (const a of placed) {
      assert.ok(a.y - 22 >= viewport.top - 0.01 && a.y + 22 <= viewport.height - viewport.bottom + 0.01, `seed ${seed}`);
      for (const b of placed) assert.ok(a === b || Math.abs(a.x - b.x) >= (a.width + b.width) / 2 || Math.abs(a.y - b.y) >= 44, `seed ${seed}`);
    }
  }
});
