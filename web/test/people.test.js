import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { cleanName, skeleton } from "../js/people/name.js";
import { People, POINTER_LIFE, TAG_LIFE } from "../js/people/people.js";

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

test("bots are called so, wherever they show, and nobody else is", () => {
  const people = new People(), bot = 0xb0_12_34_56_78_9a, human = 0xb1_12_34_56_78_9a, other = 0xb0_00_00_00_00_01;
  people.presence(presence({ count: 3, full: true, joined: [[bot, "Weaver"], [human, "Ada"]] }));
  assert.deepEqual([bot, human, other, 7].map((user) => people.nameOf(user)), ["Weaver (bot)", "Ada", "Bot", "Anonymous"]);
  people.presence(presence({ count: 4, joined: [[other, "Weaver"]] }));
  assert.match(people.nameOf(bot), /^Weaver ·789a \(bot\)$/);
});

test("presence: people are as many as connections, unless the server counts them", () => {
  const people = new People();
  people.presence(presence({ count: 5 }));
  assert.equal(people.distinct, 5);
  people.presence(presence({ count: 5, people: 2 }));
  assert.deepEqual([people.count, people.distinct], [5, 2]);
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

test("names are cleaned as the server cleans them", () => {
  const table = JSON.parse(readFileSync(new URL("../../actors/canvas/testdata/names.json", import.meta.url), "utf8"));
  assert.ok(table.length >= 50);
  table.push({ what: "half a surrogate pair", text: "A\ud83dda\udc00", name: "Ada" });
  for (const { what, text, name } of table) assert.equal(cleanName(text), name, `${what}: ${JSON.stringify(text)}`);
  for (const { what, text } of table) assert.equal(cleanName(cleanName(text)), cleanName(text), `${what}, twice`);
});

test("names that look alike have one skeleton, others have not", () => {
  const alike = [["Ada", "АdА", "Ａｄａ", "𝐀𝐝𝐚", "ada", "Αdα", "Ádä"], ["Paul", "Ρаul", "PAUI", "Pau1", "Рau|"], ["O0o", "ООО", "000"], ["mark", "rnark", "МАRК"], ["Ada B", "Ada  B", "Ada\u00a0B"], ["x", "х", "ⅹ"]];
  for (const names of alike) {
    for (const name of names) assert.equal(skeleton(name), skeleton(names[0]), `${name} and ${names[0]}`);
  }
  const looks = [...alike.map((names) => names[0]), "Bob", "Eve", "日本", "김철수", "Ольга", "مریم", "🎨", "🎩"].map(skeleton);
  assert.equal(new Set(looks).size, looks.length, looks.join());
});

test("those whose names look alike are shown with as much of their id as tells them apart", () => {
  const people = new People();
  people.presence(presence({ joined: [[0xabc123, "Ada"], [0x1d00ff, "Bob"], [0xfff999, "Аdа"]] }));
  assert.deepEqual([0xabc123, 0x1d00ff, 0xfff999, 5].map((user) => people.nameOf(user)), ["Ada ·c123", "Bob", "Аdа ·f999", "Anonymous"]);
  people.presence(presence({ joined: [[0xdddc123, "ADA"]] }));
  assert.deepEqual([0xabc123, 0xfff999, 0xdddc123].map((user) => people.nameOf(user)), ["Ada ·00abc123", "Аdа ·00fff999", "ADA ·0dddc123"]);
  people.presence(presence({ left: [0xfff999, 0xdddc123], joined: [[7, "\u202eeve\u200b"], [8, "\u3164"]] }));
  assert.deepEqual([0xabc123, 7, 8].map((user) => people.nameOf(user)), ["Ada", "eve", "Anonymous"]);
  assert.deepEqual(["Bot", "аda", "B\u200bot", "\u3164"].map((alias) => people.nameOf(alias)), ["Bot", "аda (unconfirmed)", "Bot", "Anonymous"]);
});
