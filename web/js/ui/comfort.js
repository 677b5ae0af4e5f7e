// What is off until somebody asks for it: soft sounds, and a canvas that does not glare in the dark. Both are chosen in the help.

import { byId } from "./dom.js";

/**
 * @param {import("../state.js").State} state
 * @param {{play: (which: import("../sounds/sound.js").Sound) => void, changed: () => void}} does
 * @returns {() => void} shows what was chosen, and has what was saved be heard
 */
export function comfort(state, { play, changed }) {
  const sounds = byId("sounds"), dim = byId("dim");
  let heard = 0; // of state.placed
  sounds.addEventListener("change", () => {
    state.sounds = sounds.checked;
    if (state.sounds) play("beckon"); // so that one knows what to listen for
    changed();
  });
  dim.addEventListener("change", () => {
    state.dim = dim.checked;
    changed();
  });
  return () => {
    sounds.checked = state.sounds;
    dim.checked = state.dim;
    document.documentElement.classList.toggle("dim", state.dim);
    if (state.placed > heard && state.sounds) play("placed");
    heard = state.placed;
  };
}
