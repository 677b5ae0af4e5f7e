import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRoute, toActor, toActors, toConnections, toPeople, toRegion } from "../admin/js/route.js";
import { bounds, colouringOf, grid, lose, nameOf, newState, receive, regionAt, serverTime } from "../admin/js/state.js";
import { answer, member, region } from "./admin.fakes.js";

test("an answer: pods in the order of their names, regions by number, the server's clock", () => {
  const state = newState();
  receive(state, answer({ members: ["canvas-10", "gateway-1", "canvas-2"].map((name) => member(name)), regions: [region(5, "canvas-2")] }), 50);
  assert.deepEqual([...state.members.values()].map(({ name }) => name), ["canvas-2", "canvas-10", "gateway-1"]);
  assert.equal(state.regions.get(5).owner, "id-canvas-2");
  assert.deepEqual([...state.slots.keys()].sort(), ["canvas-10", "canvas-2"], "only who carries regions has a look");
  assert.equal(serverTime(state, 150), 1_000_100);
  assert.deepEqual([nameOf(state, "id-canvas-2"), nameOf(state, "0123456789"), nameOf(state, "")], ["canvas-2", "01234567 (gone)", "nobody"]);
});

test("the map shows heat where one pod is alone, owners from the second one on, and what was chosen", () => {
  const state = newState(), see = (...names) => {
    receive(state, answer({ members: names.map((name) => member(name)) }), 50);
    return colouringOf(state);
  };
  assert.deepEqual([see("canvas-1"), see("canvas-1", "canvas-2"), see("canvas-1")], ["heat", "owner", "owner"]);
  state.colouring = "heat";
  assert.equal(colouringOf(state), "heat");
});

test("troubled regions remember since when, and are forgotten when they are served", () => {
  const state = newState();
  const at = (time, regions) => {
    receive(state, answer({ time, regions }), time);
    return Object.fromEntries(state.troubled);
  };
  const first = at(1000, [region(0, "canvas-1", { state: "claiming" }), region(1, "gone"), region(4, "")]);
  assert.deepEqual(first, { 0: { kind: "claiming", since: 1000 }, 1: { kind: "without owner", since: 1000 }, 4: { kind: "without owner", since: 1000 } });
  assert.deepEqual(at(4000, [region(0, "canvas-1", { state: "fenced" }), region(1, "canvas-1")]), { 0: { kind: "fenced", since: 1000 } });
  assert.deepEqual(at(5000, [region(0, "canvas-1")]), {});
});

test("no answer: what is known stays, and since when it is lost", () => {
  const state = newState();
  receive(state, answer(), 100);
  lose(state, { message: "no connection", loggedOut: false }, 1100, 1000);
  lose(state, { message: "no answer in time", loggedOut: false }, 2100, 2000);
  assert.deepEqual(state.link, { lostAt: 1100, retryAt: 4100, error: "no answer in time", loggedOut: false });
  assert.equal(state.members.size, 3);
  receive(state, answer({ time: 1_000_500 }), 5000);
  assert.equal(state.link.lostAt, 0);
});

test("the grid: regions at the edge are smaller, and every pixel has its region", () => {
  const { canvas } = answer();
  assert.deepEqual(grid(canvas), { columns: 4, rows: 3, total: 12 });
  assert.deepEqual(bounds(canvas, 11), { x: 768, y: 512, width: 232, height: 88 });
  for (const [x, y, number] of [[0, 0, 0], [255, 255, 0], [256, 0, 1], [999, 599, 11]]) assert.equal(regionAt(canvas, x, y), number, `${x},${y}`);
});

test("addresses lead where they were made for; what is not understood leads to the overview", () => {
  const overview = { view: "overview", region: -1, member: "", actor: "", name: "" };
  const table = [
    ["", overview], ["#/", overview], ["#/nowhere/1", overview], ["#/region/x", overview], ["#/region/-1", overview], ["#/%", overview], [toRegion(-1), overview],
    [toRegion(0), { ...overview, region: 0 }],
    [toActors(), { ...overview, view: "actors" }],
    [toActors("id/1"), { ...overview, view: "actors", member: "id/1" }],
    [toActor("m", "region/3"), { ...overview, view: "actors", member: "m", actor: "region/3" }],
    [toConnections(), { ...overview, view: "connections" }],
    [toPeople("A/ä %"), { ...overview, view: "people", name: "A/ä %" }],
    [toConnections("A/ä %"), { ...overview, view: "connections", name: "A/ä %" }],
  ];
  for (const [hash, route] of table) assert.deepEqual(parseRoute(hash), route, hash);
});
