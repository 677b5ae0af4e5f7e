// Who placed this pixel: the parts of it, wired together.

import { card } from "./card.js";
import { Inspector } from "./inspector.js";

/** @typedef {ReturnType<typeof inspecting>} Inspecting */

/**
 * @param {import("../state.js").State} state
 * @param {import("./parts.js").Page} page
 */
export function inspecting(state, page) {
  const inspector = new Inspector(state, page);
  const show = card(state, inspector, page);
  return {
    open: (x, y, pinned, soon) => inspector.open(x, y, pinned, soon),
    close: () => inspector.close(),
    show() {
      inspector.look();
      show();
    },
  };
}
