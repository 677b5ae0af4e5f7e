// Dialogs of the parts that are loaded when they are used. Escape and the cross close them; the browser gives the focus back.

import { button, icon, make } from "../../ui/elements.js";
import { setHidden, setText } from "../../ui/dom.js";
import { t } from "../../words/words.js";

let made = 0;

/**
 * A dialog with a title, a place for trouble, and what the caller puts into it.
 * @returns {{dialog: HTMLDialogElement, body: HTMLElement, title: (text: string) => void, trouble: (text: string) => void,
 *   attempt: (run: () => Promise<void>) => Promise<boolean>, open: () => void, close: () => void}}
 */
export function makeDialog(className) {
  const title = make("h2"), body = make("div"), trouble = make("p", "", "trouble");
  title.id = `dialog-${++made}`;
  trouble.setAttribute("role", "alert");
  trouble.hidden = true;
  const close = button("", "shut", () => dialog.close());
  close.setAttribute("aria-label", t("Close"));
  close.title = t("Close (Esc)");
  close.append(icon("i-close"));
  const dialog = make("dialog", [make("div", [title, close], "dialog-head"), trouble, body], `help ruling-dialog ${className}`);
  dialog.setAttribute("aria-labelledby", title.id);
  document.body.append(dialog);
  const say = (/** @type {string} */ text) => {
    setText(trouble, text);
    setHidden(trouble, text === "");
  };
  let running = false;
  return {
    dialog, body,
    title: (text) => setText(title, text),
    trouble: say,
    /** Runs what may fail, once at a time, and says so if it does. */
    async attempt(run) {
      if (running) return false;
      running = true;
      dialog.setAttribute("aria-busy", "true");
      say("");
      try {
        await run();
        return true;
      } catch (error) {
        say(error.message);
        return false;
      } finally {
        running = false;
        dialog.removeAttribute("aria-busy");
      }
    },
    open() {
      say("");
      if (!dialog.open) dialog.showModal();
    },
    close: () => dialog.close(),
  };
}

/** A field with its label. @template {HTMLElement} T @param {T} field */
export function labelled(text, field) {
  return make("label", [make("span", text), field], "field");
}

/** @param {[value: string, label: string][]} options */
export function choice(options, chosen = options[0][0]) {
  const select = make("select");
  select.append(...options.map(([value, label]) => new Option(label, value, value === chosen, value === chosen)));
  return select;
}
