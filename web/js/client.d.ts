/** A pixel to place: its color is like "#FF0000". */
export interface Dot {
  x: number;
  y: number;
  color: string;
}

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A part of the canvas: 4 bytes a pixel (red, green, blue, opacity), as ImageData has them. */
export interface Image extends Rect {
  data: Uint8ClampedArray;
}

/** Which regions to follow: all, those that touch a rectangle, or by number. */
export type Follow = "all" | Rect | number[];

export interface Options {
  /** To be shown to others. */
  name?: string;
  /** Of a bot: "pp_…". Browsers can't show one. */
  key?: string;
  /** A JSON Web Token, or what gives one for each connection. */
  token?: string | (() => string | Promise<string>);
  /** All, if it is not said. */
  follow?: Follow;
  /** A class, where the platform has no WebSocket: before Node.js 22, that of the package ws. */
  WebSocket?: unknown;
  on?: Handlers;
}

/** What is told, in the order in which it happens. */
export interface Handlers {
  /** Also after each reconnect. */
  connected?(client: Client): void;
  /** The next try follows after `retry` ms. Code and reason are those of the server's close frame, if it has sent one. */
  disconnected?(why: { code: number; reason: string; retry: number }): void;
  /** Pixels were drawn: just now if they are live, else while the client was away. */
  pixels?(pixels: (Dot & { author: number | string })[], live: boolean): void;
  /** 1: the server is closing. 2: an announcement. 3: the rules have changed. 4: other templates are listed. */
  notice?(notice: { code: number; text: string; retry: number }): void;
  /** It isn't known yet whether these ops are durable. They are answered later. */
  waiting?(ops: number[]): void;
  presence?(presence: { count: number; full: boolean; joined: [user: number, name: string][]; left: number[]; people?: number }): void;
  cursors?(cursors: { user: number; x: number; y: number; gone: boolean }[]): void;
}

/** What the server has said about the canvas and its limits. */
export interface Welcome {
  session: Uint8Array;
  user: number;
  node: string;
  time: number;
  width: number;
  height: number;
  region: number;
  /** Pixels per second; 0: no limit. */
  rate: number;
  burst: number;
  window: number;
}

/**
 * Connects to a canvas ("https://canvas.example/" or "wss://canvas.example/ws"), and resolves when the server has welcomed
 * the client. If the first attempt fails, it rejects with Ended. After that the client reconnects and resumes by itself.
 */
export function connect(url: string | URL, options?: Options): Promise<Client>;

/** One user of the canvas. */
export class Client {
  /** Starts nothing: see open. */
  constructor(url: string | URL, options?: Options);
  /** What connect does. */
  open(): Promise<this>;
  /** Ops without an answer fail, although they may have been carried out. */
  close(): void;

  readonly connected: boolean;
  /** Why the client has ended; null: it has not. */
  readonly ended: Ended | null;
  readonly welcome: Welcome;
  readonly width: number;
  readonly height: number;
  /** How many connections the canvas has, this one included. */
  readonly users: number;

  /** The color of a pixel, "#RRGGBB"; null: it is not held. */
  pixel(x: number, y: number): string | null;
  /** A copy of a part of the canvas, by default all of it. Pixels that are not held are transparent. */
  image(rect?: Rect): Image;
  follow(what: Follow): void;

  /**
   * Draws any number of pixels, in their order, as fast as the allowance has them, and resolves when all are durable. What is
   * refused for a while is placed again; what is refused for good rejects with Refused.
   */
  draw(dots: Dot | Dot[]): Promise<void>;
  /**
   * Places up to 4,096 pixels as one op, and resolves when they are durable and visible. It waits for room in the window and
   * for a connection, but not for the allowance. What is refused rejects with Refused.
   */
  place(dots: Dot | Dot[]): Promise<void>;

  /** Resolves when the client holds all that the server had when it was called. */
  sync(): Promise<void>;
  /** Resolves when something has changed, in what is followed, since it resolved last. */
  changed(): Promise<void>;

  /** Shows a new token, which lasts longer, of the same account. */
  renew(token: string): Promise<void>;
  rename(name: string): void;
  /** Shows others where the pointer is. Without a place it has left. */
  point(x?: number, y?: number): void;
}

/** The server has not carried out an op. In some of its regions it may have: the canvas says. */
export class Refused extends Error {
  readonly op: number;
  /** As in PROTOCOL.md; `reason` is its name there. */
  readonly code: number;
  readonly reason: string;
  /** ms to wait before another attempt. */
  readonly retry: number;
  /** Whether the same pixels can succeed later. */
  readonly again: boolean;
}

/** The client has ended, or could not begin. */
export class Ended extends Error {
  /** Of the server's close frame; 0: there was none. */
  readonly code: number;
  readonly reason: string;
  /** Of the server's answer to the handshake; 0: it isn't known. */
  readonly status: number;
  /** After how many ms to ask again, if the server has said so. */
  readonly retry: number;
}
