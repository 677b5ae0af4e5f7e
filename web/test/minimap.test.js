import assert from "node:assert/strict";
import { test } from "node:test";
import { Canvas } from "../js/canvas/canvas.js";
import { makeGeometry } from "../js/geometry.js";
import { newState } from "../js/state.js";
import { Minimap } from "../js/view/minimap.js";

/** A minimap of a canvas of 4096 x 4096, whose overview the stage draws as well. */
function setUp() {
  const calls = [], state = newState();
  const context = new Proxy({}, { get: (_, name) => (...all) => calls.push([name, ...all]), set: () => true });
  state.canvas = new Canvas(makeGeometry(4096, 4096, 256));
  const stage = { overviewSurface: ({ tile }) => (tile.clean(), "surface") };
  const map = new Minimap({ clientWidth: 154, clientHeight: 154, width: 154, height: 154, getContext: () => context }, stage);
  const drawn = (now) => {
    calls.length = 0;
    map.draw(state, { name: "light" }, 1, now);
    return calls.some(([name]) => name === "drawImage");
  };
  return { state, stage, drawn };
}

test("the minimap shows what has changed, also if the stage has drawn it already", () => {
  const { state, stage, drawn } = setUp();
  assert.ok(drawn(0));
  assert.ok(!drawn(1000), "nothing has changed");
  state.canvas.overview.set(5, 5, 0xff0000ff);
  stage.overviewSurface(state.canvas.overview);
  assert.ok(drawn(2000));
  assert.ok(!drawn(3000));
  state.canvas.load(state.canvas.regions[0], 1, 1, null, false);
  stage.overviewSurface(state.canvas.overview);
  assert.ok(drawn(4000));
});

test("another canvas is another picture", () => {
  const { state, drawn } = setUp();
  drawn(0);
  state.canvas = new Canvas(makeGeometry(4096, 4096, 256));
  assert.ok(drawn(1000));
});
