// What the canvas allows now: its state, its colours, how fast each role draws, where the banned turn to. Each has the act that says so.

import { ago, byWhom } from "../act_words.js";
import { inForce } from "../chain.js";
import { appeal, freeze, open, pace, palette, timetable, undo } from "../decisions.js";
import { day, plural, span } from "../format.js";
import { paceOf } from "../keys.js";
import { toAudit } from "../route.js";
import { serverTime } from "../state.js";
import { areas } from "./areas.js";
import { byId, make, Rows, setAttribute, setHidden, setProperty, setText } from "./dom.js";
import { sanctions } from "./sanctions.js";

const STATES = { open: "Open", frozen: "Frozen: nothing can be placed", "white-out": "White-out: only white can be placed" };

/** @returns {() => void} */
export function rules(page) {
  const { state, decide } = page, show = [areas(page), sanctions(page)], swatches = new Rows(byId("rules-palette"), swatch), phases = new Rows(byId("rules-phases"), phase), paces = new Rows(byId("rules-paces"), () => settled(page));
  const sources = new Map(["freeze", "timetable", "palette", "appeal"].map((kind) => [kind, source(page, byId(`rules-${kind}-by`))]));
  const asks = {
    "rules-freeze": freeze, "rules-open": open, "rules-pace": pace, "rules-colours": () => palette(state.rules.shown?.palette ?? []),
    "rules-timetable": () => timetable(state.rules.shown?.phases ?? []), "rules-appeal": () => appeal(state.rules.shown?.appeal ?? ""),
  };
  for (const [id, ask] of Object.entries(asks)) byId(id).addEventListener("click", () => decide(ask()));
  return () => {
    if (!state.answer || state.route.view !== "rules") return;
    const { shown, chain, error, at } = state.rules, now = serverTime(state, state.receivedAt);
    setText(byId("rules-note"), error ? `${at === 0 ? "" : "Not up to date: "}${error}.` : at === 0 ? "Reading the acts…" : chain.version === 0 ? "Nothing was decided yet: everything is allowed." : `Version ${chain.version}.`);
    byId("rules-note").classList.toggle("failed", error !== "");
    if (!shown) return;
    const acts = inForce(chain, now), last = (kind) => acts.find((act) => act.do === kind);
    setText(byId("rules-state"), STATES[shown.state] ?? shown.state);
    setAttribute(byId("rules-state"), "data-state", shown.state);
    setText(byId("rules-until"), shown.until > now ? `for ${span(shown.until - now)} more` : "");
    setHidden(byId("rules-open"), shown.state === "open" && shown.phases.length === 0);
    setText(byId("rules-colours-text"), shown.palette.length > 0 ? plural(shown.palette.length, "colour") : "Any colour");
    swatches.show(shown.palette, (colour) => colour);
    setHidden(byId("rules-no-phases"), shown.phases.length > 0);
    phases.show(shown.phases.map((each, n) => ({ ...each, now: each.from <= now && !(shown.phases[n + 1]?.from <= now) })), ({ from }) => String(from));
    const paced = acts.filter((act) => act.do === "pace");
    paces.show(paced, ({ n }) => String(n));
    setHidden(byId("rules-no-paces"), paced.length > 0);
    setText(byId("rules-appeal-text"), shown.appeal || "The banned are told of nowhere to turn to.");
    for (const [kind, put] of sources) put(last(kind), now);
    for (const each of show) each(acts, now);
  };
}

/** Which act says so, with a button that takes it back. @param {HTMLElement} parent */
function source({ decide }, parent) {
  const link = make("a"), button = make("button", { type: "button", class: "small" }, "Undo…");
  let shown;
  parent.append(link, " ", button);
  button.addEventListener("click", () => decide(undo(shown)));
  return (act, now) => {
    shown = act;
    setHidden(parent, !act);
    if (!act) return;
    setText(link, `act ${act.n}, ${byWhom(act)}, ${ago(act.time, now)}`);
    setAttribute(link, "href", toAudit(`#${act.n}`));
    setAttribute(link, "title", act.why || null);
    setAttribute(button, "aria-label", `Undo act ${act.n}: ${act.do}`);
  };
}

function swatch(colour) {
  const element = make("li", { title: colour });
  setProperty(element, "--colour", colour);
  element.append(make("span", { class: "unseen" }, colour));
  return { element, show: () => {} };
}

function phase() {
  const element = make("li"), when = make("span"), is = make("b"), fast = make("span", { class: "faint" });
  element.append(when, " ", is, " ", fast);
  return {
    element,
    show(/** @type {import("../chain.js").Phase & {now: boolean}} */ { from, state, pace, now }) {
      setText(when, day(from));
      setText(is, state);
      setText(fast, [pace ? paceOf(pace) : "", now ? "(now)" : ""].filter(Boolean).join(" "));
    },
  };
}

/** A pace of a role. */
function settled(page) {
  const element = make("li"), text = make("span"), by = make("span", { class: "by" }), put = source(page, by);
  element.append(text, by);
  return {
    element,
    show(/** @type {import("../chain.js").Act} */ act) {
      setText(text, `${act.role || "guest"}s: ${paceOf(act.pace)}`);
      put(act, serverTime(page.state, page.state.receivedAt));
    },
  };
}
