// Who is banned, muted or shadowed: found by id, network or address.

import { KINDS, ago, byWhom, endText, searched, whom } from "../act_words.js";
import { covers } from "../cidr.js";
import { sanction, undo } from "../decisions.js";
import { count, plural } from "../format.js";
import { toAudit, toPeople, toRules } from "../route.js";
import { byId, inUse, make, Rows, setAttribute, setHidden, setText, tableRow } from "./dom.js";

const LABELS = ["Whom", "What", "Why", "By", "When", "Ends", ""];
const SHOWN = 200; // there may be thirty thousand

/** @returns {(acts: import("../chain.js").Act[], now: number) => void} */
export function sanctions({ state, go, decide }) {
  const body = byId("sanctions-body"), field = byId("sanctions-search");
  let time = 0, shown = "";
  const rows = new Rows(body, (act) => sanctioned(act, decide, () => time));
  byId("sanctions-new").addEventListener("click", () => decide(sanction()));
  byId("sanctions-filter").addEventListener("submit", (event) => {
    event.preventDefault();
    go(toRules(field.value.trim()));
  });
  byId("sanctions-all").addEventListener("click", () => go(toRules()));
  return (acts, now) => {
    time = now;
    const { name } = state.route, every = acts.filter(({ do: kind }) => kind === "ban" || kind === "mute" || kind === "shadow"), items = found(every, name);
    if (name !== shown && document.activeElement !== field) field.value = name;
    shown = name;
    setText(byId("sanctions-note"), every.length === 0 ? "Nobody is banned, muted or shadowed." : `${name ? `${count(items.length)} of ` : ""}${plural(every.length, "act")}${items.length > SHOWN ? `; shown are the newest ${SHOWN}: search to find others` : ", the newest first"}.`);
    setHidden(byId("sanctions-all"), name === "");
    setHidden(byId("sanctions-table"), items.length === 0);
    rows.show(items.slice(0, SHOWN), ({ n }) => String(n), inUse(body));
  };
}

/** Those that a search finds: by its words or, of an address, all that it falls under. */
function found(acts, search) {
  const words = new Set(searched(acts, search));
  return acts.filter((act) => words.has(act) || (search && act.target?.cidr && covers(act.target.cidr, search.trim())));
}

/** @param {import("../chain.js").Act} act */
function sanctioned(act, decide, now) {
  const { row, cells } = tableRow(LABELS), { user } = act.target ?? {}, when = make("a", { href: toAudit(`#${act.n}`), title: `Act ${act.n}` });
  const button = make("button", { type: "button", class: "small", "aria-label": `Undo ${act.do} of ${whom(act.target)}` }, "Undo…");
  cells[0].append(make("a", { class: "name", ...(user ? { href: toPeople(user), title: "Show their connections" } : {}) }, whom(act.target)));
  setText(cells[1], KINDS[act.do]);
  setText(cells[2], act.why ?? "");
  setText(cells[3], byWhom(act));
  cells[4].append(when);
  cells[6].append(button);
  button.addEventListener("click", () => decide(undo(act)));
  return {
    element: row,
    show() {
      setText(when, ago(act.time, now()));
      setText(cells[5], endText(act, now()));
      setAttribute(row, "data-kind", act.do);
    },
  };
}
