// A panel that a button opens and closes. Escape closes it too, and a press anywhere else.

import { setHidden } from "./dom.js";

/**
 * close: puts the focus back on the button; false: the panel was not open. away: the user has turned to something else.
 * @typedef {{close: () => boolean, away: () => void}} Popover
 */

/**
 * @param {HTMLElement} button with aria-controls
 * @param {HTMLElement} panel
 * @param {() => void} changed
 * @returns {Popover}
 */
export function popover(button, panel, changed) {
  const open = (/** @type {boolean} */ shown) => {
    setHidden(panel, !shown);
    button.setAttribute("aria-expanded", String(shown));
    changed();
  };
  const away = () => {
    if (!panel.hidden) open(false);
  };
  const close = () => {
    if (panel.hidden) return false;
    open(false);
    button.focus();
    return true;
  };
  button.addEventListener("click", () => open(panel.hidden));
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    close();
  });
  window.addEventListener("pointerdown", ({ target }) => {
    if (!panel.hidden && target instanceof Node && !panel.contains(target) && !button.contains(target)) away();
  }, true);
  return { close, away };
}
