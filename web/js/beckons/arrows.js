// Buttons at the edge of the stage for places that people show and that are not in sight: they name who does, and lead there.

import { button, icon, make } from "../ui/elements.js";
import { setText } from "../ui/dom.js";
import { colourOf } from "../view/others.js";
import { middle, toScreen } from "../view/view.js";
import { t } from "../words/words.js";
import { atEdge, clearOf } from "./edge.js";

/** @typedef {import("./beckons.js").Beckon} Beckon */

const CONTROLS = ".who, .where, .zoom, .map, .notices > :not([hidden])"; // that float over the stage

/** The middles and sizes of what no arrow may cover. */
function controls() {
  const boxes = [...document.querySelectorAll(CONTROLS)].map((each) => each.getBoundingClientRect());
  return boxes.map(({ left, top, width, height }) => ({ x: left + width / 2, y: top + height / 2, width, height }));
}

export class Arrows {
  /** @type {Map<Beckon, {element: HTMLButtonElement, arrow: SVGElement, name: HTMLElement}>} */
  #shown = new Map();
  #box = make("section", [], "beckons");

  /** @param {import("../state.js").State} state @param {(x: number, y: number) => void} visit */
  constructor(state, visit) {
    this.state = state;
    this.visit = visit;
    this.#box.setAttribute("aria-label", t("Places that others show you"));
    document.body.append(this.#box);
  }

  show() {
    const { beckons, connection, past } = this.state, others = past ? [] : beckons.filter(({ user }) => user !== connection.user);
    for (const [beckon, { element }] of this.#shown) {
      if (others.includes(beckon)) continue;
      element.remove();
      this.#shown.delete(beckon);
    }
    const placed = others.length > 0 ? controls() : [];
    for (const beckon of others) this.#place(beckon, placed);
  }

  /** @param {Beckon} beckon @param {import("../geometry.js").Rect[]} placed the middles and sizes of those that stand already */
  #place(beckon, placed) {
    const { view, viewport } = this.state, at = toScreen(view, viewport, beckon.x + 0.5, beckon.y + 0.5);
    const known = this.#shown.get(beckon);
    if (!known && !atEdge(at, viewport, { width: 0, height: 0 })) return;
    const { element, arrow, name } = known ?? this.#make(beckon);
    element.hidden = false; // or it has no size
    const size = { width: element.offsetWidth, height: element.offsetHeight }, edge = atEdge(at, viewport, size);
    element.hidden = edge === null;
    if (!edge) return;
    const { x, y } = clearOf(edge, size, placed, middle(viewport).y);
    placed.push({ x, y, ...size });
    setText(name, this.state.people.nameOf(beckon.user));
    element.style.transform = `translate(${Math.round(x - size.width / 2)}px, ${Math.round(y - size.height / 2)}px)`;
    arrow.style.transform = `rotate(${edge.angle}rad)`;
  }

  /** @param {Beckon} beckon */
  #make(beckon) {
    const { user, x, y } = beckon, who = this.state.people.nameOf(user);
    const element = button("", "beckon", () => this.visit(x, y)), name = make("bdi", who), arrow = icon("i-arrow");
    element.append(arrow, name);
    element.style.setProperty("--colour", colourOf(user));
    element.setAttribute("aria-label", t("{name} shows you {x}, {y}: go there", { name: who, x, y }));
    this.#box.append(element);
    const made = { element, arrow, name };
    this.#shown.set(beckon, made);
    return made;
  }
}
