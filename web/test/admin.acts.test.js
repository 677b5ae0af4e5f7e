import assert from "node:assert/strict";
import { test } from "node:test";
import { announce, disconnect, drain, handOver, notDone } from "../admin/js/acts.js";
import { find, parse } from "../admin/js/search.js";
import { newState, receive } from "../admin/js/state.js";
import { branchKey, kindKey, kindTotals, memberKey, treeRows } from "../admin/js/tree.js";
import { answer, connection, member, region } from "./admin.fakes.js";

function stateOf(more) {
  const state = newState();
  receive(state, answer(more), 0);
  return state;
}

test("search: what a text may mean", () => {
  const table = [
    ["12,34", { x: 12, y: 34 }, -1, ""], [" ( 12 , 34 ) ", { x: 12, y: 34 }, -1, ""], ["12 34", { x: 12, y: 34 }, -1, ""], ["12;34", { x: 12, y: 34 }, -1, ""],
    ["12", null, 12, "12"], ["#12", null, 12, "#12"], ["region 12", null, 12, "region 12"], ["Region/12", null, 12, "Region/12"],
    ["Ada", null, -1, "Ada"], ["12,", null, -1, "12,"], ["-1,2", null, -1, "-1,2"], ["1,2,3", null, -1, "1,2,3"],
  ];
  for (const [text, place, number, name] of table) assert.deepEqual(parse(text), { place, region: number, name }, text);
});

test("search: what there is of it, with where it leads", () => {
  const state = stateOf({ connections: [connection("1", "Ada"), connection("2", "adam"), connection("3", "")] });
  const hits = (text) => find(text, state).map(({ kind, text, go }) => [kind, text, go]);
  assert.deepEqual(hits("300,100"), [["place", "Pixel 300, 100", "#/region/1"]]);
  assert.deepEqual(find("300,100", state)[0].mark, { x: 300, y: 100 });
  assert.deepEqual(hits("1000,0"), [], "beside the canvas");
  assert.deepEqual(hits("11"), [["region", "Region 11", "#/region/11"], ["names", "Users named “11”", "#/connections/11"]]);
  assert.deepEqual(hits("#12"), [["names", "Users named “#12”", "#/connections/%2312"]], "no such region");
  assert.deepEqual(hits("AD"), [["user", "Ada", "#/connections/Ada"], ["user", "adam", "#/connections/adam"], ["names", "Users named “AD”", "#/connections/AD"]]);
  assert.deepEqual(hits("canvas-1")[0], ["pod", "canvas-1", "#/actors/id-canvas-1"]);
  assert.deepEqual([hits(" "), find("Ada", newState())], [[], []]);
  assert.deepEqual([find("0", state)[0].detail, find("2", state)[0].detail], ["at 0, 0, canvas-1", "at 512, 0, resting"]);
});

test("search: never more than fits", () => {
  const state = stateOf({ connections: Array.from({ length: 50 }, (_, n) => connection(String(n), `bot ${n}`)) });
  assert.equal(find("bot", state).length, 8);
  assert.equal(find("bot", state).at(-1).kind, "names");
});

test("drain: says what moves, and what nobody else could do", () => {
  const act = drain(stateOf(), "id-canvas-1");
  assert.deepEqual([act.title, act.button, act.path, act.body("")], ["Drain canvas-1?", "Drain canvas-1", "drain", { member: "id-canvas-1" }]);
  assert.match(act.lines.join(" "), /Its 2 regions move to other pods/);
  assert.doesNotMatch(act.lines.join(" "), /connection|No other pod|This page/);
  const gateway = drain(stateOf(), "id-gateway-1").lines.join(" ");
  assert.match(gateway, /Its 1 connection is told .* No other pod accepts connections.* This page is served by it/);
  const last = drain(stateOf({ members: [member("canvas-1"), member("canvas-2", { draining: true }), member("canvas-3", { answers: false })] }), "id-canvas-1");
  assert.match(last.lines.join(" "), /No other pod carries regions/);
});

test("hand over: to whoever can take it, the least loaded first", () => {
  const members = [member("gateway-1"), member("canvas-1", { regions: 9 }), member("canvas-2", { regions: 5 }), member("canvas-3", { regions: 1 }), member("canvas-4", { draining: true }), member("canvas-5", { answers: false })];
  const act = handOver(stateOf({ members }), 0);
  assert.deepEqual(act.choice.options, [{ value: "id-canvas-3", text: "canvas-3 (has 1 region)" }, { value: "id-canvas-2", text: "canvas-2 (has 5 regions)" }]);
  assert.deepEqual([act.path, act.body("id-canvas-3"), act.done("id-canvas-3")], ["handover", { region: 0, member: "id-canvas-3" }, "Region 0 goes to canvas-3."]);
  assert.match(act.lines[0], /^Region 0 is x 0 to 255, y 0 to 255, owned by canvas-1\.$/);
  const nobody = handOver(stateOf({ members: [member("canvas-1")] }), 0);
  assert.deepEqual([nobody.button, nobody.choice.options], ["", []]);
  assert.equal(handOver(stateOf({ regions: [region(0, "gone")] }), 0).choice.options.length, 2, "one without owner may go to any");
});

test("disconnect and announce name whom they are about", () => {
  const state = stateOf();
  const act = disconnect(state, connection("3f", ""));
  assert.deepEqual([act.title, act.lines[0], act.body("")], ["Disconnect Anonymous?", "Connection 3f of Anonymous at gateway-1 is closed.", { member: "id-gateway-1", connection: "3f" }]);
  const line = announce(state);
  assert.match(line.lines[0], /\(1 user\)/);
  assert.deepEqual([line.path, line.body("Hi"), line.line.max], ["announce", { text: "Hi" }, 200]);
});

test("an act that nobody answered may have been done", () => {
  assert.equal(notDone({ message: "no such pod", status: 404 }), "Not done: no such pod.");
  for (const status of [0, 502, 504]) assert.match(notDone({ message: "late", status }), /^No answer: late\. It may have been done/);
});

const kind = (name, live, more = {}) => ({ kind: name, live, rate: 0, mailbox_max: 0, mailbox_p99: 0, p50_us: 0, p99_us: 0, restarts: 0, dead_letters: 0, unhandled: 0, ...more });

test("the tree shows what is open, in levels", () => {
  const state = stateOf({ members: [member("canvas-1", { kinds: [kind("region", 300, { rate: 12 }), kind("relay", 0)] }), member("canvas-2", { answers: false, kinds: undefined })] });
  const rows = () => treeRows(state).map(({ level, text, detail, open, position, siblings }) => [level, text, detail, open, position, siblings]);
  assert.deepEqual(rows(), [[1, "canvas-1", "300", false, 1, 2], [1, "canvas-2", "no answer", false, 2, 2]]);
  for (const key of [memberKey("id-canvas-1"), kindKey("id-canvas-1", "region")]) state.open.add(key);
  assert.deepEqual(rows().slice(1, 4), [[2, "region", "300 · 12/s", true, 1, 2], [3, "asking…", "", null, 1, 1], [2, "relay", "0", false, 2, 2]]);
  const items = Array.from({ length: 300 }, (_, n) => ({ id: `region/${n}`, state: n === 0 ? "claiming" : "serving", rate: 2, mailbox: n === 0 ? 4 : 0 }));
  state.branches.set(branchKey("id-canvas-1", "region"), { items, error: "", at: 1 });
  assert.deepEqual(rows()[2], [3, "0", "claiming · 2/s · 4 waiting", null, 1, 200]);
  assert.equal(treeRows(state).length, 2 + 2 + 200 + 1, "bounded");
  assert.equal(rows()[202][1], "the busiest 200 of 300");
  state.branches.set(branchKey("id-canvas-1", "region"), { items: [], error: "no answer in time", at: 0 });
  assert.equal(rows()[2][1], "no answer in time");
});

test("kinds are added up over pods; depths and times are the worst pod's", () => {
  const totals = kindTotals([
    member("a", { kinds: [kind("region", 2, { rate: 1, mailbox_max: 5, p99_us: 10, restarts: 1 })] }),
    member("b", { kinds: [kind("region", 3, { rate: 2, mailbox_max: 4, p99_us: 20, dead_letters: 7 }), kind("relay", 1)] }), member("c", { kinds: undefined }),
  ]);
  assert.deepEqual(totals, [kind("region", 5, { rate: 3, mailbox_max: 5, p99_us: 20, restarts: 1, dead_letters: 7 }), kind("relay", 1)]);
});
