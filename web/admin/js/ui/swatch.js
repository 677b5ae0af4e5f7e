// A pod's swatch, beside its name: the same colour, pattern and label as on the map.

import { fillOwner } from "../map.js";
import { colourOf, darkInk, label } from "../owners.js";
import { sharp } from "../theme.js";
import { make, setAttribute, setProperty, setText } from "./dom.js";

const SIZE = 24; // CSS pixels, as .swatch in the style sheet

/** @returns {{element: HTMLElement, show: (name: string, slot: number | undefined) => void}} slot undefined: it carries no regions */
export function swatch() {
  const canvas = make("canvas"), text = make("span");
  const element = make("span", { class: "swatch", "aria-hidden": "true" }, canvas, text);
  let shown;
  return {
    element,
    show(name, slot) {
      setText(text, label(name));
      const key = `${slot} ${window.devicePixelRatio}`;
      if (shown === key) return;
      shown = key;
      setAttribute(element, "class", slot === undefined ? "swatch plain" : darkInk(slot) ? "swatch dark" : "swatch");
      if (slot === undefined) return;
      setProperty(element, "--owner", colourOf(slot));
      fillOwner(sharp(canvas, SIZE, SIZE), { x: 0, y: 0, width: SIZE, height: SIZE }, slot);
    },
  };
}
