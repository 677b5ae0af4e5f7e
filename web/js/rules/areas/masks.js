// The pictures that say which pixels of an area count: what is opaque.

import { fromBits } from "./shapes.js";
import { t } from "../../words/words.js";

const MOST = 4096; // pixels of a side
const HALF = 128; // of 255

/** @type {Map<string, Promise<Uint8Array>>} by name and size: the name of a mask is its hash, so it never changes */
const known = new Map();

/**
 * Gives the areas the bits of their masks, when they are there.
 * @param {import("../ruling.js").Ruling} rules
 * @param {import("../ruling.js").Ruling | null} before
 * @param {() => void} changed
 */
export function loadMasks(rules, before, changed) {
  for (const area of rules.areas) {
    if (!area.mask || area.width > MOST || area.height > MOST) continue;
    area.bits = before?.areas.find(({ mask, bits }) => mask === area.mask && bits?.length === area.width * area.height)?.bits ?? null;
    if (area.bits) continue;
    load(area).then((bits) => {
      area.bits = bits;
      changed();
    }, () => known.delete(keyOf(area)));
  }
}

const keyOf = ({ mask, width, height }) => `${mask} ${width}x${height}`;

/** @param {import("../ruling.js").Area} area */
function load(area) {
  const key = keyOf(area);
  if (!known.has(key)) known.set(key, read(area));
  return known.get(key);
}

/** @param {import("../ruling.js").Area} area */
async function read({ mask, width, height }) {
  const response = await fetch(`api/rules/mask/${encodeURIComponent(mask)}.png`);
  if (!response.ok) throw new Error(`a mask that can't be read: ${response.status}`);
  const picture = await createImageBitmap(await response.blob());
  if (picture.width !== width || picture.height !== height) throw new Error(`a mask of ${picture.width}x${picture.height}, not ${width}x${height}`);
  const canvas = Object.assign(document.createElement("canvas"), { width, height }), context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return Uint8Array.from({ length: width * height }, (_, at) => (data[4 * at + 3] >= HALF ? 1 : 0));
}

/** A mask as a picture. @param {Uint8Array} bits @returns {Promise<Blob>} PNG */
export function toPicture(bits, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height }), context = canvas.getContext("2d");
  context.putImageData(new ImageData(fromBits(bits), width, height), 0, 0);
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error(t("The mask could not be made")))), "image/png"));
}
