import assert from "node:assert/strict";
import { test } from "node:test";
import { Asking } from "../js/record/asking.js";
import { Chunks } from "../js/record/chunks.js";
import { FakeClock, packPixels, seeded } from "./fakes.js";

const settle = () => new Promise((done) => setImmediate(done));

/** A loader whose questions the test answers by hand. */
function setUp() {
  const asked = [], failures = [];
  const chunks = new Chunks({
    load: (region, start, to, signal) => new Promise((answer, refuse) => asked.push({ region, start, to, signal, answer, refuse })),
    changed() {},
    failed: (error) => failures.push(error.message),
  });
  const got = [];
  const take = (time) => {
    chunks.take(time, (region, whole) => got.push([region, "whole", whole.seq]), (region, pixels, first, last) => got.push([region, first, last]));
    return got.splice(0);
  };
  return { chunks, asked, failures, take };
}

const placed = (...times) => ({ pixels: packPixels(times.map((_, i) => [i, 0xff0000])), times: Float64Array.from(times) });
const whole = (time, seq = 0) => ({ time, whole: { epoch: 1, seq, rgb: null } });

test("each region is asked for from the moment on, and then behind what is there", async () => {
  const { chunks, asked, take } = setUp();
  chunks.want([3, 4], 1_000_000);
  chunks.ahead(1_000_000, 1, 9_000_000);
  chunks.ahead(1_000_000, 1, 9_000_000);
  assert.deepEqual(asked.map(({ region, start }) => [region, start]), [[3, { from: 1_000_000 }], [4, { from: 1_000_000 }]], "once");
  assert.equal(chunks.loaded, 999_999);
  asked[0].answer({ steps: [whole(1_000_000, 7), placed(1_000_500, 1_001_000)], seq: 9, time: asked[0].to, more: false });
  await settle();
  assert.equal(chunks.loaded, 999_999, "the other region is not there yet");
  assert.deepEqual(take(1_000_600), [[3, "whole", 7], [3, 0, 1]]);
  asked[1].answer({ steps: [whole(1_000_000)], seq: 0, time: asked[1].to, more: false });
  await settle();
  assert.equal(chunks.loaded, asked[0].to);
  assert.deepEqual(take(1_009_999), [[3, 1, 2], [4, "whole", 0]]);
  chunks.ahead(1_009_000, 60, 9_000_000);
  assert.deepEqual(asked[2].start, { from: 1_001_000, after: 9 }, "no earlier than the last pixel");
  assert.equal(asked[3].start.after, undefined, "a region without pixels has no number to go on from");
  assert.ok(asked[3].start.from < asked[1].to);
});

test("an answer that is cut off is not complete in its last millisecond", async () => {
  const { chunks, asked, take } = setUp();
  chunks.want([0], 1000);
  chunks.ahead(1000, 1, 9000);
  asked[0].answer({ steps: [placed(1500, 2000, 2000)], seq: 3, time: 2000, more: true });
  await settle();
  assert.equal(chunks.loaded, 1999);
  assert.deepEqual(take(chunks.loaded), [[0, 0, 1]]);
  chunks.ahead(1999, 1, 9000);
  assert.deepEqual(asked[1].start, { from: 2000, after: 3 });
  asked[1].answer({ steps: [placed(2000, 3000)], seq: 5, time: 9000, more: false });
  await settle();
  assert.deepEqual(take(2000), [[0, 1, 3], [0, 0, 1]], "in order");
});

test("where little happens it is asked for longer times, and never beyond the end", async () => {
  const { chunks, asked } = setUp();
  chunks.want([0], 0);
  const windows = [];
  for (let i = 0; i < 6; i++) {
    const loaded = Math.max(0, chunks.loaded);
    chunks.ahead(loaded, 1, 400_000);
    windows.push(asked[i].to - loaded);
    asked[i].answer({ steps: [], seq: 1, time: asked[i].to, more: false });
    await settle();
  }
  for (let i = 1; i < 5; i++) assert.ok(windows[i] > 1.9 * windows[i - 1], `${windows}`);
  assert.equal(chunks.loaded, 400_000);
  chunks.ahead(400_000, 1, 400_000);
  assert.equal(asked.length, 6, "there is nothing behind the end");
});

test("nothing more is asked for while much waits to be shown", async () => {
  const { chunks, asked, take } = setUp();
  chunks.want([0], 0);
  chunks.ahead(0, 10_000, 1e12);
  asked[0].answer({ steps: Array.from({ length: 50 }, (_, i) => placed(...Array(4096).fill(1000 + i))), seq: 204_800, time: 1049, more: true });
  await settle();
  chunks.ahead(0, 10_000, 1e12);
  assert.equal(asked.length, 1);
  take(1048);
  chunks.ahead(1048, 10_000, 1e12);
  assert.equal(asked.length, 2);
});

test("regions that are no longer in view are given up, and their answers are not heard", async () => {
  const { chunks, asked, take, failures } = setUp();
  chunks.want([0, 1], 0);
  chunks.ahead(0, 1, 9000);
  chunks.want([1, 2], 500);
  assert.deepEqual(asked.map(({ signal }) => signal.aborted), [true, false]);
  asked[0].answer({ steps: [placed(100)], seq: 1, time: 9000, more: false });
  asked[1].refuse(new Error("gone for good"));
  await settle();
  assert.deepEqual(take(9000), []);
  assert.deepEqual(failures, ["gone for good"]);
  chunks.stop();
  assert.equal(chunks.loaded, Infinity);
});

test("whatever the answers' sizes and order, every pixel comes once and in order", async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = seeded(seed), below = (n) => Math.floor(random() * n);
    const { chunks, asked } = setUp(), regions = [0, 1, 2];
    const all = regions.map(() => Array.from({ length: 300 }, () => below(40_000)).sort((a, b) => a - b));
    const got = regions.map(() => []);
    let time = 0;
    chunks.want(regions, 0);
    while (time < 40_000) {
      chunks.ahead(time, 60, 40_000);
      const open = asked.filter((question) => !question.done);
      if (open.length > 0) {
        const question = open[below(open.length)], mine = all[question.region];
        const from = question.start.after ?? mine.findIndex((each) => each > question.start.from);
        const due = from < 0 ? [] : mine.slice(from).filter((each) => each <= question.to), cut = due.slice(0, 1 + below(20));
        const more = cut.length < due.length, seq = Math.max(0, from) + cut.length;
        question.done = true;
        question.answer({ steps: cut.length > 0 ? [placed(...cut)] : [], seq, time: more ? cut.at(-1) : question.to, more });
        await settle();
      }
      time = Math.max(time, Math.min(40_000, chunks.loaded, time + below(3000)));
      chunks.take(time, () => {}, (region, pixels, first, last) => got[region].push(last - first));
      for (const region of regions) {
        const shown = got[region].reduce((a, b) => a + b, 0), want = all[region].filter((each) => each > 0 && each <= time).length;
        assert.equal(shown, want, `seed ${seed}: region ${region} at ${time}`);
      }
    }
  }
});

/** A server whose answers the test lists: a status, or a fault. */
function asking(answers) {
  const clock = new FakeClock(), troubles = [], asked = [];
  const one = new Asking({
    setTimeout: clock.setTimeout,
    trouble: (text) => troubles.push(text),
    async fetch(address, { signal }) {
      asked.push(address);
      signal.throwIfAborted();
      const next = answers.shift() ?? 200;
      if (next instanceof Error) throw next;
      const [status, after] = [next].flat();
      return { ok: status < 300, status, headers: new Headers(after ? { "Retry-After": String(after) } : {}), json: async () => ({ error: "Coordinates out of bounds" }), text: async () => "said" };
    },
  });
  return { one, clock, troubles, asked };
}
const text = (response) => response.text();
const never = new AbortController().signal;

test("what the server has no room for is asked again, later and later, as it says", async () => {
  const { one, clock, asked, troubles } = asking([new TypeError("network"), 503, [429, 20], 200]);
  const answer = one.ask("api/stats", text, never);
  for (const [ms, times] of [[0, 1], [999, 1], [1, 2], [1999, 2], [1, 3], [19_999, 3], [1, 4]]) {
    await settle();
    clock.advance(ms);
    await settle();
    assert.equal(asked.length, times, `after ${ms} more ms`);
  }
  assert.equal(await answer, "said");
  assert.equal(troubles.at(-1), "");
  assert.ok(troubles.some((said) => said.includes("busy")) && troubles.some((said) => said.includes("not answer")));
});

test("what the server refuses is not asked again", async () => {
  const { one, asked } = asking([400]);
  await assert.rejects(one.ask("api/pixel/9/9/history", text, never), { name: "Refused", status: 400, message: "Coordinates out of bounds" });
  assert.equal(asked.length, 1);
});

test("what is no longer wanted is given up, in its turn and while it waits", async () => {
  const { one, clock, asked } = asking([503]);
  const stop = new AbortController(), answer = one.ask("a", text, stop.signal);
  await settle();
  stop.abort();
  await assert.rejects(answer, { name: "AbortError" });
  clock.advance(60_000);
  await assert.rejects(one.ask("b", text, stop.signal), { name: "AbortError" });
  assert.deepEqual(asked, ["a"]);
});

test("three questions at a time, the others in their order", async () => {
  const open = [], one = new Asking({ setTimeout() {}, trouble() {}, fetch: (address) => new Promise((done) => open.push({ address, done: () => done({ ok: true, text: async () => address }) })) });
  const answers = ["a", "b", "c", "d", "e"].map((address) => one.ask(address, text, never));
  await settle();
  assert.deepEqual(open.map(({ address }) => address), ["a", "b", "c"]);
  open[1].done();
  await settle();
  assert.deepEqual(open.map(({ address }) => address), ["a", "b", "c", "d"]);
  for (const each of open) each.done();
  await settle();
  open[4].done();
  assert.deepEqual(await Promise.all(answers), ["a", "b", "c", "d", "e"]);
});
