// Colours as the protocol's documents spell them.

/** "#RRGGBB" */
export function toHex(colour) {
  return "#" + colour.toString(16).toUpperCase().padStart(6, "0");
}

/** @returns {number | null} null: not like "#RRGGBB" */
export function parseHex(hex) {
  return /^#[0-9a-f]{6}$/i.test(hex) ? parseInt(hex.slice(1), 16) : null;
}
