// What concerns the whole canvas: freezing and opening it, and telling everybody something. Also banning by a public id.

import { exact } from "../../record/times.js";
import { button, make } from "../../ui/elements.js";
import { setHidden, setText } from "../../ui/dom.js";
import { choice, labelled } from "../forms/dialog.js";
import { LENGTHS } from "../act_texts.js";

/** @type {[string, string][]} */
const FREEZES = [["0", "until it is opened"], [String(5 * 60_000), "5 minutes"], [String(15 * 60_000), "15 minutes"], ...LENGTHS.slice(0, 2)];

/**
 * @param {import("../../state.js").State} state
 * @param {import("./duty.js").Duty} duty
 * @param {import("../parts.js").Page} page
 * @param {(run: () => Promise<any>) => Promise<boolean>} attempt
 * @param {{ban: () => void, rollback: () => void}} does
 */
export function canvasTab(state, duty, page, attempt, does) {
  const now = make("p", "", "canvas-now"), long = choice(FREEZES), text = make("input"), announce = make("button", "Announce", "primary");
  Object.assign(text, { required: true, maxLength: 300, placeholder: "The finale begins at eight" });
  announce.type = "submit";
  const freeze = button("Freeze", "freeze danger-button", () => attempt(() => duty.act({ do: "freeze", ...(Number(long.value) > 0 ? { until: page.today() + Number(long.value) } : {}) })));
  const open = button("Open", "open primary", () => attempt(() => duty.act({ do: "open" })));
  const form = make("form", [labelled("Tell everybody who is here", text), make("p", [announce], "acts")], "stacked");
  form.autocomplete = "off";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      await duty.act({ do: "announce", text: text.value.trim() });
      text.value = "";
    });
  });
  const freezing = make("div", [labelled("Freeze for", long), freeze], "freezing");
  return {
    element: make("div", [
      now, freezing, make("p", [open], "acts"), form,
      make("h3", "Without a pixel to point at"),
      make("p", [button("Ban by public id…", "ban-id", does.ban), button("Roll back…", "roll-area", does.rollback)], "acts"),
    ]),
    show() {
      const today = page.today(), { state: is, until } = state.rules?.at(today) ?? { state: "open", until: 0 };
      const words = { open: "The canvas is open", frozen: "The canvas is frozen", "white-out": "White-out: only white can be placed" }[is];
      setText(now, until > today ? `${words} until ${exact(until)}` : words);
      setHidden(freezing, is === "frozen");
      setHidden(open.parentElement, is === "open");
    },
  };
}
