import assert from "node:assert/strict";
import { test } from "node:test";
import { makeGeometry } from "../js/geometry.js";
import { momentOf, withMoment } from "../js/view/moment.js";
import { areaOf, cut } from "../js/record/area.js";
import { PlayClock, SPEEDS } from "../js/record/play_clock.js";
import { ago, brief } from "../js/record/times.js";
import { busyMoments, fittingSpeed, gapAt, heights, nextBusy, partOf, spanOf, spread, stepOf, timeAt } from "../js/record/timeline.js";
import { heatOf, markOf, ramp } from "../js/record/shades.js";

const HOUR = 3_600_000, NOW = Date.UTC(2026, 10, 29, 20);

test("a link names its moment, to the second or the millisecond, or none", () => {
  assert.equal(withMoment("#5,6,8", null), "#5,6,8");
  for (const time of [NOW, NOW + 123, 0]) assert.equal(momentOf(withMoment("#5,6,8", time)), time);
  assert.equal(withMoment("#5,6,8", NOW), "#5,6,8&t=2026-11-29T20:00:00Z");
  assert.equal(momentOf("#5,6,8&t=1795982400000"), 1795982400000);
  for (const hash of ["", "#5,6,8", "#5,6,8&t=", "#5,6,8&t=yesterday", "#5,6,8&t=2026-99-99T00:00:00Z", "#&t=-5", "#5,6&t=<b>"]) assert.equal(momentOf(hash), null, hash);
});

test("a moment's place on the bar, and back", () => {
  const span = spanOf(NOW - 10 * HOUR, NOW);
  assert.deepEqual(span, { from: NOW - 10 * HOUR, to: NOW });
  assert.equal(partOf(span, NOW - 5 * HOUR), 0.5);
  assert.equal(partOf(span, 0), 0);
  assert.equal(partOf(span, NOW + HOUR), 1);
  for (const part of [0, 0.123, 0.5, 1]) assert.ok(Math.abs(partOf(span, timeAt(span, part)) - part) < 1e-6);
  assert.ok(spanOf(null, NOW).from < NOW, "without a record the bar has a length");
  assert.ok(spanOf(NOW, NOW).to - spanOf(NOW, NOW).from >= 60_000);
});

test("bars share what lies over several of them, and lose nothing", () => {
  const span = { from: 0, to: 10 * HOUR };
  assert.deepEqual([...spread([{ time: 0, pixels: 4 }, { time: 9 * HOUR, pixels: 6 }], HOUR, span, 5)], [4, 0, 0, 0, 6]);
  const fine = spread([{ time: 2 * HOUR, pixels: 10 }], HOUR, span, 100);
  assert.equal(Math.round(fine.reduce((a, b) => a + b)), 10);
  assert.deepEqual([fine[19], Math.round(100 * fine[20]), Math.round(100 * fine[29]), fine[30]], [0, 100, 100, 0]);
  assert.deepEqual([...spread([{ time: -HOUR, pixels: 9 }, { time: 11 * HOUR, pixels: 9 }], HOUR, span, 3)], [0, 0, 0], "outside of the bar");
  assert.deepEqual([...spread([], HOUR, span, 2)], [0, 0]);
  const high = heights(Float64Array.of(0, 1, 100_000));
  assert.equal(high[0], 0);
  assert.ok(high[1] >= 0.05, "a single pixel is seen");
  assert.equal(high[2], 1);
});

test("busy moments are where it gets busy, and the next one is found from anywhere", () => {
  const hours = [1, 2, 50, 60, 3, 0, 1, 70, 2, 1, 2, 3].map((pixels, i) => ({ time: i * HOUR, pixels }));
  const moments = busyMoments(hours, HOUR);
  assert.deepEqual(moments, [2 * HOUR, 7 * HOUR]);
  assert.equal(nextBusy(moments, 0), 2 * HOUR);
  assert.equal(nextBusy(moments, 2 * HOUR), 7 * HOUR);
  assert.equal(nextBusy(moments, 8 * HOUR), 2 * HOUR, "it begins anew");
  assert.equal(nextBusy(busyMoments([], HOUR), 0), null);
  assert.deepEqual(busyMoments([{ time: 5, pixels: 1 }], HOUR), [5]);
});

test("a gap is named where its mark is", () => {
  const span = { from: 0, to: 1000 }, gaps = [{ noted: 500, why: "the disk was full" }];
  assert.equal(gapAt(gaps, span, 505), "the disk was full");
  assert.equal(gapAt(gaps, span, 600), "");
});

test("the speed that is offered first shows all of it in about a minute", () => {
  assert.equal(fittingSpeed(SPEEDS, { from: 0, to: 600_000 }, 45), 10);
  assert.equal(fittingSpeed(SPEEDS, { from: 0, to: 1000 }, 45), 1);
  assert.equal(fittingSpeed(SPEEDS, { from: 0, to: 1e12 }, 45), 10_000);
});

test("the clock of a replay runs as fast as is wanted, and only as far as is loaded", () => {
  const clock = new PlayClock();
  clock.set(1000, 0);
  assert.equal(clock.advance(100, Infinity), 1000, "paused");
  clock.play(100);
  assert.equal(clock.advance(200, Infinity), 1100);
  clock.speed = 600;
  assert.equal(clock.advance(300, Infinity), 61_100);
  assert.equal(clock.advance(400, 70_000), 70_000);
  assert.equal(clock.waiting, 400);
  assert.equal(clock.advance(500, 70_000), 70_000);
  assert.equal(clock.advance(510, 100_000), 76_000, "it goes on where it waited");
  assert.equal(clock.waiting, 0);
  assert.equal(clock.advance(600_000, Infinity), 76_000 + 250 * 600, "a page that was hidden goes on where it was");
  assert.equal(clock.advance(599_000, Infinity), 76_000 + 250 * 600, "no clock goes back");
  assert.equal(clock.advance(599_010, 50), 76_000 + 250 * 600, "nor does what is loaded lead back");
  clock.pause();
  assert.equal(clock.advance(700_000, Infinity), 226_000);
  for (const [direction, want] of [[1, 3600], [1, 10_000], [1, 10_000], [-1, 3600]]) {
    clock.change(direction);
    assert.equal(clock.speed, want);
  }
});

test("how long ago is said so that it stays true", () => {
  const said = (ms) => ago(NOW - ms, NOW);
  assert.deepEqual([0, 4000, 6000, 59_000, 61_000, HOUR, 25 * HOUR, 40 * 24 * HOUR, 800 * 24 * HOUR].map(said),
    ["just now", "just now", "6 seconds ago", "59 seconds ago", "1 minute ago", "1 hour ago", "1 day ago", "1 month ago", "2 years ago"]);
  assert.equal(ago(NOW + 5000, NOW), "just now", "a clock that is behind");
  assert.ok(brief(NOW, 1000).length < brief(NOW, 48 * HOUR).length);
});

test("what is replayed are the regions in view; of too many, those in the middle", () => {
  const g = makeGeometry(1000, 700, 256);
  assert.deepEqual(areaOf(g, { x: -500, y: -500, width: 9999, height: 9999 }), { x: 0, y: 0, width: 1000, height: 700, regions: [...Array(12).keys()], all: true });
  assert.deepEqual(areaOf(g, { x: 300, y: 10, width: 20, height: 20 }), { x: 256, y: 0, width: 256, height: 256, regions: [1], all: true });
  assert.deepEqual(areaOf(g, { x: 900, y: 600, width: 500, height: 500 }), { x: 768, y: 512, width: 232, height: 188, regions: [11], all: true });
  assert.deepEqual(areaOf(g, { x: 5000, y: 5000, width: 10, height: 10 }).regions, [11], "a view beside the canvas");
  const large = areaOf(makeGeometry(16_384, 16_384, 256), { x: 0, y: 0, width: 16_384, height: 16_384 });
  assert.deepEqual([large.regions.length, large.all, large.x, large.y], [64, false, 28 * 256, 28 * 256]);
});

test("a region's pixels are cut out of the picture of an area", () => {
  const area = { x: 10, y: 20, width: 3, height: 2, regions: [] };
  const rgb = Uint8Array.from({ length: 18 }, (_, i) => i);
  assert.deepEqual([...cut(rgb, area, { x: 11, y: 20, width: 2, height: 2 })], [3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16, 17]);
});

const light = (colour) => 0.3 * (colour >> 16) + 0.6 * ((colour >> 8) & 255) + 0.1 * (colour & 255);

test("the heat map grows lighter all the way to now, and never painted is darkest", () => {
  const shade = heatOf(1_000_000, 900_000);
  const ages = [0, 1000, 10_000, 100_000, 500_000, 899_000].map((age) => light(shade(1_000_000 - age, 0xff000000)));
  for (let i = 1; i < ages.length; i++) assert.ok(ages[i] < ages[i - 1], `${ages}`);
  assert.ok(light(shade(0, 0xffffffff)) < ages.at(-1));
  assert.ok(light(shade(0, 0xff0000ff)) > light(shade(0, 0xffffffff)), "painted, and it isn't known when");
  for (let i = 1; i <= 20; i++) assert.ok(light(ramp(i / 20)) > light(ramp((i - 1) / 20)), `${i}`);
});

test("where nobody has painted is marked in stripes, and the drawing is faint", () => {
  const shade = markOf({ x: 0, y: 0, width: 10 });
  const marks = new Set(Array.from({ length: 10 }, (_, at) => shade(0, 0xffffffff, at)));
  assert.equal(marks.size, 2);
  assert.ok(!marks.has(shade(0, 0xff0000ff, 0)), "painted, and it isn't known when");
  assert.ok(Math.abs(light(shade(5, 0xff000000, 0)) - light(shade(5, 0xffffffff, 0))) < 120);
});

test("a span is counted in steps that the server takes, and not too many", () => {
  for (const length of [60_000, 600_000, 5 * HOUR, 46 * HOUR, 48 * HOUR, 72 * HOUR, 400 * 24 * HOUR, 4000 * 24 * HOUR]) {
    const span = { from: NOW - length + 12_345, to: NOW }, { from, step } = stepOf(span), what = `${length}: ${step}`;
    assert.ok(from <= span.from && span.from - from < HOUR, what);
    assert.ok((NOW - from) / step <= 2000, what);
    if (step % HOUR === 0) assert.equal(from % HOUR, 0, what);
    else assert.ok(NOW - from <= 48 * HOUR, what);
    assert.ok(length / step >= 40, `enough bars: ${what}`);
  }
});
