import assert from "node:assert/strict";
import { test } from "node:test";
import { clock } from "../admin/js/format.js";
import { newState, receive } from "../admin/js/state.js";
import { answer, connection, event, member, region } from "./admin.fakes.js";

const T = 1_000_000;

/** The verdict on a cluster: its level and its findings. */
function judge(more, before) {
  const state = newState();
  if (before) receive(state, answer({ time: T - 10_000, ...before }), 0);
  receive(state, answer(more.members ? { regions: [], ...more } : more), 10_000);
  return [state.verdict.level, state.verdict.text, ...state.verdict.findings.map(({ text }) => text)];
}

const pods = (...more) => [member("gateway-1"), member("canvas-1"), ...more];

test("health: well, and every single thing that can be wrong", () => {
  const table = [
    ["well", {}, ["well", "All well"]],
    ["resting regions are well", { regions: [] }, ["well", "All well"]],
    ["a pod is silent", { members: pods(member("canvas-2", { answers: false, store: undefined, kinds: undefined })) }, ["bad", "1 problem", "canvas-2 does not answer"]],
    ["pods are silent", { members: pods(member("canvas-2", { answers: false }), member("canvas-3", { answers: false })) }, ["bad", "1 problem", "canvas-2 and canvas-3 do not answer"]],
    ["the store is down for one", { members: pods(member("canvas-2", { store: { ok: false, error: "refused" } })) }, ["bad", "1 problem", "The store is down for canvas-2: refused"]],
    ["the store is down for all", { members: answer().members.map((each) => ({ ...each, store: { ok: false, error: "" } })) }, ["bad", "1 problem", "The store is down"]],
    ["no carrier", { members: [member("gateway-1")], regions: [] }, ["bad", "1 problem", "No pod carries regions"]],
    ["an orphan", { regions: [region(7, "gone")] }, ["bad", "1 problem", "Region 7 without owner"]],
    ["orphans", { regions: [region(7, ""), region(8, "gone")] }, ["bad", "1 problem", "2 regions without owner"]],
    ["being claimed is no problem at first", { regions: [region(7, "canvas-1", { state: "claiming" })] }, ["well", "All well"]],
    ["late acks", { members: pods(member("gateway-2", { place_to_ack: { p50: 1, p99: 400 } }), member("gateway-3", { place_to_ack: { p50: 1, p99: 300 } })) }, ["warn", "1 warning", "Pixels take 400 ms to be acknowledged at gateway-2 (p99)"]],
    ["late commits", { members: pods(member("canvas-2", { commit: { p50: 1, p99: 1200 } })) }, ["warn", "1 warning", "Commits take 1.2 s at canvas-2 (p99)"]],
    ["a deep mailbox", { members: pods(member("canvas-2", { kinds: [{ kind: "region", mailbox_max: 1000 }, { kind: "relay", mailbox_max: 999 }] })) }, ["warn", "1 warning", "1,000 messages wait for a region actor at canvas-2"]],
    ["slow connections", { connections: [connection("1", "a", { lag: 1000 }), connection("2", "b", { lag: 999 })] }, ["warn", "1 warning", "1 slow connection"]],
    ["more slow ones than are listed", { connections: Array.from({ length: 50 }, (_, n) => connection(String(n), "", { lag: 5000 })) }, ["warn", "1 warning", "At least 50 slow connections"]],
    ["a death lately", { events: [event("died", T - 120_001, "canvas-8 died"), event("died", T - 4_000, "canvas-9 died")] }, ["warn", "1 warning", `canvas-9 died at ${clock(T - 4_000)}`]],
    ["a death long ago", { events: [event("died", T - 120_001)] }, ["well", "All well"]],
    ["a fencing", { events: [event("fenced", T - 1_000, "Region 3 was fenced")] }, ["warn", "1 warning", `Region 3 was fenced at ${clock(T - 1_000)}`]],
    ["restarts", { events: [event("restarted", T - 299_000), event("restarted", T - 1), event("restarted", T - 301_000)] }, ["warn", "1 warning", "2 actor restarts in 5 min"]],
    ["draining is only noted", { members: pods(member("canvas-2", { draining: true })) }, ["note", "All well", "canvas-2 is draining"]],
    ["so are several versions", { members: pods(member("canvas-2", { version: "v2" })) }, ["note", "All well", "Versions v1 and v2 run at once"]],
    ["and an outage that is over", { events: [event("recovered", T - 61_000, "the store answers again")] }, ["note", "All well", `The store answers again at ${clock(T - 61_000)}`]],
  ];
  for (const [name, more, want] of table) assert.deepEqual(judge(more), want, name);
});

test("health: a region that is not served for longer than a claim takes", () => {
  const regions = [region(7, "canvas-1", { state: "claiming" }), region(8, "canvas-1", { state: "claiming" })];
  assert.deepEqual(judge({ regions }, { regions }), ["bad", "1 problem", `2 regions claiming since ${clock(T - 10_000)}`]);
});

test("health: the worst comes first, and every finding says where to look", () => {
  const state = newState();
  receive(state, answer({
    members: pods(member("canvas-2", { draining: true })), regions: [region(7, "gone")], connections: [connection("1", "a", { lag: 2000 })],
  }), 0);
  assert.deepEqual(state.verdict.findings.map(({ about, level, go }) => [about, level, go]), [["owners", "bad", "#/region/7"], ["slow", "warn", "#/connections"], ["draining", "note", "#/"]]);
  assert.equal(state.verdict.text, "2 problems");
  receive(state, answer({ events: [event("recovered", T - 2, "over"), event("restarted", T - 1)] }), 0);
  assert.deepEqual(state.verdict.findings.map(({ level }) => level), ["warn", "note"]);
});
