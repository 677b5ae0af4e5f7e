import assert from "node:assert/strict";
import { test } from "node:test";
import { contains, line, makeGeometry, pixelNear, regionAt, regionCount, regionRect, regionsIn } from "../js/geometry.js";
import { plan } from "../js/net/plan.js";
import { seeded } from "./fakes.js";

test("regions of a canvas that is no multiple of them", () => {
  const g = makeGeometry(100, 60, 64);
  assert.equal(regionCount(g), 2);
  assert.deepEqual(regionRect(g, 0), { x: 0, y: 0, width: 64, height: 60 });
  assert.deepEqual(regionRect(g, 1), { x: 64, y: 0, width: 36, height: 60 });
  assert.equal(regionAt(g, 63, 59), 0);
  assert.equal(regionAt(g, 64, 0), 1);
});

test("every pixel lies in the region that says so", () => {
  const g = makeGeometry(130, 70, 32);
  let pixels = 0;
  for (let id = 0; id < regionCount(g); id++) {
    const { x, y, width, height } = regionRect(g, id);
    pixels += width * height;
    for (const [px, py] of [[x, y], [x + width - 1, y], [x, y + height - 1], [x + width - 1, y + height - 1]]) {
      assert.ok(contains(g, px, py));
      assert.equal(regionAt(g, px, py), id);
    }
  }
  assert.equal(pixels, 130 * 70);
});

test("contains ends at the edges", () => {
  const g = makeGeometry(100, 60, 64);
  for (const [x, y, inside] of [[0, 0, true], [99, 59, true], [100, 0, false], [0, 60, false], [-1, 0, false], [0, -1, false]]) {
    assert.equal(contains(g, x, y), inside, `${x}, ${y}`);
  }
});

test("the pixel that is nearest to a place is on the canvas", () => {
  const g = makeGeometry(100, 60, 64);
  assert.deepEqual(pixelNear(g, 12.9, 7.1), { x: 12, y: 7 });
  assert.deepEqual(pixelNear(g, -0.5, 60), { x: 0, y: 59 });
});

test("regionsIn gives what a rectangle touches, nearest first", () => {
  const g = makeGeometry(256, 256, 64);
  const table = [
    [{ x: 0, y: 0, width: 64, height: 64 }, [0]],
    [{ x: 70, y: 70, width: 10, height: 10 }, [5]],
    [{ x: -500, y: -500, width: 510, height: 510 }, [0]],
    [{ x: 300, y: 300, width: 50, height: 50 }, []],
  ];
  for (const [rect, ids] of table) assert.deepEqual(regionsIn(g, rect), ids);
  const all = regionsIn(g, { x: 0, y: 0, width: 130, height: 130 });
  assert.equal(all[0], 5);
  assert.deepEqual([...all].sort((a, b) => a - b), [0, 1, 2, 4, 5, 6, 8, 9, 10]);
});

test("lines have no gaps, no doubles, and both ends", () => {
  const seed = Date.now() & 0xffff;
  const random = seeded(seed);
  for (let i = 0; i < 300; i++) {
    const [x0, y0, x1, y1] = [0, 0, 0, 0].map(() => Math.floor(random() * 80) - 40);
    const dots = [];
    line(x0, y0, x1, y1, (x, y) => dots.push([x, y]));
    const what = `seed ${seed}: ${x0},${y0} to ${x1},${y1}`;
    assert.deepEqual(dots[0], [x0, y0], what);
    assert.deepEqual(dots.at(-1), [x1, y1], what);
    assert.equal(dots.length, Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0)) + 1, what);
    for (let k = 1; k < dots.length; k++) {
      const step = Math.max(Math.abs(dots[k][0] - dots[k - 1][0]), Math.abs(dots[k][1] - dots[k - 1][1]));
      assert.equal(step, 1, what);
    }
  }
});

test("a small canvas is held whole, what is in view first", () => {
  const g = makeGeometry(256, 256, 64);
  const chosen = plan(g, { x: 192, y: 192, width: 10, height: 10 }, [], 256 * 256);
  assert.equal(chosen.size, 16);
  assert.deepEqual([...chosen][0], [15, true]);
});

test("of a large canvas, what is in view is held, with a margin", () => {
  const g = makeGeometry(640, 640, 64);
  const chosen = plan(g, { x: 330, y: 330, width: 40, height: 40 }, [], 9 * 64 * 64);
  assert.deepEqual([...chosen.keys()].sort((a, b) => a - b), [44, 45, 46, 54, 55, 56, 64, 65, 66]);
  assert.ok([...chosen.values()].every((whole) => whole));
  assert.equal([...chosen.keys()][0], 55);
});

test("what was held stays while there is room, the nearest first", () => {
  const g = makeGeometry(640, 640, 64);
  const view = { x: 330, y: 330, width: 40, height: 40 };
  const chosen = plan(g, view, [0, 42, 43], 11 * 64 * 64);
  assert.ok(chosen.has(43) && chosen.has(42) && !chosen.has(0));
  assert.equal(plan(g, view, [0, 42, 43], 10 * 64 * 64).has(42), false);
});

test("too much in view is followed for the overview, but for what is held", () => {
  const g = makeGeometry(640, 640, 64);
  const chosen = plan(g, { x: 0, y: 0, width: 640, height: 640 }, [55], 10 * 64 * 64);
  assert.equal(chosen.size, 100);
  assert.deepEqual([...chosen].filter(([, whole]) => whole), [[55, true]]);
});
