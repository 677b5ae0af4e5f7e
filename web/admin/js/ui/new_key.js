// The dialog that makes a key and shows it, once.

import { notDone } from "../acts.js";
import { troubleOf, wantedOf } from "../keys.js";
import { serverTime } from "../state.js";
import { byId, setHidden, setText } from "./dom.js";

/** @returns {() => void} opens it */
export function newKey({ state, server, now, look, changed }) {
  const dialog = byId("new-key"), form = byId("new-key-form"), made = byId("new-key-made"), text = byId("new-key-text");
  let kept = true; // the key that is shown was copied, or there is none
  const fail = (why) => setText(byId("new-key-result"), why);
  const choose = () => {
    setHidden(byId("new-key-pace"), byId("new-key-paced").value === "");
    setHidden(byId("new-key-day"), byId("new-key-ends").value !== "date");
  };
  form.addEventListener("change", choose);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wanted = wantedOf(read(), serverTime(state, now()));
    if ("wrong" in wanted) {
      fail(`${wanted.wrong}.`);
      return byId(`new-key-${wanted.field}`).focus();
    }
    busy(true);
    fail("Asking the store…");
    try {
      show(await server.makeKey(wanted.body));
    } catch (error) {
      fail(notDone({ message: troubleOf(error), status: error.status }, "the list of keys"));
    }
    busy(false);
    look(true);
  });
  byId("new-key-copy").addEventListener("click", async () => {
    kept = await copy(text);
    setText(byId("new-key-said"), kept ? "Copied." : "The browser did not copy it: it is selected, copy it yourself.");
    if (kept) byId("new-key-done").focus();
  });
  text.addEventListener("copy", () => {
    kept = true;
  });
  for (const button of [byId("new-key-cancel"), byId("new-key-done")]) button.addEventListener("click", () => dialog.close());
  dialog.addEventListener("cancel", (event) => {
    if (kept) return;
    event.preventDefault(); // Esc, pressed by habit, would lose it for good
    setText(byId("new-key-said"), "It is not copied yet. Done closes this all the same.");
    byId("new-key-done").focus();
  });
  dialog.addEventListener("close", () => {
    kept = true;
    text.value = ""; // nothing that looks at the page later may find it
  });

  function show({ key, name }) {
    kept = false;
    setText(byId("new-key-title"), `Key of ${name}`);
    text.value = key;
    setText(byId("new-key-said"), "");
    swap(true);
    text.focus();
    text.select();
    text.scrollLeft = 0; // it begins with pp_
    state.said = "Key made: copy it now";
    changed();
  }

  function swap(shown) {
    setHidden(form, shown);
    setHidden(made, !shown);
  }

  function busy(waits) {
    byId("new-key-do").disabled = waits;
  }

  return () => {
    form.reset();
    choose();
    fail("");
    setText(byId("new-key-title"), "A new key");
    swap(false);
    dialog.showModal();
    byId("new-key-name").focus();
  };
}

/** What the form says. */
function read() {
  const value = (name) => byId(`new-key-${name}`).value;
  return { name: value("name"), scope: value("scope"), paced: value("paced") !== "", rate: value("rate"), burst: value("burst"), days: value("ends"), date: value("date") };
}

/** Copies the text of a field. Without TLS there is no clipboard to write to. @returns {Promise<boolean>} whether that worked */
async function copy(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}
