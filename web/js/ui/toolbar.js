// The buttons for tools and view.

import { byId, setPressed } from "./dom.js";

/**
 * @param {import("../keyboard.js").Page} page
 * @returns {(state: import("../state.js").State) => void} shows the state
 */
export function toolbar(page) {
  const { drawing, navigation } = page;
  const tools = /** @type {const} */ (["pencil", "hand", "pick"]).map((tool) => ({ tool, button: byId(tool) }));
  for (const { tool, button } of tools) button.addEventListener("click", () => drawing.choose(tool));
  const grid = byId("grid");
  byId("zoom-in").addEventListener("click", () => navigation.zoom(1));
  byId("zoom-out").addEventListener("click", () => navigation.zoom(-1));
  byId("fit").addEventListener("click", () => navigation.fit());
  grid.addEventListener("click", () => page.toggleGrid());
  byId("link").addEventListener("click", () => page.copyLink());
  byId("help-button").addEventListener("click", () => page.toggleHelp());
  return (state) => {
    for (const { tool, button } of tools) setPressed(button, state.tool === tool);
    setPressed(grid, state.grid);
  };
}
