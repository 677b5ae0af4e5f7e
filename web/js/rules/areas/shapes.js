// Shapes on the canvas: where their edges are, and what belongs to them. Pure.

/**
 * @typedef {{x: number, y: number, width: number, height: number}} Rect
 * @typedef {[x1: number, y1: number, x2: number, y2: number]} Edge  in canvas pixels
 */

/** The rectangle with two pixels in opposite corners. @returns {Rect} */
export function rectOf(a, b) {
  return { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), width: Math.abs(a.x - b.x) + 1, height: Math.abs(a.y - b.y) + 1 };
}

/** The part of a rectangle that is on a canvas; null: none. @param {Rect} rect @param {{width: number, height: number}} within @returns {Rect | null} */
export function clip({ x, y, width, height }, within) {
  const left = Math.max(0, x), top = Math.max(0, y), right = Math.min(within.width, x + width), bottom = Math.min(within.height, y + height);
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : null;
}

/** The smallest rectangle around pixels, and which of its pixels they are. @param {Iterable<number>} keys y * across + x @returns {(Rect & {bits: Uint8Array}) | null} */
export function maskOf(keys, across) {
  const dots = [...keys].map((key) => ({ x: key % across, y: Math.floor(key / across) }));
  if (dots.length === 0) return null;
  const around = dots.reduce((r, { x, y }) => ({ left: Math.min(r.left, x), top: Math.min(r.top, y), right: Math.max(r.right, x), bottom: Math.max(r.bottom, y) }), { left: Infinity, top: Infinity, right: -1, bottom: -1 });
  const width = around.right - around.left + 1, height = around.bottom - around.top + 1, bits = new Uint8Array(width * height);
  for (const { x, y } of dots) bits[(y - around.top) * width + x - around.left] = 1;
  return { x: around.left, y: around.top, width, height, bits };
}

/** The runs of pixels that count, one rectangle each; equal runs below each other are one. @param {Uint8Array} bits @returns {Rect[]} within the mask */
export function runsOf(bits, width, height) {
  const all = [], open = new Map();
  for (let y = 0; y < height; y++) {
    const here = new Map();
    for (let x = 0; x < width; x++) {
      if (!bits[y * width + x]) continue;
      const from = x;
      while (x < width && bits[y * width + x]) x++;
      const key = from * (width + 1) + x, above = open.get(key);
      if (above) above.height++;
      else all.push({ x: from, y, width: x - from, height: 1 });
      here.set(key, above ?? all[all.length - 1]);
    }
    open.clear();
    for (const [key, run] of here) open.set(key, run);
  }
  return all;
}

/** The lines between pixels that count and those that don't; long where they can be. @param {Uint8Array} bits @returns {Edge[]} within the mask */
export function edgesOf(bits, width, height) {
  const at = (x, y) => (x >= 0 && y >= 0 && x < width && y < height && bits[y * width + x] ? 1 : 0), edges = [];
  for (let y = 0; y <= height; y++) {
    for (let x = 0; x < width; x++) {
      const from = x;
      while (x < width && at(x, y) !== at(x, y - 1)) x++;
      if (x > from) edges.push(/** @type {Edge} */ ([from, y, x, y]));
    }
  }
  for (let x = 0; x <= width; x++) {
    for (let y = 0; y < height; y++) {
      const from = y;
      while (y < height && at(x, y) !== at(x - 1, y)) y++;
      if (y > from) edges.push(/** @type {Edge} */ ([x, from, x, y]));
    }
  }
  return edges;
}

/** The bytes of an image: black where bits are set, else transparent. @param {Uint8Array} bits */
export function fromBits(bits) {
  const data = new Uint8ClampedArray(4 * bits.length);
  bits.forEach((bit, at) => data.set([0, 0, 0, bit ? 255 : 0], 4 * at));
  return data;
}
