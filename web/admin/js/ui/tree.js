// The tree from pod to kind to single actor, with the usual keys: arrows move, open and close, Enter goes there.

import { toActor, toActors } from "../route.js";
import { memberKey, treeRows } from "../tree.js";
import { byId, make, Rows, setAttribute, setText } from "./dom.js";
import { swatch } from "./swatch.js";

/** @typedef {import("../tree.js").Row} Row */

/** @returns {() => void} */
export function tree(page) {
  const { state } = page, parent = byId("tree"), rows = new Rows(parent, (row) => treeItem(page, row));
  let shown = /** @type {Row[]} */ ([]), at = "", opened = "";
  const focus = (row) => {
    if (!row) return;
    at = row.key;
    show();
    rows.get(at).focus();
  };
  parent.addEventListener("focusin", (event) => {
    const key = event.target.closest("[role=treeitem]")?.dataset.key;
    if (key) at = key;
  });
  parent.addEventListener("keydown", (event) => {
    const n = shown.findIndex((row) => row.key === at);
    if (n < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    if (!press(page, event.key, shown, n, focus)) return;
    event.preventDefault();
  });
  function show() {
    if (!state.answer || state.route.view !== "actors") return;
    const wanted = state.route.member;
    if (wanted && wanted !== opened && state.members.has(wanted)) state.open.add(memberKey(wanted));
    opened = wanted;
    shown = treeRows(state);
    if (!shown.some((row) => row.key === at)) at = shown[0]?.key ?? "";
    rows.show(shown, (row) => row.key);
    for (const row of shown) setAttribute(rows.get(row.key), "tabindex", row.key === at ? "0" : "-1");
  }
  return show;
}

/** Does what a key asks for; false: the tree has no use for the key. @param {Row[]} shown */
function press(page, key, shown, n, focus) {
  const row = shown[n], { state, changed } = page;
  const parent = () => shown.slice(0, n).findLast((each) => each.level < row.level);
  switch (key) {
    case "ArrowDown": focus(shown[n + 1]); break;
    case "ArrowUp": focus(shown[n - 1]); break;
    case "Home": focus(shown[0]); break;
    case "End": focus(shown.at(-1)); break;
    case "ArrowRight": row.open === false ? toggle(page, row) : row.open && focus(shown[n + 1]); break;
    case "ArrowLeft": row.open ? toggle(page, row) : focus(parent()); break;
    case "Enter":
    case " ": choose(page, row); break;
    default: return false;
  }
  if (state.answer) changed();
  return true;
}

/** @param {Row} row */
function toggle({ state, look }, row) {
  if (!state.open.delete(row.key)) state.open.add(row.key);
  look();
}

/** @param {Row} row */
function choose(page, row) {
  if (row.id) page.go(toActor(row.member, row.id));
  else if (row.open !== null) toggle(page, row);
}

/** @param {Row} first */
function treeItem(page, first) {
  const { state, go } = page;
  const text = make("span", { class: "text" }), detail = make("small"), look = first.level === 1 ? swatch() : null;
  const twist = make("i", { class: "twist", "aria-hidden": "true" });
  const element = make("div", { role: "treeitem", "aria-level": String(first.level), "data-key": first.key }, twist, ...(look ? [look.element] : []), text, detail);
  let shown = first;
  element.addEventListener("click", (event) => {
    choose(page, shown);
    if (shown.level === 1 && shown.open === false && event.detail > 0) go(toActors(shown.member));
  });
  return {
    element,
    show(/** @type {Row} */ row) {
      shown = row;
      look?.show(row.text, state.slots.get(row.text));
      setText(text, row.text);
      setText(detail, row.detail);
      setAttribute(element, "aria-expanded", row.open === null ? null : String(row.open));
      setAttribute(element, "aria-posinset", String(row.position));
      setAttribute(element, "aria-setsize", String(row.siblings));
      const chosen = row.id ? state.route.actor === row.id && state.route.member === row.member : row.level === 1 && !state.route.actor && state.route.member === row.member;
      setAttribute(element, "aria-selected", String(chosen));
    },
  };
}
