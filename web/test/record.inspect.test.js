import assert from "node:assert/strict";
import { test } from "node:test";
import { Canvas } from "../js/canvas/canvas.js";
import { makeGeometry } from "../js/geometry.js";
import { placeCard } from "../js/record/card_place.js";
import { whose, withGaps } from "../js/record/entries.js";
import { Inspector } from "../js/record/inspector.js";
import { Record } from "../js/record.js";
import { newState } from "../js/state.js";
import { FakeClock } from "./fakes.js";

const settle = () => new Promise((done) => setImmediate(done));

test("a card never covers its pixel, and stays inside the window", () => {
  for (const window of [{ width: 1440, height: 900 }, { width: 320, height: 568 }, { width: 360, height: 225 }]) {
    for (const size of [7, 16, 64]) {
      for (let x = -size; x < window.width + size; x += 13) {
        for (let y = -size; y < window.height + size; y += 13) {
          const pixel = { left: x, top: y, right: x + size, bottom: y + size };
          const place = placeCard(pixel, { width: 300, height: 290 }, window), what = `${JSON.stringify({ window, pixel, place })}`;
          const seen = pixel.right > 0 && pixel.bottom > 0 && pixel.left < window.width && pixel.top < window.height;
          assert.equal(place !== null, seen, what);
          if (!place) continue;
          const right = place.left + place.width, bottom = place.top + place.height;
          assert.ok(place.left >= 0 && place.top >= 0 && right <= window.width && bottom <= window.height, `outside: ${what}`);
          assert.ok(right <= pixel.left || place.left >= pixel.right || bottom <= pixel.top || place.top >= pixel.bottom, `covers: ${what}`);
          assert.ok(place.width >= 100 && place.height >= 60, `too small: ${what}`);
        }
      }
    }
  }
  assert.equal(placeCard({ left: -5, top: -5, right: 500, bottom: 500 }, { width: 300, height: 290 }, { width: 400, height: 400 }), null, "the pixel fills the window");
});

test("who placed a pixel is text, with the kind, the end of the id, and whether it was oneself", () => {
  const state = { connection: { user: 0xa1000000beef } };
  const said = (user, name) => whose({ user, name }, state);
  assert.deepEqual(said("a1000000beef", "Ada"), { name: "Ada", id: "·beef", kind: "person", own: true, text: "Ada, you" });
  assert.deepEqual(said("b00000000001", "Clock"), { name: "Clock", id: "·0001", kind: "bot", own: false, text: "Clock, a bot" });
  assert.equal(said("b00000000001", "").name, "Bot");
  assert.equal(said("a10000000001", "").name, "Anonymous");
  assert.deepEqual(said(undefined, undefined), { name: "Not known", id: "", kind: "", own: false, text: "Not known" });
  assert.equal(said("a10000000001", "Ada\u202E\nevil").name, "Adaevil");
});

test("where pixels may be missing between others, the card says so", () => {
  const pixels = [90, 50, 10].map((seq) => ({ seq })), gap = (from, to) => ({ from, to, why: `${from}-${to}` });
  const lines = (gaps, more = false) => withGaps(pixels, gaps, more).map((line) => line.seq ?? line.why);
  assert.deepEqual(lines([]), [90, 50, 10]);
  assert.deepEqual(lines([gap(60, 70)]), [90, "60-70", 50, 10]);
  assert.deepEqual(lines([gap(0, 9), gap(90, 95)]), ["90-95", 90, 50, 10, "0-9"]);
  assert.deepEqual(lines([gap(0, 9)], true), [90, 50, 10], "older pixels are not shown yet");
  assert.deepEqual(withGaps([], [gap(0, 9)], false).map(({ why }) => why), ["0-9"]);
});

/** A canvas, and a server whose answers the test gives. */
function setUp() {
  const state = newState(), clock = new FakeClock(), asked = [];
  state.canvas = new Canvas(makeGeometry(64, 64, 64));
  state.canvas.load(state.canvas.regions[0], 1, 0, null, true);
  const inspector = new Inspector(state, {
    today: () => 1_000_000, setTimeout: clock.setTimeout, clearTimeout: clock.clearTimeout, changed() {},
    server: { place: (x, y, before, limit, signal) => new Promise((answer, refuse) => asked.push({ x, y, before, limit, signal, answer, refuse })) },
  });
  return { state, clock, asked, inspector };
}
const entry = (seq, time = 1000 * seq) => ({ seq, time, color: "#E50025", user: "a10000000001", name: "Ada" });

test("a card shows the colour at once and who placed it when the answer comes; older ones on demand", async () => {
  const { state, asked, inspector } = setUp();
  inspector.open(5, 6, true);
  assert.deepEqual([state.inspected.phase, state.inspected.colour], ["asking", 0xffffff]);
  asked[0].answer({ pixels: Array.from({ length: 11 }, (_, i) => entry(50 - i)), more: true, since: 5, gaps: [] });
  await settle();
  assert.equal(state.inspected.phase, "known");
  assert.match(state.said, /^5, 6: Red by Ada, 15 minutes ago\. Before that: Red by Ada/);
  inspector.more();
  assert.equal(asked[1].before, 40);
  asked[1].answer({ pixels: [entry(39)], more: false, since: 5, gaps: [] });
  await settle();
  assert.deepEqual([state.inspected.pixels.length, state.inspected.more], [12, false]);
  inspector.more();
  assert.equal(asked.length, 2);
  assert.equal(inspector.close(), true);
  assert.equal(inspector.close(), false);
});

test("only the last place that was asked for is heard, and a fault is said", async () => {
  const { state, asked, inspector, clock } = setUp();
  inspector.open(1, 1, true);
  for (let x = 2; x < 9; x++) inspector.open(x, 1, true, true);
  assert.equal(asked.length, 1, "while the aim moves on, nothing is asked");
  assert.equal(asked[0].signal.aborted, true);
  clock.advance(250);
  assert.deepEqual([asked.length, asked[1].x], [2, 8]);
  asked[0].answer({ pixels: [entry(1)], more: false });
  asked[1].refuse(new Error("The record can't be read"));
  await settle();
  assert.deepEqual([state.inspected.phase, state.inspected.why, state.inspected.x], ["failed", "The record can't be read", 8]);
  inspector.open(8, 1, true);
  assert.equal(asked.length, 3, "and it can be asked again");
  inspector.open(500, 1, true);
  assert.equal(state.inspected.x, 8, "off the canvas there is nothing to ask");
});

test("a pixel that is painted over while its card is open is asked about again", async () => {
  const { state, asked, inspector, clock } = setUp();
  inspector.open(5, 0, true);
  asked[0].answer({ pixels: [], more: false, since: 0, gaps: [] });
  await settle();
  inspector.look();
  assert.equal(asked.length, 1);
  state.canvas.regions[0].tile.set(5, 0, 0xff0000ff);
  inspector.look();
  clock.advance(250);
  assert.equal(asked.length, 2);
  assert.equal(state.inspected.pinned, true);
});

test("in the past a card is about that moment", async () => {
  const { state, asked, inspector } = setUp();
  state.past = { canvas: state.canvas, time: 20_500 };
  inspector.open(5, 6, true);
  asked[0].answer({ pixels: [entry(30), entry(25)], more: true, since: 5, gaps: [] });
  await settle();
  assert.equal(asked[1].before, 25, "what came later does not count");
  asked[1].answer({ pixels: [entry(22), entry(20), entry(10)], more: false, since: 5, gaps: [] });
  await settle();
  assert.deepEqual(state.inspected.pixels.map(({ seq }) => seq), [20, 10]);
});

/** The way to the record, whose parts only note what is asked of them. */
function setUpRecord({ record = true, hash = "", fails = 0 } = {}) {
  const { state } = setUp(), did = [], loaded = [];
  Object.assign(state, { me: { ...state.me, record, known: true }, tool: "inspect" });
  const parts = {
    inspecting: { open: (...all) => did.push(["open", ...all]), close: () => did.push(["close card"]) > 0, show() {} },
    replaying: { open: (time) => did.push(["replay", time]), close: () => did.push(["close"]) > 0, key: (key) => key === "l", advance: () => 250, show() {} },
  };
  const way = new Record(state, {
    now: () => 0, changed() {}, settle: () => did.push(["settle"]),
    load: async (name) => {
      loaded.push(name);
      if (fails-- > 0) throw new TypeError("Failed to fetch dynamically imported module");
      return parts[name];
    },
  }, hash);
  return { state, way, did, loaded };
}

test("nothing is loaded before it is used, and nothing at all without a record", async () => {
  const { way, did, loaded } = setUpRecord({ record: false });
  way.advance(0);
  way.show();
  await way.inspect(1, 1, true);
  await way.replay();
  way.toggle();
  assert.equal(way.key("l"), false);
  assert.deepEqual([did, loaded], [[], []]);
  const there = setUpRecord();
  there.way.advance(0);
  there.way.show();
  assert.deepEqual(there.loaded, []);
  await there.way.replay();
  await there.way.replay(5);
  assert.deepEqual([there.loaded, there.did], [["replaying"], [["settle"], ["replay", null], ["settle"], ["replay", 5]]]);
});

test("a part that can't be loaded is said, and tried again the next time", async () => {
  const { way, did, state } = setUpRecord({ fails: 1 });
  await way.inspect(1, 2, true);
  assert.match(state.toast.text, /could not be loaded/);
  await way.inspect(1, 2, true);
  assert.deepEqual(did, [["open", 1, 2, true, false]]);
});

test("a link's moment is opened when it is known that there is a record, once", async () => {
  const hash = "#1,1,8&t=2026-11-29T20:00:00Z", time = Date.UTC(2026, 10, 29, 20);
  const { way, did, state } = setUpRecord({ hash });
  state.me.known = false;
  way.advance(0);
  state.me.known = true;
  way.advance(0);
  way.advance(0);
  await settle();
  assert.deepEqual(did, [["settle"], ["replay", time]]);
  const without = setUpRecord({ hash, record: false });
  without.way.advance(0);
  assert.match(without.state.toast.text, /no record/);
});

test("with the tool for it a pointer that rests opens a card, and one that moves does not", async () => {
  const { way, did, state } = setUpRecord();
  state.reticule = { x: 3, y: 4, keyboard: false };
  assert.equal(way.advance(0), 450);
  state.reticule = { x: 4, y: 4, keyboard: false };
  assert.equal(way.advance(400), 450);
  assert.equal(way.advance(600), 250);
  way.advance(850);
  await settle();
  assert.deepEqual(did, [["open", 4, 4, false, false]]);
  state.pointer = { x: 100, y: 100 };
  state.viewport = { width: 200, height: 200, left: 0, top: 0, right: 0, bottom: 0 };
  state.view = { x: 4.5, y: 4.5, zoom: 8 };
  state.inspected = { x: 4, y: 4, pinned: false };
  state.reticule = { x: 5, y: 4, keyboard: false };
  way.advance(900);
  assert.equal(did.at(-1)[0], "open", "close by, it stays");
  state.pointer = { x: 160, y: 100 };
  way.advance(950);
  assert.equal(did.at(-1)[0], "close card", "farther away it would be in the way");
  state.inspected = null;
  assert.equal(way.advance(951), Infinity, "and does not come back where the pointer is");
  assert.equal(did.length, 2);
  state.inspected = { x: 4, y: 4, pinned: true };
  state.reticule = { x: 9, y: 4, keyboard: false };
  assert.equal(way.advance(5000), Infinity, "a pinned card stays");
  state.reticule = { x: 10, y: 4, keyboard: true };
  way.advance(5001);
  await settle();
  assert.deepEqual(did.at(-1), ["open", 10, 4, true, true], "the keyboard's aim moves it");
});
