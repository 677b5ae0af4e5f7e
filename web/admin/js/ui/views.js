// Which of the page's views is shown, and what its title says.

import { byId, setAttribute, setHidden, setText } from "./dom.js";

const VIEWS = ["overview", "actors", "connections", "people", "keys", "rules", "audit", "reports", "roles"];
const SIGNS = { well: "", note: "", warn: "(!) ", bad: "(!!) " };

/** @returns {() => void} */
export function views({ state }) {
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the page's own addresses are routes
    byId("main").focus();
  });
  return () => {
    for (const view of VIEWS) {
      setHidden(byId(view), state.answer === null || state.route.view !== view);
      setAttribute(byId(`to-${view}`), "aria-current", state.route.view === view ? "page" : null);
    }
    setHidden(byId("waiting"), state.answer !== null || state.link.lostAt > 0);
    title(state);
    setText(byId("said"), state.said);
  };
}

/** The title tells how things are, even when another tab is open. @param {import("../state.js").State} state */
export function title(state) {
  const sign = state.link.lostAt > 0 ? "(?) " : SIGNS[state.verdict?.level] ?? "";
  const text = `${sign}Pixel Playground: operate`;
  if (document.title !== text) document.title = text;
}
