// Which ink is easiest to read.

/** Whether black has more contrast than white on a colour (parts 0 to 255), by the relative luminance of WCAG 2.2. */
export function blackReads(red, green, blue) {
  const [r, g, b] = [red, green, blue].map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179; // the luminance at which both have 4.6:1
}
