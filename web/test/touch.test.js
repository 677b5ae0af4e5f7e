import assert from "node:assert/strict";
import { test } from "node:test";
import { Touch } from "../js/input/touch.js";
import { FakeClock } from "./fakes.js";

/** Fingers on a stage at 10x whose middle is pixel (0, 0). Everything they did is recorded. */
function setUp({ zoom = 10, tool = "pencil", there = false, past = null } = {}) {
  const clock = new FakeClock(), did = [];
  const note = (name) => (...args) => did.push([name, ...args]);
  const state = { tool, past, view: { x: 0, y: 0, zoom }, viewport: { width: 0, height: 0, left: 0, top: 0, right: 0, bottom: 0 } };
  const navigation = { drag: note("drag"), pinch: note("pinch"), zoomTo: note("zoomTo"), steady: () => true };
  const drawing = { begin: note("begin"), to: note("to"), end() {}, settle() {}, point() {}, hold() {}, keep() {}, withdraw() {}, place: note("place"), pick: note("pick") };
  const record = { there, inspect: note("inspect") };
  const touch = new Touch(state, navigation, drawing, record, { undo: note("undo") }, { now: () => clock.now, setTimeout: clock.setTimeout, clearTimeout: clock.clearTimeout });
  return { touch, clock, did };
}
const at = (x, y = 5) => ({ x, y });

test("a tap places", () => {
  const { touch, did } = setUp();
  touch.down(1, at(15));
  assert.deepEqual(did, []);
  touch.up(1, at(15));
  assert.deepEqual(did, [["place", 1, 0]]);
});

test("a tap far out zooms in there instead", () => {
  const { touch, did } = setUp({ zoom: 0.5 });
  touch.down(1, at(15));
  touch.up(1, at(15));
  assert.deepEqual(did, [["zoomTo", 8, at(15)]]);
});

test("one finger draws once it has moved far enough, from where it began", () => {
  const { touch, did } = setUp();
  touch.down(1, at(5));
  touch.move(1, at(11), []);
  assert.deepEqual(did, []);
  touch.move(1, at(25), [at(15)]);
  assert.deepEqual(did, [["begin", 0, 0], ["to", 1, 0], ["to", 2, 0]]);
});

test("after the time in which a second finger comes, a smaller move is enough", () => {
  const { touch, clock, did } = setUp();
  touch.down(1, at(8));
  clock.advance(150);
  touch.move(1, at(12), []);
  assert.deepEqual(did, [["begin", 0, 0], ["to", 1, 0]]);
});

test("two fingers never draw: they move and zoom about their middle", () => {
  const { touch, clock, did } = setUp();
  touch.down(1, at(0));
  clock.advance(100);
  touch.down(2, at(40));
  touch.move(2, at(80), []);
  touch.up(2, at(80));
  touch.move(1, at(50), []);
  touch.up(1, at(50));
  clock.advance(1000);
  assert.deepEqual(did, [["pinch", 2, 20, 5, 40, 5]]);
  touch.down(3, at(15));
  touch.up(3, at(15));
  assert.equal(did.at(-1)[0], "place", "afterwards one finger draws again");
});

test("a finger that rests takes the colour, and then nothing more", () => {
  const { touch, clock, did } = setUp();
  touch.down(1, at(15));
  clock.advance(500);
  touch.move(1, at(90), []);
  touch.up(1, at(90));
  assert.deepEqual(did, [["pick", 1, 0]]);
});

test("with the hand one finger moves the canvas, and a tap does nothing", () => {
  const { touch, did } = setUp({ tool: "hand" });
  touch.down(1, at(0));
  touch.move(1, at(20), []);
  touch.move(1, at(25), []);
  touch.up(1, at(25));
  touch.down(1, at(0));
  touch.up(1, at(0));
  assert.deepEqual(did, [["drag", 20, 0], ["drag", 5, 0]]);
});

test("where there is a record, a finger that rests asks who placed the pixel, and so does a tap with the tool for it", () => {
  const { touch, clock, did } = setUp({ there: true });
  touch.down(1, at(15));
  clock.advance(500);
  touch.up(1, at(15));
  assert.deepEqual(did, [["inspect", 1, 0, true]]);
  const tool = setUp({ there: true, tool: "inspect" });
  tool.touch.down(1, at(15));
  tool.touch.up(1, at(15));
  assert.deepEqual(tool.did, [["inspect", 1, 0, true]]);
});

test("in the past nothing is drawn: one finger moves the canvas, a tap asks", () => {
  const { touch, did } = setUp({ there: true, past: {} });
  touch.down(1, at(0));
  touch.move(1, at(20), []);
  touch.up(1, at(20));
  touch.down(1, at(15));
  touch.up(1, at(15));
  assert.deepEqual(did, [["drag", 20, 0], ["inspect", 1, 0, true]]);
});

test("a tap of three fingers takes back; one that moves, takes long or has two fingers does not", () => {
  const three = ({ fingers = 3, moves = 0, ms = 200 }) => {
    const { touch, clock, did } = setUp();
    for (let id = 1; id <= fingers; id++) (touch.down(id, at(40 * id)), clock.advance(20));
    touch.move(2, at(80 + moves), []);
    clock.advance(ms);
    for (let id = 1; id <= fingers; id++) touch.up(id, at(40 * id));
    return did.filter(([what]) => what !== "pinch").map(([what]) => what);
  };
  assert.deepEqual(three({}), ["undo"]);
  assert.deepEqual(three({ moves: 3 }), ["undo"]);
  assert.deepEqual(three({ moves: 30 }), []);
  assert.deepEqual(three({ ms: 900 }), []);
  assert.deepEqual(three({ fingers: 2 }), []);
  assert.deepEqual(three({ fingers: 4 }), []);
});
