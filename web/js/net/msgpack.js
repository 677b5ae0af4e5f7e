// MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md), as much of it as
// the pixel protocol needs: protocol.js writes and reads messages with it.

/** What arrived is not what PROTOCOL.md describes. */
export class Malformed extends Error {
  name = "Malformed";
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Builds one message. Numbers take the shortest form. */
export class Writer {
  #bytes = new Uint8Array(64);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** @returns {Uint8Array<ArrayBuffer>} the message; the writer must not be used afterwards */
  finish() {
    return this.#bytes.subarray(0, this.#length);
  }

  /** @param {number} length of the array whose elements follow, below 65,536 */
  array(length) {
    if (length < 16) return this.#byte(0x90 | length);
    this.#byte(0xdc);
    this.#write16(length);
    return this;
  }

  /** @param {number} n an integer of 0 to 2^53-1 */
  uint(n) {
    if (n < 0x80) return this.#byte(n);
    if (n <= 0xff) return this.#byte(0xcc).#byte(n);
    if (n <= 0xffff) {
      this.#byte(0xcd);
      this.#write16(n);
    } else if (n <= 0xffffffff) {
      this.#byte(0xce);
      this.#write32(n);
    } else {
      this.#byte(0xcf);
      this.#write32(Math.floor(n / 2 ** 32));
      this.#write32(n >>> 0);
    }
    return this;
  }

  nil() {
    return this.#byte(0xc0);
  }

  /** @param {string} s below 65,536 bytes of UTF-8 */
  text(s) {
    const bytes = encoder.encode(s);
    if (bytes.length < 32) this.#byte(0xa0 | bytes.length);
    else this.#sized(0xd9, bytes.length);
    return this.#append(bytes);
  }

  /** @param {Uint8Array} bytes below 65,536 */
  bin(bytes) {
    return this.#sized(0xc4, bytes.length).#append(bytes);
  }

  /** @param {number} code for a length of 8 bits; the next code is for one of 16 bits */
  #sized(code, length) {
    if (length <= 0xff) return this.#byte(code).#byte(length);
    this.#byte(code + 1);
    this.#write16(length);
    return this;
  }

  #byte(b) {
    const at = this.#grow(1);
    this.#bytes[at] = b;
    return this;
  }

  #write16(n) {
    const at = this.#grow(2);
    this.#view.setUint16(at, n);
  }

  #write32(n) {
    const at = this.#grow(4);
    this.#view.setUint32(at, n);
  }

  #append(bytes) {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** Makes room for n bytes and returns where it begins. It may replace the buffer. */
  #grow(n) {
    const at = this.#length;
    this.#length += n;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}

/** Parses one message. Everything unexpected throws Malformed. */
export class Reader {
  #bytes;
  #view;
  #at = 0;

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  constructor(bytes) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @returns {number} the length of the array whose elements follow */
  array() {
    const code = this.#code();
    if ((code & 0xf0) === 0x90) return code & 0x0f;
    if (code === 0xdc) return this.#view.getUint16(this.#take(2));
    if (code === 0xdd) return this.#view.getUint32(this.#take(4));
    throw new Malformed(`not an array: ${code}`);
  }

  /** @returns {number} an integer of any width, at most 2^53-1 */
  uint() {
    const code = this.#code();
    const n = code < 0x80 ? code : this.#integer(code);
    if (n === undefined || n < 0) throw new Malformed(`not an unsigned integer: ${code}`);
    if (!Number.isSafeInteger(n)) throw new Malformed("integer above 2^53");
    return n;
  }

  /** @returns {number} a float or an unsigned integer */
  float() {
    const code = this.#peek();
    if (code === 0xca) return this.#view.getFloat32(this.#take(5) + 1);
    if (code === 0xcb) return this.#view.getFloat64(this.#take(9) + 1);
    return this.uint();
  }

  bool() {
    const code = this.#code();
    if (code !== 0xc2 && code !== 0xc3) throw new Malformed(`not a boolean: ${code}`);
    return code === 0xc3;
  }

  /** Whether a string comes next. */
  isText() {
    const code = this.#peek();
    return (code & 0xe0) === 0xa0 || (code >= 0xd9 && code <= 0xdb);
  }

  /** Whether an unsigned integer comes next. */
  isUint() {
    const code = this.#peek();
    return code < 0x80 || (code >= 0xcc && code <= 0xcf);
  }

  /** Whether an array comes next. */
  isArray() {
    const code = this.#peek();
    return (code & 0xf0) === 0x90 || code === 0xdc || code === 0xdd;
  }

  text() {
    if (!this.isText()) throw new Malformed(`not a string: ${this.#peek()}`);
    const code = this.#code();
    const length = code < 0xc0 ? code & 0x1f : this.#length(code - 0xd9);
    const at = this.#take(length);
    try {
      return decoder.decode(this.#bytes.subarray(at, at + length));
    } catch {
      throw new Malformed("not UTF-8");
    }
  }

  /** @returns {Uint8Array<ArrayBuffer>} a part of the message, not a copy */
  bin() {
    const code = this.#code();
    if (code < 0xc4 || code > 0xc6) throw new Malformed(`not a bin: ${code}`);
    const length = this.#length(code - 0xc4);
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Skips the next n values, whatever they are: a newer server may send more. */
  skip(n) {
    for (let left = n; left > 0; left--) left += this.#skipHead();
  }

  /** Throws if anything follows the message. */
  end() {
    const left = this.#bytes.length - this.#at;
    if (left !== 0) throw new Malformed(`${left} bytes after the message`);
  }

  /** Consumes one value except the values inside it, and returns how many these are. */
  #skipHead() {
    const code = this.#code();
    if (code < 0x80 || code >= 0xe0) return 0;
    if (code < 0x90) return 2 * (code & 0x0f); // map
    if (code < 0xa0) return code & 0x0f; // array
    if (code < 0xc0) return this.#pass(code & 0x1f); // string
    switch (code) {
      case 0xc0: case 0xc2: case 0xc3: return 0;
      case 0xc4: case 0xc5: case 0xc6: return this.#pass(this.#length(code - 0xc4));
      case 0xc7: case 0xc8: case 0xc9: return this.#pass(this.#length(code - 0xc7) + 1); // extension
      case 0xca: return this.#pass(4);
      case 0xcb: return this.#pass(8);
      case 0xcc: case 0xcd: case 0xce: case 0xcf: return this.#pass(2 ** (code - 0xcc));
      case 0xd0: case 0xd1: case 0xd2: case 0xd3: return this.#pass(2 ** (code - 0xd0));
      case 0xd4: case 0xd5: case 0xd6: case 0xd7: case 0xd8: return this.#pass(2 ** (code - 0xd4) + 1);
      case 0xd9: case 0xda: case 0xdb: return this.#pass(this.#length(code - 0xd9));
      case 0xdc: return this.#length(1);
      case 0xdd: return this.#length(2);
      case 0xde: return 2 * this.#length(1);
      case 0xdf: return 2 * this.#length(2);
    }
    throw new Malformed(`no value begins with ${code}`);
  }

  #pass(length) {
    this.#take(length);
    return 0;
  }

  /** @returns {number | undefined} */
  #integer(code) {
    const view = this.#view;
    switch (code) {
      case 0xcc: return view.getUint8(this.#take(1));
      case 0xcd: return view.getUint16(this.#take(2));
      case 0xce: return view.getUint32(this.#take(4));
      case 0xcf: return Number(view.getBigUint64(this.#take(8)));
      case 0xd0: return view.getInt8(this.#take(1));
      case 0xd1: return view.getInt16(this.#take(2));
      case 0xd2: return view.getInt32(this.#take(4));
      case 0xd3: return Number(view.getBigInt64(this.#take(8)));
    }
    return undefined;
  }

  /** @param {number} width 0, 1, 2: the length takes 1, 2, 4 bytes */
  #length(width) {
    if (width === 0) return this.#view.getUint8(this.#take(1));
    if (width === 1) return this.#view.getUint16(this.#take(2));
    return this.#view.getUint32(this.#take(4));
  }

  #peek() {
    if (this.#at >= this.#bytes.length) throw new Malformed("the message ends early");
    return this.#bytes[this.#at];
  }

  #code() {
    const code = this.#peek();
    this.#at++;
    return code;
  }

  /** Consumes n bytes and returns where they begin. */
  #take(n) {
    const at = this.#at;
    if (n > this.#bytes.length - at) throw new Malformed("the message ends early");
    this.#at += n;
    return at;
  }
}
