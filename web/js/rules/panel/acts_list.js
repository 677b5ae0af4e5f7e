// The last acts: who decided what and why, and taking them back.

import { button, make } from "../../ui/elements.js";
import { ago, exact } from "../../record/times.js";
import { actWords, short, takenBack } from "../act_texts.js";
import { t } from "../../words/words.js";

/**
 * @param {import("./duty.js").Duty} duty
 * @param {import("../parts.js").Page} page
 * @param {(run: () => Promise<any>) => void} attempt
 */
export function actsList(duty, page, attempt) {
  const list = make("ol", "", "acts-list"), none = make("p", t("Nothing has been decided yet."), "faint");
  return {
    element: make("div", [list, none]),
    show() {
      none.hidden = duty.acts.length > 0;
      list.replaceChildren(...duty.acts.map((act) => item(act, duty, page, attempt)));
    },
  };
}

/** @param {import("../rules_server.js").Act} act */
function item(act, duty, page, attempt) {
  const by = takenBack(act, duty.undone), time = make("span", ago(act.time, page.today()), "faint");
  time.title = exact(act.time);
  const who = act.by.name || (act.by.user ? short(act.by.user) : t("operator"));
  const text = make("div", [
    make("span", actWords(act), by === undefined ? "" : "undone"),
    make("span", [`${act.n} · ${who} · `, time, ...(act.why ? [` · ${act.why}`] : []), ...(by === undefined ? [] : [` · ${t("taken back by act {n}", { n: by })}`])], "faint"),
  ]);
  const undo = by === undefined && act.mayUndo ? button(t("Undo"), "undo", () => attempt(() => duty.undo(act.n))) : null;
  undo?.setAttribute("aria-label", t("Undo act {n}: {act}", { n: act.n, act: actWords(act) }));
  return make("li", [text, undo]);
}
