// One draw per animation frame, and only when there is something to draw.

const KEPT = 600; // measurements of the recorder: ten seconds at 60 frames a second

export class Frames {
  /** Recorder of the debugging hook: ms. */
  intervals = /** @type {number[]} */ ([]);
  work = /** @type {number[]} */ ([]);

  #draw;
  #frame = 0;
  #timer = 0;
  #recording = false;
  #last = 0;

  /** @param {(now: number) => number} draw returns the ms after which it wants to draw again; Infinity: only on request */
  constructor(draw) {
    this.#draw = draw;
  }

  /** Draws with the next frame. */
  request() {
    if (this.#frame === 0) this.#frame = requestAnimationFrame((now) => this.#run(now));
  }

  /** Records every frame from now on, drawn or not. */
  record() {
    this.intervals = [];
    this.work = [];
    this.#last = 0;
    this.#recording = true;
    this.request();
  }

  stop() {
    this.#recording = false;
  }

  #run(now) {
    this.#frame = 0;
    clearTimeout(this.#timer);
    const began = performance.now();
    // A frame's time may lie before that of an event which it follows, so take the later of the two.
    const again = this.#draw(began);
    if (this.#recording) this.#measure(now, performance.now() - began);
    if (again === 0 || this.#recording) this.request();
    else this.#later(again);
  }

  #later(ms) {
    if (ms === Infinity) return;
    this.#timer = setTimeout(() => this.request(), ms);
  }

  #measure(now, work) {
    if (this.#last > 0) push(this.intervals, now - this.#last);
    this.#last = now;
    push(this.work, work);
  }
}

function push(list, value) {
  if (list.length >= KEPT) list.shift();
  list.push(value);
}
