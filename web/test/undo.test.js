import assert from "node:assert/strict";
import { test } from "node:test";
import { Canvas } from "../js/canvas/canvas.js";
import { Pending } from "../js/canvas/pending.js";
import { makeGeometry } from "../js/geometry.js";
import { Drawing } from "../js/input/drawing.js";
import { Undo } from "../js/input/undo.js";
import { newState } from "../js/state.js";
import { packPixels, seeded } from "./fakes.js";

const RED = 0xff0000, BLUE = 0x0000ff, GREEN = 0x00ff00, WHITE = 0xffffff;
const WIDTH = 60;

/** A user in front of a canvas of one region; the test plays the server. */
function setUp({ rate = 0, burst = 0 } = {}) {
  const state = newState();
  state.canvas = new Canvas(makeGeometry(WIDTH, 60, 60));
  const [region] = state.canvas.regions;
  state.canvas.load(region, 0, 0, null, true);
  state.canvas.watch = state.strokes;
  state.pending = new Pending(state.canvas);
  Object.assign(state.connection, { phase: "open", welcomed: true });
  if (rate > 0) state.allowance.open(rate, burst, 0);
  state.colour = RED;
  const shown = [], ports = { now: () => 1000, changed() {}, settle: () => drawing.end(), show: (x, y) => shown.push([x, y]) };
  const drawing = new Drawing(state, ports), undo = new Undo(state, ports);
  const it = {
    state, drawing, shown, region,
    undo: () => undo.undo(),
    redo: () => undo.redo(),
    can: () => [undo.canUndo, undo.canRedo],
    /** A stroke in the first row, or another one. */
    stroke(from, to, colour = RED, y = 0) {
      state.colour = colour;
      drawing.begin(from, y);
      drawing.to(to, y);
      drawing.end();
    },
    /** Sends what was drawn. @returns {import("../js/canvas/pending.js").Op[]} */
    send() {
      const ops = [];
      for (let op = state.pending.next(99, () => true, 0); op; op = state.pending.next(99, () => true, 0)) ops.push(op);
      if (rate > 0) for (const op of ops) state.allowance.spend(op.dots.size, 1000);
      return ops;
    },
    /** The server takes ops. */
    confirm(ops) {
      for (const op of ops) {
        state.pending.ack([op.num], 1000);
        it.write([...op.dots], true);
      }
    },
    write(dots, own) {
      const pixels = packPixels(dots);
      state.canvas.write(region, pixels, 0, dots.length, own, true);
    },
    /** Somebody else paints in the first row. */
    other: (colour, ...xs) => it.write(xs.map((x) => [x, colour]), false),
    refuse(ops) {
      for (const op of ops) {
        state.pending.refuse(op.num);
        state.strokes.refused(op.dots);
      }
    },
    round: () => it.confirm(it.send()),
    row: (count = 6, y = 0) => Array.from({ length: count }, (_, x) => ({ [RED]: "R", [BLUE]: "B", [GREEN]: "G", [WHITE]: "." })[state.canvas.pixel(x, y)]).join(""),
  };
  return it;
}

test("strokes are taken back one by one, the last first, as ordinary ops, and drawn again", () => {
  const it = setUp();
  it.stroke(0, 3);
  it.round();
  it.stroke(2, 5, BLUE);
  it.round();
  assert.equal(it.row(), "RRBBBB");
  it.undo();
  assert.equal(it.row(), "RRRR..");
  const [op] = it.send();
  assert.deepEqual([...op.dots].sort(([a], [b]) => a - b), [[2, RED], [3, RED], [4, WHITE], [5, WHITE]]);
  it.confirm([op]);
  it.undo();
  it.round();
  assert.equal(it.row(), "......");
  assert.deepEqual(it.can(), [false, true]);
  it.redo();
  it.round();
  it.redo();
  assert.equal(it.row(), "RRBBBB");
  it.round();
  assert.deepEqual(it.can(), [true, false]);
  assert.equal(it.state.canvas.covers.size, 0);
});

test("what was not sent yet is not sent, and costs nothing", () => {
  const it = setUp({ rate: 0.1, burst: 4 });
  it.state.connection.welcomed = false;
  it.stroke(0, 3);
  assert.equal(it.row(), "RRRR..");
  it.undo();
  assert.deepEqual([it.row(), it.state.pending.unsent, it.state.pending.count], ["......", 0, 0]);
  it.redo();
  assert.deepEqual([it.row(), it.state.pending.unsent], ["RRRR..", 4]);
});

test("a pixel under it that was drawn while disconnected comes back", () => {
  const it = setUp();
  it.state.connection.welcomed = false;
  it.stroke(0, 3);
  it.stroke(1, 2, BLUE);
  it.undo();
  assert.equal(it.row(), "RRRR..");
  it.undo();
  assert.deepEqual([it.row(), it.state.pending.unsent], ["......", 0]);
});

test("what others have painted since stays, even in the same colour", () => {
  const it = setUp();
  it.stroke(0, 4);
  it.round();
  it.other(GREEN, 1);
  it.other(RED, 3);
  it.undo();
  assert.equal(it.row(), ".G.R..");
  assert.match(it.state.toast.text, /Undone: 3 of 3|Undone: 3 pixels/);
  it.round();
  it.other(BLUE, 2);
  it.redo();
  assert.equal(it.row(), "RGBRR.");
});

test("a stroke that is all others' now goes, and the user is told", () => {
  const it = setUp();
  it.stroke(0, 1);
  it.round();
  it.stroke(4, 5, BLUE);
  it.round();
  it.other(GREEN, 4, 5);
  it.undo();
  assert.equal(it.row(), "....GG", "the stroke before it is the last one");
  it.undo();
  assert.match(it.state.toast.text, /Nothing to undo/);
});

test("what others painted just before the user's own pixel is what comes back", () => {
  const it = setUp();
  it.stroke(0, 2);
  const ops = it.send();
  it.other(GREEN, 1); // before ours in the server's order
  it.confirm(ops);
  assert.equal(it.row(), "RRR...");
  it.undo();
  assert.equal(it.row(), ".G....");
});

test("a pixel that was painted over while the user was not connected is found by its colour", () => {
  const it = setUp();
  it.stroke(0, 2);
  it.round();
  const rgb = new Uint8Array(3 * WIDTH * 60).fill(255);
  for (const [x, colour] of [[0, RED], [1, GREEN], [2, RED]]) rgb.set([colour >> 16, (colour >> 8) & 255, colour & 255], 3 * x);
  it.state.canvas.load(it.region, 0, 9, rgb, true);
  it.undo();
  assert.equal(it.row(), ".G....");
  assert.match(it.state.toast.text, /Undone: 2 of 3 pixels. Others have painted/);
});

test("refused pixels were never there to take back", () => {
  const it = setUp();
  it.stroke(0, 2);
  it.round();
  it.stroke(2, 4, BLUE);
  it.refuse(it.send());
  assert.equal(it.row(), "RRR...");
  assert.deepEqual(it.can(), [true, false]);
  it.undo();
  assert.equal(it.row(), "......");
});

test("a pixel under a later stroke that was refused does not come back", () => {
  const it = setUp();
  it.stroke(0, 2);
  const first = it.send();
  it.stroke(0, 2, BLUE);
  const second = it.send();
  it.refuse(first);
  it.confirm(second);
  assert.equal(it.row(), "BBB...");
  it.undo();
  assert.equal(it.row(), "......");
});

test("an undo that is refused can be tried again, and so can a redo", () => {
  const it = setUp();
  it.stroke(0, 2);
  it.round();
  it.undo();
  it.refuse(it.send());
  assert.equal(it.row(), "RRR...");
  assert.deepEqual(it.can(), [true, false]);
  it.undo();
  it.round();
  it.redo();
  it.refuse(it.send());
  assert.equal(it.row(), "......");
  assert.deepEqual(it.can(), [false, true]);
  it.redo();
  it.round();
  assert.equal(it.row(), "RRR...");
});

test("an undo takes no more than the allowance has, says so, and goes on from there", () => {
  const it = setUp({ rate: 2, burst: 5 });
  it.stroke(0, 3);
  it.round();
  it.undo();
  assert.equal(it.row(), "RRR...", "the end of the stroke goes first");
  assert.match(it.state.toast.text, /Undone: 1 of 4 pixels. Undo again for the rest/);
  it.round();
  it.undo();
  assert.match(it.state.toast.text, /faster than this canvas allows/);
  it.state.allowance.set(5, 1000);
  it.undo();
  assert.equal(it.row(), "......");
  it.round();
  it.state.allowance.set(5, 1000);
  it.redo();
  assert.equal(it.row(), "RRRR..", "all of it is one stroke again");
});

test("where a cooldown rules, it counts down to the rest", () => {
  const it = setUp({ rate: 0.1, burst: 3 });
  it.stroke(0, 1);
  it.round();
  it.undo();
  assert.match(it.state.toast.text, /Undone: 1 of 2 pixels/);
  assert.ok(it.state.toast.due > 1000);
});

test("a new stroke ends what can be drawn again", () => {
  const it = setUp();
  it.stroke(0, 2);
  it.round();
  it.undo();
  it.round();
  it.stroke(4, 5, BLUE);
  assert.deepEqual(it.can(), [true, false]);
});

test("nothing is taken back unseen: the view goes there first", () => {
  const it = setUp();
  it.stroke(0, 2);
  it.round();
  it.state.canvas.release(it.region);
  it.undo();
  assert.deepEqual(it.shown.length, 1);
  assert.equal(it.state.pending.unsent, 0);
});

test("nothing is taken back in the past, on a frozen canvas, or by who may only watch", () => {
  const it = setUp();
  it.stroke(0, 2);
  it.round();
  it.state.me.draws = false;
  it.undo();
  assert.equal(it.row(), "RRR...");
  assert.match(it.state.toast.text, /only watch/);
});

test("a stroke counts each pixel once, however often it passes", () => {
  const it = setUp();
  it.drawing.begin(0, 0);
  for (const x of [3, 0, 3]) it.drawing.to(x, 0);
  it.drawing.end();
  assert.equal(it.state.pending.unsent, 4);
  assert.match(it.state.said, /4 pixels/);
});

test("a stroke of which much was refused meanwhile says what is left of it", () => {
  const it = setUp();
  it.state.colour = RED;
  it.drawing.begin(0, 0);
  it.drawing.to(29, 0);
  it.refuse(it.send());
  it.drawing.to(31, 0);
  it.drawing.end();
  assert.match(it.state.said, /2 of 32 pixels/);
});

test("whatever happens, an undo never paints over another's pixel, and undoing all leaves only theirs", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = seeded(seed), pick = (n) => Math.floor(random() * n);
    const it = setUp(), theirs = new Map();
    for (let step = 0; step < 40; step++) {
      const from = pick(6), what = pick(8);
      if (what < 3) it.stroke(from, Math.min(5, from + pick(3)), [RED, BLUE][pick(2)]);
      else if (what === 3) it.undo();
      else if (what === 4) it.redo();
      else if (what === 5) {
        it.round(); // so that the order is known
        it.other(GREEN, from);
      } else if (what === 6) it.round();
      else it.refuse(it.send());
    }
    it.round();
    const was = it.row();
    for (let n = 0; n < 60 && it.can()[0]; n++) {
      it.undo();
      it.round();
    }
    [...was].forEach((each, x) => each === "G" && theirs.set(x, "G"));
    const left = it.row();
    for (const [x] of theirs) assert.equal(left[x], "G", `seed ${seed}: ${was} became ${left}`);
    assert.match(left, /^[.GRB]+$/);
    assert.equal(it.state.canvas.covers.size, 0, `seed ${seed}`);
  }
});

test("a pixel that the server shows late is still the user's", () => {
  const it = setUp();
  it.stroke(0, 2);
  const [op] = it.send();
  it.state.pending.ack([op.num], 1000);
  it.state.pending.settle(5000);
  assert.equal(it.row(), "......", "it is not shown for a moment");
  it.undo();
  it.write([...op.dots], true);
  assert.deepEqual(it.can(), [true, false]);
  it.undo();
  assert.equal(it.row(), "......");
});
