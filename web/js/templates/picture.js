// Pictures of templates: from a file to words of pixels, and to another size. What is drawn must equal them, so a PNG is read by
// this page itself: what a browser gives back of a picture may be changed by its colour management, or on purpose.

import { toWord } from "../colour.js";
import { t } from "../words/words.js";
import { headOfPNG, readRows } from "../record/png.js";

/**
 * @typedef {object} Picture
 * @property {number} width
 * @property {number} height
 * @property {Uint32Array} words row by row; 0: transparent
 */

export const MOST_PIXELS = 4_000_000;
export const MOST_BYTES = 8 << 20; // of a file
const DEPTHS = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] }; // bits of a channel, by type of a PNG
const OPAQUE = 128; // of 255: what is less is transparent

/** Why there is no picture, for the user. */
export class NoPicture extends Error {}

/**
 * @param {Blob} file
 * @param {boolean} strange it is somebody else's: then only a PNG, whose size is known before it is unpacked
 * @returns {Promise<Picture>}
 * @throws {NoPicture}
 */
export async function readPicture(file, strange = false) {
  if (file.size > MOST_BYTES) throw new NoPicture(t("The file is too large: at most {n} MB", { n: MOST_BYTES >> 20 }));
  const bytes = new Uint8Array(await file.arrayBuffer()), head = headOfPNG(bytes);
  if (head) fits(head);
  else if (strange) throw new NoPicture(t("That is no PNG"));
  try {
    return head && !head.interlaced ? await fromPNG(bytes) : await fromBrowser(file);
  } catch (error) {
    if (error instanceof NoPicture) throw error;
    throw new NoPicture(head ? t("The picture is damaged") : t("That is no picture that this browser can read"));
  }
}

/** @param {{width: number, height: number}} size @throws {NoPicture} */
export function fits({ width, height }) {
  if (width * height > MOST_PIXELS || width * height === 0) throw new NoPicture(t("The picture is too large: at most 4 million pixels"));
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<Picture>} */
async function fromPNG(bytes) {
  const rows = await readRows(bytes, MOST_PIXELS, ({ depth, type }) => DEPTHS[type]?.includes(depth) ?? false);
  const words = new Uint32Array(rows.width * rows.height), colourAt = reader(rows);
  for (let y = 0, at = 0; y < rows.height; y++) for (let x = 0; x < rows.width; x++) words[at++] = colourAt(x, y);
  return { width: rows.width, height: rows.height, words };
}

/** What gives the word of a pixel. @param {import("../record/png.js").Rows} rows */
function reader({ type, depth, bytes, stride, palette, transparency }) {
  const step = depth === 16 ? 2 : 1, [clearA, clearB, clearC] = clear(transparency);
  if (type === 0 || type === 3) {
    const per = 8 / depth, mask = (1 << depth) - 1, scale = 255 / mask;
    const sample = depth >= 8 ? (x, y) => bytes[y * stride + x * step] : (x, y) => (bytes[y * stride + ((x / per) | 0)] >> (8 - depth * (1 + (x % per)))) & mask;
    if (type === 3) return (x, y) => indexed(sample(x, y), palette, transparency);
    const grey = (value) => toWord(0x010101 * (depth < 8 ? Math.round(value * scale) : value));
    const whole = depth === 16 ? (x, y) => (bytes[y * stride + 2 * x] << 8) | bytes[y * stride + 2 * x + 1] : sample;
    return (x, y) => (whole(x, y) === clearA ? 0 : grey(sample(x, y)));
  }
  const channels = type === 2 ? 3 : type === 4 ? 2 : 4, wide = channels * step;
  return (x, y) => {
    const at = y * stride + x * wide, r = bytes[at];
    if (type === 4) return bytes[at + step] < OPAQUE ? 0 : toWord(0x010101 * r);
    if (type === 6 && bytes[at + 3 * step] < OPAQUE) return 0;
    const g = bytes[at + step], b = bytes[at + 2 * step];
    if (type === 2 && r === (clearA >> (8 * (step - 1))) && g === (clearB >> (8 * (step - 1))) && b === (clearC >> (8 * (step - 1)))) return 0;
    return toWord((r << 16) | (g << 8) | b);
  };
}

/** The channels of the one colour that is transparent; -1: none is. */
function clear(transparency) {
  return [0, 2, 4].map((at) => (at + 1 < transparency.length ? (transparency[at] << 8) | transparency[at + 1] : -1));
}

function indexed(index, palette, transparency) {
  if ((transparency[index] ?? 255) < OPAQUE || 3 * index + 2 >= palette.length) return 0;
  return toWord((palette[3 * index] << 16) | (palette[3 * index + 1] << 8) | palette[3 * index + 2]);
}

/** What the browser makes of other pictures. @param {Blob} file @returns {Promise<Picture>} */
async function fromBrowser(file) {
  const bitmap = await createImageBitmap(file, { premultiplyAlpha: "none", colorSpaceConversion: "none" });
  try {
    fits(bitmap);
    const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
    context.drawImage(bitmap, 0, 0);
    const words = new Uint32Array(context.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer);
    for (let at = 0; at < words.length; at++) words[at] = words[at] >>> 24 < OPAQUE ? 0 : (words[at] | 0xff000000) >>> 0;
    return { width: bitmap.width, height: bitmap.height, words };
  } finally {
    bitmap.close();
  }
}

/** How high a picture is that is so wide. @param {{width: number, height: number}} picture */
export function heightFor({ width, height }, wide) {
  return Math.max(1, Math.round((height * wide) / width));
}

/**
 * A picture of another width, without mixing colours. A pixel is the middle of what it stands for, or if nothing is there whatever
 * of it is not transparent: pictures that show each pixel as a symbol (those of Pxls) come out as what they stand for.
 * @param {Picture} picture @param {number} wide
 * @returns {Picture}
 */
export function scaled(picture, wide) {
  const { width, height, words } = picture, high = heightFor(picture, wide);
  if (wide === width) return picture;
  const out = new Uint32Array(wide * high);
  for (let y = 0; y < high; y++) {
    const top = Math.floor((y * height) / high), bottom = Math.max(top + 1, Math.floor(((y + 1) * height) / high));
    for (let x = 0; x < wide; x++) {
      const left = Math.floor((x * width) / wide), right = Math.max(left + 1, Math.floor(((x + 1) * width) / wide));
      out[y * wide + x] = words[((top + bottom - 1) >> 1) * width + ((left + right - 1) >> 1)] || any(picture, left, top, right, bottom);
    }
  }
  return { width: wide, height: high, words: out };
}

/** @param {Picture} picture @returns {number} 0: all is transparent */
function any({ width, words }, left, top, right, bottom) {
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) if (words[y * width + x]) return words[y * width + x];
  return 0;
}
