// Where on the canvas something is going on. Pure.

import { BACKGROUND_WORD } from "../colour.js";

const BLOCKS = 32; // along each edge of the canvas: so large is what is compared

/**
 * Where somebody draws now, else where most is drawn, else the middle.
 * @param {import("../canvas/canvas.js").Canvas} canvas
 * @returns {{x: number, y: number}}
 */
export function whereLifeIs({ activity, geometry, overview }) {
  return busiest(activity, geometry) ?? densest(overview, geometry) ?? { x: geometry.width / 2, y: geometry.height / 2 };
}

/** @param {import("../canvas/activity.js").Activity} activity */
function busiest({ columns, edge, heat }, { width, height }) {
  let hottest = -1;
  for (let cell = 0; cell < heat.length; cell++) if (heat[cell] > (heat[hottest] ?? 0)) hottest = cell;
  if (hottest < 0) return null;
  return { x: Math.min(width - 0.5, ((hottest % columns) + 0.5) * edge), y: Math.min(height - 0.5, (Math.floor(hottest / columns) + 0.5) * edge) };
}

/** The middle of what is painted in the block with most of it. @param {import("../canvas/overview.js").Overview} overview */
function densest({ stride, tile }, { width, height }) {
  const edge = Math.ceil(Math.max(tile.width, tile.height) / BLOCKS), columns = Math.ceil(tile.width / edge);
  const blocks = Array.from({ length: columns * Math.ceil(tile.height / edge) }, () => ({ painted: 0, x: 0, y: 0 }));
  for (let y = 0, at = 0; y < tile.height; y++) {
    for (let x = 0; x < tile.width; x++, at++) {
      const word = tile.words[at];
      if (word === 0 || word === BACKGROUND_WORD) continue; // unknown, or nothing there
      const block = blocks[Math.floor(y / edge) * columns + Math.floor(x / edge)];
      block.painted++;
      block.x += x;
      block.y += y;
    }
  }
  const most = blocks.reduce((best, block) => (block.painted > best.painted ? block : best));
  if (most.painted === 0) return null;
  const middle = (/** @type {number} */ sum, /** @type {number} */ size) => Math.min(size - 0.5, (sum / most.painted + 0.5) * stride);
  return { x: middle(most.x, width), y: middle(most.y, height) };
}
