import assert from "node:assert/strict";
import { test } from "node:test";
import { dismiss } from "../admin/js/acts.js";
import { allowanceOf, called, idOf, sortOf, whereOf } from "../admin/js/people.js";
import { parseRoute, toPeople } from "../admin/js/route.js";
import { newState, receive } from "../admin/js/state.js";
import { Watch } from "../admin/js/watch.js";
import { answer } from "./admin.fakes.js";

const ADA = {
  subject: "0102030405060708090a0b0c0d0e0f10", user: "0000000000a1", kind: "account", role: "member", name: "Ada", network: "192.0.2.0/24", since: 0, connections: 3,
  on: [{ member: "id-gateway-1", connections: 2 }, { member: "gone-1234", connections: 1 }], every: 5000, burst: 6, left: 2, next: 1_003_500,
};

function stateOf() {
  const state = newState();
  receive(state, answer(), 0);
  return state;
}

test("people: what they are called, and what they are", () => {
  const of = (more) => [called({ ...ADA, ...more }), idOf({ ...ADA, ...more }), sortOf({ ...ADA, ...more })];
  assert.deepEqual(of({}), ["Ada", "·00a1", "member"]);
  assert.deepEqual(of({ kind: "guest", role: "guest", name: "" }), ["Anonymous", "·00a1", "guest"]);
  assert.deepEqual(of({ kind: "program", role: "guest", name: "", user: undefined }), ["Programs of a network", "·0f10", "program"]);
  assert.deepEqual(of({ kind: "bot", role: "moderator", name: "" }), ["Bot", "·00a1", "bot, moderator"]);
});

test("people: what is left to them", () => {
  const left = (more) => allowanceOf({ ...ADA, ...more }, 1_000_000);
  assert.equal(left({}), "2 of 6, next in 4 s");
  assert.equal(left({ left: 6, next: undefined }), "6 of 6");
  assert.equal(left({ left: undefined }), "1 in 5 s, 6");
  assert.equal(left({ every: 5, burst: 2000, left: 1999 }), "1,999 of 2,000");
  assert.equal(left({ every: 5, burst: 2000, left: undefined }), "200/s, 2,000");
  assert.equal(left({ every: undefined }), "no limit");
});

test("people: where they are connected", () => {
  assert.equal(whereOf(stateOf(), ADA), "gateway-1 2, gone-123 (gone) 1");
  assert.equal(whereOf(stateOf(), { ...ADA, on: ADA.on.slice(0, 1) }), "gateway-1");
});

test("people: an address for each search", () => {
  assert.deepEqual([toPeople(), toPeople("192.0.2.0/24")], ["#/people", "#/people/192.0.2.0%2F24"]);
  const { view, name } = parseRoute(toPeople("192.0.2.0/24"));
  assert.deepEqual([view, name], ["people", "192.0.2.0/24"]);
});

test("disconnecting all of one says how many that are, and whom else it meets", () => {
  const act = dismiss(ADA);
  assert.deepEqual([act.path, act.body(""), act.grave], ["dismiss", { subject: ADA.subject }, true]);
  assert.match(act.lines.join(" "), /^All 3 connections of Ada ·00a1 are closed, on every pod.*not a ban/);
  assert.match(dismiss({ ...ADA, kind: "program", name: "" }).lines[1], /not one person/);
});

test("people are asked for only while they are looked at, with whole addresses only if wanted", async () => {
  const state = stateOf(), asked = [];
  const server = { people: async (...what) => (asked.push(what), { people: [ADA], more: true }), picture: async () => {} };
  const watch = new Watch(state, /** @type {any} */ (server), { changed() {}, show() {} });
  const look = async (now) => (watch.look(now), new Promise((done) => setImmediate(done)));
  await look(0);
  assert.deepEqual(asked, []);
  state.route = parseRoute("#/people/ad");
  await look(1000);
  await look(2000);
  assert.deepEqual([asked, state.people.items, state.people.more], [[["ad", false]], [ADA], true]);
  state.addresses = true;
  server.people = async () => { throw new Error("no answer in time"); };
  await look(2100);
  assert.deepEqual([state.people.items, state.people.error], [[], "no answer in time"], "nothing of the other question is left");
});
