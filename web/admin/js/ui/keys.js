// Keys of bots and displays: all there are, with who made them, and ending one.

import { revoke } from "../acts.js";
import { endOf, madeOf, makerOf, mayOf, paceOf, summaryOf, usedOf } from "../keys.js";
import { toPeople } from "../route.js";
import { serverTime } from "../state.js";
import { byId, inUse, make, Rows, setAttribute, setHidden, setText, tableRow } from "./dom.js";
import { newKey } from "./new_key.js";

const LABELS = ["Key", "May", "Pace", "Made by", "Made", "Ends", "Last used", ""];

/** @returns {() => void} */
export function keys(page) {
  const { state } = page, body = byId("keys-body"), rows = new Rows(body, () => key(page));
  const open = newKey(page);
  for (const button of [byId("keys-new"), byId("keys-first")]) button.addEventListener("click", open);
  return () => {
    if (!state.answer || state.route.view !== "keys") return;
    const { items, at, error } = state.keys, none = at > 0 && items.length === 0;
    setText(byId("keys-note"), note(state));
    byId("keys-note").classList.toggle("failed", error !== "");
    setHidden(byId("keys-none"), !none);
    setHidden(byId("keys-new"), at === 0 || none);
    setHidden(byId("keys-table"), items.length === 0);
    rows.show(items, ({ id }) => id, inUse(body));
  };
}

/** @param {import("../state.js").State} state */
function note({ keys, answer }) {
  if (keys.error) return keys.at === 0 ? `${keys.error}.` : `Not up to date: ${keys.error}.`;
  return keys.at === 0 ? "Asking the store…" : summaryOf(keys.items, answer.time);
}

function key({ state, ask }) {
  const { row, cells } = tableRow(LABELS), name = make("a", { class: "name", dir: "auto" }), maker = make("a", {});
  const button = make("button", { type: "button", class: "small" }, "Revoke…");
  cells[0].append(name);
  cells[3].append(maker);
  cells[7].append(button);
  let shown;
  button.addEventListener("click", () => ask(revoke(shown)));
  return {
    element: row,
    show(/** @type {import("../state.js").Key} */ key) {
      shown = key;
      const time = serverTime(state, state.receivedAt), by = makerOf(key), made = madeOf(key), end = endOf(key, time);
      setText(name, key.name || "Without a name");
      setAttribute(name, "href", key.user ? toPeople(key.user) : null);
      setAttribute(name, "title", `Key ${key.id}, user ${key.user}: show its connections`);
      setText(maker, by.text);
      setAttribute(maker, "href", by.subject ? toPeople(by.subject) : null);
      setAttribute(maker, "title", by.subject ? `Subject ${by.subject}: show its connections` : null);
      setAttribute(cells[4], "title", made.title);
      setAttribute(cells[5], "data-level", end.level);
      for (const [n, text] of [[1, mayOf(key)], [2, paceOf(key)], [4, made.text], [5, end.text], [6, usedOf(key, time)]]) setText(cells[n], text);
      setAttribute(button, "aria-label", `Revoke ${key.name || "the key"} (${key.id})`);
    },
  };
}
