// What the page says: numbers, refusals, messages that count down, and that nothing is said by halves.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { Canvas } from "../js/canvas/canvas.js";
import { Pending } from "../js/canvas/pending.js";
import { makeGeometry } from "../js/geometry.js";
import { tellObstacle } from "../js/input/paint.js";
import { TakenBack } from "../js/limits/refused.js";
import { number, pixels, pixelsOf } from "../js/numbers.js";
import { newState, say, show, tell, toastWords } from "../js/state.js";

test("numbers are written one way, and words agree with them", () => {
  assert.deepEqual([number(71401), pixels(1), pixels(5000), pixelsOf(1, 1), pixelsOf(1, 5000)], ["71,401", "1 pixel", "5,000 pixels", "1 of 1 pixel", "1 of 5,000 pixels"]);
});

test("no module writes numbers its own way, or has something said past the count", () => {
  const root = new URL("../js/", import.meta.url);
  for (const name of readdirSync(root, { recursive: true }).filter((each) => each.endsWith(".js"))) {
    const text = readFileSync(new URL(name, root), "utf8");
    assert.doesNotMatch(text, /toLocaleString\("en"\)/, name);
    if (name !== "state.js") assert.doesNotMatch(text, /\.said\s*\+?=[^=]|[{,] said: (?!"")/, name);
  }
});

test("the same text is said again", () => {
  const state = newState();
  say(state, "0, 0 White");
  say(state, "0, 0 White");
  tell(state, "0, 0 White", 0);
  assert.deepEqual([state.said, state.saidTimes], ["0, 0 White", 3]);
});

test("refusals that come together are told as one, with their pixels; later ones count anew", () => {
  const taken = new TakenBack();
  assert.deepEqual(taken.add(1, 1, 1000), { text: "Taken back: 1 pixel, drawn faster than this canvas allows", first: true });
  for (let n = 0; n < 9; n++) taken.add(1, 1, 1100);
  assert.deepEqual(taken.add(1, 1, 1200), { text: "Taken back: 11 pixels, drawn faster than this canvas allows", first: false });
  assert.match(taken.add(3, 4000, 1300).text, /4,000 pixels. The server is busy/);
  assert.match(taken.add(3, 2, 9000).text, /2 pixels/);
});

test("a message about when to try again counts down, and stays until then, but not for ever", () => {
  const state = newState(), at = (now) => toastWords(state.toast, now);
  show(state, "Taken back: 11 pixels", 1000, null, 9000);
  assert.deepEqual([at(1000), at(5500), at(8999), at(9000)], [
    "Taken back: 11 pixels. Try again in 8 s", "Taken back: 11 pixels. Try again in 4 s", "Taken back: 11 pixels. Try again in 1 s", "Taken back: 11 pixels",
  ]);
  assert.ok(state.toast.until >= 9000);
  show(state, "Taken back: 1 pixel", 1000, null, 600_000);
  assert.ok(state.toast.until <= 20_000);
});

test("who has no pixel left is told when the next one comes, and the word counts down", () => {
  const state = newState();
  state.canvas = new Canvas(makeGeometry(9, 9, 9));
  state.pending = new Pending(state.canvas);
  Object.assign(state.connection, { phase: "open", welcomed: true });
  state.allowance.open(0.2, 1, 0);
  state.allowance.set(0, 1000);
  tellObstacle(state, "cooldown", 1000, { x: 0, y: 0, colour: 0 }, "Drawn: 1 of 3 pixels. ");
  const at = (now) => toastWords(state.toast, now);
  assert.equal(state.said, at(1000));
  assert.deepEqual([at(1000), at(4500), at(6000)], [
    "Drawn: 1 of 3 pixels. Your next pixel is ready in 5 s", "Drawn: 1 of 3 pixels. Your next pixel is ready in 2 s", "Drawn: 1 of 3 pixels. A pixel is ready",
  ]);
});
