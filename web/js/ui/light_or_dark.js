// Light or dark: as the system says, or as the user has chosen. The style sheets ask the system, in media queries; a choice answers
// these for it.

import { byId } from "./dom.js";

const DARK = "(prefers-color-scheme: dark)";

/** What a query for darkness becomes by a choice. @param {"light" | "dark" | "system"} choice */
export function answered(choice) {
  return choice === "system" ? DARK : choice === "dark" ? "all" : "not all";
}

/** The queries for darkness in the page's style sheets. @returns {MediaList[]} */
function queries() {
  const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
  return rules.flatMap((rule) => (rule instanceof CSSMediaRule && rule.media.mediaText === DARK ? [rule.media] : []));
}

/**
 * @param {import("../browser_storage.js").Kept} kept
 * @param {() => void} changed the colours have
 */
export function look(kept, changed) {
  const lists = queries(), bars = [...document.querySelectorAll('meta[name="theme-color"]')];
  const queriesOfBars = bars.map((bar) => /** @type {HTMLMetaElement} */ (bar).media);
  const wear = (/** @type {"light" | "dark" | "system"} */ choice) => {
    for (const list of lists) list.mediaText = answered(choice);
    document.documentElement.style.colorScheme = choice === "system" ? "" : choice;
    bars.forEach((bar, i) => (/** @type {HTMLMetaElement} */ (bar).media = choice === "system" ? queriesOfBars[i] : queriesOfBars[i].includes(choice) ? "all" : "not all"));
    changed();
  };
  const inputs = /** @type {HTMLInputElement[]} */ ([...byId("look").querySelectorAll("input")]);
  for (const input of inputs) {
    input.checked = input.value === kept.get("theme");
    input.addEventListener("change", () => {
      kept.set("theme", input.value);
      wear(/** @type {any} */ (input.value));
    });
  }
  if (kept.get("theme") !== "system") wear(kept.get("theme"));
}
