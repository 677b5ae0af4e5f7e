// What happened, the newest first.

import { clock, day, ms } from "../format.js";
import { toRegion } from "../route.js";
import { byId, make, Rows, setHidden } from "./dom.js";

const LISTED = 200; // the server keeps no more

/** How bad each kind is. Used by the charts, too. */
export const LEVELS = Object.freeze({
  joined: "good", back: "good", reborn: "good", recovered: "good",
  left: "plain", draining: "plain", handoff: "plain", act: "act",
  restarted: "warn", fenced: "warn", mended: "warn",
  died: "bad", aside: "bad", outage: "bad", damaged: "bad", gap: "bad",
});

/** @returns {() => void} */
export function events({ state }) {
  const rows = new Rows(byId("events"), event);
  let shown = null;
  return () => {
    if (!state.answer || state.route.view !== "overview" || shown === state.answer) return;
    shown = state.answer;
    const list = state.answer.events.slice(-LISTED).reverse();
    setHidden(byId("no-events"), list.length > 0);
    rows.show(list, ({ at, kind, node, text }) => `${at} ${kind} ${node} ${text}`);
  };
}

/** @param {import("../state.js").Event} given */
function event({ at, kind, node, text, region, duration }) {
  const what = region >= 0 ? make("a", { href: toRegion(region) }, text) : make("span", {}, text);
  const took = duration > 0 ? make("small", {}, ms(duration)) : "";
  const element = make("li", { "data-level": LEVELS[kind] ?? "plain" },
    make("time", { datetime: new Date(at).toISOString(), title: `${day(at)}, told by ${node}` }, clock(at)), make("b", {}, kind), make("span", { class: "what" }, what, " ", took));
  return { element, show: () => {} };
}
