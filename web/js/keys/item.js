// One key in the list: what it is for, and revoking it, which asks once more.

import { paceOf } from "../durations.js";
import { locale, t } from "../words/words.js";

// Each scope includes those below it.
const MAY = [["moderate", t("moderates")], ["draw", t("draws")], ["watch", t("watches")]];

/**
 * @param {import("./keys.js").Key} key
 * @param {number} now Unix ms
 * @param {() => void} revoke
 */
export function keyItem(key, now, revoke) {
  const item = document.createElement("li"), text = document.createElement("div");
  const name = element("b", key.name || t("Without a name")), facts = element("span", describe(key, now).join(" · "));
  name.dir = "auto";
  facts.className = "faint";
  text.append(name, facts);
  item.append(text, confirmed(key.name ? t("Revoke {name}", { name: key.name }) : t("Revoke this key"), revoke));
  return item;
}

/** What there is to know about a key. @param {import("./keys.js").Key} key */
export function describe(key, now) {
  const day = (ms) => new Date(ms).toLocaleDateString(locale(), { dateStyle: "medium" });
  const facts = [MAY.find(([scope]) => key.scopes.includes(scope))?.[1] ?? t("may do nothing")];
  if (key.until > 0) facts.push(key.until <= now ? t("has ended") : t("until {time}", { time: day(key.until) }));
  facts.push(key.lastUsed > 0 ? t("last used {time}", { time: day(key.lastUsed) }) : t("never used"));
  if (key.rate > 0) facts.push(paceOf(key.rate, key.burst));
  return facts;
}

/** A button that becomes two: to do it, and not to. */
function confirmed(label, act) {
  const ask = button(t("Revoke"), label), yes = button(t("Revoke it"), t("{label}: yes", { label })), no = button(t("Keep"), t("{label}: no", { label }));
  yes.className = "danger";
  yes.hidden = no.hidden = true;
  const asks = (shown) => {
    ask.hidden = shown;
    yes.hidden = no.hidden = !shown;
    (shown ? no : ask).focus();
  };
  ask.addEventListener("click", () => asks(true));
  no.addEventListener("click", () => asks(false));
  yes.addEventListener("click", act);
  const box = element("span", "");
  box.append(ask, yes, no);
  return box;
}

function button(text, label) {
  const made = element("button", text);
  made.type = "button";
  made.setAttribute("aria-label", label);
  return made;
}

/** @template {keyof HTMLElementTagNameMap} T @param {T} tag */
function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
