// Keys that work anywhere on the page, and the list of them.

import { announce } from "../acts.js";
import { toActors, toAudit, toConnections, toKeys, toOverview, toPeople, toReports, toRoles, toRules } from "../route.js";
import { colouringOf } from "../state.js";
import { byId } from "./dom.js";

/** Listens for keys. */
export function keyboard(page) {
  const { state, ask, go, changed } = page, help = byId("help");
  const toggleHelp = () => (help.open ? help.close() : help.showModal());
  const does = {
    "?": toggleHelp,
    "/": () => byId("search").focus(),
    1: () => go(toOverview()),
    2: () => go(toActors()),
    3: () => go(toConnections()),
    4: () => go(toPeople()),
    5: () => go(toKeys()),
    6: () => go(toRules()),
    7: () => go(toAudit()),
    8: () => go(toReports()),
    9: () => go(toRoles()),
    m: () => {
      state.colouring = colouringOf(state) === "heat" ? "owner" : "heat";
      state.said = `Map by ${state.colouring}`;
      changed();
    },
    a: () => ask(announce(state)),
  };
  byId("help-button").addEventListener("click", toggleHelp);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (document.querySelector("dialog[open]") && event.key !== "?") return;
    if (byId("confirm").open || !Object.hasOwn(does, event.key)) return;
    event.preventDefault();
    does[event.key]();
  });
  help.addEventListener("click", (event) => {
    if (event.target === help) toggleHelp(); // a click beside the dialog
  });
}
