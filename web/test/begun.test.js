import assert from "node:assert/strict";
import { test } from "node:test";
import { begin, beginOnce, HELLO, regionsOf, subscribe } from "../js/early_connect.js";
import { makeGeometry } from "../js/geometry.js";
import { sockets, takeBegun } from "../js/net/begun.js";
import { encodeHello, encodeRename, encodeSubscribe, REFUSED_BANNED } from "../js/net/protocol.js";
import { BUDGET, plan } from "../js/net/plan.js";
import { fakeWebSockets, server } from "./fakes.js";

test("what is said first is what the protocol says", () => {
  assert.deepEqual(HELLO, encodeHello(null, "", 0, REFUSED_BANNED));
  const decode = (bytes) => [...bytes].slice(bytes[2] === 0xdc ? 5 : 3);
  const regions = Array.from({ length: 64 }, (_, id) => id * 5);
  const want = encodeSubscribe(regions.map((id) => [id, 0, 0]));
  assert.equal(subscribe(regions)[1], want[1]);
  // Ids may have any width: this one always writes two bytes.
  assert.deepEqual(decode(subscribe([300, 301])), decode(encodeSubscribe([[300, 0, 0], [301, 0, 0]])));
  assert.equal((subscribe(regions)[3] << 8) | subscribe(regions)[4], 64);
});

test("the regions that are asked for are those of the plan: all of a canvas that is held whole, none of a larger one", () => {
  for (const [width, height, region] of [[1024, 1024, 256], [1000, 700, 256], [2048, 2048, 256], [1, 1, 256]]) {
    const g = makeGeometry(width, height, region), all = regionsOf(`${width} ${height} ${region}`, "");
    assert.deepEqual([...all].sort((a, b) => a - b), [...plan(g, { x: 0, y: 0, width, height }, []).keys()].sort((a, b) => a - b));
    assert.ok(width * height <= BUDGET);
  }
  assert.equal(regionsOf("1024 1024 256", "#10,1000,8")[0], 12);
  assert.equal(regionsOf("1024 1024 256", "#nonsense").length, 16);
  for (const size of ["", "4096 4096 256", "0 0 0", "a b c", "2048 2048 64", "-5 5 1"]) assert.deepEqual(regionsOf(size, ""), [], size);
});

/** A page at an address, and what its first module has begun. */
function setUp({ size = "100 60 64", name = null } = {}) {
  const fake = fakeWebSockets(), begun = begin(fake.FakeWebSocket, "https://a.example/draw/?x=1#50,30,4", size);
  begun.socket.readyState = 0;
  const it = { fake, begun, heard: [], makes: sockets(fake.FakeWebSocket, begun, () => (name === null ? null : encodeRename(name))) };
  it.takeOver = () => {
    const socket = new it.makes.WebSocket("wss://a.example/draw/ws", "pixel.msgpack.v1");
    socket.onopen = () => {
      it.heard.push("open");
      socket.send(encodeHello(null, name ?? "", 0, REFUSED_BANNED));
    };
    socket.onmessage = ({ data }) => it.heard.push(new Uint8Array(data)[1]);
    socket.onclose = ({ code }) => it.heard.push(code);
    return socket;
  };
  it.opens = () => {
    begun.socket.readyState = 1;
    begun.socket.open();
  };
  return it;
}

test("the page is below a path: so is the socket", () => {
  const { fake } = setUp();
  assert.equal(fake.last.url, "wss://a.example/draw/ws");
});

for (const [when, steps] of Object.entries({
  "before it is open": ["take", "open", "snapshot", "welcome", "snapshot"],
  "once it is open": ["open", "take", "snapshot", "welcome", "snapshot"],
  "when answers have come": ["open", "snapshot", "welcome", "take", "snapshot"],
})) {
  test(`the session takes over ${when}: one HELLO, one SUBSCRIBE, the welcome first`, async () => {
    const it = setUp({ name: "Ada" });
    const does = {
      take: () => it.takeOver(), open: () => it.opens(),
      snapshot: () => it.begun.socket.deliver(server.snapshot(0, 0, 0)), welcome: () => it.begun.socket.deliver(server.welcome()),
    };
    for (const step of steps) {
      does[step]();
      await null;
    }
    assert.deepEqual(it.heard, ["open", 16, 17, 17]);
    assert.deepEqual(it.begun.socket.sent, [HELLO, subscribe([0, 1]), encodeRename("Ada")]);
    assert.equal(it.fake.made.length, 1);
    assert.deepEqual([...it.makes.asked({ width: 100, height: 60, region: 64 })], [0, 1]);
    assert.deepEqual([...it.makes.asked({ width: 200, height: 60, region: 64 })], [], "of another canvas nothing was asked");
    it.begun.socket.drop(1012);
    assert.equal(it.heard.at(-1), 1012);
    it.takeOver();
    assert.equal(it.fake.made.length, 2, "the next connection is a new one");
    assert.equal(it.makes.asked({ width: 100, height: 60, region: 64 }).size, 0);
  });
}

test("whichever module runs first, there is one connection", () => {
  const fake = fakeWebSockets(), page = () => ({ querySelector: () => ({ getAttribute: () => "100 60 64" }) });
  const late = page();
  assert.equal(takeBegun(late), undefined);
  beginOnce(late, fake.FakeWebSocket, "http://a/");
  assert.equal(fake.made.length, 0);
  const early = page();
  beginOnce(early, fake.FakeWebSocket, "http://a/");
  assert.equal(takeBegun(early).socket, fake.last);
  assert.equal(takeBegun(early), undefined);
  beginOnce(early, fake.FakeWebSocket, "http://a/");
  assert.equal(fake.made.length, 1);
});

test("what was begun and has failed is not taken over; without it the link begins by itself", () => {
  const it = setUp();
  it.begun.socket.readyState = 3;
  it.takeOver();
  assert.equal(it.fake.made.length, 2);
  const fake = fakeWebSockets(), makes = sockets(fake.FakeWebSocket, undefined, () => null);
  assert.equal(new makes.WebSocket("ws://a/ws", "p"), fake.last);
  assert.equal(makes.asked({ width: 100, height: 60, region: 64 }).size, 0);
});

test("a socket that is given up is closed, and says nothing more", async () => {
  const it = setUp(), socket = it.takeOver();
  socket.onopen = socket.onmessage = socket.onclose = null;
  socket.close(1000);
  assert.equal(it.begun.socket.closed, 1000);
  assert.equal(it.begun.socket.onopen, null);
});
