import assert from "node:assert/strict";
import { test } from "node:test";
import { Mouse } from "../js/input/mouse.js";

/** A wheel over a stage; what it did is recorded. */
function setUp() {
  const did = [];
  const navigation = { zoom: (direction, at) => did.push(["zoom", direction, at.x, at.y]), drag: (dx, dy) => did.push(["drag", dx, dy]) };
  const mouse = new Mouse(null, {}, navigation, {}, {}, {});
  let time = 1000;
  const wheel = (more, at = { x: 5, y: 6 }) =>
    mouse.wheel({ deltaX: 0, deltaY: 0, deltaMode: 0, ctrlKey: false, shiftKey: false, timeStamp: (time += 10), preventDefault() {}, ...more }, at);
  return { did, wheel, wait: (ms) => (time += ms) };
}

test("the wheel zooms by notches at its place", () => {
  const { did, wheel } = setUp();
  wheel({ deltaY: -100 });
  wheel({ deltaY: 60 });
  wheel({ deltaY: 60 }, { x: 7, y: 8 });
  wheel({ deltaY: -3, deltaMode: 1 });
  assert.deepEqual(did, [["zoom", 1, 5, 6], ["zoom", -1, 7, 8], ["zoom", 1, 5, 6]]);
});

test("sideways it moves the canvas, also with Shift in browsers that only say so", () => {
  const { did, wheel } = setUp();
  wheel({ deltaX: 30, deltaY: 10 });
  wheel({ deltaX: -2, deltaMode: 1 });
  wheel({ deltaY: 100, shiftKey: true });
  assert.deepEqual(did, [["drag", -30, 0], ["drag", 80, 0], ["drag", -100, 0]]);
});

test("a touchpad that is not quite straight zooms, and never does both", () => {
  const { did, wheel } = setUp();
  for (let i = 0; i < 10; i++) wheel({ deltaX: 4, deltaY: 11 });
  assert.deepEqual(did, [["zoom", -1, 5, 6]]);
});
