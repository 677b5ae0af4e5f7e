// People: those with the most connections, or those searched for.

import { dismiss } from "../acts.js";
import { sanction } from "../decisions.js";
import { count, span } from "../format.js";
import { allowanceOf, called, idOf, sortOf, whereOf } from "../people.js";
import { toConnections, toPeople } from "../route.js";
import { serverTime } from "../state.js";
import { byId, inUse, make, Rows, setAttribute, setHidden, setText, tableRow } from "./dom.js";

const LABELS = ["Person", "Is", "Connections", "At", "Network", "For", "Allowance", ""];

/** @returns {() => void} */
export function people(page) {
  const { state, go, look } = page, body = byId("people-body"), rows = new Rows(body, () => person(page));
  const field = byId("people-search"), addresses = byId("people-addresses");
  byId("people-filter").addEventListener("submit", (event) => {
    event.preventDefault();
    go(toPeople(field.value.trim()));
  });
  byId("people-all").addEventListener("click", () => go(toPeople()));
  addresses.addEventListener("change", () => {
    state.addresses = addresses.checked;
    look();
  });
  let shown = "";
  return () => {
    if (!state.answer || state.route.view !== "people") return;
    const search = state.route.name;
    if (search !== shown && document.activeElement !== field) field.value = search;
    shown = search;
    setText(byId("people-title"), search ? `People with “${search}”` : "People");
    setText(byId("people-note"), note(state));
    setHidden(byId("people-all"), search === "");
    rows.show(state.people.items, ({ subject }) => subject, inUse(body));
  };
}

/** @param {import("../state.js").State} state */
function note({ people, route }) {
  if (people.error) return `Not up to date: ${people.error}`;
  if (people.at === 0) return "Asking all pods…";
  if (people.items.length === 0) return route.name ? "Nobody here is like this." : "Nobody is connected.";
  return people.more ? `The ${count(people.items.length)} with the most connections; there are more.` : "Those with the most connections first.";
}

function person({ state, ask, decide }) {
  const { row, cells } = tableRow(LABELS), name = make("a", { class: "name" }), id = make("small"), button = make("button", { type: "button", class: "small" }, "Disconnect all…");
  cells[0].append(name, " ", id);
  const ban = make("button", { type: "button", class: "small" }, "Ban…");
  cells[7].append(button, " ", ban);
  let shown;
  button.addEventListener("click", () => ask(dismiss(shown)));
  ban.addEventListener("click", () => decide(sanction({ user: shown.user })));
  return {
    element: row,
    show(/** @type {import("../state.js").Person} */ person) {
      shown = person;
      const time = serverTime(state, state.receivedAt);
      setText(name, called(person));
      setAttribute(name, "href", person.name ? toConnections(person.name) : null);
      setAttribute(name, "title", `${person.user ? `User ${person.user}, s` : "S"}ubject ${person.subject}`);
      setText(id, idOf(person));
      const texts = [sortOf(person), count(person.connections), whereOf(state, person), person.network || "–", span(time - person.since), allowanceOf(person, time)];
      texts.forEach((text, n) => setText(cells[n + 1], text));
      setHidden(ban, !person.user);
      setAttribute(ban, "aria-label", `Ban ${called(person)} ${idOf(person)}`);
      setAttribute(button, "aria-label", `Disconnect all of ${called(person)} ${idOf(person)}`);
    },
  };
}
