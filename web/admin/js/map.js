// Draws the map: the drawing, the regions over it, what is selected. It reads the state and remembers only the drawing.

import { number } from "./format.js";
import { heatColour, heatInk, heatOf, scaleTop } from "./heat.js";
import { colourOf, darkInk, label, patternOf } from "./owners.js";
import { bounds, colouringOf, grid, ownerOf } from "./state.js";

/** @typedef {import("./state.js").State} State @typedef {import("./theme.js").Theme} Theme */

const VEIL = 0.72; // opacity of a region's colour over the drawing
const FRAMED = 10; // CSS pixels: a frame would hide a region with a shorter edge
const LABELLED = 26; // CSS pixels: a region with a longer edge has room for a label
const HATCH = 6; // CSS pixels between the lines of a pattern
const PICTURE = 640; // pixels: length of the kept drawing's longer edge

export class RegionMap {
  /** @type {ImageBitmap | null} */
  #picture = null;

  /** Takes the drawing. A drawing that can't be read is ignored. @param {Blob} blob */
  async setPicture(blob, { width, height }) {
    const size = width >= height ? { resizeWidth: Math.min(PICTURE, width) } : { resizeHeight: Math.min(PICTURE, height) };
    const picture = await createImageBitmap(blob, { ...size, resizeQuality: "medium" }).catch(() => null);
    this.#picture?.close();
    this.#picture = picture;
  }

  /**
   * @param {CanvasRenderingContext2D} context in CSS pixels
   * @param {number} width CSS pixels of the map
   * @param {State} state with an answer
   * @param {Theme} theme
   */
  draw(context, width, state, theme) {
    const { canvas } = state.answer, scale = width / canvas.width;
    context.fillStyle = theme.paper;
    context.fillRect(0, 0, width, canvas.height * scale);
    context.imageSmoothingEnabled = true;
    if (this.#picture) context.drawImage(this.#picture, 0, 0, width, canvas.height * scale);
    const top = heatTop(state);
    for (let number = 0; number < grid(canvas).total; number++) {
      drawRegion(context, box(canvas, number, scale), number, state, theme, top);
    }
    if (state.route.region >= 0 && state.route.region < grid(canvas).total) drawSelection(context, box(canvas, state.route.region, scale), theme);
    if (state.mark) drawMark(context, (state.mark.x + 0.5) * scale, (state.mark.y + 0.5) * scale, theme);
  }
}

/** The upper end of the heat's scale, pixels/s. @param {State} state */
export function heatTop(state) {
  let most = 0;
  for (const region of state.regions.values()) most = Math.max(most, region.rate ?? 0);
  return scaleTop(most);
}

/** An owner's look: its colour and its pattern. Used by the map and wherever the owner is named. */
export function fillOwner(context, { x, y, width, height }, slot) {
  context.fillStyle = colourOf(slot);
  context.fillRect(x, y, width, height);
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.strokeStyle = context.fillStyle = darkInk(slot) ? "rgba(0, 0, 0, 0.26)" : "rgba(255, 255, 255, 0.34)";
  context.lineWidth = 1.5;
  hatch(context, { x, y, width, height }, patternOf(slot));
  context.restore();
}

/** Draws a pattern whose lines meet across regions, so that neighbouring regions of one owner look like one. */
function hatch(context, { x, y, width, height }, pattern) {
  if (pattern === 0) return;
  context.beginPath();
  const right = x + width, below = y + height;
  if (pattern === 1) for (let at = down(x + y); at < right + below; at += HATCH) line(context, at - y, y, at - below, below);
  if (pattern === 2) for (let at = down(x - below); at < right - y; at += HATCH) line(context, at + y, y, at + below, below);
  if (pattern === 3) for (let at = down(y); at < below; at += HATCH) line(context, x, at, right, at);
  context.stroke();
  if (pattern !== 4) return;
  for (let dotY = down(y); dotY < below; dotY += HATCH) for (let dotX = down(x); dotX < right; dotX += HATCH) context.fillRect(dotX, dotY, 2, 2);
}

function down(at) {
  return Math.floor(at / HATCH) * HATCH;
}

function line(context, x1, y1, x2, y2) {
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
}

function box(canvas, region, scale) {
  const { x, y, width, height } = bounds(canvas, region);
  const left = Math.round(x * scale), top = Math.round(y * scale);
  return { x: left, y: top, width: Math.round((x + width) * scale) - left, height: Math.round((y + height) * scale) - top };
}

/** @param {State} state @param {Theme} theme */
function drawRegion(context, at, number, state, theme, top) {
  const region = state.regions.get(number);
  if (!region) return drawResting(context, at, theme);
  if (colouringOf(state) === "heat") drawHeat(context, at, region, theme, top);
  else drawOwner(context, at, state, region, theme);
  if (state.troubled.has(number)) drawTrouble(context, at, theme);
}

/** @param {Theme} theme */
function drawResting(context, at, theme) {
  context.globalAlpha = VEIL;
  context.fillStyle = theme.stage;
  context.fillRect(at.x, at.y, at.width, at.height);
  context.globalAlpha = 1;
  frame(context, at, theme.line);
}

/** @param {State} state @param {Theme} theme */
function drawOwner(context, at, state, region, theme) {
  const owner = ownerOf(state, region), slot = owner && state.slots.get(owner.name);
  if (slot === undefined) return frame(context, at, theme.line);
  context.globalAlpha = VEIL;
  fillOwner(context, at, slot);
  context.globalAlpha = 1;
  frame(context, at, theme.panel);
  write(context, at, label(owner.name), theme, darkInk(slot), colourOf(slot));
}

/** @param {Theme} theme */
function drawHeat(context, at, region, theme, top) {
  const heat = heatOf(region.rate, top), colour = heatColour(heat, theme.name);
  context.globalAlpha = VEIL + 0.1;
  context.fillStyle = colour;
  context.fillRect(at.x, at.y, at.width, at.height);
  context.globalAlpha = 1;
  frame(context, at, theme.panel);
  write(context, at, number(region.rate), theme, heatInk(heat, theme.name), colour);
}

/** A region that nobody serves: crossed out, in the colour of trouble. @param {Theme} theme */
function drawTrouble(context, { x, y, width, height }, theme) {
  context.fillStyle = theme.panel;
  context.globalAlpha = 0.75;
  context.fillRect(x, y, width, height);
  context.globalAlpha = 1;
  context.strokeStyle = theme.bad;
  context.lineWidth = Math.min(3, Math.max(1, width / 12));
  context.strokeRect(x + 1.5, y + 1.5, width - 3, height - 3);
  context.beginPath();
  line(context, x + 2, y + 2, x + width - 2, y + height - 2);
  line(context, x + 2, y + height - 2, x + width - 2, y + 2);
  context.stroke();
}

/** @param {Theme} theme */
function drawSelection(context, { x, y, width, height }, theme) {
  context.lineWidth = 4;
  context.strokeStyle = theme.panel;
  context.strokeRect(x + 1, y + 1, width - 2, height - 2);
  context.lineWidth = 2;
  context.strokeStyle = theme.ink;
  context.strokeRect(x + 1, y + 1, width - 2, height - 2);
}

/** Draws cross hairs around a pixel that was searched for. @param {Theme} theme */
function drawMark(context, x, y, theme) {
  for (const [colour, lineWidth] of [[theme.panel, 5], [theme.ink, 2]]) {
    context.strokeStyle = colour;
    context.lineWidth = lineWidth;
    context.beginPath();
    context.arc(x, y, 6, 0, 2 * Math.PI);
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) line(context, x + 4 * dx, y + 4 * dy, x + 11 * dx, y + 11 * dy);
    context.stroke();
  }
}

function frame(context, { x, y, width, height }, colour) {
  if (Math.min(width, height) < FRAMED) return;
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
}

/** Writes in a region's middle, over a small patch of its plain colour. @param {Theme} theme */
function write(context, { x, y, width, height }, text, theme, dark, colour) {
  if (Math.min(width, height) < LABELLED) return;
  context.font = `600 ${Math.min(15, Math.max(11, width / 4))}px ${theme.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const half = context.measureText(text).width / 2 + 4, middle = { x: x + width / 2, y: y + height / 2 };
  if (2 * half > width - 2) return;
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(middle.x - half, middle.y - 10, 2 * half, 20, 5);
  context.fill();
  context.fillStyle = dark ? "#000" : "#fff";
  context.fillText(text, middle.x, middle.y + 0.5);
}
