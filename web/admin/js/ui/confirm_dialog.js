// The dialog that asks before anything is done, and shows the outcome.

import { notDone } from "../acts.js";
import { byId, make, setHidden, setText } from "./dom.js";

/**
 * @param {import("../server.js").Server} server
 * @param {import("../state.js").State} state
 * @param {{changed: () => void, done: () => void}} does done: something was done, so the data on the page is out of date
 * @returns {(act: import("../acts.js").Act) => void} asks
 */
export function confirm(server, state, { changed, done }) {
  const dialog = byId("confirm");
  let act = /** @type {import("../acts.js").Act | null} */ (null);
  byId("confirm-cancel").addEventListener("click", () => dialog.close());
  byId("confirm-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const asked = act, given = asked.choice ? byId("confirm-choice").value : asked.line ? byId("confirm-line").value.trim() : "";
    if (asked.line && !given) return byId("confirm-line").focus();
    byId("confirm-do").disabled = true;
    setText(byId("confirm-result"), "Asking the pod…");
    const error = await server.act(asked.path, asked.body(given)).then(() => null, (error) => error);
    if (asked !== act) return; // meanwhile the dialog was closed and opened for another act
    result(error ? notDone(error) : asked.done(given), !error);
    state.said = byId("confirm-result").textContent;
    changed();
    done();
  });
  dialog.addEventListener("close", () => {
    act = null;
  });
  return (next) => {
    act = next;
    fill(next);
    dialog.showModal();
    (next.line ? byId("confirm-line") : next.choice && next.button ? byId("confirm-choice") : byId("confirm-cancel")).focus();
  };
}

/** @param {import("../acts.js").Act} act */
function fill(act) {
  setText(byId("confirm-title"), act.title);
  byId("confirm-lines").replaceChildren(...act.lines.map((line) => make("li", {}, line)));
  setHidden(byId("confirm-choose"), !act.choice || !act.button);
  if (act.choice) {
    setText(byId("confirm-choice-label"), act.choice.label);
    byId("confirm-choice").replaceChildren(...act.choice.options.map(({ value, text }) => make("option", { value }, text)));
  }
  setHidden(byId("confirm-write"), !act.line);
  byId("confirm-line").value = "";
  if (act.line) {
    setText(byId("confirm-line-label"), `${act.line.label} (at most ${act.line.max} characters)`);
    byId("confirm-line").maxLength = act.line.max;
  }
  setText(byId("confirm-do"), act.button);
  byId("confirm-do").classList.toggle("grave", act.grave);
  allow(act.button !== "");
  setText(byId("confirm-cancel"), "Cancel");
  setText(byId("confirm-result"), "");
}

/** Sets whether the act can be done. Enter would still press a button that is only hidden. */
function allow(can) {
  byId("confirm-do").disabled = !can;
  setHidden(byId("confirm-do"), !can);
}

/** Shows the outcome. An act that failed may be tried again. */
function result(text, done) {
  const line = byId("confirm-result");
  setText(line, text);
  line.classList.toggle("failed", !done);
  allow(!done);
  setText(byId("confirm-cancel"), "Close");
  byId("confirm-cancel").focus();
}
