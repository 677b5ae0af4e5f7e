// The health line: whether all is well, and if not, what is wrong.

import { grid } from "../state.js";
import { plural } from "../format.js";
import { byId, make, Rows, setAttribute, setText } from "./dom.js";

const SHOWN = 8; // findings, the worst first: with more, an operator begins with these
const MARKS = { well: "✓", note: "✓", warn: "!", bad: "✕" };

/** @returns {() => void} */
export function health({ state }) {
  const rows = new Rows(byId("findings"), finding);
  let said = "";
  return () => {
    const { verdict } = state;
    if (!verdict) return;
    setAttribute(byId("health"), "data-level", verdict.level);
    setText(byId("verdict-mark"), MARKS[verdict.level]);
    setText(byId("verdict"), verdict.level === "note" ? "All well" : verdict.text);
    setText(byId("summary"), summary(state));
    rows.show(verdict.findings.slice(0, SHOWN), ({ about }) => about);
    if (verdict.text !== said) state.said = verdict.findings[0] ? `${verdict.text}: ${verdict.findings[0].text}` : verdict.text;
    said = verdict.text;
  };
}

/** @param {import("../state.js").State} state */
function summary({ answer, members, troubled, regions }) {
  const served = regions.size - troubled.size, resting = grid(answer.canvas).total - regions.size;
  const rest = resting > 0 ? `, ${resting} resting` : "";
  return `${plural(members.size, "pod")} · ${plural(answer.users, "user")} · ${plural(served, "region")} served${rest}`;
}

/** One finding, a link to where it is seen. */
function finding() {
  const link = make("a", { class: "finding" });
  const element = make("li", {}, link);
  return {
    element,
    show(/** @type {import("../health.js").Finding} */ { level, text, go }) {
      setAttribute(link, "data-level", level);
      setAttribute(link, "href", go);
      setText(link, text);
    },
  };
}
