// What concerns the whole canvas: freezing and opening it, and telling everybody something. Also banning by a public id.

import { exact } from "../../record/times.js";
import { button, make } from "../../ui/elements.js";
import { setHidden, setText } from "../../ui/dom.js";
import { choice, labelled } from "../forms/dialog.js";
import { LENGTHS } from "../act_texts.js";
import { plural, t } from "../../words/words.js";

/** @type {[string, string][]} */
const FREEZES = [["0", t("until it is opened")], [String(5 * 60_000), plural(5, "1 minute", "{n} minutes")], [String(15 * 60_000), plural(15, "1 minute", "{n} minutes")], ...LENGTHS.slice(0, 2)];

/**
 * @param {import("../../state.js").State} state
 * @param {import("./duty.js").Duty} duty
 * @param {import("../parts.js").Page} page
 * @param {(run: () => Promise<any>) => Promise<boolean>} attempt
 * @param {{ban: () => void, rollback: () => void}} does
 */
export function canvasTab(state, duty, page, attempt, does) {
  const now = make("p", "", "canvas-now"), long = choice(FREEZES), text = make("input"), announce = make("button", t("Announce"), "primary");
  Object.assign(text, { required: true, maxLength: 300, placeholder: t("The finale begins at eight") });
  announce.type = "submit";
  const freeze = button(t("Freeze"), "freeze danger-button", () => attempt(() => duty.act({ do: "freeze", ...(Number(long.value) > 0 ? { until: page.today() + Number(long.value) } : {}) })));
  const open = button(t("Open"), "open primary", () => attempt(() => duty.act({ do: "open" })));
  const form = make("form", [labelled(t("Tell everybody who is here"), text), make("p", [announce], "acts")], "stacked");
  form.autocomplete = "off";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      await duty.act({ do: "announce", text: text.value.trim() });
      text.value = "";
    });
  });
  const freezing = make("div", [labelled(t("Freeze for"), long), freeze], "freezing");
  return {
    element: make("div", [
      now, freezing, make("p", [open], "acts"), form,
      make("h3", t("Without a pixel to point at")),
      make("p", [button(t("Ban by public id…"), "ban-id", does.ban), button(t("Roll back…"), "roll-area", does.rollback)], "acts"),
    ]),
    show() {
      const today = page.today(), { state: is, until } = state.rules?.at(today) ?? { state: "open", until: 0 };
      const words = { open: t("The canvas is open"), frozen: t("The canvas is frozen"), "white-out": t("White-out: only white can be placed") }[is];
      setText(now, until > today ? t("{state} until {time}", { state: words, time: exact(until) }) : words);
      setHidden(freezing, is === "frozen");
      setHidden(open.parentElement, is === "open");
    },
  };
}
