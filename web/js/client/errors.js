// How things end that a program waits for.

/** By code, as PROTOCOL.md names them. */
const NAMES = ["", "rate", "bounds", "busy", "unavailable", "unknown", "draining", "order", "region", "unsure", "rights", "frozen", "protected", "color", "banned"];
const RATE = 1, FROZEN = 11;
const AGAIN = new Set([3, 4, 6, 7]); // the same pixels can succeed later, as a new op

/** The server has not carried out an op. In some of its regions it may have: the canvas says. */
export class Refused extends Error {
  name = "Refused";

  /** @param {{op: number, code: number, retry: number}} message */
  constructor({ op, code, retry }) {
    const name = NAMES[code] ?? `code ${code}`;
    super(`refused: ${name}`);
    this.op = op;
    this.code = code;
    this.reason = name;
    this.retry = retry;
  }

  /** Whether the same pixels can succeed later, after `retry` ms. A stroke larger than the burst never does. */
  get again() {
    return AGAIN.has(this.code) || ((this.code === RATE || this.code === FROZEN) && this.retry > 0);
  }
}

/** The client has ended, or could not begin: the server does not want it, can't be reached, or close() was called. */
export class Ended extends Error {
  name = "Ended";

  /**
   * @param {string} text
   * @param {{code?: number, reason?: string, status?: number, retry?: number}} [why] code and reason of the server's
   *   close frame; status of its answer to the handshake, where that is known, and after how many ms to ask again
   */
  constructor(text, { code = 0, reason = "", status = 0, retry = 0 } = {}) {
    super(text);
    this.code = code;
    this.reason = reason;
    this.status = status;
    this.retry = retry;
  }
}
