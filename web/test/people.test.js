import assert from "node:assert/strict";
import { test } from "node:test";
import { Allowance } from "../js/allowance.js";
import { cleanName, recallName, rememberName } from "../js/name.js";
import { People, POINTER_LIFE, TAG_LIFE } from "../js/people.js";

const presence = (fields) => ({ type: 22, count: 0, full: false, joined: [], left: [], ...fields });

test("presence: joins, renames, unnames, leaves, and begins anew", () => {
  const people = new People();
  people.presence(presence({ count: 3, full: true, joined: [[1, "Ada"], [2, "Bob"]] }));
  people.presence(presence({ count: 4, joined: [[2, "Robert"], [3, "Cy"]] }));
  assert.deepEqual([people.count, people.nameOf(2), people.nameOf(99), people.nameOf("Bot")], [4, "Robert", "Anonymous", "Bot"]);
  people.presence(presence({ count: 3, joined: [[3, ""]], left: [1] }));
  assert.deepEqual([...people.names], [[2, "Robert"]]);
  people.presence(presence({ count: 1, full: true }));
  assert.equal(people.names.size, 0);
});

test("pointers: not one's own, gone when they leave, when they rest too long, and when there are too many", () => {
  const people = new People();
  const move = (user, gone = false) => people.moved({ type: 21, cursors: [{ user, x: 1, y: 2, gone }] }, 9, 0);
  move(9);
  move(5);
  assert.deepEqual([...people.pointers.keys()], [5]);
  move(5, true);
  assert.equal(people.pointers.size, 0);
  for (let user = 100; user < 300; user++) move(user);
  assert.deepEqual([people.pointers.size, people.pointers.has(299), people.pointers.has(100)], [100, true, false]);
  assert.equal(people.fade(POINTER_LIFE), true);
  assert.equal(people.fade(POINTER_LIFE + 1), false);
});

test("tags: one for each author, where they drew last, for a while, and not too many", () => {
  const people = new People();
  people.drew(5, 1, 1, 0);
  people.drew(5, 8, 9, 100);
  assert.deepEqual(people.tags.get(5), { x: 8, y: 9, drawn: 100 });
  people.fade(100 + TAG_LIFE);
  assert.equal(people.tags.size, 1);
  people.fade(101 + TAG_LIFE);
  assert.equal(people.tags.size, 0);
  for (let user = 0; user < 500; user++) people.drew(user, 0, 0, 0);
  assert.ok(people.tags.size <= 24);
});

test("the allowance counts from what the server said, with a steady clock", () => {
  const allowance = new Allowance();
  assert.equal(allowance.left(0), Infinity);
  allowance.open(20, 100, 1000);
  assert.equal(allowance.left(1000), 100);
  allowance.spend(60, 1000);
  assert.equal(allowance.left(1500), 50);
  allowance.set(10, 2000);
  assert.equal(allowance.left(3000), 30);
  assert.equal(allowance.left(60_000), 100);
  allowance.set(10, 0);
  assert.deepEqual([allowance.allows(10, 0), allowance.allows(11, 0)], [true, false]);
  allowance.set(100, 0);
  assert.equal(allowance.allows(5000, 0), true, "larger than the burst: when it is full");
});

test("names are cleaned as the server cleans them", () => {
  const table = [
    ["  Ada \n", "Ada"], ["", ""], ["\u0007bell\u0000", "bell"], ["x".repeat(30), "x".repeat(20)],
    ["x".repeat(19) + "🎨", "x".repeat(19)], ["日本".repeat(10), "日本".repeat(10)], ["x".repeat(19) + " y", "x".repeat(19)],
  ];
  for (const [text, name] of table) assert.equal(cleanName(text), name, JSON.stringify(text));
});

test("a name is remembered, also that there is to be none; without storage it is not", () => {
  const store = new Map();
  const storage = { getItem: (key) => store.get(key) ?? null, setItem: (key, value) => store.set(key, value) };
  assert.equal(recallName(storage), null);
  rememberName(storage, "");
  assert.equal(recallName(storage), "");
  rememberName(storage, "Ada");
  assert.equal(recallName(storage), "Ada");
  assert.equal(recallName(null), null);
  rememberName({ setItem() { throw new Error("full"); } }, "Ada");
});
