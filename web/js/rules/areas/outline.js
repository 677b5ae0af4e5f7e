// Draws outlines and hatches over the canvas, so that they are seen on any colour and in any theme.

import { toScreen } from "../../view/view.js";
import { edgesOf, runsOf } from "./shapes.js";

/**
 * @typedef {import("./shapes.js").Rect & {bits?: Uint8Array | null}} Shape
 * @typedef {{inside: Path2D, edge: Path2D}} Paths
 */

const SPACING = 12; // CSS pixels between two lines of a hatch
const forced = matchMedia("(forced-colors: active)");
/** @type {WeakMap<Shape, Paths>} */
const paths = new WeakMap();

/** The paths of a shape, in canvas pixels from its corner. @param {Shape} shape @returns {Paths} */
function pathsOf(shape) {
  let made = paths.get(shape);
  if (made) return made;
  const { width, height, bits } = shape, inside = new Path2D(), edge = new Path2D();
  for (const run of bits ? runsOf(bits, width, height) : [{ x: 0, y: 0, width, height }]) inside.rect(run.x, run.y, run.width, run.height);
  if (!bits) edge.rect(0, 0, width, height);
  else {
    for (const [x1, y1, x2, y2] of edgesOf(bits, width, height)) {
      edge.moveTo(x1, y1);
      edge.lineTo(x2, y2);
    }
  }
  made = { inside, edge };
  paths.set(shape, made);
  return made;
}

/**
 * @param {CanvasRenderingContext2D} context in CSS pixels
 * @param {Shape} shape
 * @param {{view: import("../../view/view.js").View, viewport: import("../../view/view.js").Viewport}} state
 * @param {object} looks
 * @param {string} looks.colour of the outline
 * @param {number} [looks.hatch] how strong it is, 0 to 1; 0: none
 * @param {boolean} [looks.dashed]
 */
export function outline(context, shape, { view, viewport }, { colour, hatch = 0, dashed = false }) {
  const from = toScreen(view, viewport, shape.x, shape.y), to = toScreen(view, viewport, shape.x + shape.width, shape.y + shape.height);
  if (to.x < 0 || to.y < 0 || from.x > viewport.width || from.y > viewport.height) return;
  const { inside, edge } = pathsOf(shape), place = new DOMMatrix([view.zoom, 0, 0, view.zoom, from.x, from.y]);
  const onScreen = (path) => {
    const moved = new Path2D();
    moved.addPath(path, place);
    return moved;
  };
  if (hatch > 0) {
    context.save();
    context.clip(onScreen(inside));
    drawHatch(context, Math.max(0, from.x), Math.max(0, from.y), Math.min(viewport.width, to.x), Math.min(viewport.height, to.y), hatch);
    context.restore();
  }
  const line = onScreen(edge);
  context.lineJoin = "miter";
  context.setLineDash([]);
  context.strokeStyle = forced.matches ? "Canvas" : "rgba(255, 255, 255, 0.9)";
  context.lineWidth = 4;
  context.stroke(line);
  if (dashed) context.setLineDash([6, 4]);
  context.strokeStyle = forced.matches ? "Highlight" : colour;
  context.lineWidth = 2;
  context.stroke(line);
  context.setLineDash([]);
}

/** Lines from lower left to upper right, light beside dark. CSS pixels. */
function drawHatch(context, left, top, right, bottom, strength) {
  const path = new Path2D(), height = bottom - top, first = Math.floor((left + top) / SPACING) * SPACING;
  for (let sum = first; sum <= right + bottom; sum += SPACING) {
    path.moveTo(sum - top, top);
    path.lineTo(sum - top - height, bottom);
  }
  context.globalAlpha = strength;
  context.lineWidth = 1;
  context.strokeStyle = forced.matches ? "CanvasText" : "#000";
  context.stroke(path);
  context.translate(1.2, 0);
  context.strokeStyle = forced.matches ? "Canvas" : "#fff";
  context.stroke(path);
  context.globalAlpha = 1;
}
