// The buttons for tools and view.

import { MAX_BRUSH, careful, spans } from "../input/tools.js";
import { pixels } from "../numbers.js";
import { popover } from "./popover.js";
import { byId, setAttribute, setHidden, setPressed, setText } from "./dom.js";
import { make } from "./elements.js";
import { t } from "../words/words.js";

const TOOLS = /** @type {const} */ (["pencil", "line", "rectangle", "fill", "hand", "pick", "inspect"]);
const PHONE = "(max-width: 519px)"; // as in css/dock-windows.css: there is room for the tool in hand, and its button leads to the others

/**
 * @param {import("../input/keyboard.js").Page} page
 * @returns {(state: import("../state.js").State) => void} shows the state
 */
export function toolbar(page) {
  const { aim, drawing, navigation, record, rules, templates, undo } = page;
  const tools = TOOLS.map((tool) => ({ tool, button: byId(tool) })), phone = matchMedia(PHONE);
  for (const { tool, button } of tools) button.addEventListener("click", () => drawing.choose(tool));
  const menu = byId("shapes-menu"), brush = byId("brush"), shapes = popover(byId("shapes"), menu, page.changed);
  const twins = [
    ...["pencil", "hand", "pick", "inspect"].map((id) => twin(id, "twin", (made) => menu.insertBefore(made, byId("line")))),
    ...["careful", "grid", "help-button"].map((id) => twin(id, "twin switch", (made) => menu.append(made))),
  ];
  // What is chosen closes the menu first, and gives the focus back: it may open a dialog.
  menu.addEventListener("click", ({ target }) => {
    if (/** @type {Element} */ (target).closest("button:not(#redo-too)")) shapes.close();
  }, true);
  brush.append(...Array.from({ length: MAX_BRUSH }, (_, i) => new Option(pixels(i + 1), String(i + 1))));
  brush.addEventListener("change", () => drawing.setBrush(Number(brush.value)));
  const grid = byId("grid");
  byId("careful").addEventListener("click", () => aim.choose());
  byId("undo").addEventListener("click", () => undo.undo());
  const redo = [byId("redo"), byId("redo-too")]; // of which one shows
  for (const button of redo) button.addEventListener("click", () => undo.redo());
  byId("zoom-in").addEventListener("click", () => navigation.zoom(1));
  byId("zoom-out").addEventListener("click", () => navigation.zoom(-1));
  byId("fit").addEventListener("click", () => navigation.fit());
  grid.addEventListener("click", () => page.toggleGrid());
  byId("templates-button").addEventListener("click", () => templates.toggle());
  byId("link").addEventListener("click", () => page.share());
  byId("replay").addEventListener("click", () => record.toggle());
  byId("report-button").addEventListener("click", () => rules.report());
  byId("beckon-button").addEventListener("click", () => page.beckon());
  byId("help-button").addEventListener("click", () => page.toggleHelp());
  return (state) => {
    for (const { tool, button } of tools) setPressed(button, state.tool === tool);
    const one = phone.matches || spans(state.tool);
    setPressed(byId("shapes"), one);
    setAttribute(byId("shapes-icon"), "href", one ? `#i-${state.tool}` : "#i-shapes");
    setAttribute(byId("shapes"), "aria-label", phone.matches ? t("Tools") : t("Line, rectangle, fill, brush"));
    if (brush.value !== String(state.brush)) brush.value = String(state.brush);
    setPressed(grid, state.grid);
    setPressed(byId("careful"), careful(state));
    setAttribute(byId("undo"), "aria-disabled", String(!undo.canUndo)); // and not disabled, which would take the focus away
    for (const button of redo) setAttribute(button, "aria-disabled", String(!undo.canRedo));
    showRecord(state);
    for (const show of twins) show();
    setHidden(byId("report-button"), !rules.reports);
    setHidden(byId("rules-keys"), !rules.reports && !rules.moderates);
    setHidden(byId("moderate-keys"), !rules.moderates);
  };
}

/**
 * A button with the icon, the name and the effect of one that a phone has no room for.
 * @param {string} id of that
 * @param {string} className
 * @param {(made: HTMLElement) => void} add
 * @returns {() => void} shows what that shows
 */
function twin(id, className, add) {
  const original = byId(id), name = make("span"), made = make("button", [original.querySelector(".icon").cloneNode(true), name], className);
  made.type = "button";
  made.addEventListener("click", () => original.click());
  add(made);
  return () => {
    setHidden(made, original.hidden);
    setText(name, original.getAttribute("aria-label"));
    const pressed = original.getAttribute("aria-pressed");
    if (pressed !== null) setAttribute(made, "aria-pressed", pressed);
  };
}

/** What there is only where the server keeps a record. @param {import("../state.js").State} state */
function showRecord({ me, past }) {
  for (const id of ["inspect", "replay", "record-keys"]) setHidden(byId(id), !me.record);
  setText(byId("held-still"), me.record ? t("shows who placed the pixel") : t("takes the colour"));
  setAttribute(byId("replay"), "aria-expanded", String(past !== null));
  setHidden(byId("dock"), past !== null); // nothing can be placed
}
