import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, count, list, ms, number, percent, plural, span, us } from "../admin/js/format.js";
import { heatColour, heatInk, heatOf, scaleTop } from "../admin/js/heat.js";
import { append, fromServer, newHistory, SERIES, shown, SPAN, STEP, totals } from "../admin/js/history.js";
import { assign, COLOURS, colourOf, darkInk, label, patternOf } from "../admin/js/owners.js";
import { answer, member } from "./admin.fakes.js";

test("quantities are short and have units", () => {
  const table = [
    [count, 0, "0"], [count, 12345, "12,345"], [count, 99_999, "99,999"], [count, 123_456, "123 k"], [count, 4_540_000, "4.5 M"], [count, undefined, "–"],
    [number, 0, "0"], [number, 0.04, "0"], [number, 0.44, "0.4"], [number, 9.96, "10"], [number, 9_999, "9,999"], [number, 48_000, "48 k"], [number, NaN, "–"],
    [bytes, 0, "0 B"], [bytes, 999, "999 B"], [bytes, 1500, "1.5 kB"], [bytes, 52_428_800, "52 MB"], [bytes, 999_900, "1 MB"], [bytes, null, "–"],
    [percent, 0.314, "31 %"], [percent, 2, "200 %"],
    [ms, 0.4, "0.4 ms"], [ms, 6, "6 ms"], [ms, 12.6, "13 ms"], [ms, 999.4, "999 ms"], [ms, 999.6, "1 s"], [ms, 1240, "1.2 s"], [ms, 12_400, "12 s"], [ms, undefined, "–"],
    [us, 14, "14 µs"], [us, 1240, "1.2 ms"],
    [span, -5, "0 s"], [span, 12_900, "12 s"], [span, 200_000, "3 min 20 s"], [span, 180_000, "3 min"], [span, 700_000, "11 min"], [span, 7_500_000, "2 h 5 min"], [span, 356_400_000, "4 d 3 h"],
  ];
  for (const [write, value, text] of table) assert.equal(write(value), text, `${write.name}(${value})`);
  assert.deepEqual([plural(1, "region"), plural(6, "region"), plural(0, "box", "boxes")], ["1 region", "6 regions", "0 boxes"]);
  assert.deepEqual([list([]), list(["a"]), list(["a", "b"]), list(["a", "b", "c"]), list(["a", "b", "c", "d"])], ["", "a", "a and b", "a, b and c", "a, b and 2 more"]);
});

test("owners: numbered pods get distinct looks, which stay whoever comes and goes", () => {
  const slots = new Map();
  assign(slots, ["canvas-1", "canvas-2", "canvas-3"]);
  assert.deepEqual(Object.fromEntries(slots), { "canvas-1": 1, "canvas-2": 2, "canvas-3": 3 });
  assign(slots, ["canvas-3", "canvas-9"]);
  assert.deepEqual([slots.get("canvas-3"), slots.get("canvas-9")], [3, 4], "9 would look like 1, which may come back");
  assign(slots, ["canvas-1", "canvas-3", "canvas-9"]);
  assert.equal(slots.get("canvas-1"), 1, "started again: as before");
});

test("owners: nobody has another's look, however many there are; who is gone makes room", () => {
  const slots = new Map(), names = Array.from({ length: 40 }, (_, n) => `canvas-${n}`);
  assign(slots, names);
  assert.equal(new Set(names.map((name) => slots.get(name))).size, 40);
  assert.equal(new Set([...slots.values()].map((slot) => `${colourOf(slot)} ${patternOf(slot)}`)).size, 40);
  assert.deepEqual([slots.get("canvas-2"), slots.get("canvas-10")], [2, 10], "numbered as they are counted");
  const eight = new Map();
  assign(eight, names.slice(0, 8));
  assign(eight, ["canvas-1", "canvas-30"]);
  assert.ok(eight.get("canvas-30") < COLOURS.length && eight.get("canvas-30") !== 1, "a distinct colour of one that is gone");
  assert.equal(eight.size, 8, "nothing grows");
});

test("owners: the same on every screen, whatever order they are seen in", () => {
  const names = ["playground-7d9f8b-x2x9k", "playground-7d9f8b-qq4ml"];
  const [a, b] = [new Map(), new Map()];
  assign(a, names);
  assign(b, [...names].reverse());
  assert.deepEqual(Object.fromEntries(a), Object.fromEntries(b));
});

test("owners: labels are short, and readable on their colour", () => {
  const table = [["canvas-1", "1"], ["canvas-12", "12"], ["playground-7d9f8b-x2x9k", "x2"], ["host", "ho"], ["a-", "?"], ["canvas-1234", "12"]];
  for (const [name, text] of table) assert.equal(label(name), text, name);
  assert.deepEqual(COLOURS.map((_, slot) => darkInk(slot)), [false, true, true, true, true, true, true, true]);
});

test("heat: the scale is round, small rates differ, lightness goes one way", () => {
  for (const [most, top] of [[0, 10], [10, 10], [11, 20], [40.2, 50], [51, 100], [100, 100], [101, 200]]) assert.equal(scaleTop(most), top, String(most));
  assert.deepEqual([heatOf(0, 100), heatOf(1, 100), heatOf(25, 100), heatOf(500, 100)], [0, 0.1, 0.5, 1]);
  const light = (theme) => [0, 0.25, 0.5, 0.75, 1].map((heat) => heatColour(heat, theme).match(/\d+/g).map(Number)).map(([r, g, b]) => 0.299 * r + 0.587 * g + 0.114 * b);
  assert.deepEqual(light("light"), [...light("light")].sort((a, b) => b - a));
  assert.deepEqual(light("dark"), [...light("dark")].sort((a, b) => a - b));
  assert.deepEqual([heatInk(0, "light"), heatInk(1, "light"), heatInk(0, "dark"), heatInk(1, "dark")], [true, false, false, true]);
});

test("history: what the server kept, with a hole where it kept nothing", () => {
  const history = fromServer({ at: [0, 5000, 60_000], pixels_in: [1, 2, 3], deliveries: [4, 5, 6] });
  assert.deepEqual(history.at, [0, 5000, 10_000, 60_000]);
  assert.deepEqual(history.pixels_in, [1, 2, null, 3]);
  assert.deepEqual(history.memory, [null, null, null, null]);
  assert.deepEqual(fromServer({}), newHistory());
});

test("history: a point stays every 5 s, the last one follows; 15 minutes are kept", () => {
  const history = newHistory();
  const at = (time, pixels) => append(history, answer({ time, members: [member("a", { pixels_in: pixels })] }));
  for (let s = 0; s <= 11; s++) at(s * 1000, s);
  assert.deepEqual(history.at, [0, 5000, 10_000, 11_000]);
  assert.deepEqual(history.pixels_in, [0, 5, 10, 11]);
  at(11_000, 99);
  at(9_000, 99);
  assert.deepEqual(history.pixels_in, [0, 5, 10, 11], "never back in time");
  for (let s = 12; s <= 3000; s++) at(s * 1000, s);
  assert.ok(history.at[0] >= 3_000_000 - SPAN && history.at.length <= SPAN / STEP + 2, `${history.at.length} points`);
  for (const name of SERIES) assert.equal(history[name].length, history.at.length, name);
  at(3_100_000, 1);
  assert.deepEqual([history.at.at(-2), history.pixels_in.at(-2)], [3_005_000, null], "nobody asked for 100 s");
});

test("history: all there is is shown, a minute at the least, 15 at the most", () => {
  const from = (first, time) => shown({ ...newHistory(), at: first }, time);
  assert.deepEqual(from([], 100_000), [40_000, 100_000]);
  assert.deepEqual(from([90_000, 95_000], 100_000), [40_000, 100_000]);
  assert.deepEqual(from([10_000, 95_000], 100_000), [10_000, 100_000]);
  assert.deepEqual(from([0], 2 * SPAN), [SPAN, 2 * SPAN]);
});

test("history: quantities of all pods are added, but latency is the slowest pod's", () => {
  const members = [member("a", { pixels_in: 1, connections: 2, memory: 3, deliveries: 4, place_to_ack: { p50: 1, p99: 9 } }), member("b", { pixels_in: 10, memory: 30, place_to_ack: undefined, connections: undefined })];
  assert.deepEqual(totals({ members }), { pixels_in: 11, deliveries: 4, place_to_ack_p99: 9, connections: 2, memory: 33 });
  assert.equal(totals({ members: [] }).place_to_ack_p99, 0);
});
