// What someone sees who is banned: why, until when, and where to appeal. The page has given up the connection and tries it again
// only when the ban ends, or when the user asks for it.

import { button, make } from "../../ui/elements.js";
import { setHidden, setText } from "../../ui/dom.js";
import { span } from "../ruling.js";
import { locale, t } from "../../words/words.js";

const AGAIN = 1500; // ms after the end, since the server's clock decides
const MOST = 2 ** 31 - 1; // ms of a timer

/**
 * @param {import("../../state.js").State} state
 * @param {import("../parts.js").Page} page
 * @returns {import("../parts.js").Part}
 */
export function banned(state, page) {
  const why = make("p", "", "banned-why"), until = make("p"), left = make("span", "", "faint"), appeal = make("p");
  const title = make("h2", t("You are banned from this canvas"));
  title.id = "banned-title";
  const again = button(t("Try again"), "primary", () => page.askMe());
  const dialog = make("dialog", [title, why, until, appeal, make("p", [again], "acts")], "help banned");
  dialog.setAttribute("aria-labelledby", title.id);
  // A browser closes a dialog at the second Escape, whatever cancel says: there is nothing behind this one.
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Escape") event.preventDefault();
  });
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.addEventListener("close", () => {
    if (state.me.banned) dialog.showModal();
  });
  document.body.append(dialog);
  let shown = /** @type {import("../../people/me.js").Me["banned"]} */ (null), timer = 0;
  const began = (ban) => {
    setText(why, ban.why ? t("Reason: {why}", { why: ban.why }) : t("No reason was given."));
    until.replaceChildren(...(ban.until > 0 ? [t("Until {time}", { time: new Date(ban.until).toLocaleString(locale(), { dateStyle: "full", timeStyle: "short" }) }), " ", left] : [t("Until a moderator lifts it.")]));
    appeal.replaceChildren(t("If you think that is wrong, turn to:"), " ", address(ban.appeal));
    setHidden(appeal, ban.appeal === "");
    page.stop();
    page.clearTimeout(timer);
    if (ban.until > 0) timer = page.setTimeout(() => page.askMe(), Math.min(MOST, Math.max(0, ban.until - page.today()) + AGAIN));
    if (!dialog.open) dialog.showModal();
  };
  return {
    show() {
      const ban = state.me.banned;
      if (ban && JSON.stringify(ban) !== JSON.stringify(shown)) began(ban);
      if (!ban && shown) {
        page.clearTimeout(timer);
        dialog.close();
        page.reconnect();
      }
      shown = ban;
      if (!ban || ban.until === 0) return Infinity;
      const ms = ban.until - page.today();
      setText(left, ms > 0 ? t("(in {time})", { time: span(ms) }) : "");
      return 1000;
    },
  };
}

/** An address that one can follow, if it is one; else just the words. */
function address(text) {
  const link = /^(https?:\/\/|mailto:)\S+$/i.test(text) ? text : /^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/.test(text) ? `mailto:${text}` : "";
  if (!link) return make("strong", text);
  return Object.assign(make("a", text), { href: link, rel: "noopener noreferrer", target: "_blank" });
}
