// Connections: the worst of the cluster, or those with a certain name.

import { disconnect } from "../acts.js";
import { bytes, count, ms, number, span } from "../format.js";
import { toActor, toConnections } from "../route.js";
import { nameOf, serverTime } from "../state.js";
import { byId, inUse, make, Rows, setAttribute, setHidden, setText, tableRow } from "./dom.js";

const LABELS = ["User", "Pod", "For", "In/s", "Out/s", "Sent", "Behind", ""];
const SLOW = 1_000; // ms behind, as health.js judges

/** @returns {() => void} */
export function connections(page) {
  const { state, go } = page, body = byId("connections-body"), rows = new Rows(body, () => connection(page));
  const field = byId("connections-name");
  byId("connections-filter").addEventListener("submit", (event) => {
    event.preventDefault();
    go(toConnections(field.value.trim()));
  });
  byId("connections-all").addEventListener("click", () => go(toConnections()));
  let shownName = "";
  return () => {
    if (!state.answer || state.route.view !== "connections") return;
    const { name } = state.route, { items, note } = listed(state);
    if (name !== shownName && document.activeElement !== field) field.value = name;
    shownName = name;
    setText(byId("connections-title"), name ? `Connections named “${name}”` : "Connections");
    setText(byId("connections-note"), note);
    setHidden(byId("connections-all"), name === "");
    rows.show(items, ({ member, id }) => `${member} ${id}`, inUse(body));
  };
}

/** @param {import("../state.js").State} state @returns {{items: import("../state.js").Connection[], note: string}} */
function listed(state) {
  const worst = state.answer.connections, { name } = state.route, { found } = state;
  if (!name) return { items: worst, note: worst.length < state.answer.users ? `The ${count(worst.length)} worst of ${count(state.answer.users)}: slow ones first, then the busiest.` : "Slow ones first, then the busiest." };
  if (found.name === name && found.at > 0) return { items: found.items, note: found.items.length === 0 ? "Nobody here has this name." : "" };
  const known = worst.filter((each) => each.name.toLowerCase().includes(name.toLowerCase()));
  return { items: known, note: found.error ? `Only the ${count(worst.length)} worst connections could be searched: ${found.error}` : "Asking all pods…" };
}

function connection({ state, ask }) {
  const { row, cells } = tableRow(LABELS), name = make("a", { class: "name" }), id = make("small"), button = make("button", { type: "button", class: "small" }, "Disconnect…");
  cells[0].append(name, " ", id);
  cells[7].append(button);
  let shown;
  button.addEventListener("click", () => ask(disconnect(state, shown)));
  return {
    element: row,
    show(/** @type {import("../state.js").Connection} */ connection) {
      shown = connection;
      setText(name, connection.name || "Anonymous");
      setAttribute(name, "href", toActor(connection.member, `connection/${connection.id}`));
      setAttribute(name, "title", `Connection ${connection.id}, user ${connection.user}`);
      setText(id, connection.id);
      const texts = [
        nameOf(state, connection.member), span(serverTime(state, state.receivedAt) - connection.since), number(connection.rate_in),
        number(connection.rate_out), bytes(connection.bytes_out), connection.lag > 0 ? ms(connection.lag) : "–",
      ];
      texts.forEach((text, n) => setText(cells[n + 1], text));
      setAttribute(row, "data-level", connection.lag >= SLOW ? "warn" : null);
      setAttribute(button, "aria-label", `Disconnect ${connection.name || "Anonymous"}`);
    },
  };
}
