import assert from "node:assert/strict";
import { test } from "node:test";
import { whyRefused } from "../js/net/refusal.js";

test("why the server refuses is asked over HTTP, with the page's origin", async () => {
  const asked = [];
  const answer = (status) => async (address) => {
    asked.push(address);
    return { status };
  };
  for (const [status, word] of [[401, "sign in"], [403, "pages of this address"], [426, "WebSockets"], [431, "cookies"], [503, "full"], [404, "status 404"]]) {
    const why = await whyRefused("https://host/canvas/ws", "https://host", answer(status));
    assert.ok(why.includes(word) && why.includes("not your network"), `${status}: ${why}`);
  }
  assert.equal(asked[0], "https://host/canvas/ws?origin=https%3A%2F%2Fhost");
});

test("nothing is said of the server when it does not answer", async () => {
  const why = await whyRefused("https://host/ws", "https://host", async () => {
    throw new TypeError("failed to fetch");
  });
  assert.equal(why, "");
});
