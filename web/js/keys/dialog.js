// The dialog with the user's keys: what there are, making one, which is shown once, and revoking one.

import { copy } from "../view/permalink.js";
import { byId, setHidden, setText } from "../ui/dom.js";
import { style } from "../ui/elements.js";
import { keyItem } from "./item.js";
import { Keys } from "./keys.js";
import { t } from "../words/words.js";

const DAY = 86_400_000; // ms

/**
 * @param {typeof fetch} fetch
 * @param {import("../state.js").State} state
 * @returns {Promise<() => void>} opens it
 */
export async function keyDialog(fetch, state) {
  await style("css/keys.css");
  const keys = new Keys(fetch), dialog = byId("keys"), form = byId("make-key"), made = byId("key-made");
  const refresh = () => attempt(async () => showList(await keys.list(), revoke));
  const revoke = (id) => attempt(async () => {
    await keys.revoke(id);
    await refresh();
    byId("key-name").focus();
    setText(byId("keys-said"), t("Key revoked"));
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      showMade(await keys.make(wanted(form)));
      form.reset();
      await refresh();
    });
  });
  byId("key-copy").addEventListener("click", async () => {
    byId("key-text").select();
    setText(byId("keys-said"), (await copy(byId("key-text").value)) ? t("Copied") : t("Copying failed: the key is selected, copy it yourself"));
  });
  dialog.addEventListener("close", () => {
    byId("key-text").value = ""; // nothing that looks at the page later may find it
    setHidden(made, true);
    setText(byId("keys-said"), "");
  });
  return () => {
    setHidden(byId("key-moderates"), !["moderator", "owner"].includes(state.me.role));
    dialog.showModal();
    refresh();
  };
}

/** Runs something that may fail, and says so if it does. */
async function attempt(run) {
  const trouble = byId("keys-trouble");
  setText(trouble, "");
  try {
    await run();
  } catch (error) {
    setText(trouble, error.message);
  }
  setHidden(trouble, trouble.textContent === "");
}

function showList(keys, revoke) {
  byId("key-list").replaceChildren(...keys.map((key) => keyItem(key, Date.now(), () => revoke(key.id))));
  setHidden(byId("no-keys"), keys.length > 0);
}

function showMade(key) {
  const text = byId("key-text");
  text.value = key;
  setHidden(byId("key-made"), false);
  setText(byId("keys-said"), t("Key made: copy it now"));
  text.focus();
  text.select();
}

/** What the form asks for. @param {HTMLFormElement} form */
function wanted(form) {
  const fields = new FormData(form), days = Number(fields.get("days"));
  return {
    name: String(fields.get("name")).trim(),
    scopes: [String(fields.get("scope"))],
    ...(days > 0 ? { until: Date.now() + days * DAY } : {}),
  };
}
