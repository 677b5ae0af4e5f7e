import assert from "node:assert/strict";
import { test } from "node:test";
import { readdirSync, readFileSync } from "node:fs";
import { Kept, keepChoices } from "../js/browser_storage.js";
import { newState } from "../js/state.js";
import { fakeStorage } from "./fakes.js";

test("what was kept comes back, also what earlier versions have kept", () => {
  const storage = fakeStorage(), kept = new Kept(() => storage);
  assert.equal(kept.get("name"), null);
  kept.set("name", "");
  assert.equal(kept.get("name"), "");
  storage.setItem("pixel-playground.name", "Ada");
  storage.setItem("pixel-playground.ready", '{"sound":true,"notification":false}');
  assert.equal(kept.get("name"), "Ada");
  assert.deepEqual(kept.get("ready"), { sound: true, notification: false });
  kept.set("recent", [1, 2]);
  kept.set("grid", false);
  assert.deepEqual([kept.get("recent"), kept.get("grid")], [[1, 2], false]);
});

test("a storage that is forbidden, throws, is full or holds rubbish counts as empty", () => {
  const no = () => { throw new DOMException("denied", "SecurityError"); };
  const storages = [no, () => null, () => ({ getItem: no, setItem: no }), ...["{", "null", "[]", "7", '"x"', "true", '{"sound":1}', "[-1, 1e9, null]"].map((text) => () => ({ getItem: () => text, setItem: no }))];
  for (const open of storages) {
    const kept = new Kept(open);
    kept.set("colour", 5);
    kept.set("name", "Ada");
    assert.deepEqual(kept.get("ready"), { sound: false, notification: false });
    assert.deepEqual(kept.get("recent"), []);
    assert.equal(kept.get("tool"), "pencil");
    assert.equal(kept.get("theme"), "system");
    for (const [name, type] of [["grid", "boolean"], ["name", "string"], ["colour", "number"]]) assert.ok(kept.get(name) === null || typeof kept.get(name) === type, name);
  }
});

test("nothing else touches the storage of the browser, but for what runs before it, and pictures", () => {
  const root = new URL("../js/", import.meta.url);
  for (const name of readdirSync(root, { recursive: true }).map((each) => each.replaceAll("\\", "/"))) {
    if (!name.endsWith(".js") || ["browser_storage.js", "main.js", "words/languages.js", "templates/shelf.js"].includes(name)) continue;
    assert.doesNotMatch(readFileSync(new URL(name, root), "utf8"), /localStorage|sessionStorage|\.(get|set|remove)Item\(|indexedDB|document\.cookie/, name);
  }
});

test("what one draws with is as it was at the last visit; tools that are for one click are not", () => {
  const storage = fakeStorage(), visit = () => {
    const state = newState();
    return { state, keep: keepChoices(new Kept(() => storage), state) };
  };
  const first = visit();
  assert.deepEqual([first.state.colour, first.state.tool, first.state.grid, first.state.recent], [0, "pencil", true, []]);
  Object.assign(first.state, { colour: 0x123456, tool: "hand", grid: false, recent: [0x123456, 7] });
  first.keep();
  const { state, keep } = visit();
  assert.deepEqual([state.colour, state.tool, state.grid, state.recent], [0x123456, "hand", false, [0x123456, 7]]);
  state.tool = "inspect";
  keep();
  assert.equal(visit().state.tool, "pencil");
});
