import assert from "node:assert/strict";
import { test } from "node:test";
import { Canvas } from "../js/canvas/canvas.js";
import { makeGeometry } from "../js/geometry.js";
import { Drawing } from "../js/input/drawing.js";
import { keyDown } from "../js/input/keyboard.js";
import { hindrance } from "../js/limits/cannot_draw.js";
import { addressOf, fileName, pictureOf } from "../js/share/picture.js";
import { newState } from "../js/state.js";

function setUp(width, height, view) {
  const state = newState();
  state.canvas = new Canvas(makeGeometry(width, height, 256));
  Object.assign(state, { view, viewport: { width: 400, height: 300, left: 0, top: 0, right: 0, bottom: 0, density: 2 } });
  return state;
}

test("a picture of the view shows what is in view, as large as on the screen", () => {
  const picture = pictureOf(setUp(1024, 1024, { x: 512, y: 400, zoom: 8 }), false);
  assert.deepEqual(picture, { x: 487, y: 381, width: 50, height: 38, scale: 16 });
  assert.equal(addressOf(/** @type {any} */ (picture), null), "api/canvas.png?x=487&y=381&w=50&h=38&scale=16");
  assert.match(addressOf(/** @type {any} */ (picture), 1234), /&scale=16&at=1234$/);
  assert.deepEqual(pictureOf(setUp(1024, 1024, { x: 0, y: 1024, zoom: 64 }), false), { x: 0, y: 1021, width: 4, height: 3, scale: 32 });
  assert.equal(pictureOf(setUp(1024, 1024, { x: -500, y: 400, zoom: 8 }), false), null);
});

test("no picture is larger than the server makes, or than can be asked for again", () => {
  for (const [width, height] of [[16, 16], [1024, 1024], [16384, 4096], [1, 8192]]) {
    const picture = pictureOf(setUp(width, height, { x: 0, y: 0, zoom: 0.1 }), true);
    assert.deepEqual([picture?.x, picture?.y, picture?.width, picture?.height], [0, 0, width, height]);
    assert.ok(picture && picture.scale >= 1 && picture.scale <= 32 && (picture.scale === 1 || width * height * picture.scale ** 2 <= 16 << 20), JSON.stringify(picture));
  }
});

test("files say what they show", () => {
  const view = { x: 12.5, y: 22.5, zoom: 8 };
  assert.deepEqual([fileName(view, false), fileName(view, true)], ["pixel-playground-12-22.png", "pixel-playground.png"]);
});

test("in a frame one looks and moves, and nothing else", () => {
  const state = setUp(64, 64, { x: 32, y: 32, zoom: 8 }), called = [];
  Object.assign(state, { embedded: true, tool: "hand" });
  state.canvas?.load(state.canvas.regions[0], 0, 0, null, true);
  assert.equal(hindrance(state, 0), "rights");
  const drawing = new Drawing(state, { now: () => 0, changed() {} });
  drawing.pick(3, 3);
  assert.equal(state.tool, "hand");
  globalThis.Element = /** @type {any} */ (class { closest() { return null; } });
  globalThis.document = /** @type {any} */ ({});
  const note = (name) => () => called.push(name), stage = new Element();
  const page = /** @type {any} */ ({
    state, drawing, stage, navigation: { pan: note("pan"), zoom: note("zoom"), fit: note("fit"), reveal() {} }, undo: { undo: note("undo") }, copyLink: note("copy"), toggleHelp: note("help"),
    toggleGrid: note("grid"), record: { key: () => false, toggle: note("replay"), close: () => false }, rules: { key: note("rules"), report: note("report"), escape: () => false }, templates: { key: () => false, toggle: note("templates"), next: note("next"), hide: note("hide") }, dismiss: () => false, now: () => 0,
  });
  page.rules.key = () => false;
  for (const [key, code] of [["w", "KeyW"], ["+", "Equal"], ["0", "Digit0"], ["g", "KeyG"], ["b", "KeyB"], ["1", "Digit1"], ["c", "KeyC"], ["t", "KeyT"], ["r", "KeyR"], ["o", "KeyO"], [".", "Period"], ["?", "Slash"], ["Enter", "Enter"], [" ", "Space"]]) {
    keyDown(/** @type {any} */ ({ key, code, target: stage, preventDefault() {} }), page);
  }
  keyDown(/** @type {any} */ ({ key: "z", code: "KeyZ", ctrlKey: true, target: stage, preventDefault() {} }), page);
  assert.deepEqual([called, state.tool], [["pan", "zoom", "fit", "grid"], "hand"]);
});
