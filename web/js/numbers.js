// How numbers are said: all by one formatter, and the words beside them in the right number.

import { number, plural } from "./words/words.js";

export { number };

/** "1 pixel", "1,234 pixels" */
export function pixels(n) {
  return plural(n, "1 pixel", "{n} pixels");
}

/** "1 of 1 pixel", "3 of 1,234 pixels" */
export function pixelsOf(n, all) {
  return plural(all, "{part} of 1 pixel", "{part} of {n} pixels", { part: number(n) });
}
