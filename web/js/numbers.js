// How numbers are said: all by one formatter, and the words beside them in the right number.

const format = new Intl.NumberFormat("en");

/** "1,234" */
export function number(n) {
  return format.format(n);
}

/** "1 pixel", "1,234 pixels" */
export function pixels(n) {
  return n === 1 ? "1 pixel" : `${number(n)} pixels`;
}

/** "1 of 1 pixel", "3 of 1,234 pixels" */
export function pixelsOf(n, all) {
  return `${number(n)} of ${pixels(all)}`;
}
