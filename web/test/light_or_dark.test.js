import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { answered } from "../js/ui/light_or_dark.js";

test("a choice answers for the system whether it is dark", () => {
  assert.deepEqual(["system", "light", "dark"].map((choice) => answered(choice)), ["(prefers-color-scheme: dark)", "not all", "all"]);
});

test("style sheets ask for darkness in the one way that a choice can answer, and only those that are there from the beginning", () => {
  const css = new URL("../css/", import.meta.url);
  for (const name of readdirSync(css)) {
    const queries = readFileSync(new URL(name, css), "utf8").match(/@media[^{]*prefers-color-scheme[^{]*/g) ?? [];
    for (const query of queries) assert.deepEqual([name, query.trim()], ["tokens.css", "@media (prefers-color-scheme: dark)"]);
  }
});
