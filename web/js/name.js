// One's own name: cleaned as the server cleans it, and remembered by the browser.

const MAX = 20; // UTF-16 code units
const KEY = "pixel-playground.name";

/** Trims, removes control characters, and cuts to 20 characters without halving one. */
export function cleanName(text) {
  const clean = text.replace(/\p{Cc}/gu, "").trim();
  let name = "";
  for (const character of clean) {
    if (name.length + character.length > MAX) break;
    name += character;
  }
  return name.trim();
}

/**
 * @param {Storage | null} storage null: the browser grants none
 * @returns {string | null} empty: the user wants none; null: was never asked
 */
export function recallName(storage) {
  const name = storage?.getItem(KEY) ?? null;
  return name === null ? null : cleanName(name);
}

/** @param {Storage | null} storage */
export function rememberName(storage, name) {
  try {
    storage?.setItem(KEY, name);
  } catch {
    // Full, or forbidden: then it is asked for again next time.
  }
}
