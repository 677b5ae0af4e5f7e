import assert from "node:assert/strict";
import { test } from "node:test";
import { Canvas } from "../js/canvas/canvas.js";
import { PALETTE } from "../js/colour.js";
import { Drawing } from "../js/input/drawing.js";
import { makeGeometry } from "../js/geometry.js";
import { keyDown, keyUp } from "../js/input/keyboard.js";
import { Navigation } from "../js/view/navigation.js";
import { MAX_UNSENT, Pending } from "../js/canvas/pending.js";
import { newState } from "../js/state.js";
import { toScreen } from "../js/view/view.js";

const RED = 0xff0000, WHITE = 0xffffff;

globalThis.Element ??= class {};
globalThis.document ??= { body: {} };

/** A user in front of a 200x100 canvas, online, with every part that input talks to. */
function setUp() {
  const state = newState();
  state.canvas = new Canvas(makeGeometry(200, 100, 64));
  for (const region of state.canvas.regions) state.canvas.load(region, 0, 0, null, true);
  state.pending = new Pending(state.canvas);
  Object.assign(state.connection, { phase: "open", welcomed: true });
  state.colour = RED;
  let time = 1000;
  const ports = { now: () => time, changed() {}, calm: () => true };
  const drawing = new Drawing(state, ports), navigation = new Navigation(state, ports);
  navigation.resize({ width: 400, height: 300, left: 0, top: 0, right: 0, bottom: 0 });
  navigation.open("");
  const stage = new Element(), called = [];
  stage.closest = () => null;
  stage.blur = () => called.push("blur");
  const page = {
    state, drawing, navigation, stage, space: { held: false, used: false },
    copyLink: () => called.push("copy"), toggleGrid: () => called.push("grid"), toggleHelp: () => called.push("help"),
    dismiss: () => false, changed() {}, now: ports.now,
    rules: { report: () => called.push("report"), key: () => false, escape: () => false },
    templates: { key: ({ key }) => key === "Tab" && called.push("placing") > 0, toggle: () => called.push("templates"), hide: () => called.push("hide"), next: () => called.push("next") },
    record: {
      there: false, inspect: (x, y) => called.push(`inspect ${x},${y}`), toggle: () => called.push("replay"),
      close: () => false, key: (key) => state.past !== null && "ljm< >".includes(key) && called.push(`past ${key}`) > 0,
    },
  };
  const press = (key, more = {}) => {
    const event = { key, code: "", target: stage, preventDefault() { this.defaultPrevented = true; }, ...more };
    keyDown(event, page);
    keyUp(event, page);
    return event.defaultPrevented === true;
  };
  const painted = () => {
    const pixels = [];
    for (let y = 0; y < 100; y++) for (let x = 0; x < 200; x++) if (state.canvas.pixel(x, y) !== WHITE) pixels.push([x, y]);
    return pixels;
  };
  return { state, drawing, navigation, page, press, called, painted, calm: ports };
}

test("a stroke is a line without gaps, however far apart the pointer was seen", () => {
  const { drawing, painted, state } = setUp();
  drawing.begin(10, 10);
  drawing.to(14, 10);
  drawing.to(14, 13);
  drawing.end();
  assert.deepEqual(painted(), [[10, 10], [11, 10], [12, 10], [13, 10], [14, 10], [14, 11], [14, 12], [14, 13]]);
  assert.equal(state.pending.next(9, () => true, 0).dots.size, 8);
  assert.match(state.said, /8 pixels up to 14, 13/);
});

test("off the canvas nothing is drawn, and the stroke goes on where it comes back", () => {
  const { drawing, painted } = setUp();
  drawing.begin(197, 50);
  drawing.to(203, 50);
  drawing.to(203, 52);
  drawing.to(198, 52);
  drawing.end();
  assert.deepEqual(painted(), [[197, 50], [198, 50], [199, 50], [198, 52], [199, 52]]);
});

test("when too much waits, drawing stops and says why", () => {
  const { drawing, state } = setUp();
  state.connection.welcomed = false;
  for (let key = 0; key < MAX_UNSENT; key++) state.pending.draw(key, RED, true);
  drawing.begin(150, 90);
  assert.equal(drawing.drawing, false);
  assert.equal(state.canvas.pixel(150, 90), WHITE);
  assert.match(state.toast.text, /5,000 pixels are waiting/);
});

test("without any hope of a connection drawing is refused", () => {
  const { drawing, state, painted } = setUp();
  Object.assign(state.connection, { phase: "stopped", welcomed: false });
  drawing.place(5, 5);
  assert.deepEqual(painted(), []);
  assert.match(state.toast.text, /no connection/);
});

test("recent colours: the newest first, and none moves while it is used again", () => {
  const { drawing, state } = setUp();
  for (const colour of [1, 2, 3, 1, 2]) {
    drawing.setColour(colour);
    drawing.place(colour, 0);
  }
  assert.deepEqual(state.recent, [3, 2, 1]);
  for (let colour = 10; colour < 30; colour++) {
    drawing.setColour(colour);
    drawing.place(colour, 0);
  }
  assert.deepEqual(state.recent, [29, 28, 27, 26, 25, 24, 23, 22]);
});

test("recent colours: none that is offered anyway", () => {
  const { drawing, state } = setUp();
  for (const { colour } of PALETTE) {
    drawing.setColour(colour);
    drawing.place(1, 1);
  }
  drawing.setColour(0x123456);
  drawing.place(1, 1);
  assert.deepEqual(state.recent, [0x123456]);
});

test("picking takes the colour that is shown and gives the pencil back", () => {
  const { drawing, state } = setUp();
  drawing.setColour(0x123456);
  drawing.place(5, 5);
  drawing.setColour(RED);
  drawing.choose("pick");
  drawing.pick(5, 5);
  assert.deepEqual([state.colour, state.tool], [0x123456, "pencil"]);
  drawing.pick(-1, 5);
  assert.equal(state.colour, 0x123456);
});

test("arrows aim from the middle, with shift by ten, never off the canvas; Enter and space place", () => {
  const { state, press, painted } = setUp();
  assert.ok(press("ArrowRight"));
  assert.deepEqual(state.reticule, { x: 101, y: 50, keyboard: true });
  press("ArrowUp", { shiftKey: true });
  press("Enter");
  press("ArrowLeft");
  press(" ");
  assert.deepEqual(painted(), [[100, 40], [101, 40]]);
  for (let i = 0; i < 30; i++) press("ArrowLeft", { shiftKey: true });
  assert.equal(state.reticule.x, 0);
  assert.match(state.said, /^0, 40 White$/);
});

test("the view follows the reticule", () => {
  const { state, navigation, press } = setUp();
  navigation.zoomTo(16);
  for (let i = 0; i < 5; i++) press("ArrowRight", { shiftKey: true });
  const at = toScreen(state.view, state.viewport, state.reticule.x + 0.5, state.reticule.y + 0.5);
  assert.ok(at.x > 0 && at.x < 400 && at.y > 0 && at.y < 300);
});

test("space that panned does not place", () => {
  const { page, press, painted, state } = setUp();
  press("ArrowRight");
  const event = { key: " ", target: page.stage, preventDefault() {} };
  keyDown(event, page);
  page.space.used = true;
  keyUp(event, page);
  assert.deepEqual(painted(), []);
  assert.equal(page.space.held, false);
  assert.ok(state.reticule);
});

test("digits choose colours, with shift the lower row, and 0 fits", () => {
  const { state, navigation, press } = setUp();
  press("3", { code: "Digit3" });
  assert.equal(state.colour, PALETTE[2].colour);
  press("#", { code: "Digit3", shiftKey: true });
  assert.equal(state.colour, PALETTE[11].colour);
  navigation.zoomTo(16);
  press("0", { code: "Digit0" });
  assert.equal(state.view.zoom, 2);
});

test("letters act wherever the focus is, but not in a field, nor with Ctrl", () => {
  const { state, press, called, page } = setUp();
  press("h");
  assert.equal(state.tool, "hand");
  press("B", { shiftKey: true });
  assert.equal(state.tool, "pencil");
  press("g");
  press("c");
  press("?");
  for (const key of ["o", ",", "."]) press(key);
  assert.deepEqual(called, ["grid", "copy", "help", "templates", "hide", "next"]);
  assert.ok(press("Tab"), "a template that is being placed has its keys first");
  assert.equal(press("c", { ctrlKey: true }), false);
  const field = new Element();
  field.closest = () => field;
  assert.equal(press("h", { target: field }), false);
  assert.equal(state.tool, "pencil");
  page.state.reticule = null;
  press("i");
  assert.equal(state.tool, "pick");
  press("Escape");
  assert.deepEqual([state.tool, called.at(-1)], ["pencil", "blur"]);
});

test("WASD move the view, Q and E zoom", () => {
  const { state, navigation, press } = setUp();
  navigation.zoomTo(8);
  const { x, y } = state.view;
  press("d", { code: "KeyD" });
  press("s", { code: "KeyS" });
  assert.deepEqual([state.view.x, state.view.y], [x + 10, y + 10]);
  press("q", { code: "KeyQ" });
  assert.equal(state.view.zoom, 6);
  press("e", { code: "KeyE" });
  assert.equal(state.view.zoom, 8);
});

test("a link opens its place, another one goes there, and the whole canvas stays fitted", () => {
  const { state, navigation } = setUp();
  assert.equal(navigation.hash, "#100,50,2");
  navigation.resize({ width: 800, height: 600, left: 0, top: 0, right: 0, bottom: 0 });
  assert.equal(state.view.zoom, 4);
  navigation.open("#20,30,16");
  assert.equal(navigation.hash, "#20,30,16");
  navigation.resize({ width: 400, height: 300, left: 0, top: 0, right: 0, bottom: 0 });
  assert.equal(navigation.hash, "#20,30,16");
  navigation.follow("#500,500,9999");
  assert.equal(navigation.hash, "#20,30,16", "no place");
  navigation.follow("#500,500,64");
  assert.equal(navigation.hash, "#199,99,64", "the nearest place there is");
});

test("with motion the link says at once where the view is going, and the view gets there", () => {
  const { state, navigation, calm } = setUp();
  calm.calm = () => false;
  navigation.zoomTo(16, { x: 0, y: 0 });
  assert.equal(state.view.zoom, 2);
  assert.match(navigation.hash, /,16$/);
  assert.equal(navigation.advance(1070), true);
  assert.ok(state.view.zoom > 2 && state.view.zoom < 16);
  assert.equal(navigation.advance(5000), false);
  assert.deepEqual([state.view.zoom, state.flight], [16, null]);
});

test("pinching keeps what is between the fingers there", () => {
  const { state, navigation } = setUp();
  navigation.zoomTo(8);
  const before = toScreen(state.view, state.viewport, 100, 50);
  navigation.pinch(1.5, before.x, before.y, before.x + 30, before.y - 10);
  const after = toScreen(state.view, state.viewport, 100, 50);
  assert.equal(state.view.zoom, 12);
  assert.ok(Math.abs(after.x - before.x - 30) < 1e-9 && Math.abs(after.y - before.y + 10) < 1e-9);
});

test("while a dialog is open it has all keys, also when nothing in it has the focus", () => {
  const { press, state, called } = setUp();
  globalThis.document.querySelector = (selector) => (selector === "dialog[open]" ? {} : null);
  try {
    assert.deepEqual([press("h"), press("Escape"), press("r"), state.tool, called], [false, false, false, "pencil", []]);
  } finally {
    delete globalThis.document.querySelector;
  }
  press("r");
  assert.deepEqual(called, ["report"]);
});
