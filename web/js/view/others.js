// Draws the other users: their pointers, with the name glued to each in its colour, and the names of those who draw without one.

import { ANONYMOUS, POINTER_LIFE, TAG_LIFE } from "../people/people.js";
import { arrange } from "./labels.js";
import { middle, toScreen } from "./view.js";

/**
 * @typedef {import("../state.js").State} State
 * @typedef {import("../people/people.js").Pointer} Pointer
 * @typedef {{at: {x: number, y: number}, user: number | string, gap: number, strength: number}} Named
 */

const FADE = 0.4; // part of their life, at its end, during which names and pointers fade
const NAME_LIFE = 4000; // ms that the name of a pointer that rests is shown: it covers the drawing
const GLIDE = 0.35; // part of its remaining way that a pointer moves with each frame
const FAR = 1; // zoom below which pointers are dots without a name: there may be many
const DOT = 3; // CSS pixels, its radius
const HEIGHT = 17; // CSS pixels of a name
const SIZE = 11; // CSS pixels of its letters
const PAD = 6; // CSS pixels beside them
const ARROW = 13; // CSS pixels, its width and height
const RING = 14; // CSS pixels between a place that is shown to others and the name of who does so

/**
 * @param {CanvasRenderingContext2D} context
 * @param {State} state
 * @param {import("./theme.js").Theme} theme
 * @param {boolean} calm whether the user asked for less motion
 * @returns {boolean} whether something is moving
 */
export function drawOthers(context, state, theme, calm, now) {
  const { people, view } = state;
  let moving = false;
  const named = /** @type {Named[]} */ ([]), taken = aimed(state), far = view.zoom < FAR;
  people.plates = [];
  for (const [user, pointer] of people.pointers) {
    moving = glide(pointer, calm) || moving;
    const at = toScreen(view, state.viewport, pointer.shownX + 0.5, pointer.shownY + 0.5);
    if (!sees(state, at)) continue;
    drawPointer(context, user, at, far, remaining(now - pointer.moved, POINTER_LIFE));
    const place = far ? { x: at.x - DOT, y: at.y - DOT, width: 2 * DOT, height: 2 * DOT } : { x: at.x, y: at.y, width: ARROW, height: ARROW };
    taken.push(place);
    people.plates.push({ user, ...place });
    named.push({ at, user, gap: ARROW, strength: remaining(now - Math.max(pointer.moved, people.tags.get(user)?.drawn ?? 0), NAME_LIFE) });
  }
  for (const [author, tag] of people.tags) {
    const at = toScreen(view, state.viewport, tag.x + 0.5, tag.y + 0.5);
    if (people.pointers.has(/** @type {number} */ (author)) || !sees(state, at)) continue;
    named.push({ at, user: author, gap: Math.min(view.zoom / 2, 24) + 4, strength: remaining(now - tag.drawn, TAG_LIFE) });
  }
  const shown = far ? [] : named.filter(({ user, strength }) => strength > 0 && people.nameOf(user) !== ANONYMOUS && !state.beckons.some((each) => each.user === user));
  drawNames(context, state, theme, [...beckoning(state), ...nearestFirst(shown, state)], taken);
  return moving;
}

/** Who shows others a place that is on the screen, from however far. @param {State} state @returns {Named[]} */
function beckoning(state) {
  const places = state.beckons.map(({ user, x, y }) => ({ at: toScreen(state.view, state.viewport, x + 0.5, y + 0.5), user, gap: RING, strength: 1 }));
  return places.filter(({ at, user }) => user !== state.connection.user && sees(state, at));
}

/** Where there is no room for all names, those near to where the user aims, or looks, are shown. @param {Named[]} named @param {State} state */
function nearestFirst(named, { reticule, view, viewport }) {
  const { x, y } = reticule ? toScreen(view, viewport, reticule.x + 0.5, reticule.y + 0.5) : middle(viewport);
  const far = ({ at }) => Math.hypot(at.x - x, at.y - y);
  return named.sort((a, b) => far(a) - far(b));
}

/** @param {Named[]} named @param {import("../geometry.js").Rect[]} taken */
function drawNames(context, { people, viewport }, theme, named, taken) {
  if (named.length === 0) return;
  context.font = `600 ${SIZE}px ${theme.font}`;
  const texts = named.map(({ user }) => people.nameOf(user));
  const wanted = named.map(({ at, gap }, i) => ({ ...at, gap, width: Math.ceil(context.measureText(texts[i]).width) + 2 * PAD, height: HEIGHT }));
  arrange(wanted, taken, viewport).forEach((place, i) => {
    if (!place) return;
    if (typeof named[i].user === "number") people.plates.push({ user: named[i].user, ...place });
    context.globalAlpha = named[i].strength;
    context.beginPath();
    context.roundRect(place.x, place.y, place.width, place.height, HEIGHT / 2);
    context.fillStyle = colourOf(named[i].user);
    context.fill();
    context.fillStyle = "#fff";
    context.fillText(texts[i], place.x + PAD, place.y + HEIGHT / 2 + 0.5);
  });
  context.globalAlpha = 1;
}

/** The pixel that the user aims at, and a little around it. @param {State} state */
function aimed({ reticule, view, viewport }) {
  if (!reticule) return [];
  const { x, y } = toScreen(view, viewport, reticule.x, reticule.y), around = 4;
  return [{ x: x - around, y: y - around, width: view.zoom + 2 * around, height: view.zoom + 2 * around }];
}

/** @param {boolean} far it is a dot */
function drawPointer(context, user, { x, y }, far, strength) {
  context.globalAlpha = strength;
  context.beginPath();
  if (far) context.arc(x, y, DOT, 0, 2 * Math.PI);
  else {
    context.moveTo(x, y);
    context.lineTo(x + 4, y + ARROW);
    context.lineTo(x + 7, y + 8);
    context.lineTo(x + ARROW, y + 6);
    context.closePath();
  }
  context.fillStyle = colourOf(user);
  context.strokeStyle = "#fff";
  context.lineWidth = 1.5;
  context.fill();
  context.stroke();
  context.globalAlpha = 1;
}

function sees({ viewport }, at) {
  return at.x >= 0 && at.y >= 0 && at.x <= viewport.width && at.y <= viewport.height;
}

/** How visible something is at an age: fully, then fading at the end of its life. */
function remaining(age, life) {
  return Math.min(1, Math.max(0, (life - age) / (FADE * life)));
}

/** Moves a drawn pointer towards its real place. Returns whether it isn't there yet. @param {Pointer} pointer */
function glide(pointer, calm) {
  const dx = pointer.x - pointer.shownX, dy = pointer.y - pointer.shownY;
  if (calm || Math.abs(dx) + Math.abs(dy) < 0.05) {
    pointer.shownX = pointer.x;
    pointer.shownY = pointer.y;
    return false;
  }
  pointer.shownX += dx * GLIDE;
  pointer.shownY += dy * GLIDE;
  return true;
}

/**
 * A user's own hue: the golden angle keeps those of neighbouring ids apart. White letters have a contrast of at least 4.5:1 to it.
 * @param {number | string} user a name that stands for no user has no hue
 */
export function colourOf(user) {
  if (typeof user === "string") return "hsl(230 8% 36%)";
  const hue = Math.round((user % 9973) * 137.508) % 360;
  return `hsl(${hue} 65% ${hue > 15 && hue < 215 ? 27 : 42}%)`;
}
