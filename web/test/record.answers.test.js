import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { inflate } from "../js/net/inflate.js";
import { readPast } from "../js/record/answers.js";
import { readPNG } from "../js/record/png.js";
import { seeded } from "./fakes.js";

const golden = JSON.parse(readFileSync(new URL("../../codec/testdata/past.json", import.meta.url), "utf8"));
const fromHex = (hex) => new Uint8Array(Buffer.from(hex, "hex"));
const END = golden.find(({ name }) => name === "end").hex;
const colourText = (bytes) => "#" + Buffer.from(bytes).toString("hex").toUpperCase();

for (const { name, hex, message, tile } of golden) {
  test(`golden frame of the past ${name}: is read`, async () => {
    const past = readPast(fromHex(hex + (message.type === 27 ? "" : END)));
    if (message.type === 27) {
      assert.deepEqual(past, { steps: [], seq: message.seq, time: message.time, more: message.more });
    } else if (message.type === 17) {
      const [{ snapshot, time }] = past.steps;
      assert.deepEqual([snapshot.region, snapshot.epoch, snapshot.seq, time], [message.region, message.epoch, message.seq, message.time]);
      if (message.data) assert.equal(Buffer.from(await inflate(snapshot.data, tile.length / 2)).toString("hex"), tile);
    } else if (message.type === 18) {
      const [{ pixels, times }] = past.steps;
      const got = [...times].map((time, i) => [pixels[5 * i] * 256 + pixels[5 * i + 1], colourText(pixels.subarray(5 * i + 2, 5 * i + 5)), time]);
      assert.deepEqual(got, message.pixels.map(([position, colour, , time]) => [position, colour, time]));
    } else {
      assert.deepEqual(past.steps, [], "what is not known is ignored");
    }
  });
}

test("an answer that broke off, or is cut anywhere, is not taken for complete", () => {
  const whole = fromHex(golden.filter(({ message }) => message.type !== 27).map(({ hex }) => hex).join("") + END);
  assert.equal(readPast(whole).seq, 42);
  for (let n = 0; n < whole.length; n++) assert.throws(() => readPast(whole.slice(0, n)), { name: "Malformed" }, `${n} of ${whole.length} bytes`);
});

test("what can't be an answer is refused", () => {
  const sized = (hex) => `c6${(hex.length / 2).toString(16).padStart(8, "0")}${hex}`;
  const one = "9a12000100" + "01" + "c4050000ff0000" + "920107";
  for (const [what, hex] of Object.entries({
    "no bin": "93010203", "a length that lies": "c6ffffffff90", "fewer pixels than count": sized("9a12000100" + "02" + "c4050000ff0000" + "920207" + "920205" + "90" + "9202a0"),
    "no times": sized(one + "90" + "90" + "9201a0"), "half a run": sized(one + "9101" + "90" + "9201a0"), "times of more pixels": sized(one + "920205" + "90" + "9201a0"),
    "a snapshot without a time": sized("9511030000c400"), "an end without more": sized("941b000000"), "html": Buffer.from("<!doctype html>").toString("hex"),
  })) assert.throws(() => readPast(fromHex(hex + END)), { name: "Malformed" }, what);
});

test("random bytes never do anything but fail", () => {
  const random = seeded(7);
  for (let i = 0; i < 3000; i++) {
    const bytes = fromHex(golden[i % golden.length].hex + END);
    for (let n = 0; n < 3; n++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    try {
      readPast(bytes);
    } catch (error) {
      assert.ok(error.name === "Malformed" || error instanceof RangeError && bytes.length < 0, `${error}`);
    }
  }
});

/** A PNG of RGB pixels, each row with a filter. */
function png(width, height, rgb, filters, { idat = 1000, kind = [8, 2, 0, 0, 0] } = {}) {
  const stride = 3 * width, rows = Buffer.alloc(height * (stride + 1));
  const paeth = (a, b, c) => [a, b, c].sort((x, y) => Math.abs(a + b - c - x) - Math.abs(a + b - c - y))[0];
  for (let y = 0; y < height; y++) {
    const filter = filters[y % filters.length];
    rows[y * (stride + 1)] = filter;
    for (let i = 0; i < stride; i++) {
      const at = (dy, di) => (y - dy < 0 || i - di < 0 ? 0 : rgb[(y - dy) * stride + i - di]);
      const [a, b, c] = [at(0, 3), at(1, 0), at(1, 3)];
      rows[y * (stride + 1) + 1 + i] = at(0, 0) - [0, a, b, (a + b) >> 1, paeth(a, b, c)][filter];
    }
  }
  const chunk = (name, data) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(data.length);
    head.write(name, 4, "latin1");
    return Buffer.concat([head, data, Buffer.alloc(4)]);
  };
  const header = Buffer.alloc(8);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  const data = deflateSync(rows), parts = [];
  for (let at = 0; at < data.length; at += idat) parts.push(chunk("IDAT", data.subarray(at, at + idat)));
  const all = [Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", Buffer.concat([header, Buffer.from(kind)])), chunk("tEXt", Buffer.from("x")), ...parts, chunk("IEND", Buffer.alloc(0))];
  return new Uint8Array(Buffer.concat(all));
}

test("a picture is read as it was made, whatever the filters of its rows", async () => {
  const random = seeded(3), width = 31, height = 17;
  const rgb = Uint8Array.from({ length: 3 * width * height }, () => Math.floor(random() * 256));
  for (const filters of [[0], [1], [2], [3], [4], [0, 1, 2, 3, 4]]) {
    const got = await readPNG(png(width, height, rgb, filters, { idat: 100 }));
    assert.deepEqual([got.width, got.height, got.rgb], [width, height, rgb], `filters ${filters}`);
  }
});

test("what is no picture of the kind that the server makes is refused", async () => {
  const file = png(2, 2, new Uint8Array(12), [0]);
  for (const [what, bytes] of Object.entries({
    empty: new Uint8Array(), text: new TextEncoder().encode("not a PNG at all"), short: file.slice(0, -30),
    palette: png(2, 2, new Uint8Array(12), [0], { kind: [8, 3, 0, 0, 0] }), interlaced: png(2, 2, new Uint8Array(12), [0], { kind: [8, 2, 0, 0, 1] }),
    huge: png(70_000, 1, new Uint8Array(210_000), [0]).map((byte, i) => (i === 20 ? 1 : byte)),
  })) await assert.rejects(readPNG(bytes), what);
});
