// Every key, and what it does. Keys act wherever the focus is, except those that a focused control needs itself.

import { nameOf } from "../colour.js";
import { ROW, offered } from "../limits/offered.js";
import { say, shownCanvas } from "../state.js";
import { draws } from "./tools.js";
import { AIM_ZOOM, DRAW_ZOOM } from "../view/view.js";
import { t } from "../words/words.js";

/**
 * The space bar: while held, it turns the pointer into a hand; pressed alone, it places a pixel.
 * @typedef {{held: boolean, used: boolean}} Space  used: the pointer has panned meanwhile
 *
 * @typedef {object} Page
 * @property {import("../state.js").State} state
 * @property {import("../view/navigation.js").Navigation} navigation
 * @property {import("./drawing.js").Drawing} drawing
 * @property {import("../people/following.js").Following} following
 * @property {() => void} beckon shows others the place that is aimed at
 * @property {import("./undo.js").Undo} undo
 * @property {HTMLElement} stage
 * @property {Space} space
 * @property {import("../record.js").Record} record
 * @property {import("../rules.js").Rules} rules
 * @property {import("../aim.js").Aim} aim
 * @property {import("../templates.js").Templates} templates
 * @property {() => number} now ms of a steady clock
 * @property {() => void} copyLink
 * @property {() => void} share
 * @property {() => void} toggleGrid
 * @property {(event: MouseEvent) => {x: number, y: number} | null} wheelsAt what the wheel zooms about, CSS pixels of the stage; null: the pointer
 * @property {() => void} toggleHelp
 * @property {() => boolean} dismiss closes what is open; false: nothing was
 * @property {() => void} changed
 */

const PAN = 80; // CSS pixels of one press
const FAR = 10; // pixels that an arrow moves with Shift

/** @type {Record<string, [dx: number, dy: number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** By place on the keyboard, because WASD is a shape. @type {Record<string, (page: Page) => void>} */
const PLACES = {
  KeyW: (page) => page.navigation.pan(0, PAN),
  KeyA: (page) => page.navigation.pan(PAN, 0),
  KeyS: (page) => page.navigation.pan(0, -PAN),
  KeyD: (page) => page.navigation.pan(-PAN, 0),
  KeyQ: (page) => page.navigation.zoom(-1),
  KeyE: (page) => page.navigation.zoom(1),
};

/** By what is printed on the key. @type {Record<string, (page: Page) => void>} */
const KEYS = {
  b: (page) => page.drawing.choose("pencil"),
  l: (page) => page.drawing.choose("line"),
  u: (page) => page.drawing.choose("rectangle"),
  f: (page) => page.drawing.choose("fill"),
  "[": (page) => page.drawing.setBrush(page.state.brush - 1),
  "]": (page) => page.drawing.setBrush(page.state.brush + 1),
  h: (page) => page.drawing.choose("hand"),
  y: (page) => page.aim.choose(),
  i: inspect,
  p: pick,
  t: (page) => page.record.toggle(),
  r: (page) => page.rules.report(),
  o: (page) => page.templates.toggle(),
  ",": (page) => page.templates.hide(),
  ".": (page) => page.templates.next(),
  g: (page) => page.toggleGrid(),
  c: (page) => page.copyLink(),
  k: (page) => page.beckon(),
  "?": (page) => page.toggleHelp(),
  "+": (page) => page.navigation.zoom(1),
  "=": (page) => page.navigation.zoom(1),
  "-": (page) => page.navigation.zoom(-1),
  _: (page) => page.navigation.zoom(-1),
};

/** Where there is no record of who placed what, the colour is all there is to know. @param {Page} page */
function inspect(page) {
  const { state, drawing, record } = page;
  if (!record.there) pick(page);
  else if (state.reticule) record.inspect(state.reticule.x, state.reticule.y, true);
  else drawing.choose("inspect");
}

/** @param {Page} page */
function pick({ state, drawing }) {
  if (state.reticule) drawing.pick(state.reticule.x, state.reticule.y);
  else drawing.choose("pick");
}

/**
 * @param {KeyboardEvent} event
 * @param {Page} page
 */
export function keyDown(event, page) {
  if (event.defaultPrevented || event.altKey) return;
  if (document.querySelector?.("dialog[open]")) return; // it has all keys, also when nothing in it has the focus
  if (event.target instanceof Element && event.target.closest("input:not([type=radio], [type=range]), textarea, select")) return;
  if (page.state.embedded && !looks(event)) return;
  if (page.templates.key(event)) return event.preventDefault();
  if (event.ctrlKey || event.metaKey) {
    if (chord(event, page)) event.preventDefault();
    return;
  }
  if (onStage(event, page) ? stageKey(event, page) || pageKey(event, page) : pageKey(event, page)) event.preventDefault();
}

/**
 * @param {KeyboardEvent} event
 * @param {Page} page
 */
export function keyUp(event, page) {
  const { space } = page;
  if (event.key !== " " || !space.held) return;
  space.held = false;
  if (!space.used && !page.record.key(" ")) act(page);
}

/** Does to the pixel aimed at what a click does with the tool in hand. @param {Page} page */
function act({ state, drawing, navigation, record }) {
  const { reticule, past, selecting, tool, view } = state;
  if (!reticule) return;
  const { x, y, keyboard } = reticule;
  if (selecting) drawing.place(x, y);
  else if (record.there && (past || tool === "inspect")) record.inspect(x, y, true);
  else if (tool === "pick") drawing.pick(x, y);
  else if (past) drawing.place(x, y); // which says why not
  else if (draws(tool) && view.zoom < DRAW_ZOOM) navigation.zoomTo(AIM_ZOOM);
  else if (draws(tool) && navigation.steady(keyboard)) apply(state, drawing, x, y);
}

/** Places a pixel; what goes from one to another begins here, or is drawn as far as here. */
function apply(state, drawing, x, y) {
  if (state.shape) {
    drawing.to(x, y);
    return drawing.end();
  }
  if (state.tool !== "line" && state.tool !== "rectangle") return drawing.place(x, y);
  drawing.begin(x, y);
  if (state.shape) say(state, t("Begun: aim at the other end and press Enter, or Escape to let go"));
}

/** Whether a key only moves what is in view. @param {KeyboardEvent} event */
function looks({ code, ctrlKey, key, metaKey }) {
  return !ctrlKey && !metaKey && (code in PLACES || key in ARROWS || "+=-_g0".includes(key));
}

/** Keys with Ctrl, or with Command. @returns {boolean} whether it was one */
function chord({ key, shiftKey }, { aim, undo }) {
  const letter = key.toLowerCase();
  if (letter === "z") shiftKey ? undo.redo() : undo.undo();
  else if (letter === "y") undo.redo();
  else if (key === "Enter") aim.paint();
  else return false;
  return true;
}

/** Whether the canvas or nothing has the focus. */
function onStage(event, page) {
  return event.target === page.stage || event.target === document.body;
}

/** Keys of the focused canvas. @returns {boolean} whether it was one */
function stageKey(event, page) {
  const { state, drawing, navigation, space } = page;
  const arrow = ARROWS[event.key];
  if (arrow) {
    const far = event.shiftKey ? FAR : 1;
    drawing.move(arrow[0] * far, arrow[1] * far);
    aimed(state, navigation);
    return true;
  }
  if (event.key === " ") {
    if (!event.repeat) Object.assign(space, { held: true, used: false });
    return true;
  }
  if (event.key === "Enter") {
    if (event.repeat) return true;
    if (state.reticule) act(page);
    else drawing.move(0, 0);
    return true;
  }
  return false;
}

/** Keys that act wherever the focus is. @returns {boolean} whether it was one */
function pageKey(event, page) {
  if (event.key === "Escape") {
    if (page.dismiss() || page.rules.escape()) return true;
    if (page.record.close()) return true;
    page.drawing.letGo();
    if (event.target === page.stage) page.stage.blur();
    return true;
  }
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code);
  if (digit) {
    if (digit[1] === "0") page.navigation.fit();
    else chooseColour(page, Number(digit[1]) - 1 + (event.shiftKey ? ROW : 0));
    return true;
  }
  if (event.key !== " " && page.record.key(event.key.toLowerCase())) return true;
  if (page.rules.key(event.key.toLowerCase())) return true;
  const act = PLACES[event.code] ?? KEYS[event.key.toLowerCase()];
  act?.(page);
  return act !== undefined;
}

/** @param {Page} page @param {number} n of those that are offered */
function chooseColour({ state, drawing, now }, n) {
  const offer = offered(state, now())[n];
  if (offer) drawing.setColour(offer.colour);
}

/** The view follows, and the live region says what is there. */
function aimed(state, navigation) {
  const { reticule } = state;
  if (!reticule) return;
  navigation.reveal(reticule.x, reticule.y);
  const colour = shownCanvas(state).pixel(reticule.x, reticule.y);
  say(state, `${reticule.x}, ${reticule.y}${colour === null ? "" : ` ${nameOf(colour)}`}`);
}
