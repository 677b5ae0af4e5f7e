// The colours to choose from: those that are offered, any colour, recent ones. Also the pointer, which shows the chosen colour.

import { nameOf, parseHex, toHex } from "../colour.js";
import { ROW, allowed, offered } from "../limits/offered.js";
import { MAX_RECENT } from "../state.js";
import { byId, setAttribute, setProperty } from "./dom.js";
import { t } from "../words/words.js";

/** @typedef {import("../state.js").State} State */

/**
 * @param {import("../input/drawing.js").Drawing} drawing
 * @returns {(state: State, now: number) => void} shows the state
 */
export function palette(drawing) {
  const box = byId("palette"), picker = byId("picker");
  // While the browser's dialog is open, each colour in it is only tried: one that may not be placed is not replaced before it is chosen.
  picker.addEventListener("input", () => {
    const colour = parseHex(picker.value);
    if (allowed(drawing.state, colour, drawing.ports.now())) drawing.setColour(colour);
  });
  picker.addEventListener("change", () => (picker.value = toHex(drawing.setColour(parseHex(picker.value))).toLowerCase()));
  const showRecent = recent(drawing);
  let offers = /** @type {readonly import("../limits/offered.js").Offer[]} */ ([]), swatches = /** @type {ReturnType<typeof swatch>[]} */ ([]), shown = -1;
  return (state, now) => {
    const current = offered(state, now);
    if (current !== offers) {
      for (const { label } of swatches) label.remove();
      offers = current;
      swatches = current.map((entry, i) => swatch(entry, keyOf(i), drawing));
      box.append(...swatches.map(({ label }) => label));
      box.classList.toggle("many", current.length > 2 * ROW);
      shown = -1;
    }
    showRecent(state, now);
    if (state.colour === shown) return;
    shown = state.colour;
    for (const { input, label, colour } of swatches) {
      input.checked = colour === shown;
      if (input.checked) label.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    picker.value = toHex(shown).toLowerCase();
    setProperty(picker.parentElement, "--colour", toHex(shown));
  };
}

/** The key that chooses a colour: " (1)", or nothing for those below the second row. */
function keyOf(i) {
  if (i >= 2 * ROW) return "";
  return ` (${i < ROW ? i + 1 : t("Shift {key}", { key: i - ROW + 1 })})`;
}

function swatch({ name, colour }, key, drawing) {
  const label = document.createElement("label");
  label.className = "swatch";
  label.title = name + key;
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

/** @param {import("../input/drawing.js").Drawing} drawing */
function recent(drawing) {
  const box = byId("recent");
  const buttons = Array.from({ length: MAX_RECENT }, () => {
    const button = document.createElement("button");
    button.type = "button";
    box.append(button);
    return button;
  });
  let shown = /** @type {number[]} */ ([]), written = "";
  buttons.forEach((button, i) => button.addEventListener("click", () => drawing.setColour(shown[i])));
  return (/** @type {State} */ state, /** @type {number} */ now) => {
    shown = state.recent.filter((colour) => allowed(state, colour, now));
    const key = `#${shown.join()}`;
    if (key === written) return;
    written = key;
    buttons.forEach((button, i) => show(button, shown[i]));
  };
}

/** @param {HTMLButtonElement} button @param {number | undefined} colour undefined: none yet */
function show(button, colour) {
  const name = colour === undefined ? "" : nameOf(colour);
  button.disabled = colour === undefined;
  button.className = colour === undefined ? "swatch empty" : "swatch";
  button.title = name;
  setAttribute(button, "aria-label", name || t("No colour yet"));
  setProperty(button, "--colour", colour === undefined ? "none" : toHex(colour));
}
