// Colours: 0xRRGGBB as people and the protocol see them, ABGR words as image data holds them
// (every browser runs on little-endian machines), and the palette.

import { parseHex, toHex } from "./hex.js";
import { t } from "./words/words.js";

export { parseHex, toHex };

export const BACKGROUND_WORD = 0xffffffff; // of a pixel never painted

/**
 * Two rows of nine, each lower colour related to the one above it. Digits choose from the upper row, Shift and digits from the lower.
 * @type {readonly {name: string, colour: number}[]}
 */
export const PALETTE = [
  { name: t("Black"), colour: 0x000000 },
  { name: t("Grey"), colour: 0x6b7280 },
  { name: t("Red"), colour: 0xe50025 },
  { name: t("Orange"), colour: 0xff7a00 },
  { name: t("Yellow"), colour: 0xffd21f },
  { name: t("Green"), colour: 0x00a651 },
  { name: t("Sky"), colour: 0x1fb6ff },
  { name: t("Blue"), colour: 0x1f4fe0 },
  { name: t("Purple"), colour: 0x8a2be2 },
  { name: t("White"), colour: 0xffffff },
  { name: t("Silver"), colour: 0xc4c9d1 },
  { name: t("Maroon"), colour: 0x7d0a1e },
  { name: t("Brown"), colour: 0x8b5a2b },
  { name: t("Cream"), colour: 0xfff3b0 },
  { name: t("Lime"), colour: 0x8be04e },
  { name: t("Teal"), colour: 0x0e8a8a },
  { name: t("Navy"), colour: 0x172b6b },
  { name: t("Pink"), colour: 0xff8fc0 },
];

/** The image data word of a colour, opaque. */
export function toWord(colour) {
  return (0xff000000 | ((colour & 0xff) << 16) | (colour & 0xff00) | (colour >> 16)) >>> 0;
}

export function fromWord(word) {
  return ((word & 0xff) << 16) | (word & 0xff00) | ((word >> 16) & 0xff);
}

/** What to call a colour aloud: "Red", "#12AB34". */
export function nameOf(colour) {
  return PALETTE.find((entry) => entry.colour === colour)?.name ?? toHex(colour);
}
