// Speaks the line protocol of CONFORMANCE.md, for the suite that all clients pass.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { connect, Ended, Refused } from "./client.js";

// Before Node.js 22 a program hands a class in: here Debian's, of the package node-ws.
const WebSocket = globalThis.WebSocket ? undefined : createRequire(import.meta.url)("/usr/share/nodejs/ws");

const say = (said) => process.stdout.write(`${JSON.stringify(said)}\n`);
const dots = (pixels) => pixels.map(([x, y, color]) => ({ x, y, color }));
let canvas;

const does = {
  async connect({ url, name, key, tokens, follow }) {
    const on = {
      connected: () => say({ event: "connected" }),
      disconnected: ({ code, reason, retry }) => say({ event: "disconnected", code, reason, retry }),
      notice: ({ code, text }) => say({ event: "notice", code, text }),
      pixels: (pixels, live) => say({ event: "pixels", pixels: pixels.map(({ x, y, color }) => [x, y, color]), live }),
    };
    const token = tokens && (async () => (tokens.length > 1 ? tokens.shift() : tokens[0]));
    canvas = await connect(url, { name, key, token, follow, WebSocket, on });
    return { width: canvas.width, height: canvas.height };
  },
  place: ({ pixels }) => canvas.place(dots(pixels)),
  draw: ({ pixels }) => canvas.draw(dots(pixels)),
  sync: () => canvas.sync(),
  changed: () => canvas.changed(),
  follow: ({ regions }) => canvas.follow(regions),
  renew: ({ token }) => canvas.renew(token),
  read({ x, y, width, height }) {
    const { data } = canvas.image({ x, y, width, height });
    const hex = (at) => "#" + Buffer.from(data.subarray(at, at + 3)).toString("hex").toUpperCase();
    return { colors: Array.from({ length: data.length / 4 }, (_, i) => (data[4 * i + 3] ? hex(4 * i) : null)) };
  },
  close: () => canvas.close(),
};

async function run({ id, do: what, ...asked }) {
  try {
    say({ id, ...(await does[what](asked)) });
  } catch (error) {
    const { code, reason, status, retry } = error;
    if (error instanceof Refused) say({ id, refused: { code, retry } });
    else if (error instanceof Ended) say({ id, ended: { code, reason, status } });
    else say({ id, error: `${error.stack}` });
  }
}

for await (const line of createInterface({ input: process.stdin })) void run(JSON.parse(line));
process.exit(0);
