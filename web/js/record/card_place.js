// Where a card goes beside a pixel: it never covers it, and stays inside the window. Pure.

const GAP = 10; // CSS pixels between pixel and card
const EDGE = 8; // CSS pixels between card and window

/**
 * @param {{left: number, top: number, right: number, bottom: number}} pixel CSS pixels of the window, here and below
 * @param {{width: number, height: number}} card as large as it would like to be
 * @param {{width: number, height: number}} window
 * @returns {{left: number, top: number, width: number, height: number} | null} null: the pixel is not in the window
 */
export function placeCard(pixel, card, window) {
  if (pixel.right <= 0 || pixel.bottom <= 0 || pixel.left >= window.width || pixel.top >= window.height) return null;
  const inner = { left: EDGE, top: EDGE, right: window.width - EDGE, bottom: window.height - EDGE };
  const rooms = [
    { ...inner, left: pixel.right + GAP, side: "right" },
    { ...inner, right: pixel.left - GAP, side: "left" },
    { ...inner, top: pixel.bottom + GAP, side: "below" },
    { ...inner, bottom: pixel.top - GAP, side: "above" },
  ].map((room) => ({ ...room, width: Math.min(card.width, room.right - room.left), height: Math.min(card.height, room.bottom - room.top) }));
  const part = ({ width, height }) => (width <= 0 || height <= 0 ? 0 : (width / card.width) * (height / card.height));
  const best = rooms.reduce((a, b) => (part(b) > part(a) ? b : a));
  const { width, height, side } = best;
  if (width <= 0 || height <= 0) return null; // the pixel fills the window
  const within = (at, least, most) => Math.round(Math.min(Math.max(at, least), most));
  const middle = { x: (pixel.left + pixel.right - width) / 2, y: (pixel.top + pixel.bottom - height) / 2 };
  const left = { right: best.left, left: best.right - width }[side] ?? within(middle.x, best.left, best.right - width);
  const top = { below: best.top, above: best.bottom - height }[side] ?? within(middle.y, best.top, best.bottom - height);
  return { left: Math.round(left), top: Math.round(top), width: Math.floor(width), height: Math.floor(height) };
}
