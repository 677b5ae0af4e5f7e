import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { test } from "node:test";
import { Duty } from "../js/rules/panel/duty.js";
import { RulesServer } from "../js/rules/rules_server.js";
import { clip, edgesOf, fromBits, maskOf, rectOf, runsOf } from "../js/rules/areas/shapes.js";
import { pixels } from "../js/numbers.js";
import { actWords, asAccount, inForce, person, selected, takenBack, targetOf, undone } from "../js/rules/act_texts.js";
import { newState } from "../js/state.js";
import { FakeClock, seeded } from "./fakes.js";

globalThis.crypto ??= webcrypto; // Node 18 has it here only

const T = 1_800_000_000_000, HOUR = 3_600_000, U = "a1000000beef";

test("rectangles by two corners, in any order, as far as they are on the canvas", () => {
  assert.deepEqual(rectOf({ x: 5, y: 2 }, { x: 3, y: 9 }), { x: 3, y: 2, width: 3, height: 8 });
  assert.deepEqual(rectOf({ x: 4, y: 4 }, { x: 4, y: 4 }), { x: 4, y: 4, width: 1, height: 1 });
  assert.deepEqual(clip({ x: -3, y: 5, width: 10, height: 100 }, { width: 20, height: 10 }), { x: 0, y: 5, width: 7, height: 5 });
  assert.equal(clip({ x: 20, y: 0, width: 5, height: 5 }, { width: 20, height: 10 }), null);
});

test("what is painted is a mask as small as can be", () => {
  assert.equal(maskOf([], 100), null);
  const mask = maskOf(new Set([205, 306, 407]), 100);
  assert.deepEqual({ ...mask, bits: [...mask.bits] }, { x: 5, y: 2, width: 3, height: 3, bits: [1, 0, 0, 0, 1, 0, 0, 0, 1] });
  assert.deepEqual([...fromBits(Uint8Array.of(1, 0))], [0, 0, 0, 255, 0, 0, 0, 0]);
});

test("runs cover exactly what counts, and edges lie exactly around it", () => {
  const seed = Date.now() >>> 0, random = seeded(seed), width = 13, height = 9;
  for (let round = 0; round < 50; round++) {
    const bits = Uint8Array.from({ length: width * height }, () => Number(random() < 0.5)), covered = new Uint8Array(bits.length);
    for (const run of runsOf(bits, width, height)) {
      for (let y = run.y; y < run.y + run.height; y++) for (let x = run.x; x < run.x + run.width; x++) covered[y * width + x]++;
    }
    assert.deepEqual(covered, bits, `seed ${seed}`);
    const at = (x, y) => (x >= 0 && y >= 0 && x < width && y < height ? bits[y * width + x] : 0);
    let want = 0;
    for (let y = 0; y <= height; y++) for (let x = 0; x <= width; x++) want += Number(at(x, y) !== at(x - 1, y)) + Number(at(x, y) !== at(x, y - 1));
    const got = edgesOf(bits, width, height).reduce((sum, [x1, y1, x2, y2]) => sum + x2 - x1 + y2 - y1, 0);
    assert.equal(got, want, `seed ${seed}`);
  }
});

test("acts in words", () => {
  const act = (more) => actWords({ n: 5, time: T, by: { role: "moderator", via: "page" }, ...more });
  for (const [more, words] of [
    [{ do: "ban", target: { user: U }, until: T + 24 * HOUR, why: "Spam" }, "Banned ·beef for 1 day"],
    [{ do: "ban", target: { network: "00000000cafe" } }, "Banned the network ·cafe"],
    [{ do: "mute", target: { cidr: "hidden" } }, "Name of some addresses hidden"],
    [{ do: "protect", area: { name: "Flag", x: 1, y: 2, width: 3, height: 4, least: "moderator" } }, "Protected “Flag”"],
    [{ do: "freeze", until: T + 300_000 }, "Canvas frozen for 5:00"],
    [{ do: "palette", colors: ["#000000"] }, "Palette of 1 colour"],
    [{ do: "palette" }, "Any colour"],
    [{ do: "rollback", selection: { users: [U], width: 10, height: 20, x: 1, y: 2 } }, "Rolled back what ·beef drew in 10×20 at 1, 2"],
    [{ do: "undo", of: 4 }, "Took back act 4"],
    [{ do: "something new" }, "something new"],
  ]) assert.equal(act(more), words);
  assert.equal(selected({ users: [U, U, U], networks: [U] }), "what 4 people drew");
  assert.deepEqual([person({ user: U, name: "Eve" }), person({ user: U }), person({})], ["Eve ·beef", "Somebody ·beef", "Nobody known"]);
  assert.deepEqual([pixels(1), pixels(1234)], ["1 pixel", "1,234 pixels"]);
});

test("an act is in force until it ends or is taken back", () => {
  const acts = [{ n: 3, do: "undo", of: 1 }, { n: 2, do: "ban", until: T }, { n: 1, do: "ban" }], by = undone(acts);
  assert.deepEqual([...by], [[1, 3]]);
  assert.deepEqual([inForce(acts[2], by, T), inForce(acts[1], by, T), inForce(acts[1], by, T - 1)], [false, false, true]);
});

test("what the server says was taken back is not in force, although the undo is not among the acts listed", () => {
  const acts = [{ n: 3, do: "ban" }, { n: 2, do: "ban", undone: 200 }, { n: 1, do: "undo", of: 3 }], by = undone(acts);
  assert.deepEqual(acts.map((act) => [takenBack(act, by), inForce(act, by, T)]), [[1, false], [200, false], [undefined, true]]);
});

test("a bot is meant by itself, by its network or by the account that made its key", () => {
  assert.deepEqual(targetOf("", U), { user: U });
  assert.deepEqual(targetOf("00000000cafe", U), { network: "00000000cafe" });
  assert.deepEqual(targetOf(asAccount("000000000acc"), U), { user: "000000000acc" });
});

test("an undo that is taken back takes nothing back", () => {
  const acts = [{ n: 4, do: "undo", of: 3 }, { n: 3, do: "undo", of: 2 }, { n: 2, do: "ban" }, { n: 1, do: "freeze" }];
  assert.deepEqual([...undone(acts)], [[3, 4]]);
  assert.deepEqual([...undone(acts.slice(1))], [[2, 3]]);
});

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A moderator's lists, and a server whose answers the test gives. */
function setUp() {
  const state = newState(), clock = new FakeClock(), it = { reports: [], acts: [], asked: 0, did: [], fails: "" };
  const server = {
    reports: async () => {
      it.asked++;
      if (it.fails) throw new Error(it.fails);
      return it.reports;
    },
    acts: async () => it.acts,
    act: async (wanted) => (it.did.push(wanted), { act: { n: 9, time: T, by: {}, ...wanted }, obeyed: it.obeyed ?? true }),
    resolve: async (id, how) => it.did.push([id, how]),
    claim: async (id) => it.did.push(["claim", id]),
  };
  const duty = new Duty(state, { server, now: () => clock.now, changed() {}, rules: { soon: (within) => it.did.push(["soon", within]) } });
  return Object.assign(it, { state, clock, duty });
}

test("reports are looked at from time to time, and lists follow what others decide at once", async () => {
  const it = setUp(), { duty, clock } = it;
  assert.equal(duty.advance(clock.now), 15_000);
  await settle();
  assert.deepEqual([it.asked, duty.version], [1, 0]);
  clock.advance(14_999);
  assert.equal(duty.advance(clock.now), 1);
  it.reports = [{ id: "r1" }];
  clock.advance(1);
  duty.advance(clock.now);
  await settle();
  assert.deepEqual([it.asked, duty.reports.length, duty.version], [2, 1, 1]);
  it.acts = [{ n: 1, do: "ban" }];
  duty.heard();
  duty.heard();
  await settle();
  assert.deepEqual([it.asked, duty.acts.length, duty.version], [4, 1, 2], "what was heard meanwhile is asked once more");
  it.fails = "The server does not answer";
  duty.heard();
  await settle();
  assert.deepEqual([duty.trouble, duty.reports.length, duty.version], ["The server does not answer", 1, 3], "what was known stays");
  assert.equal(duty.advance(clock.now), 30_000);
});

test("what is decided is said, and that a server has not confirmed it", async () => {
  const it = setUp(), { duty, state } = it;
  await duty.act({ do: "freeze" });
  assert.equal(state.toast.text, "Canvas frozen");
  it.obeyed = false;
  await duty.undo(4, "A mistake");
  assert.equal(state.toast.text, "Took back act 4. Not every server has confirmed it yet");
  assert.deepEqual(it.did, [{ do: "freeze" }, ["soon", 0], { do: "undo", of: 4, why: "A mistake" }, ["soon", 0]]);
  await duty.resolve("r1", "Nothing to see");
  assert.deepEqual(it.did.at(-1), ["r1", "Nothing to see"]);
});

test("the server's words are shown when it refuses; without any the page has its own", async () => {
  const answers = [], asked = [];
  const server = new RulesServer(async (address, options) => {
    asked.push([options.method, address, options.body]);
    const { status = 200, said = null, after = "" } = answers.shift() ?? {};
    return { status, ok: status < 300, headers: new Headers(after ? { "Retry-After": after } : {}), json: async () => said };
  });
  const refused = async (answer, words) => {
    answers.push(answer);
    await assert.rejects(server.act({ do: "freeze" }), { message: words });
  };
  await refused({ status: 403, said: { error: "Only a moderator or an owner may do this" } }, "Only a moderator or an owner may do this");
  await refused({ status: 401 }, "You are signed out: sign in again");
  await refused({ status: 429, after: "7" }, "That was a lot: try again in 7 s");
  await refused({ status: 500 }, "The server refuses that (500)");
  const ids = asked.map(([, , body]) => JSON.parse(body).id);
  assert.equal(new Set(ids).size, 4);
  answers.push({ said: { act: { n: 1 } } }, { said: { act: { n: 2 } } });
  await server.act({ do: "freeze" });
  await server.act({ do: "freeze" });
  assert.deepEqual(asked.splice(-2).map(([, , body]) => JSON.parse(body).id === ids[3]), [true, false], "the last one was not answered, and may have been decided");
  assert.match(ids[0], /^[0-9a-f]{24}$/);
  answers.push({ said: { reports: [{ id: "a" }] } }, { said: null });
  assert.deepEqual([await server.reports(), await server.acts(5, 7)], [[{ id: "a" }], []]);
  assert.deepEqual(asked.slice(-2).map(([method, address]) => [method, address]), [["GET", "api/reports?state=open"], ["GET", "api/acts?limit=5&before=7"]]);
  answers.push({ said: { resolved: ["a"], left: [] } });
  await server.resolveAll({ alike: "a" }, "nothing");
  assert.deepEqual([asked.at(-1)[1], asked.at(-1)[2]], ["api/reports/resolve", JSON.stringify({ alike: "a", text: "nothing" })]);
});
