// Choosing the language of the page: the browser's, or another one from now on. The page is loaded anew, and asks first if something
// is not saved.

import { LANGUAGES } from "../words/languages.js";
import { byId } from "./dom.js";

/** @param {import("../browser_storage.js").Kept} kept */
export function language(kept) {
  const select = byId("language");
  for (const [tag, name] of Object.entries(LANGUAGES)) {
    const option = new Option(name, tag);
    option.lang = tag;
    option.translate = false;
    select.append(option);
  }
  select.value = kept.get("language");
  select.addEventListener("change", () => {
    kept.set("language", select.value);
    location.reload();
  });
}
