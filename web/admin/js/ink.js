// Which ink is read best.

/** Whether black has more contrast than white on a colour, its parts 0 to 255: relative luminance of WCAG 2.2. */
export function blackReads(red, green, blue) {
  const [r, g, b] = [red, green, blue].map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179; // where both have 4.6:1
}
