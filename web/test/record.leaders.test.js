import assert from "node:assert/strict";
import { test } from "node:test";
import { dayOf, ownPlace, ranked } from "../js/record/leaders.js";

test("those who placed as many share a place, and the server has none", () => {
  const people = ranked([{ user: "00000000000a", name: "Ada", pixels: 9 }, { user: "000000000001", pixels: 8 }, { user: "00000000000b", pixels: 7 }, { user: "00000000000c", name: "\u202eEve", pixels: 7 }, { user: "00000000000d", pixels: 1 }]);
  assert.deepEqual(people.map(({ user, name, place }) => [user, name, place]), [[10, "Ada", 1], [11, "", 2], [12, "Eve", 2], [13, "", 4]]);
});

test("one's own place is said as far as it is known", () => {
  const people = ranked([{ user: "00000000000a", pixels: 1200 }, { user: "00000000000b", pixels: 1 }]);
  assert.deepEqual([ownPlace(people, 10), ownPlace(people, 11), ownPlace(people, 12)], [
    "You are number 1, with 1,200 pixels", "You are number 2, with 1 pixel", "You have not placed any yet",
  ]);
  const many = ranked(Array.from({ length: 100 }, (_, i) => ({ user: (i + 100).toString(16).padStart(12, "0"), pixels: 200 - i })));
  assert.equal(ownPlace(many, 12), "You are not among the first 100 yet");
});

test("a day begins at midnight where the user is", () => {
  const day = new Date(dayOf(Date.parse("2026-05-04T13:14:15Z")));
  assert.deepEqual([day.getHours(), day.getMinutes(), day.getMilliseconds()], [0, 0, 0]);
});
