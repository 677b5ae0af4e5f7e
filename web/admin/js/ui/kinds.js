// Actors by kind, of one pod or of all.

import { count, number, us } from "../format.js";
import { nameOf } from "../state.js";
import { kindTotals } from "../tree.js";
import { byId, Rows, setAttribute, setHidden, setText, tableRow } from "./dom.js";

const LABELS = ["Kind", "Live", "Messages/s", "Waiting, most", "Waiting, p99", "Takes p50", "Takes p99", "Restarts", "Dead letters", "Unhandled"];

/** @returns {() => void} */
export function kinds({ state }) {
  const rows = new Rows(byId("kinds"), kind);
  return () => {
    if (!state.answer || state.route.view !== "actors") return;
    const { member } = state.route, one = state.members.get(member);
    setText(byId("kinds-title"), member ? `Actors of ${nameOf(state, member)} by kind` : "Actors by kind");
    setHidden(byId("kinds-all"), !member);
    setHidden(byId("kinds-note"), member !== "");
    rows.show(kindTotals(member ? (one ? [one] : []) : [...state.members.values()]), ({ kind }) => kind);
  };
}

function kind() {
  const { row, cells } = tableRow(LABELS);
  return {
    element: row,
    show(/** @type {import("../state.js").Kind} */ kind) {
      const texts = [
        kind.kind, count(kind.live), number(kind.rate), count(kind.mailbox_max), count(kind.mailbox_p99),
        us(kind.p50_us), us(kind.p99_us), count(kind.restarts), count(kind.dead_letters), count(kind.unhandled),
      ];
      cells.forEach((cell, n) => setText(cell, texts[n]));
      for (const [n, bad] of [[7, kind.restarts > 0], [9, kind.unhandled > 0]]) setAttribute(cells[n], "data-level", bad ? "warn" : null);
    },
  };
}
