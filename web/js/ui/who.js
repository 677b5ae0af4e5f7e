// Who is here: the count, the list of names, and the user's own name, which is asked for once and edited in place.

import { byId, setHidden, setText } from "./dom.js";
import { number } from "../numbers.js";
import { popover } from "./popover.js";
import { plural, t } from "../words/words.js";

/** @typedef {import("../state.js").State} State */

const LISTED = 200; // names shown at once: nobody reads more

/**
 * @param {object} does
 * @param {(name: string) => void} does.rename
 * @param {() => void} does.changed
 * @param {State} state
 * @returns {{show: () => void} & import("./popover.js").Popover} of the list
 */
export function who({ rename, changed }, state) {
  const people = byId("people");
  const showName = ownName(rename, state);
  const showPrompt = prompt(rename, state);
  const showList = list(people, state);
  return {
    show() {
      byId("light").classList.toggle("on", state.connection.welcomed);
      setText(byId("count"), state.connection.welcomed ? number(state.people.count) : "–");
      showName();
      showPrompt();
      showList();
    },
    ...popover(byId("people-button"), people, changed),
  };
}

/** The name in the header is a field that doesn't look like one. @param {State} state */
function ownName(rename, state) {
  const input = byId("name");
  let kept = true, entered = false, shown = "";
  byId("me").addEventListener("submit", (event) => {
    event.preventDefault();
    entered = true;
    input.blur();
  });
  input.addEventListener("focus", () => {
    kept = true;
    entered = false;
    input.select();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    kept = false;
    input.blur();
  });
  input.addEventListener("blur", () => {
    if (kept && (entered || input.value !== state.name)) rename(input.value); // who only passes by has said nothing
    input.value = shown = state.name;
  });
  return () => {
    if (state.name === shown || document.activeElement === input) return;
    input.value = shown = state.name;
  };
}

/** Asks for a name without getting in the way. @param {State} state */
function prompt(rename, state) {
  const form = byId("prompt"), input = byId("prompt-name");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    rename(input.value);
  });
  byId("prompt-skip").addEventListener("click", () => rename(""));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") rename("");
  });
  return () => setHidden(form, !state.asksName || !state.me.watches);
}

/** @param {import("../state.js").Connection} connection */
function connectedTo({ node, rtt }) {
  if (!node) return t("Connected to the server");
  return rtt < 0 ? t("Connected to {server}", { server: node }) : t("Connected to {server}, {n} ms", { server: node, n: Math.round(rtt) });
}

/** @param {HTMLElement} people @param {State} state */
function list(people, state) {
  const names = byId("names"), unnamed = byId("unnamed"), server = byId("server");
  let shown = -1;
  return () => {
    if (people.hidden) return;
    const { connection } = state;
    setText(server, connection.welcomed ? connectedTo(connection) : t("Not connected"));
    if (shown === state.people.version) return;
    shown = state.people.version;
    const known = [...state.people.names].sort((a, b) => a[1].localeCompare(b[1]));
    const own = known.findIndex(([user]) => user === connection.user);
    if (own > 0) known.unshift(...known.splice(own, 1));
    names.replaceChildren(...known.slice(0, LISTED).map(([user]) => {
      const item = document.createElement("li"), name = document.createElement("bdi"); // isolates the name's writing direction
      name.textContent = state.people.nameOf(user);
      item.append(name, user === connection.user ? ` ${t("(you)")}` : "");
      item.className = user === connection.user ? "own" : "";
      return item;
    }));
    const more = Math.max(0, state.people.distinct - Math.min(LISTED, known.length));
    setText(unnamed, more === 0 ? "" : known.length > LISTED ? plural(more, "and 1 more", "and {n} more") : plural(more, "1 anonymous", "{n} anonymous"));
  };
}
