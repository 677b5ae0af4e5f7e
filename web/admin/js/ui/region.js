// What is known about the region that is chosen on the map.

import { handOver } from "../acts.js";
import { count, ms, number, plural, span } from "../format.js";
import { toActor, toOverview } from "../route.js";
import { bounds, grid, nameOf, ownerOf } from "../state.js";
import { byId, setAttribute, setHidden, setText } from "./dom.js";
import { facts } from "./facts.js";

/** @returns {() => void} */
export function region({ state, ask, go }) {
  const showFacts = facts(byId("region-facts"));
  byId("hand-over").addEventListener("click", () => ask(handOver(state, state.route.region)));
  byId("region-close").addEventListener("click", () => go(toOverview()));
  return () => {
    if (!state.answer || state.route.view !== "overview") return;
    const chosen = state.route.region, exists = chosen >= 0 && chosen < grid(state.answer.canvas).total;
    setHidden(byId("region"), !exists);
    setHidden(byId("no-region"), exists);
    if (!exists) return;
    setText(byId("region-title"), `Region ${chosen}`);
    showFacts(describe(state, chosen));
    const known = state.regions.get(chosen);
    setHidden(byId("region-actor"), !ownerOf(state, known));
    if (known) setAttribute(byId("region-actor"), "href", toActor(known.owner, `region/${chosen}`));
    byId("hand-over").disabled = !known;
  };
}

/** @param {import("../state.js").State} state @returns {[string, string][]} */
function describe(state, chosen) {
  const { x, y } = bounds(state.answer.canvas, chosen), region = state.regions.get(chosen);
  const where = /** @type {[string, string]} */ (["Place", `${x}, ${y}`]);
  if (!region) return [["Owner", "–"], ["State", "resting: nobody needed it yet"], where];
  const trouble = state.troubled.get(chosen);
  const lasts = trouble ? ` for ${span(state.answer.time - trouble.since)}` : "";
  return [
    ["Owner", nameOf(state, region.owner) + (region.pinned ? ", by hand" : "")],
    ["State", `${region.state}${lasts}`],
    ["Pixels", `${number(region.rate)}/s`],
    ["Viewers", `${count(region.viewers)} at ${plural(region.relays, "pod")}`],
    ["Commit p50", ms(region.commit?.p50)],
    ["Commit p99", ms(region.commit?.p99)],
    ["Pending", count(region.pending)],
    ["Epoch", String(region.epoch)],
    ["Seq", String(region.seq)],
    where,
  ];
}
