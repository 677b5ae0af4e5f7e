// What people have reported: whose turn it is, and how each was dealt with.

import { ago } from "../act_words.js";
import { resolution, sanction } from "../decisions.js";
import { notDone } from "../acts.js";
import { plural } from "../format.js";
import { toAudit, toPeople } from "../route.js";
import { serverTime } from "../state.js";
import { byId, inUse, make, Rows, setAttribute, setHidden, setText, tableRow } from "./dom.js";

const LABELS = ["Where", "Words", "About", "By", "When", "State", ""];
const AROUND = 24; // pixels to each side of the place that is shown
const SHOWN = 200;

/** @returns {() => void} */
export function reports(page) {
  const { state, look } = page, body = byId("reports-body"), rows = new Rows(body, (report) => reported(report, page)), which = byId("reports-which");
  which.addEventListener("change", () => {
    state.reports = { which: which.value, items: [], error: "", at: 0 };
    look(true);
  });
  return () => {
    if (!state.answer || state.route.view !== "reports") return;
    const { items, error, at } = state.reports;
    setText(byId("reports-note"), error ? `${at === 0 ? "" : "Not up to date: "}${error}.` : at === 0 ? "Asking the store…" : note(items.length, which.value));
    byId("reports-note").classList.toggle("failed", error !== "");
    setHidden(byId("reports-table"), items.length === 0);
    rows.show(items.slice(0, SHOWN), ({ id }) => id, inUse(body));
  };
}

function note(n, which) {
  if (n === 0) return which === "open" ? "Nothing is open: all was dealt with." : "There are none.";
  return `${plural(n, "report")}, the ${which === "open" ? "oldest" : "newest"} first${n > SHOWN ? `; shown are ${SHOWN}` : ""}.`;
}

/** @param {import("../state.js").Report} report */
function reported(report, page) {
  const { state, decide, server, look } = page, { row, cells } = tableRow(LABELS), about = make("a", report.user ? { href: toPeople(report.user), title: "Show their connections" } : {}, report.user ?? "–");
  const button = (text, label, does) => {
    const element = make("button", { type: "button", class: "small", "aria-label": `${label} the report about ${report.x}, ${report.y}` }, text);
    element.addEventListener("click", does);
    return element;
  };
  const isMine = ({ claim }) => Boolean(claim && !claim.user && claim.name === "operator");
  let shown = report;
  const claim = button("Claim", "Claim or give back", async () => {
    const mine = isMine(shown);
    state.said = await server.claim(report.id, mine).then(() => (mine ? "Given back" : "Yours for ten minutes"), (error) => notDone(error, "the list"));
    setText(byId("reports-said"), state.said);
    look(true);
  });
  const ban = button("Ban…", "Ban whoever is named in", () => decide(sanction({ user: report.user, report: report.id, why: report.words.slice(0, 200).replace(/\s+/g, " ") })));
  const resolve = button("Resolve…", "Resolve", () => decide(resolution(report), ({ text }) => server.resolve(report.id, text).then(({ act }) => ({ act, obeyed: true, missing: [] }))));
  const is = make("span"), act = make("a");
  cells[0].append(shot(report, state.answer.canvas), make("span", { class: "name" }, `${report.x}, ${report.y}`));
  setText(cells[1], report.words || "No words");
  cells[2].append(about);
  setText(cells[3], report.name || (report.by ? `·${report.by.slice(-4)}` : "–"));
  cells[5].append(is, " ", act);
  cells[6].append(claim, " ", ban, " ", resolve);
  return {
    element: row,
    show(/** @type {import("../state.js").Report} */ now) {
      shown = now;
      const { claim: claimed, resolved } = now, done = resolved !== undefined;
      setText(cells[4], ago(now.time, serverTime(state, state.receivedAt)));
      setText(is, done ? resolved.text || "Dealt with" : isMine(now) ? "Yours" : claimed ? `${claimed.name || "Somebody"} sees to it` : "Open");
      setHidden(act, !done);
      setText(act, done ? `act ${resolved.act}` : "");
      setAttribute(act, "href", done ? toAudit(`#${resolved.act}`) : null);
      setText(claim, isMine(now) ? "Give back" : "Claim");
      setHidden(claim, done);
      setHidden(resolve, done);
      setHidden(ban, done || !report.user);
    },
  };
}

/** The drawing around the place. */
function shot({ x, y }, { width, height }) {
  const [left, top] = [Math.max(0, x - AROUND), Math.max(0, y - AROUND)], right = Math.min(width, x + AROUND + 1), bottom = Math.min(height, y + AROUND + 1);
  const query = new URLSearchParams(Object.entries({ x: left, y: top, w: right - left, h: bottom - top, scale: 2 }).map(([name, n]) => [name, String(n)]));
  return make("span", { class: "shot" }, make("img", { src: `api/canvas.png?${query}`, alt: "", loading: "lazy" }));
}
