import assert from "node:assert/strict";
import { test } from "node:test";
import { Canvas } from "../js/canvas/canvas.js";
import { makeGeometry } from "../js/geometry.js";
import { newState } from "../js/state.js";
import { Stage } from "../js/view/stage.js";

/** A context that notes what is drawn where. */
function recorder() {
  const drawn = [];
  const known = { drawImage: (_, ...at) => drawn.push(at), fillRect: (...at) => drawn.push(at) };
  return { drawn, context: new Proxy({}, { get: (_, name) => known[name] ?? (() => {}), set: () => true }) };
}

test("when a card covers a side of the stage, all that is shown moves, and not just what has changed", (t) => {
  t.after(() => [delete globalThis.document, delete globalThis.ImageData]);
  globalThis.document = { createElement: () => ({ getContext: () => recorder().context }) };
  globalThis.ImageData = class {};
  const { drawn, context } = recorder(), state = newState();
  state.canvas = new Canvas(makeGeometry(512, 512, 256));
  for (const region of state.canvas.regions) state.canvas.load(region, 1, 1, null, true);
  state.view = { x: 256, y: 256, zoom: 1 };
  state.viewport = { width: 800, height: 600, left: 0, top: 0, right: 0, bottom: 0 };
  const stage = new Stage({ getContext: () => context });
  const draw = () => {
    drawn.length = 0;
    stage.draw(state, { name: "light", stage: "", paper: "", shadow: "" }, 1);
    return drawn.length;
  };
  const all = draw();
  assert.ok(all >= 4, "four regions");
  assert.equal(draw(), 0, "nothing has changed");
  state.viewport = { ...state.viewport, top: 20 };
  state.canvas.load(state.canvas.regions[0], 1, 2, null, true);
  assert.equal(draw(), all, "the middle of what is left is elsewhere");
});
