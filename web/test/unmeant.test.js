// A press places a pixel only if it was meant to: not when it was meant for what the view showed before.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Canvas } from "../js/canvas/canvas.js";
import { Drawing } from "../js/input/drawing.js";
import { makeGeometry } from "../js/geometry.js";
import { keyDown } from "../js/input/keyboard.js";
import { Mouse } from "../js/input/mouse.js";
import { Navigation } from "../js/view/navigation.js";
import { Pending } from "../js/canvas/pending.js";
import { newState } from "../js/state.js";
import { Touch } from "../js/input/touch.js";
import { FakeClock } from "./fakes.js";

globalThis.Element ??= class {};
globalThis.document ??= { body: {} };

/** A canvas of 1024x1024 on a stage of 800x800, with a mouse, fingers and a keyboard. */
function setUp({ zoom = 0.75, calm = false } = {}) {
  const clock = new FakeClock(), state = newState();
  state.canvas = new Canvas(makeGeometry(1024, 1024, 256));
  for (const region of state.canvas.regions) state.canvas.load(region, 0, 0, null, true);
  state.pending = new Pending(state.canvas);
  Object.assign(state.connection, { phase: "open", welcomed: true });
  state.viewport = { width: 800, height: 800, left: 0, top: 0, right: 0, bottom: 0 };
  state.view = { x: 512, y: 512, zoom };
  const ports = { now: () => clock.now, changed() {}, calm: () => calm, setTimeout: clock.setTimeout, clearTimeout: clock.clearTimeout };
  const navigation = new Navigation(state, ports), drawing = new Drawing(state, ports);
  const record = { there: false, inspect() {}, key: () => false };
  const space = { held: false, used: false }, stage = new Element();
  stage.closest = () => null;
  const mouse = new Mouse(stage, state, navigation, drawing, space, record);
  const touch = new Touch(state, navigation, drawing, record, { undo() {} }, ports);
  const frames = () => navigation.advance(clock.now);
  const event = (x, y) => ({ offsetX: x, offsetY: y, clientX: x, clientY: y, button: 0 });
  const it = {
    state, clock, navigation, drawing, touch,
    wait(ms) {
      for (let gone = 0; gone < ms; gone += 10) (clock.advance(10), frames());
    },
    press: (x, y) => mouse.down(event(x, y)),
    move: (x, y) => mouse.move(event(x, y)),
    lift: (x, y) => mouse.up(event(x, y)),
    click: (x = 400, y = 400) => (it.press(x, y), it.lift(x, y)),
    tap(x = 400, y = 400) {
      touch.down(1, { x, y });
      touch.up(1, { x, y });
    },
    enter() {
      keyDown({ key: "Enter", code: "Enter", target: stage, preventDefault() {} }, { state, drawing, navigation, record, space, stage, templates: { key: () => false } });
    },
    get drawn() {
      return state.pending.unsent;
    },
    /** What the server hears of. */
    sent: () => state.pending.next(9, () => true, clock.now)?.dots.size ?? 0,
  };
  return it;
}

for (const calm of [false, true]) {
  for (const gap of [60, 90, 120, 150, 180, 250, 400]) {
    for (const how of ["click", "tap"]) {
      test(`far out, a double ${how} with ${gap} ms between zooms in and places nothing${calm ? ", with motion reduced" : ""}`, () => {
        const it = setUp({ calm });
        it[how]();
        it.wait(gap);
        it[how]();
        assert.equal(it.drawn, 0);
        it.wait(1000);
        assert.equal(it.state.view.zoom, 8);
        it[how]();
        assert.equal(it.drawn, 1, "later it places");
      });
    }
  }
}

test("while the wheel zooms and just after, a click places nothing, and a drag draws when the view is steady", () => {
  const it = setUp({ zoom: 8 });
  it.navigation.zoom(1, { x: 400, y: 400 });
  it.wait(50);
  it.click();
  assert.equal(it.drawn, 0);
  it.press(400, 400);
  it.move(424, 400);
  assert.equal(it.drawn, 0);
  it.wait(400);
  it.move(448, 400);
  it.move(472, 400);
  it.lift(472, 400);
  assert.equal(it.drawn, 3);
});

test("a finger that drags while the view is not steady draws from where it then is, and takes no colour", () => {
  const it = setUp({ zoom: 12 });
  it.navigation.pan(80, 0);
  it.touch.down(1, { x: 400, y: 400 });
  it.touch.move(1, { x: 420, y: 400 }, []);
  it.wait(600);
  assert.equal(it.drawn, 0);
  it.touch.move(1, { x: 450, y: 400 }, []);
  it.touch.move(1, { x: 462, y: 400 }, []);
  it.touch.up(1, { x: 462, y: 400 });
  assert.equal(it.drawn, 2);
});

test("a stroke draws nothing while the view flies below it", () => {
  const it = setUp({ zoom: 8 });
  it.press(400, 400);
  it.navigation.pan(240, 0);
  it.wait(50);
  it.move(420, 400);
  assert.equal(it.drawn, 1);
});

for (const after of [20, 100, 200, 290]) {
  test(`a second finger that lands ${after} ms after the first has moved leaves nothing, here or elsewhere`, () => {
    const it = setUp({ zoom: 8 });
    it.touch.down(1, { x: 400, y: 400 });
    it.wait(40);
    it.touch.move(1, { x: 420, y: 400 }, []);
    it.wait(after);
    assert.equal(it.drawn, 3, "it is shown at once");
    assert.equal(it.sent(), 0, "but not sent");
    it.touch.down(2, { x: 500, y: 400 });
    assert.equal(it.drawn, 0);
    assert.equal(it.state.canvas.covers.size, 0);
    it.touch.up(2, { x: 500, y: 400 });
    it.touch.up(1, { x: 420, y: 400 });
    it.wait(1000);
    assert.equal(it.sent(), 0);
    it.touch.down(1, { x: 400, y: 400 });
    it.touch.up(1, { x: 400, y: 400 });
    assert.equal(it.sent(), 1, "a tap is sent at once");
  });
}

test("a stroke is sent once it is clear that it is one: after a while, or when the finger is lifted", () => {
  const it = setUp({ zoom: 8 });
  it.touch.down(1, { x: 400, y: 400 });
  it.touch.move(1, { x: 420, y: 400 }, []);
  it.wait(310);
  assert.equal(it.sent(), 3);
  it.touch.down(2, { x: 500, y: 400 });
  assert.equal(it.state.canvas.covers.size, 3, "what has been drawn for so long stays");
  it.touch.up(2, { x: 500, y: 400 });
  it.touch.up(1, { x: 420, y: 400 });
  it.touch.down(1, { x: 400, y: 500 });
  it.touch.move(1, { x: 420, y: 500 }, []);
  it.touch.up(1, { x: 420, y: 500 });
  assert.equal(it.sent(), 3);
});

test("a gesture that the system takes over leaves nothing", () => {
  const it = setUp({ zoom: 8 });
  it.touch.down(1, { x: 400, y: 400 });
  it.touch.move(1, { x: 420, y: 400 }, []);
  it.touch.cancel(1);
  assert.equal(it.drawn, 0);
});

test("Enter does what a click does: far out it only zooms in, and a second one places nothing", () => {
  const it = setUp();
  it.drawing.move(0, 0);
  it.enter();
  it.wait(100);
  it.enter();
  assert.equal(it.drawn, 0);
  it.wait(1000);
  assert.equal(it.state.view.zoom, 8);
  it.enter();
  assert.equal(it.drawn, 1);
  it.navigation.pan(80, 0);
  it.drawing.move(1, 0);
  it.enter();
  assert.equal(it.drawn, 2, "a pan does not lead a keyboard's aim astray");
});

test("Enter does with a tool what a click does: the hand places nothing, the dropper takes the colour", () => {
  const it = setUp({ zoom: 8 });
  it.drawing.move(0, 0);
  it.drawing.choose("hand");
  it.enter();
  it.drawing.choose("pick");
  it.enter();
  assert.equal(it.drawn, 0);
  assert.deepEqual([it.state.tool, it.state.colour], ["pencil", 0xffffff]);
});
