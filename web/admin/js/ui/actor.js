// The page of one actor: its state, what it reports about itself, and the messages that it was last sent.

import { disconnect } from "../acts.js";
import { clock, span, us } from "../format.js";
import { toActors, toRegion } from "../route.js";
import { nameOf, serverTime } from "../state.js";
import { byId, Rows, setAttribute, setHidden, setText, tableRow } from "./dom.js";
import { facts } from "./facts.js";

/** @returns {() => void} */
export function actorPage({ state, ask }) {
  const showFacts = facts(byId("actor-facts"));
  const rows = new Rows(byId("actor-last"), message);
  byId("actor-disconnect").addEventListener("click", () => {
    const { member, id, page } = state.actor;
    ask(disconnect(state, { member, id: id.replace(/^connection\//, ""), name: page?.facts?.find(([name]) => name === "name")?.[1] }));
  });
  let revealed = "";
  return () => {
    const { member, actor: id, view } = state.route;
    const shown = view === "actors" && id !== "" && state.answer !== null;
    setHidden(byId("actor"), !shown);
    if (revealed !== id && shown) byId("actor-title").scrollIntoView({ block: "nearest" });
    revealed = shown ? id : "";
    if (!shown) return;
    const page = state.actor.id === id && state.actor.member === member ? state.actor.page : null;
    setText(byId("actor-title"), id);
    setAttribute(byId("actor-back"), "href", toActors(member));
    setText(byId("actor-where"), `at ${nameOf(state, member)}`);
    setText(byId("actor-error"), state.actor.error ? `Not current: ${state.actor.error}` : "");
    showFacts(page ? [["state", page.state], ["since", `${clock(page.since)}, for ${span(serverTime(state, state.receivedAt) - page.since)}`], ...(page.facts ?? [])] : []);
    const region = id.match(/^region\/(\d+)$/)?.[1];
    setHidden(byId("actor-region"), region === undefined);
    if (region) setAttribute(byId("actor-region"), "href", toRegion(Number(region)));
    setHidden(byId("actor-disconnect"), !id.startsWith("connection/"));
    const last = (page?.last ?? []).slice(-20);
    if (last.length > 1 && last[0].at < last.at(-1).at) last.reverse();
    rows.show(last.map((each, n) => ({ ...each, n })), ({ n }) => String(n));
    setHidden(byId("actor-none"), page === null || last.length > 0);
  };
}

function message() {
  const { row, cells } = tableRow(["Message", "At", "Took"]);
  return {
    element: row,
    show({ type, at, us: took }) {
      setText(cells[0], type);
      setText(cells[1], clock(at));
      setText(cells[2], us(took));
    },
  };
}
