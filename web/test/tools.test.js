import assert from "node:assert/strict";
import { test } from "node:test";
import { Canvas } from "../js/canvas/canvas.js";
import { Pending } from "../js/canvas/pending.js";
import { makeGeometry } from "../js/geometry.js";
import { Drawing } from "../js/input/drawing.js";
import { MAX_FILL, outline } from "../js/input/tools.js";
import { Undo } from "../js/input/undo.js";
import { newState } from "../js/state.js";
import { drawPreview } from "../js/view/preview.js";

const RED = 0xff0000, BLUE = 0x0000ff, WHITE = 0xffffff;
const SIGNS = new Map([[RED, "R"], [BLUE, "B"], [WHITE, "."]]);

/** A canvas of one region, and someone who draws red on it. */
function setUp({ size = 12, rate = 0, burst = 0 } = {}) {
  const state = newState();
  state.canvas = new Canvas(makeGeometry(size, size, size));
  state.canvas.load(state.canvas.regions[0], 0, 0, null, true);
  state.canvas.watch = state.strokes;
  state.pending = new Pending(state.canvas);
  Object.assign(state.connection, { phase: "open", welcomed: true });
  if (rate > 0) state.allowance.open(rate, burst, 0);
  Object.assign(state, { colour: RED, viewport: { width: 400, height: 400, left: 0, top: 0, right: 0, bottom: 0 }, view: { x: size / 2, y: size / 2, zoom: 16 } });
  const ports = { now: () => 1000, changed() {}, settle: () => drawing.settle(), show() {} };
  const drawing = new Drawing(state, ports), undo = new Undo(state, ports);
  return {
    state, drawing, undo,
    drag(tool, [x0, y0], [x1, y1], brush = 1) {
      Object.assign(state, { tool, brush });
      drawing.begin(x0, y0);
      drawing.to(x1, y1);
      drawing.end();
    },
    rows: (n = 5) => Array.from({ length: n }, (_, y) => Array.from({ length: n }, (_, x) => SIGNS.get(state.canvas.pixel(x, y))).join("")).join(" "),
    /** What the preview shows: how many pixels in full and faintly, and the words. */
    preview() {
      const seen = { full: 0, faint: 0 }, context = /** @type {any} */ ({ globalAlpha: 1, fillRect: () => seen[context.globalAlpha === 1 ? "full" : "faint"]++ });
      return { text: drawPreview(context, state, 1, 1000)?.text, ...seen };
    },
  };
}

test("a line and a rectangle are drawn when they are let go, as one stroke that can be taken back", () => {
  const it = setUp();
  it.drag("line", [0, 0], [4, 4]);
  assert.equal(it.rows(), "R.... .R... ..R.. ...R. ....R");
  it.drag("rectangle", [4, 3], [1, 0]);
  assert.equal(it.rows(), "RRRRR .R..R .RR.R .RRRR ....R");
  it.undo.undo();
  assert.equal(it.rows(), "R.... .R... ..R.. ...R. ....R");
  it.undo.undo();
  assert.equal(it.state.pending.unsent, 0);
});

test("until it is let go nothing is drawn, and the preview shows what would be", () => {
  const it = setUp();
  Object.assign(it.state, { tool: "rectangle" });
  it.drawing.begin(1, 1);
  it.drawing.to(3, 3);
  assert.equal(it.state.pending.unsent, 0);
  assert.deepEqual(it.preview(), { text: "8 pixels", full: 8, faint: 0 });
  it.drawing.letGo();
  it.drawing.end();
  assert.deepEqual([it.state.pending.unsent, it.state.shape], [0, null]);
});

for (const [how, stop] of Object.entries({ "another tool": (d) => d.choose("hand"), "another colour": (d) => d.setColour(BLUE), "a second finger": (d) => d.withdraw(), "looking elsewhere": (d) => d.settle() })) {
  test(`${how} lets go of a shape without drawing it`, () => {
    const it = setUp();
    it.state.tool = "line";
    it.drawing.begin(0, 0);
    it.drawing.to(4, 0);
    stop(it.drawing);
    it.drawing.end();
    assert.deepEqual([it.state.pending.unsent, it.state.shape], [0, null]);
  });
}

test("a brush covers a square, each pixel once", () => {
  const it = setUp();
  it.drag("pencil", [1, 1], [3, 1], 2);
  assert.equal(it.rows(), "..... .RRRR .RRRR ..... .....");
  assert.equal(it.state.pending.unsent, 8);
  const odd = setUp();
  odd.drag("pencil", [2, 2], [2, 2], 3);
  assert.equal(odd.rows(), "..... .RRR. .RRR. .RRR. .....");
  const edge = setUp();
  edge.drag("pencil", [0, 0], [0, 0], 8);
  assert.equal(edge.state.pending.unsent, 25, "off the canvas nothing is drawn");
});

test("what has the colour already costs nothing", () => {
  const it = setUp();
  it.drag("line", [0, 0], [3, 0]);
  it.drag("line", [0, 0], [4, 0]);
  assert.equal(it.state.pending.unsent, 5);
});

test("fill paints what hangs together edge to edge, not over corners, the nearest first", () => {
  const it = setUp();
  it.drag("rectangle", [0, 0], [4, 4]);
  it.state.colour = BLUE;
  it.drag("fill", [2, 2], [2, 2]);
  assert.equal(it.rows(), "RRRRR RBBBR RBBBR RBBBR RRRRR");
  it.undo.undo();
  it.state.colour = RED;
  it.drag("line", [0, 4], [4, 0]);
  assert.equal(outline("fill", { from: { x: 1, y: 1 }, to: { x: 1, y: 1 } }, 1, BLUE, it.state.canvas).length, 3);
});

test("an area that is too large, or not known to its end, is not filled, and that is said", () => {
  const it = setUp({ size: 72 });
  assert.ok(72 * 72 > MAX_FILL);
  it.drag("fill", [2, 2], [2, 2]);
  assert.equal(it.state.pending.unsent, 0);
  assert.match(it.state.toast.text, /no closed area of up to 5,000 pixels/);
  const unknown = setUp();
  unknown.state.canvas.release(unknown.state.canvas.regions[0]);
  unknown.drag("fill", [2, 2], [2, 2]);
  assert.match(unknown.state.toast.text, /no closed area/);
});

test("a shape ends where the allowance does; the preview shows that before, and the words say it after", () => {
  const it = setUp({ rate: 5, burst: 6 });
  it.state.tool = "line";
  it.drawing.begin(0, 0);
  it.drawing.to(9, 0);
  assert.deepEqual(it.preview(), { text: "6 of 10 pixels", full: 6, faint: 4 });
  it.drawing.end();
  assert.equal(it.state.pending.unsent, 6);
  assert.match(it.state.toast.text, /Drawn: 6 of 10 pixels\. /);
});

test("where there is nothing to draw with, a shape is not begun", () => {
  const it = setUp({ rate: 0.1, burst: 2 });
  it.drag("pencil", [0, 5], [1, 5]);
  it.state.tool = "rectangle";
  it.drawing.begin(0, 0);
  assert.equal(it.state.shape, null);
  assert.match(it.state.toast.text, /next pixel is ready in/);
});

test("by keyboard a line goes from one Enter to the next, and Escape lets go of it", () => {
  const it = setUp();
  it.state.tool = "line";
  it.drawing.move(0, 0);
  const { x, y } = it.state.reticule;
  it.drawing.begin(x, y);
  it.drawing.move(2, 0);
  assert.deepEqual(it.state.shape.to, { x: x + 2, y });
  it.drawing.end();
  assert.equal(it.state.pending.unsent, 3);
});
