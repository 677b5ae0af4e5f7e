// The user's account: who one is to the server, signing in and out. Nothing of it shows where nobody can sign in.

import { paceOf } from "../durations.js";
import { hasAccounts, idOf, roleOf, signInAt } from "../people/me.js";
import { byId, setAttribute, setHidden, setText } from "./dom.js";
import { popover } from "./popover.js";
import { locale, t } from "../words/words.js";

/** @typedef {import("../state.js").State} State */

const DAY = 86_400_000; // ms

/**
 * @param {object} does
 * @param {() => void} does.signOut
 * @param {() => void} does.showKeys
 * @param {() => void} does.changed
 * @param {State} state
 * @returns {{show: () => void} & import("./popover.js").Popover}
 */
export function account({ signOut, showKeys, changed }, state) {
  const panel = popover(byId("account-button"), byId("account"), changed);
  byId("sign-out").addEventListener("click", () => {
    panel.close();
    signOut();
  });
  byId("keys-button").addEventListener("click", () => {
    panel.away();
    showKeys();
  });
  byId("no-sign-in").addEventListener("click", () => {
    state.asksSignIn = false;
    byId("stage").focus({ preventScroll: true });
    changed();
  });
  for (const link of [byId("sign-in"), byId("ask-sign-in-link")]) {
    link.addEventListener("pointerdown", () => (link.href = signInAt(state.me, location)));
    link.addEventListener("click", () => (link.href = signInAt(state.me, location))); // by the keyboard
  }
  return {
    show() {
      const shown = hasAccounts(state.me);
      setHidden(byId("account-button"), !shown);
      showNotice(state);
      if (shown) showMe(state);
      else panel.away();
    },
    ...panel,
  };
}

/** @param {State} state */
function showMe({ me, allowance }) {
  const name = me.signedIn ? me.name || t("Signed in") : t("Not signed in");
  setText(byId("account-label"), me.signedIn ? me.name || t("You") : t("Sign in"));
  setAttribute(byId("account-button"), "title", me.signedIn ? t("Signed in as {name}", { name: me.name || t("someone without a name") }) : t("Sign in"));
  setText(byId("account-name"), name);
  setText(byId("account-role"), [roleOf(me), idOf(me)].filter(Boolean).join(" "));
  setText(byId("account-may"), me.draws ? paceOf(allowance.rate, allowance.burst) : t("You may watch, but not draw"));
  setText(byId("account-until"), me.until > 0 ? t("Signed in until {time}", { time: when(me.until) }) : "");
  setHidden(byId("account-until"), me.until === 0);
  setHidden(byId("sign-in"), me.signIn === "" || me.signedIn);
  setHidden(byId("sign-out"), me.signOut === "" || !me.signedIn);
  setHidden(byId("keys-button"), !me.keys);
  for (const link of [byId("sign-in"), byId("ask-sign-in-link")]) if (me.signIn) setAttribute(link, "href", me.signIn);
}

/** Says that one has to sign in: to draw, or to see anything at all. @param {State} state */
function showNotice({ me, asksSignIn }) {
  const barred = me.known && !me.watches;
  setHidden(byId("ask-sign-in"), !(barred || asksSignIn) || me.banned !== null);
  setHidden(byId("ask-sign-in-link"), me.signIn === "");
  setHidden(byId("no-sign-in"), barred);
  if (barred) setText(byId("ask-sign-in-text"), me.signIn ? t("Sign in to see this canvas") : t("This canvas is not open to everybody"));
  else setText(byId("ask-sign-in-text"), me.signIn ? t("You are watching. Sign in to draw") : t("You are watching. Only members draw here"));
}

/** "Mon 18:30", or the date if that is not clear. */
function when(ms) {
  const soon = ms - Date.now() < 6 * DAY;
  const fields = soon ? { weekday: "short", hour: "numeric", minute: "2-digit" } : { dateStyle: "medium" };
  return new Date(ms).toLocaleString(locale(), /** @type {Intl.DateTimeFormatOptions} */ (fields));
}
