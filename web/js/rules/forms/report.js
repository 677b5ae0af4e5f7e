// The form that tells moderators about a place: where, who, and what is wrong with it.

import { tell } from "../../state.js";
import { button, make } from "../../ui/elements.js";
import { setHidden, setText } from "../../ui/dom.js";
import { labelled, makeDialog } from "./dialog.js";
import { t } from "../../words/words.js";

const MOST = 500; // bytes of words that the server takes

/**
 * @param {import("../../state.js").State} state
 * @param {import("../parts.js").Page} page
 * @returns {import("../parts.js").Part}
 */
export function reporting(state, page) {
  const form = makeDialog("report"), words = make("textarea"), place = make("strong"), who = make("bdi", "", "strong");
  const about = make("span", [" ", t("It is about:"), " ", who]), send = make("button", t("Send report"), "primary");
  words.required = true;
  words.maxLength = MOST;
  words.rows = 4;
  words.placeholder = t("What is wrong here?");
  send.type = "submit";
  const fields = make("form", [
    make("p", [t("Moderators will look at:"), " ", place, about]),
    labelled(t("What is wrong"), words),
    make("p", t("They see this place, your words and your public id, and nobody else does."), "faint"),
    make("p", [send, button(t("Cancel"), "", () => form.close())], "acts"),
  ]);
  fields.autocomplete = "off";
  form.body.append(fields);
  form.title(t("Report"));
  let open = { x: 0, y: 0, user: /** @type {string | undefined} */ (undefined) };
  fields.addEventListener("submit", (event) => {
    event.preventDefault();
    form.attempt(async () => {
      await page.server.report({ x: open.x, y: open.y, ...(open.user ? { user: open.user } : {}), words: shortened(words.value.trim()) });
      words.value = "";
      form.close();
      tell(state, t("Thank you: moderators will look at it"), page.now());
      page.changed();
    });
  });
  words.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) fields.requestSubmit();
  });
  return {
    open(at) {
      open = { x: at.x, y: at.y, user: at.user };
      setText(place, `${at.x}, ${at.y}`);
      setText(who, at.name || (at.user ? t("the person {id}", { id: `·${at.user.slice(-4)}` }) : ""));
      setHidden(about, !at.user);
      form.open();
      words.focus();
    },
  };
}

/** As many of its characters as the server takes. */
function shortened(text) {
  const encoder = new TextEncoder();
  let kept = [...text];
  while (encoder.encode(kept.join("")).length > MOST) kept = kept.slice(0, -1);
  return kept.join("");
}
