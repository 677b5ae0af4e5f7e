// Who has drawn most, today and in all, and the user's own place among them: a part of the list of who is here.

import { cleanName } from "../people/name.js";
import { ANONYMOUS } from "../people/people.js";
import { number, plural, t } from "../words/words.js";
import { byId, setText } from "../ui/dom.js";
import { make } from "../ui/elements.js";

/**
 * @typedef {{user: string, name?: string, pixels: number}} Count  user: 12 hexadecimal digits
 * @typedef {{user: number, name: string, pixels: number, place: number}} Leader
 * @typedef {ReturnType<typeof leaders>} Leaders
 */

const SHOWN = 10;
const LISTED = 100; // as many as the server names
const SERVER = 1; // the user who takes back what others drew
const FRESH = 20_000; // ms for which an answer holds while somebody looks

/** Those who placed pixels, in order; who placed as many as another shares the place. @param {Count[]} counts @returns {Leader[]} */
export function ranked(counts) {
  const people = counts.map(({ user, name, pixels }) => ({ user: parseInt(user, 16), name: cleanName(name ?? ""), pixels, place: 0 })).filter(({ user }) => user !== SERVER);
  people.forEach((each, i) => (each.place = i > 0 && people[i - 1].pixels === each.pixels ? people[i - 1].place : i + 1));
  return people;
}

/** What to say of the user's own place. @param {Leader[]} people @param {number} me */
export function ownPlace(people, me) {
  const own = people.find(({ user }) => user === me);
  if (own) return plural(own.pixels, "You are number {place}, with 1 pixel", "You are number {place}, with {n} pixels", { place: number(own.place) });
  return people.length < LISTED - 1 ? t("You have not placed any yet") : t("You are not among the first {n} yet", { n: number(people.length) });
}

/** When the day began, where the user is. @param {number} now Unix ms */
export function dayOf(now) {
  return new Date(now).setHours(0, 0, 0, 0);
}

/**
 * @param {import("../state.js").State} state
 * @param {import("./parts.js").Page} page
 */
export function leaders(state, page) {
  const box = byId("leaders"), list = make("ol"), own = make("p", "", "faint");
  const scopes = make("div", [choice(t("Today"), "day", true), choice(t("All time"), "all", false)], "scopes");
  let asked = -Infinity, scope = "day";
  scopes.setAttribute("role", "group");
  scopes.setAttribute("aria-label", t("Since when"));
  scopes.addEventListener("change", ({ target }) => {
    scope = /** @type {HTMLInputElement} */ (target).value;
    ask();
  });
  box.append(make("h2", t("Most pixels")), scopes, list, own);

  async function ask() {
    const wanted = scope;
    asked = page.now();
    try {
      const counts = await page.server.most(wanted === "day" ? dayOf(page.today()) : null, new AbortController().signal);
      if (wanted === scope) show(ranked(counts));
    } catch (error) {
      setText(own, error.message);
    }
  }

  /** @param {Leader[]} people */
  function show(people) {
    const me = state.connection.user;
    list.replaceChildren(...people.slice(0, SHOWN).map(({ user, name, pixels: n, place }) => {
      const item = make("li", [make("b", number(place)), make("bdi", state.people.names.has(user) ? state.people.nameOf(user) : name || ANONYMOUS), make("span", number(n))]);
      item.classList.toggle("own", user === me);
      return item;
    }));
    setText(own, ownPlace(people, me));
  }

  return {
    /** Somebody looks at it: keeps it fresh. */
    look() {
      box.hidden = false;
      if (page.now() - asked > FRESH) ask();
    },
  };
}

/** @returns {HTMLLabelElement} */
function choice(label, value, checked) {
  const input = Object.assign(make("input"), { type: "radio", name: "leaders", value, checked });
  return make("label", [input, label]);
}
