import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inflate } from "../js/net/inflate.js";
import { Writer } from "../js/net/msgpack.js";
import * as protocol from "../js/net/protocol.js";

const frames = JSON.parse(readFileSync(new URL("../../codec/testdata/frames.json", import.meta.url), "utf8"));
const fromHex = (hex) => new Uint8Array(Buffer.from(hex, "hex"));
const toHex = (bytes) => Buffer.from(bytes).toString("hex");
const colourText = (bytes) => "#" + toHex(bytes).toUpperCase();

/** Encodes a client's message from the fields of its golden frame. */
function encode(message) {
  switch (message.type) {
    case 1:
      return protocol.encodeHello(message.session === null ? null : fromHex(message.session), message.name, message.sent, message.knows, message.token);
    case 2: return protocol.encodeSubscribe(message.marks);
    case 3: return protocol.encodeUnsubscribe(message.regions);
    case 4: {
      const width = 65_536;
      const dots = new Map(message.pixels.map(([x, y, colour]) => [y * width + x, parseInt(colour.slice(1), 16)]));
      return protocol.encodePlace(message.op, protocol.packDots(dots, width));
    }
    case 5: return protocol.encodeRename(message.name);
    case 6: return message.x === undefined ? protocol.encodeCursorGone() : protocol.encodeCursor(message.x, message.y);
    case 7: return protocol.encodePing(message.token);
    case 8: return protocol.encodeAuth(message.token);
    case 9: return protocol.encodeBeckon(message.x, message.y);
  }
  throw new Error(`no client message of type ${message.type}`);
}

/** Spells a decoded message as the golden frames do. */
function spell(message) {
  switch (message.type) {
    case protocol.WELCOME: return { ...message, session: toHex(message.session) };
    case protocol.SNAPSHOT: return { ...message, data: toHex(message.data) };
    case protocol.CURSORS:
    case protocol.BECKONS: return { ...message, cursors: message.cursors.map(({ user, x, y }) => [user, x, y]) };
    case protocol.PIXELS: {
      const pixels = [];
      for (let at = 0; at < message.pixels.length; at += 5) {
        pixels.push([message.pixels[at] * 256 + message.pixels[at + 1], colourText(message.pixels.subarray(at + 2, at + 5))]);
      }
      const authors = [];
      for (let i = 0; i < message.authors.length; i += 2) authors.push(message.authors.slice(i, i + 2));
      return { ...message, pixels, authors };
    }
  }
  return message;
}

test("golden frames: there are some of both sides", () => {
  assert.ok(frames.filter((frame) => frame.from === "client").length >= 10);
  assert.ok(frames.filter((frame) => frame.from === "server").length >= 10);
});

for (const { name, from, hex, message } of frames) {
  if (from === "client") {
    test(`golden frame ${name}: encodes`, () => assert.equal(toHex(encode(message)), hex));
    continue;
  }
  test(`golden frame ${name}: decodes`, () => {
    const decoded = protocol.decodeServer(fromHex(hex));
    if (message.type > protocol.BECKONS) return assert.equal(decoded, null);
    assert.deepEqual(spell(decoded), message);
  });
  test(`golden frame ${name}: cut anywhere or too long it is malformed`, () => {
    const bytes = fromHex(hex);
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => protocol.decodeServer(bytes.slice(0, length)), protocol.Malformed, `${length} bytes`);
    }
    assert.throws(() => protocol.decodeServer(new Uint8Array([...bytes, 0])), protocol.Malformed);
  });
}

const malformed = {
  "not an array": "c0",
  "an empty array": "90",
  "a map": "8117c0",
  "a negative number": "9317ff00",
  "a negative int64": "9317d3ffffffffffffffff00",
  "a number above 2^53": "9317cf002000000000000000",
  "a float for a number": "9317cb3ff000000000000000",
  "a number for a boolean": "951603019090",
  "text that is not UTF-8": "941801a1ff00",
  "a bin that says it is 4 GB": "951100000000c6ffffffff",
  "an array that says it has 4 billion elements": "9313ddffffffff00",
  "half a pixel": "9712000100" + "01" + "c4030000ff" + "05",
  "more pixels than count": "9712000100" + "00" + "c4050000ff0000" + "05",
  "authors of too few pixels": "9712000100" + "02" + "c40a0000ff00000001ff0000" + "920105",
  "authors of too many pixels": "9712000100" + "01" + "c4050000ff0000" + "920205",
  "a run without an author": "9712000100" + "01" + "c4050000ff0000" + "9101",
  "a session of 3 bytes": "9b10c403010203" + "07" + "a0" + "00" + "0a0a0a" + "00" + "00" + "01",
  "a canvas of no width": "9b10c410" + "00".repeat(16) + "07" + "a0" + "00" + "000a0a" + "00" + "00" + "01",
  "a rate below 0": "9b10c410" + "00".repeat(16) + "07" + "a0" + "00" + "0a0a0a" + "cbbff0000000000000" + "00" + "01",
  "half a cursor": "9215c40500000000aa",
  "half a place": "921cc40500000000aa",
  "a byte that begins nothing": "9263c1",
};
for (const [what, hex] of Object.entries(malformed)) {
  test(`malformed: ${what}`, () => assert.throws(() => protocol.decodeServer(fromHex(hex)), protocol.Malformed));
}

test("what newer servers add behind a message is read where it is there, and nothing else is taken for it", () => {
  const read = (hex) => protocol.decodeServer(fromHex(hex));
  const next = 1_760_000_000_123, unixMs = "cf00000199c82cc07b";
  assert.deepEqual(read("93139101cc05"), { type: 19, ops: [1], left: 5 });
  assert.deepEqual(read(`94139101cc05${unixMs}`), { type: 19, ops: [1], left: 5, next });
  assert.deepEqual(read(`95139101cc05${unixMs}a161`), { type: 19, ops: [1], left: 5, next });
  assert.deepEqual(read("94139101cc05a161"), { type: 19, ops: [1], left: 5 });
  assert.deepEqual(read(`961402010005${unixMs}`), { type: 20, op: 2, code: 1, retry: 0, left: 5, next });
  assert.deepEqual(read("96160ac2909004"), { type: 22, count: 10, full: false, joined: [], left: [], people: 4 });
  assert.deepEqual(read(`951acb3fc999999999999a0602${unixMs}`), { type: 26, rate: 0.2, burst: 6, left: 2, next });
  assert.throws(() => read(`951acbbfc999999999999a0602${unixMs}`), protocol.Malformed);
});

test("SUBSCRIBE of a canvas with the most regions fits a client's message", () => {
  const marks = Array.from({ length: 4096 }, (_, id) => [id, 300, 70_000]);
  assert.ok(protocol.encodeSubscribe(marks).length <= 65_536);
  assert.throws(() => protocol.encodeSubscribe([...marks, [4096, 0, 0]]), RangeError);
});

test("PLACE of the most pixels fits a client's message", () => {
  const dots = new Map(Array.from({ length: protocol.MAX_PLACE }, (_, i) => [i, i]));
  const packed = protocol.packDots(dots, 1000);
  assert.equal(packed.length, 7 * 4096);
  assert.ok(protocol.encodePlace(2 ** 53 - 1, packed).length <= 65_536);
});

test("a writer that grows keeps what was written", () => {
  const text = "x".repeat(1000);
  const bytes = new Writer().array(3).uint(5).text(text).uint(70_000).finish();
  assert.equal(toHex(bytes), "9305" + "da03e8" + "78".repeat(1000) + "ce00011170");
});

test("inflate gives the snapshot's pixels and refuses any other size", async () => {
  const { hex } = frames.find((frame) => frame.name === "snapshot");
  const { data } = protocol.decodeServer(fromHex(hex));
  const rgb = await inflate(data, 12);
  assert.equal(rgb.length, 12);
  await assert.rejects(inflate(data, 11), protocol.Malformed);
  await assert.rejects(inflate(data, 13), protocol.Malformed);
  await assert.rejects(inflate(new Uint8Array([1, 2, 3]), 12));
});
