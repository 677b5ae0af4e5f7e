import assert from "node:assert/strict";
import { test } from "node:test";
import { Canvas } from "../js/canvas/canvas.js";
import { PALETTE } from "../js/colour.js";
import { Drawing } from "../js/input/drawing.js";
import { makeGeometry } from "../js/geometry.js";
import { explain, hindrance } from "../js/limits/cannot_draw.js";
import { readMe, unknown } from "../js/people/me.js";
import { allowed, offered } from "../js/limits/offered.js";
import { Pending } from "../js/canvas/pending.js";
import { Rules } from "../js/rules.js";
import { moderates, readRules, saying, span, whoDraws } from "../js/rules/ruling.js";
import { newState } from "../js/state.js";
import { FakeClock } from "./fakes.js";

const RED = 0xe50025, WHITE = 0xffffff, BLACK = 0x000000, T = 1_800_000_000_000, MINUTE = 60_000, HOUR = 60 * MINUTE;
const rules = (said) => readRules({ version: 7, state: "open", until: 0, palette: [], phases: [], areas: [], appeal: "", ...said });
const as = (role, user = "") => ({ ...unknown(), known: true, role, user });

test("what a server says is read, whatever it says", () => {
  assert.equal(readRules(null), null);
  assert.equal(readRules({ version: "7" }), null);
  const odd = readRules({ version: 1, state: "closed", palette: ["#E50025", "red", 5, null], areas: [{ x: 1 }, null, { act: 2, x: 0, y: 0, width: 2, height: 2 }], phases: "none", until: -5 });
  assert.deepEqual([odd.state, odd.palette, odd.areas.length, odd.areas[0].least, odd.phases, odd.until], ["open", [RED], 1, "guest", [], 0]);
  assert.deepEqual([moderates(as("member")), moderates(as("moderator")), moderates(as("owner"))], [false, true, true]);
});

test("a timetable goes on by itself, also behind a freeze that has ended", () => {
  const phases = [{ from: T + HOUR, state: "open" }, { from: T, state: "frozen" }, { from: T + 2 * HOUR, state: "white-out" }];
  const table = rules({ state: "frozen", until: T + HOUR, phases });
  assert.deepEqual(table.at(T + 1), { state: "frozen", until: T + HOUR, next: "open" });
  assert.deepEqual(table.at(T + HOUR), { state: "open", until: T + 2 * HOUR, next: "white-out" });
  assert.deepEqual(table.at(T + 3 * HOUR), { state: "white-out", until: 0, next: "open" });
  const frozen = rules({ state: "frozen", until: T });
  assert.deepEqual([frozen.at(T - 1).next, frozen.at(T).state], ["open", "open"]);
  assert.deepEqual(rules({ state: "frozen" }).at(T), { state: "frozen", until: 0, next: "open" });
});

test("the dock says when it opens and closes, by the server's clock", () => {
  for (const [said, line] of [
    [{}, ""],
    [{ state: "frozen" }, "Frozen: nothing can be placed for now"],
    [{ state: "frozen", until: T + 4 * MINUTE + 5000 }, "Frozen · opens in 4:05"],
    [{ state: "frozen", until: T + MINUTE, phases: [{ from: T + MINUTE, state: "white-out" }] }, "Frozen · white-out in 1:00"],
    [{ state: "white-out", until: T + 3000, phases: [{ from: T + 3000, state: "frozen" }] }, "White-out: only white can be placed · ends in 3 s"],
    [{ state: "open", phases: [{ from: T + HOUR, state: "frozen" }] }, "Closes in 1:00:00"],
    [{ state: "open", phases: [{ from: T + 48 * HOUR, state: "frozen" }] }, ""],
  ]) assert.equal(saying(rules(said), T), line);
  assert.equal(span(51 * HOUR), "2 days 3 h");
});

test("who may draw where: by role, by name, and outside of a mask", () => {
  const said = { act: 3, name: "Flag", x: 10, y: 10, width: 2, height: 2, least: "moderator", users: ["a10000000001"] };
  const whole = rules({ areas: [said] });
  assert.deepEqual([9, 10, 11, 12].map((x) => whole.barred(x, 10, as("member")).length), [0, 1, 1, 0]);
  assert.deepEqual([as("moderator"), as("owner"), as("guest", "a10000000001")].map((me) => whole.barred(10, 10, me).length), [0, 0, 0]);
  assert.match(whole.explain("protected", as("guest"), T, { x: 10, y: 10, colour: RED }), /^“Flag” is protected: only moderators draw there, and some others$/);
  assert.equal(whoDraws({ least: "member", users: [] }), "only members draw there");
  const masked = rules({ areas: [{ ...said, mask: "abc" }] });
  assert.equal(masked.barred(10, 10, as("guest")).length, 0, "as long as the mask is not known the server decides");
  masked.areas[0].bits = Uint8Array.of(1, 0, 0, 0);
  assert.deepEqual([masked.barred(10, 10, as("guest")).length, masked.barred(11, 10, as("guest")).length], [1, 0]);
});

/** A user in front of a canvas with rules. */
function setUp(said) {
  const state = newState();
  state.canvas = new Canvas(makeGeometry(200, 100, 64));
  for (const region of state.canvas.regions) state.canvas.load(region, 0, 0, null, true);
  state.pending = new Pending(state.canvas);
  Object.assign(state.connection, { phase: "open", welcomed: true });
  state.allowance.clock.heard(T, 0);
  state.rules = said ? rules(said) : null;
  const it = { state, now: 0, drawing: new Drawing(state, { now: () => it.now, changed() {} }) };
  return it;
}

test("without rules the page's own colours are offered, and any may be placed", () => {
  const { state } = setUp(null);
  assert.equal(offered(state, 0), PALETTE);
  assert.equal(allowed(state, 0x123456, 0), true);
});

test("a palette limits what can be chosen: the picker and the dropper take the nearest of it", () => {
  const { state, drawing } = setUp({ palette: ["#E50025", "#000000", "#1F4FE0"] });
  assert.deepEqual(offered(state, 0).map(({ name }) => name), ["Red", "Black", "Blue"]);
  assert.equal(offered(state, 0), offered(state, 5));
  assert.equal(drawing.setColour(0xd01030), RED);
  assert.match(state.toast.text, /Red is the nearest colour/);
  state.canvas.regions[0].tile.set(5, 0, 0xff200a05);
  drawing.pick(5, 0);
  assert.equal(state.colour, BLACK);
  assert.match(state.toast.text, /Picked Black, the nearest to the colour, from 5, 0/);
  state.colour = 0x123456; // chosen before there was a palette
  drawing.place(1, 1);
  assert.match(state.toast.text, /#123456 is not in the palette here/);
  assert.equal(state.canvas.pixel(1, 1), WHITE);
});

test("nothing is drawn on a frozen canvas, and it is said when it opens", () => {
  const { state, drawing } = setUp({ state: "frozen", until: T + 65_000 });
  drawing.place(1, 1);
  assert.equal(state.canvas.pixel(1, 1), WHITE);
  assert.equal(state.toast.text, "The canvas is frozen: it opens in 1:05");
  assert.equal(hindrance(state, 70_000), "", "a minute later it is open");
  const white = setUp({ state: "white-out" });
  assert.deepEqual(offered(white.state, 0).map(({ colour }) => colour), [WHITE]);
  assert.equal(explain(white.state, "colour", 0), "Only white can be placed now");
});

test("a stroke ends where a protected part begins, and that part is shown", () => {
  const { state, drawing } = setUp({ areas: [{ act: 1, name: "", x: 20, y: 0, width: 50, height: 50, least: "owner" }] });
  state.colour = RED;
  drawing.begin(15, 10);
  drawing.to(30, 10);
  assert.deepEqual([19, 20].map((x) => state.canvas.pixel(x, 10)), [RED, WHITE]);
  assert.match(state.toast.text, /This part is protected: only the owner draws there/);
  assert.deepEqual([state.tried.x, state.tried.y], [20, 10]);
});

test("while a part of the canvas is chosen, strokes choose and don't draw", () => {
  const { state, drawing } = setUp(null), did = [];
  state.selecting = { begin: (x, y) => did.push(["begin", x, y]), to: (x, y) => did.push(["to", x, y]), end: () => did.push(["end"]) };
  drawing.begin(1, 2);
  drawing.to(5, 6);
  drawing.end();
  drawing.end();
  drawing.place(3, 3);
  assert.deepEqual(did, [["begin", 1, 2], ["to", 5, 6], ["end"], ["begin", 3, 3], ["end"]]);
  assert.equal(state.pending.unsent, 0);
});

test("that one is banned is read with who one is", () => {
  assert.deepEqual(readMe({ kind: "guest", banned: { act: 4, why: "Spam", until: 5, appeal: "mods@example.org" } }).banned, { why: "Spam", until: 5, appeal: "mods@example.org" });
  assert.deepEqual([readMe({ kind: "guest" }).banned, readMe({ kind: "guest", banned: { why: 5 } }).banned], [null, { why: "", until: 0, appeal: "" }]);
});

/** The way to the rules, with a server whose answers the test gives and parts that only note what is asked of them. */
function setUpWay({ answers, me = {}, fails = 0 }) {
  const state = newState(), clock = new FakeClock(), asked = [], loaded = [], did = [];
  Object.assign(state.me, { known: true }, me);
  state.canvas = /** @type {any} */ ({});
  const part = (name) => ({ read: (said) => did.push([name, said.version]), heard: () => did.push([name, "heard"]), open: (place) => did.push([name, place]), show: () => 500, key: (key) => key === "v", card: () => [name] });
  const way = new Rules(state, {
    now: () => clock.now, random: () => 0.5, setTimeout: clock.setTimeout, clearTimeout: clock.clearTimeout, changed() {},
    fetch: async (address) => {
      asked.push(address);
      const said = answers.length > 1 ? answers.shift() : answers[0];
      return { status: said === null ? 404 : said === undefined ? 503 : 200, ok: Boolean(said), json: async () => said };
    },
    load: async (name) => {
      loaded.push(name);
      if (fails-- > 0) throw new TypeError("Failed to fetch dynamically imported module");
      return part(name);
    },
  });
  return { state, way, clock, asked, loaded, did };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

test("nothing is loaded where nothing was decided and one is nobody, or the server knows no rules", async () => {
  for (const answers of [[null], [{ version: 0 }]]) {
    const { way, loaded, state } = setUpWay({ answers });
    await way.ask();
    assert.equal(way.show(0), Infinity);
    assert.deepEqual([loaded, way.moderates, way.key("v"), way.card({}), state.rules], [[], false, false, [], null]);
  }
});

test("rules are read when there are any, and again when they have changed; each asks in its own moment", async () => {
  const { way, clock, asked, did, loaded } = setUpWay({ answers: [{ version: 1 }, { version: 1 }, { version: 2 }] });
  await way.ask();
  assert.deepEqual([did, loaded], [[["ruling", 1]], ["ruling"]]);
  way.heard("1", 9000);
  way.heard("2", 3000);
  clock.advance(1499);
  assert.equal(asked.length, 1);
  clock.advance(1);
  await settle();
  assert.equal(asked.length, 2, "the server did not know them yet");
  clock.advance(500);
  await settle();
  assert.deepEqual(did.at(-1), ["ruling", 2]);
  assert.equal(clock.waiting, 0);
});

test("a server that does not answer is asked again, and a part that fails is loaded again later", async () => {
  const { way, clock, did, state } = setUpWay({ answers: [undefined, { version: 3 }], fails: 1 });
  await way.ask();
  clock.advance(1500);
  await settle();
  assert.match(state.toast.text, /could not be loaded/);
  clock.advance(5000);
  await settle();
  assert.deepEqual(did, [["ruling", 3]]);
});

test("who is told that a part can't be loaded is not told so again, but when they ask for it", async () => {
  const { way, clock, loaded, state } = setUpWay({ answers: [{ version: 3 }], fails: 4, me: { watches: true } });
  let told = 0;
  const was = () => {
    const { toast } = state;
    state.toast = null;
    if (toast) told++;
    return told;
  };
  await way.ask();
  assert.equal(was(), 1);
  for (const ms of [5000, 15_000]) {
    clock.advance(ms);
    await settle();
    assert.equal(was(), 1, "it is tried again without a word");
  }
  assert.deepEqual(loaded, ["ruling", "ruling", "ruling"]);
  await way.report({ x: 1, y: 2 });
  assert.equal(was(), 2);
});

test("moderators get their tools, and the banned their page, each loaded once", async () => {
  const { way, loaded, did, state } = setUpWay({ answers: [{ version: 0 }], me: { moderates: true } });
  await way.ask();
  const { canvas } = state;
  state.canvas = null;
  way.show(0);
  await settle();
  assert.deepEqual(loaded, [], "not before there is a canvas");
  state.canvas = canvas;
  way.show(0);
  way.show(0);
  await settle();
  assert.deepEqual(loaded, ["moderating"]);
  assert.deepEqual([way.show(0), way.key("v"), way.key("b"), way.card({})], [500, true, false, ["moderating"]]);
  state.me.banned = { why: "", until: 0, appeal: "" };
  way.show(0);
  await settle();
  assert.deepEqual(loaded, ["moderating", "banned"]);
  await way.report({ x: 1, y: 2 });
  assert.deepEqual(did.at(-1), ["reporting", { x: 1, y: 2 }]);
});
