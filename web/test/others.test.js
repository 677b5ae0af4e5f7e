import assert from "node:assert/strict";
import { test } from "node:test";
import { Canvas } from "../js/canvas/canvas.js";
import { makeGeometry } from "../js/geometry.js";
import { newState } from "../js/state.js";
import { arrange } from "../js/view/labels.js";
import { colourOf, drawOthers } from "../js/view/others.js";
import { seeded } from "./fakes.js";

const STAGE = { width: 400, height: 300 };

test("labels never overlap, nor what must stay free, nor leave the stage, and the first has the first choice", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seeded(seed), some = (n, max) => Array.from({ length: n }, () => ({ x: random() * max, y: random() * 300 }));
    const taken = some(4, 400).map((at) => ({ ...at, width: 20, height: 20 }));
    const wanted = some(30, 400).map((at) => ({ ...at, gap: 10, width: 30 + random() * 60, height: 17 }));
    const placed = arrange(wanted, taken, STAGE), all = [...taken, ...placed.filter((each) => each)];
    placed.forEach((a) => {
      if (!a) return;
      assert.ok(a.x >= 0 && a.y >= 0 && a.x + a.width <= 400 && a.y + a.height <= 300);
      for (const b of all) if (a !== b) assert.ok(a.x >= b.x + b.width || b.x >= a.x + a.width || a.y >= b.y + b.height || b.y >= a.y + a.height, `seed ${seed}`);
    });
    assert.ok(placed.filter((each) => each).length >= 8, `seed ${seed}: some are shown`);
  }
});

test("white letters can be read on every user's colour", () => {
  const channel = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  for (let user = 1; user < 9973; user += 3) {
    const [h, s, l] = colourOf(user).match(/[\d.]+/g).map(Number);
    const a = (s / 100) * Math.min(l / 100, 1 - l / 100);
    const f = (n) => l / 100 - a * Math.max(-1, Math.min(((n + h / 30) % 12) - 3, 9 - ((n + h / 30) % 12), 1));
    const luminance = 0.2126 * channel(f(0)) + 0.7152 * channel(f(8)) + 0.0722 * channel(f(4));
    assert.ok(1.05 / (luminance + 0.05) >= 4.5, colourOf(user));
  }
});

/** Draws the others on a screen at 10x whose middle is pixel (0, 0), and gives where which name stands. */
function names(prepare, { zoom = 10, now = 1000 } = {}) {
  const state = newState(), written = {}, dots = [];
  state.canvas = new Canvas(makeGeometry(200, 100, 64));
  Object.assign(state, { viewport: { width: 400, height: 400, left: 0, top: 0, right: 0, bottom: 0 }, view: { x: 20, y: 20, zoom } });
  state.people.presence({ count: 3, full: true, left: [], joined: [[7, "Ada"], [8, "Bob"]] });
  prepare(state);
  const context = new Proxy({ measureText: (text) => ({ width: 6 * text.length }), fillText: (text, x, y) => (written[text] = { x, y }), arc: () => dots.push(1) }, {
    get: (target, name) => target[name] ?? (() => {}), set: () => true,
  });
  drawOthers(/** @type {any} */ (context), state, /** @type {any} */ ({ font: "sans" }), true, now);
  return { written, dots: dots.length, state };
}
const near = ({ x, y }, toX, toY) => Math.hypot(x - toX, y - toY) < 40;

test("a name stays with its pointer, wherever its user has just drawn", () => {
  const { written } = names(({ people }) => {
    people.moved({ cursors: [{ user: 7, x: 30, y: 20 }] }, 1, 1000);
    people.drew(7, 5, 5, 1000);
  });
  assert.ok(near(written.Ada, 305, 205), JSON.stringify(written));
});

test("who draws without a pointer has the name where they draw", () => {
  const { written } = names(({ people }) => people.drew(7, 30, 20, 1000));
  assert.ok(near(written.Ada, 305, 205), JSON.stringify(written));
});

test("two who are at one place have both names, apart", () => {
  const { written } = names(({ people }) => people.moved({ cursors: [{ user: 7, x: 20, y: 20 }, { user: 8, x: 20, y: 20 }] }, 1, 1000));
  assert.deepEqual(Object.keys(written), ["Ada", "Bob"]);
  assert.ok(Math.abs(written.Ada.x - written.Bob.x) > 20 || Math.abs(written.Ada.y - written.Bob.y) >= 17);
});

test("the name of a pointer that rests goes before the pointer does", () => {
  const prepare = ({ people }) => people.moved({ cursors: [{ user: 7, x: 20, y: 20 }] }, 1, 1000);
  assert.deepEqual(Object.keys(names(prepare, { now: 4000 }).written), ["Ada"]);
  assert.deepEqual(Object.keys(names(prepare, { now: 6000 }).written), []);
});

test("far out, pointers are dots without names", () => {
  const { written, dots } = names(({ people }) => people.moved({ cursors: [{ user: 7, x: 20, y: 20 }] }, 1, 1000), { zoom: 0.5 });
  assert.deepEqual([Object.keys(written), dots], [[], 1]);
});

test("where there is no room for all names, those near the aim are shown", () => {
  const crowd = Array.from({ length: 60 }, (_, i) => ({ user: 100 + i, x: 20 + (i % 3), y: 20 + (i % 2) }));
  const prepare = (reticule) => (state) => {
    const { people } = state;
    people.presence({ count: 80, full: true, left: [], joined: [...crowd.map(({ user }) => [user, `Crowd ${user}`]), [7, "Ada"]] });
    people.moved({ cursors: [...crowd, { user: 7, x: 22, y: 24 }] }, 1, 1000);
    state.reticule = reticule;
  };
  const { written } = names(prepare({ x: 22, y: 25, keyboard: false }));
  assert.ok(written.Ada && Object.keys(written).length < 61, Object.keys(written).join());
  const twice = names(prepare({ x: 22, y: 25, keyboard: false }));
  assert.deepEqual(twice.written, written);
});

test("who shows a place is named there, from however far, and once", () => {
  const prepare = (state) => {
    state.people.moved({ cursors: [{ user: 7, x: 21, y: 20 }] }, 1, 1000);
    state.beckons = [{ user: 7, x: 20, y: 20, at: 1000 }, { user: 8, x: 9000, y: 20, at: 1000 }, { user: 0, x: 20, y: 20, at: 1000 }];
  };
  for (const zoom of [10, 0.5]) {
    const { written } = names(prepare, { zoom });
    assert.deepEqual(Object.keys(written), ["Ada"], `${zoom}x`);
    assert.ok(near(written.Ada, 205, 205));
  }
});

test("the hand finds whose pointer or name is at a place", () => {
  const { written, state } = names(({ people }) => people.moved({ cursors: [{ user: 7, x: 20, y: 20 }, { user: 8, x: 30, y: 30 }] }, 1, 1000));
  assert.deepEqual([[208, 208], [written.Ada.x + 2, written.Ada.y], [written.Bob.x + 2, written.Bob.y], [100, 100]].map(([x, y]) => state.people.at(x, y)), [7, 7, 8, 0]);
});
