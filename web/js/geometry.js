// Where things are on the canvas: regions, positions inside them, lines. All of it is pure.

/**
 * The size of a canvas and of the square regions it is cut into, in pixels. Regions are numbered row by row from
 * the top left; those at the right and lower edge are cut off by the canvas.
 * @typedef {{width: number, height: number, region: number, columns: number, rows: number}} Geometry
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Rect  whole pixels
 */

/** @returns {Geometry} */
export function makeGeometry(width, height, region) {
  return { width, height, region, columns: Math.ceil(width / region), rows: Math.ceil(height / region) };
}

export function sameGeometry(a, b) {
  return a.width === b.width && a.height === b.height && a.region === b.region;
}

/** @param {Geometry} g */
export function regionCount(g) {
  return g.columns * g.rows;
}

/** @param {Geometry} g */
export function contains(g, x, y) {
  return x >= 0 && y >= 0 && x < g.width && y < g.height;
}

/** The pixel of the canvas that is nearest to a place. @param {Geometry} g */
export function pixelNear(g, x, y) {
  const within = (/** @type {number} */ at, /** @type {number} */ size) => Math.min(Math.max(Math.floor(at), 0), size - 1);
  return { x: within(x, g.width), y: within(y, g.height) };
}

/**
 * The number of the region that (x, y), which must be on the canvas, lies in.
 * @param {Geometry} g
 */
export function regionAt(g, x, y) {
  return Math.floor(y / g.region) * g.columns + Math.floor(x / g.region);
}

/**
 * @param {Geometry} g
 * @param {number} region
 * @returns {Rect}
 */
export function regionRect(g, region) {
  const x = (region % g.columns) * g.region, y = Math.floor(region / g.columns) * g.region;
  return { x, y, width: Math.min(g.region, g.width - x), height: Math.min(g.region, g.height - y) };
}

/**
 * The numbers of the regions that touch a rectangle, nearest to its centre first.
 * @param {Geometry} g
 * @param {{x: number, y: number, width: number, height: number}} rect may reach beyond the canvas
 */
export function regionsIn(g, rect) {
  const first = (edge) => Math.max(0, Math.floor(edge / g.region));
  const last = (edge, count) => Math.min(count - 1, Math.ceil(edge / g.region) - 1);
  const found = [];
  for (let row = first(rect.y); row <= last(rect.y + rect.height, g.rows); row++) {
    for (let column = first(rect.x); column <= last(rect.x + rect.width, g.columns); column++) {
      found.push(row * g.columns + column);
    }
  }
  const distance = distanceFrom(g, rect.x + rect.width / 2, rect.y + rect.height / 2);
  return found.sort((a, b) => distance(a) - distance(b));
}

/**
 * Returns a function that gives the squared distance of a region's centre from (x, y).
 * @param {Geometry} g
 */
export function distanceFrom(g, x, y) {
  return (/** @type {number} */ region) => {
    const dx = ((region % g.columns) + 0.5) * g.region - x;
    const dy = (Math.floor(region / g.columns) + 0.5) * g.region - y;
    return dx * dx + dy * dy;
  };
}

/**
 * Visits the pixels of a line from one pixel to another, both included, without gaps: Bresenham's algorithm
 * ("Algorithm for computer control of a digital plotter", 1965), for all directions.
 * @param {(x: number, y: number) => void} visit
 */
export function line(x0, y0, x1, y1, visit) {
  const dx = Math.abs(x1 - x0), dy = -Math.abs(y1 - y0);
  const stepX = x0 < x1 ? 1 : -1, stepY = y0 < y1 ? 1 : -1;
  let error = dx + dy;
  for (let x = x0, y = y0; ; ) {
    visit(x, y);
    if (x === x1 && y === y1) return;
    const twice = 2 * error;
    if (twice >= dy) {
      error += dy;
      x += stepX;
    }
    if (twice <= dx) {
      error += dx;
      y += stepY;
    }
  }
}
