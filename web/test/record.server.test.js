import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { RecordServer } from "../js/record/record_server.js";
import { ServerClock } from "../js/net/server_clock.js";

const golden = JSON.parse(readFileSync(new URL("../../codec/testdata/past.json", import.meta.url), "utf8"));
const never = new AbortController().signal;

/** A server that answers everything with these bytes or this JSON, and notes what it was asked. */
function setUp(answer) {
  const asked = [];
  const response = { json: async () => answer, arrayBuffer: async () => new Uint8Array(answer).buffer };
  return { asked, server: new RecordServer({ ask: (address, read) => (asked.push(address), read(response)) }) };
}

test("times are asked for in whole ms, whatever the clocks of a browser count", async () => {
  const past = setUp(Buffer.from(golden.find(({ name }) => name === "end").hex, "hex"));
  await past.server.past({ id: 2, width: 2, height: 2 }, { from: 1000.75 }, 2000.2, never);
  await past.server.past({ id: 2, width: 2, height: 2 }, { from: 1000, after: 7 }, 2000, never);
  await assert.rejects(past.server.picture({ x: 0, y: 64, width: 2, height: 2 }, 5.5, never));
  const counts = setUp({ counts: [1, 2] });
  assert.deepEqual(await counts.server.activity(null, 5.5, 1000, never), [1, 2]);
  await counts.server.activity({ x: 1, y: 2, width: 3, height: 4 }, 5, 1000, never);
  assert.deepEqual([...past.asked, ...counts.asked], [
    "api/history/2?from=1000&to=2000", "api/history/2?from=1000&after=7&to=2000", "api/canvas.png?x=0&y=64&w=2&h=2&at=5",
    "api/activity?from=5&step=1000", "api/activity?from=5&step=1000&x=1&y=2&w=3&h=4",
  ]);
  const clock = new ServerClock();
  clock.heard(1_800_000_000_000, 1000.4);
  assert.equal(clock.today(2000.7), 1_800_000_001_000);
});

test("answers that lack something are read as if it were empty", async () => {
  for (const said of [{}, null, { pixels: 5, counts: "x", gaps: null }]) {
    const { server } = setUp(said);
    assert.deepEqual((await server.place(1, 2, null, 10, never)).pixels, []);
    assert.deepEqual((await server.stats(never)).gaps, []);
    assert.deepEqual(await server.activity(null, 0, 1000, never), []);
  }
});

test("when each pixel was painted is unpacked, and nothing of another size is taken", async () => {
  const packed = deflateSync(Buffer.from("0000000000000005ffffffff00000100", "hex"));
  const { server, asked } = setUp(packed);
  assert.deepEqual([...(await server.painted({ id: 3, width: 2, height: 2 }, never))], [0, 5, 0xffffffff, 256]);
  assert.deepEqual(asked, ["api/painted/3"]);
  await assert.rejects(server.painted({ id: 3, width: 2, height: 3 }, never), { name: "Malformed" });
});
