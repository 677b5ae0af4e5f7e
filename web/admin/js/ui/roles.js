// Roles that operators and owners have given, by the public ids of those who have them.

import { ago, byWhom } from "../act_words.js";
import { inForce } from "../chain.js";
import { role, undo } from "../decisions.js";
import { plural } from "../format.js";
import { toAudit, toPeople } from "../route.js";
import { serverTime } from "../state.js";
import { byId, inUse, make, Rows, setAttribute, setHidden, setText, tableRow } from "./dom.js";

const LABELS = ["User", "Role", "Given by", "When", "Why", ""];

/** @returns {() => void} */
export function roles({ state, decide }) {
  const body = byId("roles-body"), rows = new Rows(body, () => given(state, decide));
  byId("roles-new").addEventListener("click", () => decide(role()));
  return () => {
    if (!state.answer || state.route.view !== "roles") return;
    const { rules: { chain, error, at } } = state, items = inForce(chain, serverTime(state, state.receivedAt)).filter((act) => act.do === "role");
    setText(byId("roles-note"), error ? `Not up to date: ${error}.` : at === 0 ? "Reading the acts…" : items.length === 0 ? "Nobody was given a role here: everybody has that of their sign-in or key."
      : `${plural(items.length, "user")} with a role that was given here. All others have that of their sign-in or key.`);
    byId("roles-note").classList.toggle("failed", error !== "");
    setHidden(byId("roles-table"), items.length === 0);
    rows.show(items, ({ n }) => String(n), inUse(body));
  };
}

function given(state, decide) {
  const { row, cells } = tableRow(LABELS), user = make("a", { class: "name" }), button = make("button", { type: "button", class: "small" }, "Take back…"), when = make("a", {});
  cells[0].append(user);
  cells[3].append(when);
  cells[5].append(button);
  let shown;
  button.addEventListener("click", () => decide(undo(shown)));
  return {
    element: row,
    show(/** @type {import("../chain.js").Act} */ act) {
      shown = act;
      setText(user, act.target.user);
      setAttribute(user, "href", toPeople(act.target.user));
      setAttribute(user, "title", "Show their connections");
      setText(cells[1], act.role || "guest");
      setText(cells[2], byWhom(act));
      setText(when, ago(act.time, serverTime(state, state.receivedAt)));
      setAttribute(when, "href", toAudit(`#${act.n}`));
      setText(cells[4], act.why ?? "");
      setAttribute(button, "aria-label", `Take the role of ${act.target.user} back`);
    },
  };
}
