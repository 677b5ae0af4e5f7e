// Where on the canvas something has just happened: those places glow on the minimap.

const CELLS = 48; // along the longer edge: about three pixels of the minimap each
const HALF_LIFE = 1500; // ms until a glow is half as bright
const LONGEST_STEP = 250; // ms that one fading accounts for at most: a glow may have begun long after the last fading
const FAINT = 0.05; // below this nothing is seen
const FULL = 12; // so many pixels at once make a cell as bright as it gets
const FEW = 80; // cells that may glow brightly: if all of the map did, nothing would stand out
const DIMMEST = 0.3;

export class Activity {
  /** Whether there is a glow anywhere. */
  glowing = false;
  #since = 0;
  #dim = 1;

  /** @param {import("../geometry.js").Geometry} geometry */
  constructor(geometry) {
    this.edge = Math.max(1, Math.max(geometry.width, geometry.height) / CELLS); // pixels per cell
    this.columns = Math.ceil(geometry.width / this.edge);
    this.rows = Math.ceil(geometry.height / this.edge);
    this.heat = new Float32Array(this.columns * this.rows);
  }

  touch(x, y) {
    const at = ((y / this.edge) | 0) * this.columns + ((x / this.edge) | 0);
    if (this.heat[at] < FULL) this.heat[at] += 1;
    this.glowing = true;
  }

  /** How bright a cell is, 0 to 1: one pixel is visible, many are brighter. */
  brightness(cell) {
    const heat = this.heat[cell];
    return heat < FAINT ? 0 : this.#dim * Math.min(1, heat) * Math.min(1, 0.4 + heat / FULL);
  }

  /** Lets the glow fade until now (ms). */
  fade(now) {
    const factor = 0.5 ** (Math.min(LONGEST_STEP, now - this.#since) / HALF_LIFE);
    this.#since = now;
    if (!this.glowing) return;
    let cells = 0;
    for (let i = 0; i < this.heat.length; i++) {
      this.heat[i] *= factor;
      if (this.heat[i] >= FAINT) cells++;
    }
    this.glowing = cells > 0;
    this.#dim = Math.max(DIMMEST, Math.min(1, FEW / cells));
  }
}
