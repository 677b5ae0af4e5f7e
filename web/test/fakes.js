// Stand-ins for what surrounds the page: time, the network, the server's messages.

import { Writer } from "../js/net/msgpack.js";

/** A clock that moves when told, and the timers that depend on it. */
export class FakeClock {
  now = 1_000_000;
  #timers = new Map();
  #nextId = 1;

  setTimeout = (run, ms) => {
    const id = this.#nextId++;
    this.#timers.set(id, { run, at: this.now + ms });
    return id;
  };

  clearTimeout = (id) => {
    this.#timers.delete(id);
  };

  /** Runs what is due in the next ms, in order. */
  advance(ms) {
    const end = this.now + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.now = Math.max(this.now, due[1].at);
      due[1].run();
    }
    this.now = end;
  }

  /** The computer sleeps: time passes, and nothing runs until the sleep is over. */
  sleep(ms) {
    this.now += ms;
  }

  get waiting() {
    return this.#timers.size;
  }
}

/** Makes a WebSocket class whose instances the test answers by hand. */
export function fakeWebSockets() {
  const made = [];
  class FakeWebSocket {
    sent = [];
    closed = null;
    constructor(url, protocol) {
      Object.assign(this, { url, protocol });
      made.push(this);
    }
    send(bytes) {
      this.sent.push(bytes);
    }
    close(code) {
      this.closed = code;
    }
    // What the server and the network do:
    open() {
      this.onopen();
    }
    deliver(bytes) {
      this.onmessage?.({ data: new Uint8Array(bytes).buffer });
    }
    drop(code = 1006, reason = "") {
      this.onclose?.({ code, reason });
    }
  }
  return { FakeWebSocket, made, get last() { return made.at(-1); } };
}

/** The server's messages, as far as the tests need them. */
export const server = {
  welcome: ({ session = new Uint8Array(16).fill(7), user = 9, width = 100, height = 60, region = 64, rate = 0, burst = 0, window = 4, time = 1 } = {}) =>
    new Writer().array(11).uint(16).bin(session).uint(user).text("pod-0").uint(time).uint(width).uint(height).uint(region).uint(rate).uint(burst).uint(window).finish(),
  snapshot: (region, epoch, seq, data = new Uint8Array()) => new Writer().array(5).uint(17).uint(region).uint(epoch).uint(seq).bin(data).finish(),
  /** @param {[position: number, colour: number][]} dots */
  pixels(region, epoch, from, dots, { author = 5, count = dots.length } = {}) {
    const w = new Writer().array(7).uint(18).uint(region).uint(epoch).uint(from).uint(count).bin(packPixels(dots));
    return (dots.length === 0 ? w.array(0) : typeof author === "string" ? w.text(author) : w.uint(author)).finish();
  },
  ack: (ops, left = 0) => ops.reduce((w, op) => w.uint(op), new Writer().array(3).uint(19).array(ops.length)).uint(left).finish(),
  waiting: (ops) => ops.reduce((w, op) => w.uint(op), new Writer().array(2).uint(25).array(ops.length)).finish(),
  allowance: (rate, burst, left, next) => new Writer().array(5).uint(26).uint(rate).uint(burst).uint(left).uint(next).finish(),
  refused: (op, code, retry = 0, left = 0) => new Writer().array(5).uint(20).uint(op).uint(code).uint(retry).uint(left).finish(),
  notice: (code, text, retry) => new Writer().array(4).uint(24).uint(code).text(text).uint(retry).finish(),
};

/** @param {[position: number, colour: number][]} dots */
export function packPixels(dots) {
  return Uint8Array.from(dots.flatMap(([position, colour]) => [position >> 8, position & 255, colour >> 16, (colour >> 8) & 255, colour & 255]));
}

/** A storage like the browser's. */
export function fakeStorage() {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
}

/** Random numbers that a failing test can repeat: mulberry32. */
export function seeded(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
