import assert from "node:assert/strict";
import { test } from "node:test";
import { Canvas } from "../js/canvas/canvas.js";
import { makeGeometry } from "../js/geometry.js";
import { decodeServer } from "../js/net/protocol.js";
import { Regions } from "../js/net/regions.js";
import { server } from "./fakes.js";

const RED = 0xff0000, GREEN = 0x00ff00, WHITE = 0xffffff;

/** Regions of a 128x64 canvas, connected. The test finishes their unpacking by hand. */
function setUp(plan = [[0, true], [1, true]]) {
  const canvas = new Canvas(makeGeometry(128, 64, 64));
  const asked = [], failures = [], unpacking = [], live = [];
  const regions = new Regions(canvas, {
    send: (bytes) => asked.push(Buffer.from(bytes).toString("hex")),
    inflate: (data, size) => new Promise((done, fail) => unpacking.push({ size, done, fail })),
    wrote: (region, message, fresh) => {
      canvas.write(region, message.pixels, 0, message.pixels.length / 5, false, fresh);
      live.push(fresh);
    },
    loaded() {},
    failed: (error) => failures.push(error),
  });
  regions.resume();
  regions.want(new Map(plan));
  const tell = (bytes) => {
    const message = decodeServer(new Uint8Array(bytes));
    if (message.type === 17) regions.snapshot(message);
    else regions.pixels(message);
  };
  const settle = () => new Promise((done) => setImmediate(done));
  return { canvas, regions, asked, failures, unpacking, live, tell, settle };
}

const grey = () => new Uint8Array(3 * 64 * 64).fill(0x22);
const packed = new Uint8Array([1]);

test("subscribes once to what is wanted, from nothing", () => {
  const { asked, regions } = setUp();
  assert.deepEqual(asked, ["920292" + "93000000" + "93010000"]);
  regions.want(new Map([[0, true], [1, true]]));
  assert.equal(asked.length, 1);
  assert.equal(regions.complete, false);
});

test("a blank snapshot is there at once, an answer without pixels too", () => {
  const { canvas, regions, tell } = setUp();
  tell(server.snapshot(0, 0, 0));
  assert.equal(canvas.pixel(0, 0), WHITE);
  tell(server.pixels(1, 0, 0, []));
  assert.equal(canvas.pixel(64, 0), WHITE);
  assert.equal(regions.complete, true);
});

test("what comes while a snapshot is unpacked is applied after it, in order", async () => {
  const { canvas, tell, unpacking, settle } = setUp();
  tell(server.snapshot(0, 3, 100, packed));
  tell(server.pixels(0, 3, 100, [[5, RED]]));
  tell(server.pixels(0, 3, 101, [[5, GREEN], [6, RED]]));
  assert.equal(canvas.pixel(5, 0), null);
  assert.equal(unpacking[0].size, 3 * 64 * 64);
  unpacking[0].done(grey());
  await settle();
  assert.deepEqual([4, 5, 6].map((x) => canvas.pixel(x, 0)), [0x222222, GREEN, RED]);
  assert.equal(canvas.regions[0].seq, 103);
});

test("a newer snapshot replaces one that is still being unpacked", async () => {
  const { canvas, tell, unpacking, settle } = setUp();
  tell(server.snapshot(0, 3, 100, packed));
  tell(server.pixels(0, 3, 100, [[5, RED]]));
  tell(server.snapshot(0, 3, 200, packed));
  unpacking[1].done(grey());
  await settle();
  unpacking[0].done(new Uint8Array(3 * 64 * 64));
  await settle();
  assert.equal(canvas.pixel(5, 0), 0x222222);
  assert.equal(canvas.regions[0].seq, 200);
});

test("a merged PIXELS goes on from count, not from the pixels it has", () => {
  const { canvas, tell } = setUp();
  tell(server.snapshot(0, 0, 0));
  tell(server.pixels(0, 2, 0, [[5, RED]], { count: 1000 }));
  assert.deepEqual([canvas.regions[0].epoch, canvas.regions[0].seq], [2, 1000]);
});

test("out of place: asks again once, with what is held, and waits for the answer", () => {
  const { canvas, asked, tell } = setUp();
  tell(server.snapshot(0, 0, 0));
  tell(server.pixels(0, 2, 0, [[1, RED]]));
  tell(server.pixels(0, 2, 7, [[2, RED]]));
  tell(server.pixels(0, 2, 8, [[3, RED]]));
  assert.deepEqual(asked.slice(1), ["920291" + "93000201"]);
  assert.equal(canvas.pixel(2, 0), WHITE);
  tell(server.pixels(0, 2, 1, [[2, GREEN]], { count: 8 }));
  assert.equal(canvas.pixel(2, 0), GREEN);
  tell(server.pixels(0, 2, 9, [[3, GREEN]]));
  assert.equal(canvas.pixel(3, 0), GREEN);
});

test("resumes with what is held; a snapshot that was being unpacked is forgotten", async () => {
  const { canvas, regions, asked, tell, unpacking, settle } = setUp();
  tell(server.snapshot(0, 0, 0));
  tell(server.pixels(0, 2, 0, [[1, RED], [2, RED]]));
  tell(server.snapshot(1, 9, 70_000, packed));
  regions.disconnected();
  regions.resume();
  assert.deepEqual(asked.slice(1), ["920292" + "93000202" + "93010000"]);
  unpacking[0].done(grey());
  await settle();
  assert.equal(canvas.pixel(64, 0), null);
  tell(server.pixels(0, 2, 2, [[3, RED]], { count: 5 }));
  assert.equal(canvas.pixel(3, 0), RED);
});

test("while disconnected nothing is sent", () => {
  const { regions, asked } = setUp();
  regions.disconnected();
  regions.want(new Map([[1, true]]));
  assert.equal(asked.length, 1);
  regions.resume();
  assert.deepEqual(asked.slice(1), ["920291" + "93010000"]);
});

test("what is no longer wanted is unsubscribed, released and ignored", () => {
  const { canvas, regions, asked, tell } = setUp();
  tell(server.snapshot(0, 0, 0));
  regions.want(new Map([[1, true]]));
  assert.deepEqual(asked.slice(1), ["92039100"]);
  assert.equal(canvas.regions[0].tile, null);
  tell(server.pixels(0, 2, 0, [[1, RED]]));
  assert.equal(canvas.regions[0].seq, 0);
});

test("from the overview to the full region: asks for it from nothing, and back costs nothing", () => {
  const { canvas, regions, asked, tell } = setUp([[0, false]]);
  tell(server.snapshot(0, 0, 0));
  tell(server.pixels(0, 2, 0, [[1, RED]]));
  assert.equal(canvas.pixel(1, 0), null);
  regions.want(new Map([[0, true]]));
  assert.deepEqual(asked.slice(1), ["920291" + "93000000"]);
  tell(server.pixels(0, 2, 1, [[2, RED]])); // of the earlier subscription
  assert.equal(canvas.pixel(2, 0), null);
  tell(server.pixels(0, 2, 0, [[1, RED], [2, GREEN]]));
  assert.deepEqual([canvas.pixel(1, 0), canvas.pixel(2, 0)], [RED, GREEN]);
  regions.want(new Map([[0, false]]));
  assert.equal(asked.length, 2);
  assert.equal(canvas.regions[0].tile, null);
});

test("answers tell of the past, what follows is live", () => {
  const { live, tell } = setUp();
  tell(server.pixels(0, 2, 0, [[1, RED]]));
  tell(server.pixels(0, 2, 1, [[1, RED]]));
  assert.deepEqual(live, [false, true]);
});

test("a snapshot that can't be unpacked is a failure of the connection", async () => {
  const { failures, tell, unpacking, settle } = setUp();
  tell(server.snapshot(0, 3, 100, packed));
  unpacking[0].fail(new Error("no zlib"));
  await settle();
  assert.equal(failures.length, 1);
});

test("a flood while unpacking starts the region over instead of growing", () => {
  const { asked, tell } = setUp();
  tell(server.snapshot(0, 3, 0, packed));
  for (let seq = 0; seq <= 512; seq++) tell(server.pixels(0, 3, seq, [[1, RED]]));
  assert.deepEqual(asked.slice(1), ["920291" + "93000000"]);
});
