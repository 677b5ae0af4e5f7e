// The colours to choose from: palette, any colour, recent ones. Also the pointer, which shows the chosen colour.

import { PALETTE, nameOf, parseHex, toHex } from "../colour.js";
import { MAX_RECENT } from "../state.js";
import { byId, setAttribute, setProperty } from "./dom.js";

/**
 * @param {import("../drawing.js").Drawing} drawing
 * @returns {(state: import("../state.js").State) => void} shows the state
 */
export function palette(drawing) {
  const swatches = PALETTE.map((entry, i) => swatch(entry, keyOf(i), drawing));
  byId("palette").append(...swatches.map(({ label }) => label));
  const picker = byId("picker");
  picker.addEventListener("change", () => drawing.setColour(parseHex(picker.value)));
  const showRecent = recent(drawing);
  let shown = -1;
  return (state) => {
    showRecent(state);
    if (state.colour === shown) return;
    shown = state.colour;
    for (const { input, colour } of swatches) input.checked = colour === shown;
    picker.value = toHex(shown).toLowerCase();
    setProperty(picker.parentElement, "--colour", toHex(shown));
  };
}

function keyOf(i) {
  const row = PALETTE.length / 2;
  return i < row ? String(i + 1) : `Shift ${i - row + 1}`;
}

function swatch({ name, colour }, key, drawing) {
  const label = document.createElement("label");
  label.className = "swatch";
  label.title = `${name} (${key})`;
  setProperty(label, "--colour", toHex(colour));
  const input = document.createElement("input");
  input.type = "radio";
  input.name = "colour";
  input.value = toHex(colour);
  input.setAttribute("aria-label", name);
  input.addEventListener("change", () => drawing.setColour(colour));
  label.append(input);
  return { label, input, colour };
}

/** @param {import("../drawing.js").Drawing} drawing */
function recent(drawing) {
  const box = byId("recent");
  const buttons = Array.from({ length: MAX_RECENT }, () => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "swatch empty";
    button.disabled = true;
    setAttribute(button, "aria-label", "No colour yet");
    return button;
  });
  box.append(...buttons);
  let shown = /** @type {number[]} */ ([]);
  buttons.forEach((button, i) => button.addEventListener("click", () => drawing.setColour(shown[i])));
  return (/** @type {import("../state.js").State} */ state) => {
    if (state.recent === shown) return;
    shown = state.recent;
    shown.forEach((colour, i) => {
      const button = buttons[i];
      button.disabled = false;
      button.className = "swatch";
      button.title = nameOf(colour);
      setAttribute(button, "aria-label", nameOf(colour));
      setProperty(button, "--colour", toHex(colour));
    });
  };
}
