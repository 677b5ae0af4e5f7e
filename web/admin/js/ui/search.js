// The search field with what it finds below it.

import { find } from "../search.js";
import { byId, make, Rows, setAttribute, setHidden, setText } from "./dom.js";

/** @returns {() => void} */
export function search(page) {
  const { state, changed } = page, field = byId("search"), list = byId("hits"), rows = new Rows(list, (hit) => option(page, hit, close));
  let hits = /** @type {import("../search.js").Hit[]} */ ([]), at = 0, open = false;
  function close() {
    open = false;
    at = 0;
    changed();
  }
  field.addEventListener("input", () => {
    open = true;
    at = 0;
    changed();
  });
  field.addEventListener("focus", () => {
    open = true;
    changed();
  });
  field.addEventListener("blur", close);
  byId("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    hits = find(field.value, state);
    if (hits[at]) choose(page, hits[at], close);
    else state.said = "Nothing found";
  });
  field.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && open && hits.length > 0) close();
    else if (step && hits.length > 0) at = (at + step + hits.length) % hits.length;
    else return;
    event.preventDefault();
    changed();
  });
  return () => {
    hits = open ? find(field.value, state) : [];
    at = Math.min(at, Math.max(0, hits.length - 1));
    setHidden(list, hits.length === 0);
    setAttribute(field, "aria-expanded", String(hits.length > 0));
    setAttribute(field, "aria-activedescendant", hits.length > 0 ? `hit-${at}` : null);
    rows.show(hits.map((hit, n) => ({ ...hit, n, chosen: n === at })), ({ n }) => String(n));
  };
}

/** @param {import("../search.js").Hit} hit */
function choose({ state, go }, hit, close) {
  state.mark = hit.mark ?? null;
  state.said = `${hit.text}, ${hit.detail}`;
  byId("main").focus({ preventScroll: true });
  close();
  go(hit.go);
}

/** One hit. The pointer must not take the focus from the field before the hit is chosen. */
function option(page, first, close) {
  const text = make("span"), detail = make("small"), element = make("li", { role: "option", id: `hit-${first.n}` }, text, detail);
  let shown = first;
  element.addEventListener("pointerdown", (event) => event.preventDefault());
  element.addEventListener("click", () => choose(page, shown, close));
  return {
    element,
    show(hit) {
      shown = hit;
      setText(text, hit.text);
      setText(detail, hit.detail);
      setAttribute(element, "aria-selected", String(hit.chosen));
    },
  };
}
