// The buttons for tools and view.

import { MAX_BRUSH, spans } from "../input/tools.js";
import { pixels } from "../numbers.js";
import { popover } from "./popover.js";
import { byId, setAttribute, setHidden, setPressed, setText } from "./dom.js";
import { t } from "../words/words.js";

/**
 * @param {import("../input/keyboard.js").Page} page
 * @returns {(state: import("../state.js").State) => void} shows the state
 */
export function toolbar(page) {
  const { drawing, navigation, record, rules, undo } = page;
  const tools = /** @type {const} */ (["pencil", "line", "rectangle", "fill", "hand", "pick", "inspect"]).map((tool) => ({ tool, button: byId(tool) }));
  for (const { tool, button } of tools) button.addEventListener("click", () => drawing.choose(tool));
  const menu = byId("shapes-menu"), brush = byId("brush"), shapes = popover(byId("shapes"), menu, page.changed);
  for (const button of menu.querySelectorAll("[aria-pressed]")) button.addEventListener("click", () => shapes.close());
  brush.append(...Array.from({ length: MAX_BRUSH }, (_, i) => new Option(pixels(i + 1), String(i + 1))));
  brush.addEventListener("change", () => drawing.setBrush(Number(brush.value)));
  const grid = byId("grid");
  byId("undo").addEventListener("click", () => undo.undo());
  const redo = [byId("redo"), byId("redo-too")]; // of which one shows
  for (const button of redo) button.addEventListener("click", () => undo.redo());
  byId("zoom-in").addEventListener("click", () => navigation.zoom(1));
  byId("zoom-out").addEventListener("click", () => navigation.zoom(-1));
  byId("fit").addEventListener("click", () => navigation.fit());
  grid.addEventListener("click", () => page.toggleGrid());
  byId("link").addEventListener("click", () => page.copyLink());
  byId("replay").addEventListener("click", () => record.toggle());
  byId("report-button").addEventListener("click", () => rules.report());
  byId("help-button").addEventListener("click", () => page.toggleHelp());
  return (state) => {
    for (const { tool, button } of tools) setPressed(button, state.tool === tool);
    setPressed(byId("shapes"), spans(state.tool));
    setAttribute(byId("shapes-icon"), "href", spans(state.tool) ? `#i-${state.tool}` : "#i-shapes");
    if (brush.value !== String(state.brush)) brush.value = String(state.brush);
    setPressed(grid, state.grid);
    setAttribute(byId("undo"), "aria-disabled", String(!undo.canUndo)); // and not disabled, which would take the focus away
    for (const button of redo) setAttribute(button, "aria-disabled", String(!undo.canRedo));
    showRecord(state);
    setHidden(byId("report-button"), !rules.reports);
    setHidden(byId("rules-keys"), !rules.reports && !rules.moderates);
    setHidden(byId("moderate-keys"), !rules.moderates);
  };
}

/** What there is only where the server keeps a record. @param {import("../state.js").State} state */
function showRecord({ me, past }) {
  for (const id of ["inspect", "replay", "record-keys"]) setHidden(byId(id), !me.record);
  setText(byId("held-still"), me.record ? t("shows who placed the pixel") : t("takes the colour"));
  setAttribute(byId("replay"), "aria-expanded", String(past !== null));
  setHidden(byId("dock"), past !== null); // nothing can be placed
}
