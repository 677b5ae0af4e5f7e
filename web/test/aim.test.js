import assert from "node:assert/strict";
import { test } from "node:test";
import { Aim } from "../js/aim.js";
import { drawStaged } from "../js/aim/staged.js";
import { Staging } from "../js/aim/staging.js";
import { Canvas } from "../js/canvas/canvas.js";
import { Pending } from "../js/canvas/pending.js";
import { makeGeometry } from "../js/geometry.js";
import { Drawing } from "../js/input/drawing.js";
import { keyDown } from "../js/input/keyboard.js";
import { Mouse } from "../js/input/mouse.js";
import { careful, stages } from "../js/input/tools.js";
import { Touch } from "../js/input/touch.js";
import { Undo } from "../js/input/undo.js";
import { Kept, keepChoices } from "../js/browser_storage.js";
import { newState } from "../js/state.js";
import { FakeClock, fakeStorage } from "./fakes.js";

const RED = 0xff0000, BLUE = 0x0000ff, WHITE = 0xffffff;

/** Someone who confirms what is placed, in front of a white canvas at 16x whose pixel (100, 50) is in the middle. */
function setUp({ rate = 0, burst = 0, fingers = true } = {}) {
  const state = newState(), clock = new FakeClock(), now = () => clock.now, flying = { steady: true };
  state.canvas = new Canvas(makeGeometry(200, 100, 64));
  for (const region of state.canvas.regions) state.canvas.load(region, 0, 0, null, true);
  state.canvas.watch = state.strokes;
  state.pending = new Pending(state.canvas);
  Object.assign(state.connection, { phase: "open", welcomed: true });
  if (rate > 0) state.allowance.open(rate, burst, clock.now);
  Object.assign(state, { colour: RED, careful: true, fingers, view: { x: 100.5, y: 50.5, zoom: 16 }, viewport: { width: 400, height: 400, left: 0, top: 0, right: 0, bottom: 0 } });
  const did = [], navigation = { drag: (dx, dy) => did.push(["drag", dx, dy]), pinch: () => did.push(["pinch"]), zoomTo: () => did.push(["zoomTo"]), steady: () => flying.steady };
  const drawing = new Drawing(state, { now, changed() {}, stage: (x, y) => staging.stage(x, y) });
  const staging = new Staging(state, { now, changed() {}, steady: () => flying.steady, place: (dots) => drawing.placeAll(dots) });
  const undo = new Undo(state, { now, changed() {}, settle: () => drawing.settle(), show() {} });
  const record = { there: false, inspect() {} };
  const touch = new Touch(state, navigation, drawing, record, undo, { now, setTimeout: clock.setTimeout, clearTimeout: clock.clearTimeout });
  const at = (x, y) => ({ x: 200 + (x - 100) * 16, y: 200 + (y - 50) * 16 });
  return {
    state, clock, did, drawing, staging, undo, touch, flying, at, navigation, record,
    tap(x, y) {
      touch.down(1, at(x, y));
      touch.up(1, at(x, y));
    },
    staged: () => [...state.staged].map(([key, colour]) => [key % 200, Math.floor(key / 200), colour]),
    pixel: (x, y) => state.canvas.pixel(x, y),
  };
}

test("a tap stages, a second one takes it away, and nothing is placed before it is confirmed", () => {
  const it = setUp();
  it.tap(100, 50);
  it.tap(101, 50);
  it.tap(102, 50);
  it.tap(101, 50);
  assert.deepEqual(it.staged(), [[100, 50, RED], [102, 50, RED]]);
  assert.deepEqual([it.state.pending.unsent, it.pixel(100, 50)], [0, WHITE]);
  it.staging.paint();
  assert.deepEqual([it.state.pending.unsent, it.pixel(100, 50), it.pixel(101, 50), it.pixel(102, 50), it.staged().length], [2, RED, WHITE, RED, 0]);
  assert.match(it.state.said, /Painted: 2 pixels/);
  it.undo.undo();
  assert.deepEqual([it.pixel(100, 50), it.pixel(102, 50)], [WHITE, WHITE], "they are one stroke");
});

test("each pixel keeps the colour that it was staged in; another colour replaces it", () => {
  const it = setUp();
  it.tap(100, 50);
  it.state.colour = BLUE;
  it.tap(101, 50);
  it.tap(100, 50);
  assert.deepEqual(it.staged(), [[100, 50, BLUE], [101, 50, BLUE]]);
  it.state.colour = RED;
  it.tap(101, 50);
  it.staging.paint();
  assert.deepEqual([it.pixel(100, 50), it.pixel(101, 50)], [BLUE, RED]);
});

test("pans, pinches and strokes of a finger move the canvas, and neither stage nor place", () => {
  const it = setUp();
  it.touch.down(1, it.at(100, 50));
  it.touch.move(1, it.at(104, 50), [it.at(102, 50)]);
  it.touch.move(1, it.at(108, 50), []);
  it.touch.up(1, it.at(108, 50));
  it.touch.down(1, it.at(100, 50));
  it.clock.advance(100);
  it.touch.down(2, it.at(110, 50));
  it.touch.move(2, it.at(114, 50), []);
  it.touch.up(1, it.at(100, 50));
  it.touch.up(2, it.at(114, 50));
  it.clock.advance(1000);
  assert.deepEqual([it.did.map(([what]) => what), it.staged(), it.state.pending.unsent], [["drag", "drag", "pinch"], [], 0]);
});

test("far out, a tap zooms in; while the view flies it stages nothing", () => {
  const it = setUp();
  it.state.view.zoom = 1;
  it.tap(100, 50);
  assert.deepEqual([it.did, it.staged()], [[["zoomTo"]], []]);
  it.state.view.zoom = 16;
  it.flying.steady = false;
  it.tap(100, 50);
  assert.deepEqual(it.staged(), []);
});

test("fingers aim at the middle of the screen, and may paint that pixel alone", () => {
  const it = setUp();
  it.drawing.follow();
  assert.deepEqual(it.state.reticule, { x: 100, y: 50, keyboard: false });
  it.flying.steady = false;
  it.staging.paint();
  assert.equal(it.state.pending.unsent, 0, "the middle is about to be another pixel");
  it.flying.steady = true;
  it.staging.paint();
  assert.deepEqual([it.pixel(100, 50), it.state.pending.unsent], [RED, 1]);
  it.tap(104, 52);
  it.drawing.follow();
  assert.equal(it.state.reticule, null, "what is staged is what will be painted");
  it.state.staged.clear();
  it.state.view.zoom = 1;
  it.drawing.follow();
  assert.deepEqual([it.state.reticule, it.staging.targets], [null, []]);
});

test("where a cooldown rules, no more is staged than can be saved up; of what there is no pixel for yet, it stays staged", () => {
  const it = setUp({ rate: 0.2, burst: 3 });
  for (const x of [100, 101, 102, 103]) it.tap(x, 50);
  assert.equal(it.staged().length, 3);
  assert.match(it.state.toast.text, /No more pixels can be staged/);
  it.state.allowance.set(2, it.clock.now);
  it.staging.paint();
  assert.deepEqual([it.state.pending.unsent, it.staged()], [2, [[102, 50, RED]]]);
  assert.match(it.state.toast.text, /^Drawn: 2 of 3 pixels\. Your next pixel is ready/);
  it.staging.paint();
  assert.equal(it.state.pending.unsent, 2);
});

test("where there is one pixel at a time, what is staged moves to where is tapped", () => {
  const it = setUp({ rate: 0.2, burst: 1 });
  it.state.allowance.set(0, it.clock.now);
  it.tap(100, 50);
  it.tap(105, 51);
  assert.deepEqual(it.staged(), [[105, 51, RED]], "also before there is a pixel to paint it with");
});

test("what may not be drawn is not staged, and the reason is told", () => {
  const it = setUp();
  Object.assign(it.state.me, { draws: false });
  it.tap(100, 50);
  assert.deepEqual([it.staged(), it.state.toast.text], [[], "You may only watch here"]);
  it.state.me.signIn = "auth/login";
  it.tap(100, 50);
  assert.deepEqual([it.staged(), it.state.asksSignIn], [[], true]);
});

test("a brush stages what it covers, each pixel once, and nothing off the canvas", () => {
  const it = setUp();
  it.state.brush = 3;
  it.staging.stage(0, 0);
  assert.equal(it.staged().length, 4);
  it.staging.stage(0, 0);
  assert.deepEqual(it.staged(), []);
});

test("with a mouse a click stages and a drag moves the canvas", () => {
  const it = setUp({ fingers: false });
  const mouse = new Mouse(/** @type {any} */ ({}), it.state, it.navigation, it.drawing, { held: false, used: false }, it.record);
  const event = (x, y) => ({ offsetX: it.at(x, y).x, offsetY: it.at(x, y).y, clientX: it.at(x, y).x, clientY: it.at(x, y).y, button: 0, altKey: false });
  mouse.down(event(100, 50));
  mouse.up(event(100, 50));
  assert.deepEqual(it.staged(), [[100, 50, RED]]);
  mouse.down(event(100, 50));
  mouse.move(event(103, 50));
  mouse.up(event(103, 50));
  assert.deepEqual([it.staged().length, it.did[0][0], it.state.pending.unsent], [1, "drag", 0]);
  it.state.pointer = null;
  it.drawing.follow();
  assert.equal(it.state.reticule, null, "a mouse that is elsewhere aims at nothing");
});

test("by keyboard Enter stages, Control Enter paints, and Escape takes all away", async () => {
  const it = setUp({ fingers: false }), { state } = it;
  const aiming = { stage: (x, y) => it.staging.stage(x, y), paint: () => it.staging.paint(), drop: () => it.staging.drop(), show() {} };
  const aim = new Aim(state, { now: () => 0, changed() {}, load: () => Promise.resolve(aiming) });
  await aim.stage(1, 1);
  await aim.stage(1, 1);
  globalThis.Element = /** @type {any} */ (class { closest() { return null; } });
  globalThis.document = /** @type {any} */ ({});
  const stage = new Element();
  const page = /** @type {any} */ ({ state, aim, drawing: it.drawing, navigation: { ...it.navigation, reveal() {} }, stage, space: { held: false, used: false }, record: { there: false, key: () => false }, rules: { key: () => false }, templates: { key: () => false }, dismiss: () => aim.drop(), undo: it.undo, now: () => 0 });
  const press = (key, more = {}) => keyDown(/** @type {any} */ ({ key, code: "", target: stage, preventDefault() {}, ...more }), page);
  press("ArrowRight");
  press("Enter");
  assert.deepEqual(it.staged(), [[101, 50, RED]]);
  press("Escape");
  assert.deepEqual(it.staged(), []);
  press("Enter");
  press("Enter", { ctrlKey: true });
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual([it.staged(), it.pixel(101, 50)], [[], RED]);
});

test("it is the default under fingers where a cooldown rules, and what was chosen lasts", () => {
  const storage = fakeStorage(), visit = () => {
    const state = newState();
    return { state, keep: keepChoices(new Kept(() => storage), state) };
  };
  const first = visit();
  assert.equal(careful(first.state), false);
  first.state.fingers = true;
  first.state.allowance.open(20, 200, 0);
  assert.equal(careful(first.state), false);
  first.state.allowance.open(0.2, 1, 0);
  assert.equal(careful(first.state), true);
  first.state.fingers = false;
  assert.equal(careful(first.state), false);
  const aim = new Aim(first.state, { now: () => 0, changed() {}, load: () => Promise.reject(new Error("never used")) });
  aim.choose();
  first.keep();
  const { state } = visit();
  assert.deepEqual([state.careful, stages(state)], [true, true]);
  for (const [name, value] of [["tool", "hand"], ["past", {}], ["selecting", {}]]) assert.equal(stages({ ...state, [name]: value }), false, name);
});

test("what is staged has a dashed frame, on the screen only", () => {
  const it = setUp(), drawn = [];
  const context = /** @type {any} */ ({ fillRect: (...box) => drawn.push(["fill", ...box]), strokeRect: (...box) => drawn.push(["frame", ...box]), setLineDash(dashes) { this.dashes = dashes; } });
  it.tap(100, 50);
  it.staging.stage(0, 0);
  drawStaged(context, it.state, /** @type {any} */ (null), 1);
  assert.deepEqual(drawn, [["fill", 192, 192, 16, 16], ["frame", 193, 193, 14, 14], ["frame", 193, 193, 14, 14]]);
  assert.equal(context.dashes.length, 2);
  it.state.past = /** @type {any} */ ({});
  drawStaged(context, it.state, /** @type {any} */ (null), 1);
  assert.equal(drawn.length, 3);
});
