// The list of all keys.

import { byId } from "./dom.js";

/** @returns {() => void} opens the list, or closes it */
export function help() {
  const dialog = byId("help");
  const toggle = () => (dialog.open ? dialog.close() : dialog.showModal());
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "?") toggle();
  });
  // A click beside the dialog closes it: the target of such a click is the dialog itself, not something in it.
  dialog.addEventListener("click", (event) => {
    if (event.target !== dialog) return;
    const box = dialog.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) toggle();
  });
  return toggle;
}
