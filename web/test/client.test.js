// What of the client for programs the suite of transport/client/conformance does not judge: its types, addresses,
// and what it takes from programs.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as module from "../js/client.js";
import { Ops } from "../js/client/ops.js";
import { addressOf, socketsOf } from "../js/client/sockets.js";

const { Client, Ended, Refused } = module;
const types = readFileSync(new URL("../js/client.d.ts", import.meta.url), "utf8");

/** The names of the members that client.d.ts gives a class. */
function declared(name) {
  const body = types.slice(types.indexOf(`export class ${name} `)).split("\n}")[0];
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)[(:]/gm)].map((match) => match[1]).sort();
}

test("client.d.ts declares what the module exports, and nothing else", () => {
  const exported = [...types.matchAll(/^export (?:class|function) (\w+)/gm)].map((match) => match[1]);
  assert.deepEqual(exported.sort(), Object.keys(module).sort());
});

test("client.d.ts declares the members that there are", () => {
  assert.deepEqual(declared("Client"), Object.getOwnPropertyNames(Client.prototype).sort());
  const members = (error) => [...Object.keys(error), ...Object.getOwnPropertyNames(Object.getPrototypeOf(error))]
    .filter((name) => name !== "name" && name !== "constructor").sort();
  assert.deepEqual(declared("Refused"), members(new Refused({ op: 1, code: 2, retry: 0 })));
  assert.deepEqual(declared("Ended").filter((name) => name !== "constructor"), members(new Ended("")));
});

test("a canvas is named by its page or by its WebSocket", () => {
  for (const [url, address] of [
    ["http://127.0.0.1:8080", "ws://127.0.0.1:8080/ws"],
    ["https://canvas.example/", "wss://canvas.example/ws"],
    ["https://canvas.example/below/", "wss://canvas.example/below/ws"],
    ["https://canvas.example/?sources#512,512,0.5", "wss://canvas.example/ws"],
    ["https://canvas.example/below/index.html", "wss://canvas.example/below/ws"],
    ["wss://canvas.example/ws", "wss://canvas.example/ws"],
  ]) assert.equal(addressOf(url), address);
  assert.throws(() => addressOf("ftp://canvas.example/"), /must be like/);
});

test("a key goes where the WebSocket takes it: the platform's with its options, a class that is handed in behind them", () => {
  const made = [];
  class Socket {
    constructor(...args) {
      made.push(args);
    }
  }
  const headers = { Authorization: "Bearer pp_key" };
  new (socketsOf(Socket, "pp_key"))("ws://a/ws");
  new (socketsOf(Socket, ""))("ws://a/ws");
  const before = globalThis.WebSocket;
  globalThis.WebSocket = /** @type {any} */ (Socket);
  try {
    new (socketsOf(undefined, "pp_key"))("ws://a/ws");
  } finally {
    globalThis.WebSocket = before;
  }
  assert.deepEqual(made, [
    ["ws://a/ws", "pixel.msgpack.v1", { headers }], ["ws://a/ws", "pixel.msgpack.v1"], ["ws://a/ws", { protocols: ["pixel.msgpack.v1"], headers }],
  ]);
});

test("pixels that can't be placed are refused at once, and so is a flood", async () => {
  const ops = new Ops();
  const dot = { x: 3, y: 4, color: "#FF0000" };
  for (const dots of [[], [{ ...dot, color: "red" }], [{ ...dot, x: -1 }], [{ ...dot, y: 0.5 }], [{ ...dot, x: 65_536 }], Array(4097).fill(dot)]) {
    await assert.rejects(ops.add(dots), /color|pixel/);
  }
  for (let i = 0; i < 10_000; i++) ops.add([dot]).catch(() => {});
  await assert.rejects(ops.add([dot]), /wait for answers/);
  assert.deepEqual([...ops.next().pixels], [0, 3, 0, 4, 255, 0, 0]);
});
