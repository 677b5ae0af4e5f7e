import assert from "node:assert/strict";
import { test } from "node:test";
import { Canvas } from "../js/canvas/canvas.js";
import { makeGeometry } from "../js/geometry.js";
import { Kept } from "../js/browser_storage.js";
import { newState } from "../js/state.js";
import { Welcome } from "../js/welcome.js";
import { whereLifeIs } from "../js/welcome/life.js";
import { fakeStorage } from "./fakes.js";

/** A visit with a browser that keeps what storage has. */
async function visit(storage, change = {}) {
  const state = Object.assign(newState(), { asksName: true }, change), did = [];
  const card = { open: () => did.push("open"), show() {}, close: () => did.push("close") };
  const welcome = new Welcome(state, new Kept(() => storage), () => Promise.resolve(card));
  welcome.begin();
  welcome.begin();
  await Promise.resolve();
  await Promise.resolve();
  return { state, did, welcome };
}

test("the card is shown once in a browser", async () => {
  const storage = fakeStorage();
  assert.deepEqual((await visit(storage)).did, ["open"]);
  assert.deepEqual((await visit(storage)).did, []);
});

test("it is not shown to who has been here, draws already, looks from another page or at the past, or may not look at all", async () => {
  const me = newState().me;
  for (const change of [{ asksName: false }, { drew: true }, { embedded: true }, { past: {} }, { me: { ...me, watches: false } }, { me: { ...me, banned: { why: "", until: 0, appeal: "" } } }]) {
    const storage = fakeStorage();
    assert.deepEqual((await visit(storage, change)).did, [], JSON.stringify(change));
    assert.deepEqual((await visit(storage)).did, ["open"], "it has not been shown yet");
  }
});

test("Escape closes it, once; so does the first stroke", async () => {
  const { did, welcome } = await visit(fakeStorage());
  assert.deepEqual([welcome.close(), welcome.close(), did], [true, false, ["open", "close"]]);
  const drawing = await visit(fakeStorage());
  drawing.state.drew = true;
  drawing.welcome.show();
  drawing.welcome.show();
  assert.deepEqual(drawing.did, ["open", "close"]);
});

test("a card that can't be loaded is shown at the next visit", async () => {
  const storage = fakeStorage(), state = Object.assign(newState(), { asksName: true });
  const welcome = new Welcome(state, new Kept(() => storage), () => Promise.reject(new Error("offline")));
  welcome.begin();
  await new Promise((resolve) => setImmediate(resolve));
  welcome.show();
  assert.equal(welcome.close(), false);
  assert.deepEqual((await visit(storage)).did, ["open"]);
});

/** A canvas on which some pixels are painted. */
function painted(width, height, pixels) {
  const canvas = new Canvas(makeGeometry(width, height, 256));
  for (const region of canvas.regions) canvas.load(region, 0, 0, null, true);
  for (const [x, y] of pixels) canvas.overview.set(x, y, 0xff0000ff);
  return canvas;
}

test("life is where somebody draws now, else where most is drawn, else in the middle", () => {
  assert.deepEqual(whereLifeIs(painted(1000, 600, [])), { x: 500, y: 300 });
  const some = painted(1024, 1024, [[3, 3], [700, 700], [701, 700], [702, 700]]);
  assert.deepEqual(whereLifeIs(some), { x: 701.5, y: 700.5 });
  some.activity.touch(100, 200);
  const { x, y } = whereLifeIs(some);
  assert.ok(Math.hypot(x - 100, y - 200) < 2 * some.activity.edge, `${x}, ${y}`);
});

test("on a canvas larger than its overview the place is on the canvas too", () => {
  const { x, y } = whereLifeIs(painted(4096, 2048, [[4095, 2047]]));
  assert.ok(x > 4090 && x < 4096 && y > 2040 && y < 2048, `${x}, ${y}`);
});
