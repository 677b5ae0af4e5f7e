// The connection that early_connect.js has begun, for the link to go on with as if it had made it itself.

const WELCOME = 16; // the type of the message that answers HELLO
const OPEN = 1, CLOSING = 2; // WebSocket.readyState

/** A WebSocket whose HELLO has been sent. What has arrived on it is delivered when the link listens, the welcome first. */
export class BegunSocket {
  onopen = () => {};
  onmessage = (/** @type {{data: ArrayBuffer}} */ _event) => {};
  onclose = (/** @type {{code: number, reason: string}} */ _event) => {};
  binaryType = "arraybuffer";
  #greeted = false; // the link has sent its HELLO, which early_connect.js has sent already
  #welcomed = false;

  /** @param {import("../early_connect.js").Begun} begun @param {() => Uint8Array | null} greeting */
  constructor({ socket, messages }, greeting) {
    this.greeting = greeting;
    this.socket = socket;
    this.messages = messages;
    socket.onclose = (event) => this.onclose(event);
    socket.onmessage = (event) => {
      messages.push(event);
      this.#deliver();
    };
    const open = () => {
      this.onopen();
      this.#deliver();
    };
    if (socket.readyState === OPEN) queueMicrotask(open);
    else {
      const greet = /** @type {() => void} */ (socket.onopen);
      socket.onopen = () => {
        greet.call(socket);
        open();
      };
    }
  }

  send(bytes) {
    const instead = this.#greeted ? bytes : this.greeting();
    this.#greeted = true;
    if (instead) this.socket.send(instead);
  }

  close(code) {
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close(code);
  }

  /** Answers to SUBSCRIBE may have come before the welcome, which says how large their regions are. */
  #deliver() {
    const { messages } = this;
    if (!this.#welcomed) {
      const at = messages.findIndex(({ data }) => new Uint8Array(data)[1] === WELCOME);
      if (at < 0) return;
      this.#welcomed = true;
      messages.unshift(...messages.splice(at, 1));
    }
    while (messages.length > 0) this.onmessage(/** @type {any} */ (messages.shift()));
  }
}

/** What early_connect.js has begun; undefined: nothing, and it won't any more. @param {any} page the document @returns {import("../early_connect.js").Begun | undefined} */
export function takeBegun(page) {
  const { begun } = page;
  page.begun = undefined;
  return begun;
}

/**
 * What makes the link's sockets: the one that was begun, if it still lives, then new ones.
 * @param {typeof WebSocket} Socket
 * @param {import("../early_connect.js").Begun | undefined} begun
 * @param {() => Uint8Array | null} greeting what to send instead of HELLO
 */
export function sockets(Socket, begun, greeting) {
  let first = begun, going = false;
  return {
    /** @type {any} a class, to make them with */
    WebSocket: function (/** @type {string} */ url, /** @type {string} */ protocol) {
      going = first !== undefined && first.socket.readyState < CLOSING;
      const socket = going ? new BegunSocket(first, greeting) : new Socket(url, protocol);
      first = undefined;
      return socket;
    },
    /** The regions that the connection has been asked for already. @param {import("../geometry.js").Geometry} geometry */
    asked({ width, height, region }) {
      return new Set(going && begun.size === `${width} ${height} ${region}` ? begun.regions : []);
    },
  };
}
