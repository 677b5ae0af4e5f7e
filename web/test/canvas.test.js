import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Canvas } from "../js/canvas/canvas.js";
import { fromWord, parseHex, PALETTE, toHex, toWord } from "../js/colour.js";
import { makeGeometry } from "../js/geometry.js";
import { Malformed } from "../js/net/protocol.js";
import { packPixels } from "./fakes.js";

const RED = 0xff0000, GREEN = 0x00ff00, BLUE = 0x0000ff, WHITE = 0xffffff;

/** A canvas of two regions, the right one 36 wide, both blank and held in full. */
function blank() {
  const canvas = new Canvas(makeGeometry(100, 60, 64));
  for (const region of canvas.regions) canvas.load(region, 0, 0, null, true);
  return canvas;
}

const write = (canvas, id, dots, own = false) => canvas.write(canvas.regions[id], packPixels(dots), 0, dots.length, own, true);
const keyOf = (x, y) => y * 100 + x;

test("what is not held is not known", () => {
  const canvas = new Canvas(makeGeometry(100, 60, 64));
  assert.equal(canvas.pixel(3, 3), null);
  assert.equal(canvas.confirmed(3, 3), null);
  assert.equal(blank().pixel(3, 3), WHITE);
  assert.equal(blank().pixel(100, 3), null);
});

test("positions count by the width of the region, which may be narrower", () => {
  const canvas = blank();
  write(canvas, 1, [[36 * 2 + 5, RED]]);
  assert.equal(canvas.pixel(64 + 5, 2), RED);
  write(canvas, 0, [[64 * 59 + 63, GREEN]]);
  assert.equal(canvas.pixel(63, 59), GREEN);
});

test("a position beyond the region is malformed", () => {
  assert.throws(() => write(blank(), 1, [[36 * 60, RED]]), Malformed);
});

test("pixels are applied in order, and only the entries asked for", () => {
  const canvas = blank();
  canvas.write(canvas.regions[0], packPixels([[0, RED], [1, GREEN], [1, BLUE], [2, RED]]), 1, 3, false, true);
  assert.deepEqual([0, 1, 2].map((x) => canvas.pixel(x, 0)), [WHITE, BLUE, WHITE]);
});

test("a snapshot replaces everything", () => {
  const canvas = blank();
  write(canvas, 0, [[5, RED]]);
  const rgb = new Uint8Array(3 * 64 * 60).fill(255);
  rgb.set([1, 2, 3], 3 * 64);
  canvas.load(canvas.regions[0], 4, 99, rgb, true);
  assert.equal(canvas.pixel(5, 0), WHITE);
  assert.equal(canvas.pixel(0, 1), 0x010203);
  assert.deepEqual([canvas.regions[0].epoch, canvas.regions[0].seq], [4, 99]);
});

test("a tile remembers the rectangle that changed", () => {
  const canvas = blank();
  const { tile } = canvas.regions[0];
  tile.clean();
  write(canvas, 0, [[64 * 3 + 10, RED], [64 * 7 + 4, RED]]);
  assert.deepEqual([tile.left, tile.top, tile.right, tile.bottom], [4, 3, 11, 8]);
  tile.clean();
  assert.equal(tile.dirty, false);
});

test("a cover shows over what is confirmed, and gives it back", () => {
  const canvas = blank(), owner = {};
  write(canvas, 0, [[7, RED]]);
  canvas.cover(keyOf(7, 0), BLUE, owner);
  assert.deepEqual([canvas.pixel(7, 0), canvas.confirmed(7, 0)], [BLUE, RED]);
  write(canvas, 0, [[7, GREEN]]);
  assert.deepEqual([canvas.pixel(7, 0), canvas.confirmed(7, 0)], [BLUE, GREEN]);
  assert.equal(canvas.uncover(keyOf(7, 0), {}), false, "someone else's cover");
  assert.equal(canvas.uncover(keyOf(7, 0), owner), true);
  assert.deepEqual([canvas.pixel(7, 0), canvas.confirmed(7, 0)], [GREEN, GREEN]);
});

test("one's own pixel coming back takes the cover away, anyone else's does not", () => {
  const canvas = blank();
  canvas.cover(keyOf(7, 0), BLUE, {});
  write(canvas, 0, [[7, BLUE]], false);
  assert.equal(canvas.covers.size, 1);
  write(canvas, 0, [[7, RED]], true);
  assert.equal(canvas.covers.size, 1);
  write(canvas, 0, [[7, BLUE]], true);
  assert.equal(canvas.covers.size, 0);
  write(canvas, 0, [[7, RED]]);
  assert.equal(canvas.pixel(7, 0), RED);
});

test("covers survive a snapshot of their region and leave others alone", () => {
  const canvas = blank(), owner = {};
  canvas.cover(keyOf(7, 0), BLUE, owner);
  canvas.cover(keyOf(70, 0), GREEN, owner);
  const rgb = new Uint8Array(3 * 64 * 60).fill(0x11);
  canvas.load(canvas.regions[0], 1, 5, rgb, true);
  assert.deepEqual([canvas.pixel(7, 0), canvas.confirmed(7, 0)], [BLUE, 0x111111]);
  canvas.uncover(keyOf(7, 0), owner);
  canvas.uncover(keyOf(70, 0), owner);
  assert.deepEqual([canvas.pixel(7, 0), canvas.pixel(70, 0)], [0x111111, WHITE]);
});

test("the overview of a large canvas shows a thin line, and follows", () => {
  const canvas = new Canvas(makeGeometry(4096, 4096, 256));
  assert.equal(canvas.overview.stride, 4);
  const rgb = new Uint8Array(3 * 256 * 256).fill(255);
  for (let x = 0; x < 256; x++) rgb.set([255, 0, 0], 3 * (256 * 9 + x));
  canvas.load(canvas.regions[17], 1, 256, rgb, false);
  assert.equal(canvas.regions[17].tile, null);
  for (let x = 256; x < 512; x++) assert.equal(fromWord(canvas.overview.get(x, 256 + 8)), RED);
  assert.equal(canvas.overview.get(256, 256), toWord(WHITE));
  assert.equal(canvas.overview.get(0, 0), 0, "never heard of");
  canvas.write(canvas.regions[17], packPixels([[0, BLUE]]), 0, 1, false, true);
  assert.equal(fromWord(canvas.overview.get(256, 256)), BLUE);
});

test("what was missed does not glow, what happens does and fades", () => {
  const canvas = blank();
  canvas.write(canvas.regions[0], packPixels([[7, RED]]), 0, 1, false, false);
  assert.equal(canvas.activity.glowing, false);
  write(canvas, 0, [[7, RED]]);
  canvas.activity.fade(1000);
  assert.equal(canvas.activity.glowing, true);
  for (let now = 1000; now < 12_000; now += 200) canvas.activity.fade(now);
  assert.equal(canvas.activity.glowing, false);
});

test("writing allocates nothing per pixel", () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  const canvas = blank();
  const pixels = packPixels(Array.from({ length: 3000 }, (_, i) => [i, i]));
  const run = () => canvas.write(canvas.regions[0], pixels, 0, 3000, false, true);
  for (let i = 0; i < 200; i++) run();
  const measured = Array.from({ length: 5 }, () => {
    gc();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 200; i++) run();
    return (process.memoryUsage().heapUsed - before) / (200 * 3000);
  });
  const perPixel = Math.min(...measured); // what the engine does beside it, when it gets to it, comes on top
  assert.ok(perPixel < 0.5, `${perPixel} bytes per pixel`);
});

test("colours: words and text and back", () => {
  for (const colour of [0, 0xffffff, 0x123456, ...PALETTE.map((entry) => entry.colour)]) {
    assert.equal(fromWord(toWord(colour)), colour);
    assert.equal(parseHex(toHex(colour)), colour);
  }
  assert.equal(toWord(0x112233), 0xff332211);
  for (const bad of ["", "#12345", "112233", "#11223g", "#1122334"]) assert.equal(parseHex(bad), null, bad);
});
