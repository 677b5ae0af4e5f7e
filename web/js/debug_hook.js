// window.playground: a look inside, for debugging and for tests. It only reads, and the page doesn't depend on it.

import { toHex } from "./colour.js";
import { toScreen } from "./view/view.js";

/**
 * @param {import("./state.js").State} state which nobody but this page changes, and tests
 * @param {import("./net/session.js").Session} session
 * @param {import("./view/frame.js").Frames} frames
 * @param {boolean} open the browser is driven by a program, or shows the page's sources: then the state itself may be seen
 */
export function makeHook(state, session, frames, open) {
  const hex = (/** @type {number | null | undefined} */ colour) => (colour === null || colour === undefined ? null : toHex(colour));
  return Object.freeze({
    /** The whole state, see state.js; undefined: this is not for tests. */
    get state() { return open ? state : undefined; },
    /** "connecting", "online", "waiting" for the next try, or "stopped". */
    get status() { return state.connection.welcomed ? "online" : state.connection.phase === "open" ? "connecting" : state.connection.phase; },
    /** Nothing is moving, loading or unconfirmed. */
    get idle() { return state.connection.welcomed && session.complete && state.flight === null && state.steadyAt <= performance.now() && (state.pending?.count ?? 0) === 0; },
    /** The user's own public id; 0: none yet. */
    get user() { return state.connection.user; },
    /** Name of the pod on the other side. */
    get node() { return state.connection.node; },
    /** Round trip, ms; -1: not measured yet. */
    get rtt() { return state.connection.rtt; },
    /** How many users are connected. */
    get users() { return state.people.count; },
    /** Names of those who set one. */
    get names() { return [...state.people.names.values()]; },
    /** Ops without an answer. */
    get pending() { return state.pending?.count ?? 0; },
    /** Pixels not sent yet. */
    get unsent() { return state.pending?.unsent ?? 0; },
    /** Pixels left of the allowance; Infinity: no limit. */
    get allowance() { return state.allowance.left(performance.now()); },
    /** {x, y, zoom} */
    get view() { return { ...state.view }; },
    /** {width, height, region}; null: not known yet. */
    get geometry() { return state.canvas ? { ...state.canvas.geometry } : null; },
    /** "#RRGGBB" shown at a pixel, unconfirmed pixels included; null: not known. */
    pixel: (x, y) => hex(state.canvas?.pixel(x, y)),
    /** "#RRGGBB" that the server has confirmed; null: not known. */
    confirmed: (x, y) => hex(state.canvas?.confirmed(x, y)),
    /** Where the middle of a pixel is in the window, CSS pixels. */
    screen: (x, y) => toScreen(state.view, state.viewport, x + 0.5, y + 0.5),
    /** Measures frames: record(), then stop(), then read intervals between frames and the work of each, in ms (the last 600). */
    frames: Object.freeze({
      record: () => frames.record(),
      stop: () => frames.stop(),
      get intervals() { return [...frames.intervals]; },
      get work() { return [...frames.work]; },
    }),
  });
}
