// Everything this page knows, in one place. session.js writes what the server says, drawing.js and navigation.js what
// the user wants; main.js lets time pass. stage.js, overlay.js, minimap.js and ui/ only show the state.

import { Allowance } from "./limits/allowance.js";
import { Strokes } from "./canvas/strokes.js";
import { PALETTE } from "./colour.js";
import { countdown } from "./durations.js";
import { number } from "./numbers.js";
import { unknown } from "./people/me.js";
import { People } from "./people/people.js";
import { t } from "./words/words.js";

/**
 * @typedef {import("./geometry.js").Geometry} Geometry
 * @typedef {import("./view/view.js").View} View
 * @typedef {import("./view/view.js").Viewport} Viewport
 * @typedef {import("./view/view.js").Flight} Flight
 * @typedef {import("./canvas/canvas.js").Canvas} Canvas
 * @typedef {import("./canvas/pending.js").Pending} Pending
 * @typedef {"pencil" | "line" | "rectangle" | "fill" | "hand" | "pick" | "inspect"} Tool  pick: take the colour of the next pixel clicked; inspect: show who
 *   placed it
 *
 * @typedef {object} Connection
 * @property {import("./net/socket.js").Phase} phase
 * @property {boolean} welcomed the server has answered HELLO on this connection
 * @property {number} lostAt since when there is no connection, ms; 0: there is one
 * @property {string} reason why it is stopped for good, for the user
 * @property {string} hint why there may be no connection, for the user; empty: not known
 * @property {string} node the pod on the other side
 * @property {number} user one's own public id; 0: none yet
 * @property {number} rtt round trip, ms; -1: not measured yet
 * @property {boolean} draining the server refuses ops until this page has connected to another
 *
 * @typedef {{x: number, y: number, keyboard: boolean}} Reticule  the pixel aimed at; keyboard: with the arrows, so
 *   it stays when the pointer leaves
 * @typedef {{text: string, swatch: number | null, until: number, times: number, due: number, words: ((ms: number) => string) | null}} Toast  until: ms; due: when one may
 *   try again, ms; 0: that is not what it is about; words: what it says so many ms before that
 *
 * @typedef {object} State
 * @property {Canvas | null} canvas null until the first welcome
 * @property {Pending | null} pending
 * @property {Strokes} strokes what the user has drawn
 * @property {View} view what is on the screen
 * @property {Flight | null} flight where it is moving to
 * @property {number} steadyAt from when on a press means the pixel under it, ms: the view has not just flown
 * @property {boolean} fitted the view shows the whole canvas, and should after a resize
 * @property {Viewport} viewport
 * @property {Tool} tool
 * @property {number} brush pixels, the edge of its square
 * @property {boolean} embedded the page is in a frame of another one, to look at only
 * @property {boolean | null} careful pixels are staged before they are placed; null: the user has not chosen
 * @property {boolean} fingers are what the page is used with
 * @property {Map<number, number>} staged colours of pixels that the user has yet to confirm, by y * width + x
 * @property {boolean} drew the user has drawn something since the page was loaded
 * @property {import("./input/tools.js").Span | null} shape what will be drawn as a whole when it is let go
 * @property {number} colour
 * @property {number[]} recent colours used that are not in the palette, newest first
 * @property {boolean} grid
 * @property {boolean} sounds the user hears what happens
 * @property {boolean} dim the canvas is dimmed in the dark
 * @property {Reticule | null} reticule
 * @property {{x: number, y: number} | null} pointer the mouse over the stage, CSS pixels
 * @property {Connection} connection
 * @property {Allowance} allowance
 * @property {import("./people/me.js").Me} me who the user is to the server
 * @property {People} people
 * @property {number} following the user whom the view follows; 0: nobody
 * @property {import("./beckons/beckons.js").Beckon[]} beckons places that people show each other now, the last one last
 * @property {number} placed pixels of the user that were saved since the page was loaded
 * @property {import("./rules/ruling.js").Ruling | null} rules what the canvas allows; null: nothing was ever decided about it
 * @property {import("./record/replay.js").Past | null} past what is shown of the past; null: the canvas as it is
 * @property {import("./record/inspector.js").Inspected | null} inspected the pixel whose card is open
 * @property {{begin: (x: number, y: number) => void, to: (x: number, y: number) => void, end: () => void} | null} selecting takes all strokes while a part of the canvas is chosen
 * @property {{x: number, y: number, at: number} | null} tried the last pixel that was not drawn because it is protected, and when, ms
 * @property {string} name one's own; empty: none
 * @property {boolean} asksName the prompt for it is open
 * @property {boolean} asksSignIn the user is told that one has to sign in
 * @property {Toast | null} toast
 * @property {string} announcement from the operator; empty: none
 * @property {string} said what the live region says
 * @property {number} saidTimes how often it has said something
 */

export const MAX_RECENT = 8;

/** @returns {State} */
export function newState() {
  return {
    canvas: null,
    pending: null,
    strokes: new Strokes(),
    view: { x: 0, y: 0, zoom: 1 },
    flight: null,
    steadyAt: 0,
    fitted: true,
    viewport: { width: 1, height: 1, left: 0, top: 0, right: 0, bottom: 0 },
    tool: "pencil",
    brush: 1,
    embedded: false,
    careful: null,
    fingers: false,
    staged: new Map(),
    drew: false,
    shape: null,
    colour: PALETTE[0].colour,
    recent: [],
    grid: true,
    sounds: false,
    dim: false,
    reticule: null,
    pointer: null,
    connection: { phase: "stopped", welcomed: false, lostAt: 0, reason: "", hint: "", node: "", user: 0, rtt: -1, draining: false },
    allowance: new Allowance(),
    me: unknown(),
    people: new People(),
    following: 0,
    beckons: [],
    placed: 0,
    rules: null,
    past: null,
    inspected: null,
    selecting: null,
    tried: null,
    name: "",
    asksName: false,
    asksSignIn: false,
    toast: null,
    announcement: "",
    said: "",
    saidTimes: 0,
  };
}

/** The canvas that is shown: as it is, or as it was. @param {State} state */
export function shownCanvas({ canvas, past }) {
  return past?.canvas ?? canvas;
}

/** What time it is for the server, Unix ms. @param {State} state @param {number} now ms of a steady clock */
export function today({ allowance: { clock } }, now) {
  return clock.known ? clock.today(now) : Date.now();
}

/** Has something read aloud, also if it is the same again. @param {State} state */
export function say(state, text) {
  state.said = text;
  state.saidTimes++;
}

const TOAST_LIFE = 5000; // ms: long enough to read two short lines
const TOAST_WAIT = 15_000; // ms that a message stays at most to count down

/**
 * Shows the user a passing message. If it is the same again, it counts up instead of flickering.
 * @param {State} state
 * @param {number} now ms
 * @param {number | null} [swatch] a colour to show with it
 * @param {number} [due] when one may try again, ms; 0: that is not what it is about
 * @param {((ms: number) => string) | null} [words] what it says so many ms before; null: the text, and when to try again
 */
export function show(state, text, now, swatch = null, due = 0, words = null) {
  const times = state.toast?.text === text && state.toast.until > now ? state.toast.times + 1 : 1;
  state.toast = { text, swatch, until: now + Math.max(TOAST_LIFE, Math.min(due - now, TOAST_WAIT)), times, due, words };
}

/** The same, and has it read aloud. @param {State} state */
export function tell(state, text, now, swatch = null, due = 0, words = null) {
  show(state, text, now, swatch, due, words);
  say(state, text);
}

/** What a passing message says at a moment. @param {Toast} toast */
export function toastWords({ text, times, due, words }, now) {
  if (words) return words(Math.max(0, due - now));
  if (due > now) return t("{text}. Try again in {time}", { text, time: countdown(due - now) });
  return times > 1 ? `${text} (${number(times)}×)` : text;
}
