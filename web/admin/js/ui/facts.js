// A list of facts: names and values.

import { make, Rows, setText } from "./dom.js";

/** @param {HTMLElement} parent a dl @returns {(facts: readonly (readonly [string, string])[]) => void} */
export function facts(parent) {
  const rows = new Rows(parent, () => {
    const name = make("dt"), value = make("dd");
    return {
      element: make("div", {}, name, value),
      show(/** @type {readonly [string, string]} */ fact) {
        setText(name, fact[0]);
        setText(value, fact[1]);
      },
    };
  });
  return (given) => rows.show(given, (fact) => fact[0]);
}
