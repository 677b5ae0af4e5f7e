// Asks before the page is left while something that was drawn is not saved.

/**
 * @param {() => boolean} unsaved
 * @returns {(unsaved: boolean) => void} to be called when that may have changed: pages that always listen are not kept for "back"
 */
export function leaving(unsaved) {
  let listens = false;
  const ask = (/** @type {BeforeUnloadEvent} */ event) => {
    if (!unsaved()) return; // it was saved while the page was hidden, and drew no frames
    event.preventDefault();
    event.returnValue = true; // for browsers from before 2023
  };
  return (now) => {
    if (now === listens) return;
    listens = now;
    if (now) window.addEventListener("beforeunload", ask);
    else window.removeEventListener("beforeunload", ask);
  };
}
