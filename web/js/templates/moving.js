// Placing a template: it follows the mouse or the finger that drags it, and the arrow keys. A bar at the top says so, and ends it.

import { say, tell } from "../state.js";
import { button, make } from "../ui/elements.js";
import { setHidden, setText } from "../ui/dom.js";
import { t } from "../words/words.js";

/** @typedef {import("./template.js").Template} Template */

/** @type {Record<string, [dx: number, dy: number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FAR = 10; // pixels that an arrow moves with Shift

export class Moving {
  /** @type {Template | null} */
  template = null;
  #before = { x: 0, y: 0 };
  #held = { x: 0, y: 0 };
  #takes = /** @type {import("../state.js").State["selecting"]} */ (null);
  #done = () => {};

  /** @param {import("../state.js").State} state @param {import("./rack.js").Rack} rack @param {{now: () => number, changed: () => void}} ports */
  constructor(state, rack, ports) {
    this.state = state;
    this.rack = rack;
    this.ports = ports;
    this.words = make("span");
    this.bar = make("section", [this.words, button(t("Done"), "primary", () => this.end()), button(t("Cancel"), "", () => this.cancel())], "banner panel placing");
    this.bar.setAttribute("aria-label", t("Place the template"));
    this.bar.hidden = true;
    document.querySelector(".notices")?.prepend(this.bar);
  }

  /** @param {Template} template @param {() => void} done what comes when it is over */
  begin(template, done = () => {}) {
    if (template.locked) return;
    if (this.state.selecting) return tell(this.state, t("Finish choosing first"), this.ports.now());
    this.end();
    this.template = template;
    this.#done = done;
    this.#before = { x: template.x, y: template.y };
    let x = 0, y = 0;
    this.#takes = {
      begin: (atX, atY) => {
        [x, y] = [atX, atY];
        this.#held = { x: template.x, y: template.y };
      },
      to: (atX, atY) => this.#put(this.#held.x + atX - x, this.#held.y + atY - y),
      end: () => say(this.state, where(template)),
    };
    this.state.selecting = this.#takes;
    setHidden(this.bar, false);
    document.getElementById("stage")?.focus({ preventScroll: true });
    tell(this.state, t("Drag the template, or move it with the arrow keys: Shift for ten pixels, Enter when it is right"), this.ports.now());
    this.show();
  }

  /** A key while it is being placed. @param {KeyboardEvent} event @returns {boolean} whether it is one of its keys */
  key(event) {
    const { template } = this;
    if (!template || event.ctrlKey || event.metaKey || event.altKey) return false;
    const arrow = ARROWS[event.key], far = event.shiftKey ? FAR : 1;
    if (arrow) {
      this.#put(template.x + arrow[0] * far, template.y + arrow[1] * far);
      say(this.state, where(template));
    } else if (event.target instanceof HTMLButtonElement) return false;
    else if (event.key === "Enter") this.end();
    else if (event.key === "Escape") this.cancel();
    else return false;
    return true;
  }

  /** @returns {boolean} whether it was being placed */
  cancel() {
    if (!this.template) return false;
    this.rack.place(this.template, this.#before);
    return this.end();
  }

  /** It stays where it is. @returns {boolean} whether it was being placed */
  end() {
    const { template, state } = this;
    if (!template) return false;
    this.template = null;
    if (state.selecting === this.#takes) state.selecting = null;
    setHidden(this.bar, true);
    say(state, where(template));
    this.ports.changed();
    this.#done();
    return true;
  }

  show() {
    if (!this.template) return;
    if (this.state.selecting !== this.#takes || !this.rack.own.includes(this.template)) return void this.end(); // something else has begun
    setText(this.words, t("Drag it, or use the arrow keys · {x}, {y}", { x: this.template.x, y: this.template.y }));
  }

  #put(x, y) {
    if (this.template) this.rack.place(this.template, { x, y });
  }
}

/** @param {Template} template */
function where({ name, x, y }) {
  return t("{name} at {x}, {y}", { name, x, y });
}
