// Whether the user gets about the page with the keyboard: then, and only then, the canvas has a ring when it has the focus.

const MOVES = new Set(["Tab", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Enter"]);

/** Keeps data-keyboard on the root. */
export function modality() {
  const { dataset } = document.documentElement;
  window.addEventListener("pointerdown", () => delete dataset.keyboard, true);
  window.addEventListener("keydown", ({ key }) => {
    if (MOVES.has(key)) dataset.keyboard = "";
  }, true);
}
