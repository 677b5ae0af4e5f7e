import assert from "node:assert/strict";
import { test } from "node:test";
import { makeGeometry } from "../js/geometry.js";
import * as view from "../js/view/view.js";

const viewport = { width: 800, height: 600, left: 20, top: 10, right: 20, bottom: 90 };
const g = makeGeometry(1024, 1024, 256);
const near = (a, b, what) => assert.ok(Math.abs(a - b) < 1e-6, `${what}: ${a}, not ${b}`);

test("screen and canvas coordinates are inverse", () => {
  const at = { x: 100.5, y: 300.25, zoom: 12 };
  const screen = view.toScreen(at, viewport, 90, 310);
  const back = view.toCanvas(at, viewport, screen.x, screen.y);
  near(back.x, 90, "x");
  near(back.y, 310, "y");
  assert.deepEqual(view.toScreen(at, viewport, 100.5, 300.25), { x: 400, y: 260 });
});

test("the visible part is what the corners of the stage show", () => {
  const rect = view.visibleRect({ x: 100, y: 100, zoom: 2 }, viewport);
  assert.deepEqual(rect, { x: -100, y: -30, width: 400, height: 300 });
});

test("fit shows everything: reduced as much as it takes, enlarged in whole steps", () => {
  near(view.fit(g, viewport).zoom, 500 / 1024, "large canvas");
  assert.equal(view.fit(makeGeometry(300, 200, 64), viewport).zoom, 2);
  assert.equal(view.fit(makeGeometry(2, 2, 2), viewport).zoom, view.MAX_ZOOM);
  const { x, y } = view.fit(g, viewport);
  assert.deepEqual([x, y], [512, 512]);
});

test("at every density each pixel of the canvas is a whole number of device pixels, from half its size on", () => {
  for (const density of [1, 1.1, 1.25, 1.5, 1.75, 2, 2.625, 3]) {
    const whole = (zoom, what) => {
      const scale = zoom * density;
      assert.ok(zoom <= 0.5 || Math.abs(scale - Math.round(scale)) < 1e-9, `${what} at ${density}: ${scale}`);
      assert.ok(zoom <= view.MAX_ZOOM, `${what} at ${density}: ${zoom}`);
    };
    for (const edge of [16, 300, 512, 700, 1024, 4096]) {
      const { zoom } = view.fit(makeGeometry(edge, edge, 256), { ...viewport, density });
      whole(zoom, `fit of ${edge}`);
      assert.ok(zoom * edge <= 500.001, `${edge} fits`);
    }
    for (let zoom = 1 / 32, last = 0; zoom !== last; ) {
      last = zoom;
      zoom = view.stepZoom(zoom, 1, density);
      whole(zoom, "step");
      assert.ok(zoom === last || zoom > last);
      if (zoom !== last && last > 1 / 32) assert.ok(Math.abs(view.stepZoom(zoom, -1, density) - last) < 1e-9, `back from ${zoom} to ${last}`);
    }
  }
  assert.equal(view.fit(g, { ...viewport, height: 868 }).zoom, 0.5, "not 0.75, which mixes pixels unevenly");
  assert.equal(view.fit(g, { ...viewport, density: 2 }).zoom, 500 / 1024);
  assert.equal(view.fit(g, { ...viewport, height: 700, density: 2 }).zoom, 0.5);
});

test("zooming leaves the pixel under the pointer where it is, in and out", () => {
  const from = { x: 512, y: 512, zoom: 2 };
  const before = view.toCanvas(from, viewport, 123, 456);
  for (const zoom of [0.5, 1, 3, 64]) {
    const after = view.toCanvas(view.zoomAt(from, viewport, zoom, 123, 456), viewport, 123, 456);
    near(after.x, before.x, "x");
    near(after.y, before.y, "y");
  }
});

test("zoom steps are whole above 1 and lead from any zoom to the next", () => {
  const table = [[1, 1, 2], [2, 1, 3], [0.58, 1, 1], [0.58, -1, 0.5], [5.3, 1, 6], [5.3, -1, 4], [64, 1, 64], [1 / 32, -1, 1 / 32], [1, -1, 0.5]];
  for (const [from, direction, to] of table) assert.equal(view.stepZoom(from, direction), to, `${from} ${direction}`);
});

test("clamp keeps the middle on the canvas and the zoom in its bounds", () => {
  assert.deepEqual(view.clamp({ x: -5, y: 2000, zoom: 500 }, g, viewport), { x: 0, y: 1024, zoom: view.MAX_ZOOM });
  near(view.clamp({ x: 1, y: 1, zoom: 0.0001 }, g, viewport).zoom, 250 / 1024, "least zoom");
});

test("an animated zoom keeps its anchor all the way", () => {
  const from = { x: 512, y: 512, zoom: 1 };
  const to = view.zoomAt(from, viewport, 8, 700, 100);
  const anchor = view.toCanvas(from, viewport, 700, 100);
  for (const t of [0, 0.2, 0.5, 0.9, 1]) {
    const at = view.toCanvas(view.between(from, to, t), viewport, 700, 100);
    near(at.x, anchor.x, `x at ${t}`);
    near(at.y, anchor.y, `y at ${t}`);
  }
});

test("a flight begins where it is, ends where it goes, and says so", () => {
  const flight = { from: { x: 0, y: 0, zoom: 4 }, to: { x: 100, y: 50, zoom: 4 }, start: 1000, duration: 200 };
  assert.deepEqual(view.flightAt(flight, 900).view, flight.from);
  const half = view.flightAt(flight, 1100);
  assert.ok(half.view.x > 50 && half.view.x < 100 && !half.arrived);
  assert.deepEqual(view.flightAt(flight, 1200), { view: flight.to, arrived: true });
});

test("links: read, refused, written", () => {
  assert.deepEqual(view.parseHash("#100,200,16"), { x: 100.5, y: 200.5, zoom: 16 });
  assert.deepEqual(view.parseHash("#0,7"), { x: 0.5, y: 7.5, zoom: view.AIM_ZOOM });
  assert.deepEqual(view.parseHash("#5,6,0.58x"), { x: 5.5, y: 6.5, zoom: 0.58 });
  for (const bad of ["", "#", "#help", "#1", "#1,2,", "#-1,2,3", "#1,2,0", "#1,2,3,4", "#1,2,1e9", "#999999,1,1"]) {
    assert.equal(view.parseHash(bad), null, bad);
  }
  for (const hash of ["#100,200,16", "#0,0,0.58", "#1023,1023,64"]) assert.equal(view.formatHash(view.parseHash(hash), g), hash);
  assert.equal(view.formatHash({ x: 1024, y: -0.1, zoom: 2 }, g), "#1023,0,2");
});
