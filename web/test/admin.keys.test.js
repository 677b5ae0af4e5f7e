import assert from "node:assert/strict";
import { test } from "node:test";
import { notDone, revoke } from "../admin/js/acts.js";
import { endOf, madeOf, makerOf, mayOf, paceOf, summaryOf, troubleOf, usedOf, wantedOf } from "../admin/js/keys.js";
import { parseRoute, toKeys } from "../admin/js/route.js";
import { Server } from "../admin/js/server.js";
import { newState, receive } from "../admin/js/state.js";
import { Watch } from "../admin/js/watch.js";
import { answer } from "./admin.fakes.js";

const NOW = new Date(2026, 10, 29, 12).getTime(), MINUTE = 60_000, DAY = 86_400_000;
const CLOCK = { id: "abcdefghijklmnop", name: "Clock", scopes: ["draw"], user: "b0123456789a", created: NOW - DAY };

test("keys: what they may, how fast, by whom, until when, and when they were used", () => {
  const may = (...scopes) => mayOf({ ...CLOCK, scopes });
  assert.deepEqual([may("draw"), may("watch"), may("watch", "moderate"), may(), may("other")], ["draw", "only watch", "moderate", "nothing", "nothing"]);
  const pace = (rate, burst) => paceOf({ ...CLOCK, rate, burst });
  assert.deepEqual([pace(), pace(0), pace(2.5, 10), pace(0.005, 2000), pace(12_000, 1e6)], ["as its role", "no limit", "2.5/s, 10 at once", "0.005/s, 2,000 at once", "12 k/s, 1 M at once"]);
  assert.deepEqual(makerOf(CLOCK), { text: "operator", subject: "" });
  assert.deepEqual(makerOf({ ...CLOCK, owner: "0102030405060708090a0b0c0d0e0f10" }), { text: "account ·0f10", subject: "0102030405060708090a0b0c0d0e0f10" });
  const end = (ms) => endOf({ ...CLOCK, until: ms && NOW + ms }, NOW);
  assert.deepEqual([end(undefined), end(30 * DAY), end(DAY), end(0 - 1)], [
    { text: "never", level: null }, { text: "in 30 d", level: null }, { text: "in 1 d", level: "warn" }, { text: "has ended", level: "warn" },
  ]);
  const used = (ago) => usedOf({ ...CLOCK, lastUsed: NOW - ago }, NOW);
  assert.deepEqual([usedOf(CLOCK, NOW), used(0), used(5 * MINUTE), used(20 * MINUTE), used(3 * DAY)], ["never", "now", "now", "20 min ago", "3 d ago"]);
  assert.deepEqual(madeOf(CLOCK), { text: "2026-11-28", title: "2026-11-28 12:00:00" });
  const soon = { ...CLOCK, until: NOW + DAY };
  assert.deepEqual([summaryOf([], NOW), summaryOf([CLOCK], NOW), summaryOf([CLOCK, soon], NOW), summaryOf([soon, soon], NOW)], [
    "", "1 key.", "2 keys, the newest first; one ends within a week.", "2 keys, the newest first; 2 end within a week.",
  ]);
});

test("keys: what is asked for of a new one, or what is wrong", () => {
  const fields = { name: " Clock ", scope: "draw", paced: false, rate: "2", burst: "50", days: "0", date: "" };
  const wanted = (more) => wantedOf({ ...fields, ...more }, NOW);
  const body = { name: "Clock", scopes: ["draw"] };
  assert.deepEqual(wanted({}), { body });
  assert.deepEqual(wanted({ paced: true, rate: "2.5" }), { body: { ...body, rate: 2.5, burst: 50 } });
  assert.deepEqual(wanted({ paced: true, rate: "0", burst: "" }), { body: { ...body, rate: 0 } });
  assert.deepEqual(wanted({ days: "30", scope: "watch" }), { body: { ...body, scopes: ["watch"], until: NOW + 30 * DAY } });
  assert.deepEqual(wanted({ days: "date", date: "2026-11-29" }), { body: { ...body, until: new Date(2026, 10, 29, 23, 59, 59).getTime() } });
  const wrong = [
    [{ name: "  " }, "name"], [{ paced: true, rate: "" }, "rate"], [{ paced: true, rate: "-1" }, "rate"], [{ paced: true, rate: "x" }, "rate"], [{ paced: true, rate: "0.0001" }, "rate"],
    [{ paced: true, burst: "" }, "burst"], [{ paced: true, burst: "1.5" }, "burst"], [{ paced: true, burst: "0" }, "burst"],
    [{ days: "date" }, "date"], [{ days: "date", date: "2026-11-28" }, "date"], [{ days: "date", date: "soon" }, "date"],
  ];
  for (const [more, field] of wrong) {
    const said = wanted(more);
    assert.ok("wrong" in said && said.wrong, JSON.stringify(more));
    assert.equal(said.field, field, JSON.stringify(more));
  }
});

test("keys: revoking says what happens, and to whom", () => {
  const act = revoke({ ...CLOCK, owner: "01" });
  assert.deepEqual([act.path, act.body(""), act.grave, act.done("")], ["keys/revoke", { id: CLOCK.id }, true, "Clock was revoked."]);
  assert.match(act.lines.join(" "), /^Whoever shows key abcdefghijklmnop is refused.*on every pod.*can make another.*can't be undone/);
  assert.doesNotMatch(revoke(CLOCK).lines.join(" "), /account/);
});

test("keys: why nothing came of it", () => {
  assert.equal(troubleOf({ message: "Not found", status: 404 }), "This pod keeps no keys: open the dashboard of a gateway");
  assert.equal(notDone({ message: troubleOf({ message: "There are as many keys as there may be", status: 409 }), status: 409 }, "the list"), "Not done: There are as many keys as there may be.");
  assert.equal(notDone({ message: "no answer in time", status: 0 }, "the list of keys"), "No answer: no answer in time. It may have been done; look at the list of keys.");
});

test("keys: the server is asked as pixelctl asks it, and no other site can", async () => {
  const asked = [];
  const server = new Server(/** @type {any} */ (async (path, { method = "GET", headers = {}, body = "" }) => {
    asked.push([method, path, headers["X-Playground-Admin"] ?? "", body]);
    return new Response(method === "POST" ? '{"key":"pp_x","name":"Clock"}' : '{"keys":[]}');
  }));
  assert.deepEqual([await server.makeKey({ name: "Clock" }), await server.keys()], [{ key: "pp_x", name: "Clock" }, { keys: [] }]);
  assert.deepEqual(asked, [["POST", "api/keys", "1", '{"name":"Clock"}'], ["GET", "api/keys", "", ""]]);
});

test("keys are asked for only while they are looked at, and anew when one was made or revoked", async () => {
  const state = newState();
  receive(state, answer(), 0);
  const later = { ...CLOCK, id: "later" }, questions = [];
  const server = { keys: () => new Promise((done, fail) => questions.push({ done: (...keys) => done({ keys }), fail })), picture: async () => {} };
  const watch = new Watch(state, /** @type {any} */ (server), { changed() {}, show() {} });
  const settle = () => new Promise((done) => setImmediate(done));
  watch.look(0);
  assert.equal(questions.length, 0);
  state.route = parseRoute(toKeys());
  watch.look(1000);
  watch.look(2000);
  assert.equal(questions.length, 1);
  watch.anew();
  watch.look(2100);
  assert.equal(questions.length, 2);
  questions[1].done(CLOCK, later);
  await settle();
  questions[0].done(CLOCK); // asked before
  await settle();
  assert.deepEqual([state.keys.items.map(({ id }) => id), state.keys.error], [["later", CLOCK.id], ""]);
  watch.look(8000);
  questions[2].fail(Object.assign(new Error("Not found"), { status: 404 }));
  await settle();
  assert.deepEqual([state.keys.items.length, state.keys.error], [2, "This pod keeps no keys: open the dashboard of a gateway"]);
});
