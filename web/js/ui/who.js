// Who is here: the count, the list of names, whom the view follows, and the user's own name, which is asked for once and edited in place.

import { byId, setHidden, setProperty, setText } from "./dom.js";
import { button, make } from "./elements.js";
import { number } from "../numbers.js";
import { popover } from "./popover.js";
import { colourOf } from "../view/others.js";
import { plural, t } from "../words/words.js";

/** @typedef {import("../state.js").State} State */

const LISTED = 200; // names shown at once: nobody reads more

/**
 * @param {object} does
 * @param {(name: string) => void} does.rename
 * @param {() => void} does.changed
 * @param {(user: number) => void} does.follow
 * @param {() => void} does.stop following
 * @param {() => void} does.looks somebody looks at the list
 * @param {State} state
 * @returns {{show: () => void} & import("./popover.js").Popover} of the list
 */
export function who({ rename, changed, follow, stop, looks }, state) {
  const people = byId("people"), panel = popover(byId("people-button"), people, changed);
  const showName = ownName(rename, state);
  const showPrompt = prompt(rename, state);
  const showList = list(people, state, (user) => {
    panel.close();
    follow(user);
  });
  const showFollowed = followed(stop, state);
  return {
    show() {
      byId("light").classList.toggle("on", state.connection.welcomed);
      setText(byId("count"), state.connection.welcomed ? number(state.people.count) : "–");
      showName();
      showPrompt();
      showList();
      if (!people.hidden) looks();
      showFollowed();
    },
    ...panel,
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

/** Asks for a name when there is something to sign, without getting in the way. @param {State} state */
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
  return () => setHidden(form, !state.asksName || !state.drew || !state.me.watches);
}

/** Says whom the view follows. @param {State} state */
function followed(stop, state) {
  const bar = byId("following");
  byId("following-stop").addEventListener("click", stop);
  return () => {
    const { following, people } = state;
    setHidden(bar, following === 0);
    if (following === 0) return;
    setText(byId("following-text"), t("You follow {name}", { name: people.nameOf(following) }));
    setProperty(bar, "--colour", colourOf(following));
  };
}

/** @param {import("../state.js").Connection} connection */
function connectedTo({ node, rtt }) {
  if (!node) return t("Connected to the server");
  return rtt < 0 ? t("Connected to {server}", { server: node }) : t("Connected to {server}, {n} ms", { server: node, n: Math.round(rtt) });
}

/** @param {HTMLElement} people @param {State} state @param {(user: number) => void} choose */
function list(people, state, choose) {
  const names = byId("names"), unnamed = byId("unnamed"), server = byId("server");
  let shown = -1;
  return () => {
    if (people.hidden) return;
    const { connection } = state;
    setText(byId("placed"), state.placed === 0 ? "" : plural(state.placed, "You have placed 1 pixel since you came", "You have placed {n} pixels since you came"));
    setText(server, connection.welcomed ? connectedTo(connection) : t("Not connected"));
    if (shown === state.people.version) return;
    shown = state.people.version;
    const known = [...state.people.names].sort((a, b) => a[1].localeCompare(b[1]));
    const own = known.findIndex(([user]) => user === connection.user);
    if (own > 0) known.unshift(...known.splice(own, 1));
    names.replaceChildren(...known.slice(0, LISTED).map(([user]) => item(state.people.nameOf(user), user, user === connection.user, choose)));
    const more = Math.max(0, state.people.distinct - Math.min(LISTED, known.length));
    setText(unnamed, more === 0 ? "" : known.length > LISTED ? plural(more, "and 1 more", "and {n} more") : plural(more, "1 anonymous", "{n} anonymous"));
  };
}

/** One of those who are here: others can be followed. @param {(user: number) => void} choose */
function item(shown, user, own, choose) {
  const name = make("bdi", shown); // isolates the name's writing direction
  if (own) return make("li", [name, ` ${t("(you)")}`], "own");
  const chosen = button("", "", () => choose(user));
  chosen.title = t("Go where they are, and follow them");
  chosen.append(make("i", "", "dot"), name);
  chosen.style.setProperty("--colour", colourOf(user));
  return make("li", [chosen]);
}
