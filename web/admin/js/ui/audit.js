// The chain of acts: who decided what, when and why; taking it back; export; and the proof that nothing in it was changed.

import { KINDS, ago, byWhom, roleOf, searched, what } from "../act_words.js";
import { backwards, canUndo } from "../chain.js";
import { undo } from "../decisions.js";
import { count, day, plural } from "../format.js";
import { toAudit } from "../route.js";
import { serverTime } from "../state.js";
import { parseHead, sha256, verify } from "../verify.js";
import { byId, make, Rows, setAttribute, setHidden, setText, tableRow } from "./dom.js";

const LABELS = ["Act", "When", "By", "What", "Why", ""];
const PAGE = 100; // acts that are shown at once
const NOTED = "playground-head"; // where the browser keeps the head that was verified last

/** @returns {() => void} */
export function audit(page) {
  const { state, go, changed } = page, body = byId("audit-body"), rows = new Rows(body, () => row(page)), field = byId("audit-search"), kind = byId("audit-kind");
  let most = PAGE, shown = "", verdict = /** @type {{text: string, level: string, n?: number}} */ ({ text: "", level: "" }), working = false;
  kind.append(...Object.entries(KINDS).map(([value, text]) => make("option", { value }, text)));
  kind.addEventListener("change", changed);
  byId("audit-filter").addEventListener("submit", (event) => {
    event.preventDefault();
    go(toAudit(field.value.trim()));
  });
  byId("audit-all").addEventListener("click", () => {
    kind.value = "";
    go(toAudit());
  });
  byId("audit-more").addEventListener("click", () => {
    most += PAGE;
    changed();
  });
  /** Does what takes a while, and says so. */
  const work = async (doing, does) => {
    if (working) return;
    working = true;
    verdict = { text: doing, level: "" };
    changed();
    verdict = await does().catch((error) => ({ text: `Not done: ${error.message}.`, level: "bad" }));
    working = false;
    state.said = verdict.text;
    changed();
  };
  byId("audit-verify").addEventListener("click", () => work("Reading all acts…", () => prove(page.server, byId("audit-head"))));
  byId("audit-export").addEventListener("click", () => work("Reading all acts…", () => download(page.server)));
  byId("audit-head").value = noted();
  return () => {
    if (!state.answer || state.route.view !== "audit") return;
    const { rules: { chain, error, at }, route: { name } } = state;
    if (name !== shown) {
      most = PAGE;
      if (document.activeElement !== field) field.value = name;
    }
    shown = name;
    const all = searched(kind.value ? chain.acts.filter((act) => act.do === kind.value) : chain.acts, name);
    setText(byId("audit-note"), error ? `Not up to date: ${error}.` : at === 0 ? "Reading the acts…" : note(all.length, chain.acts.length));
    byId("audit-note").classList.toggle("failed", error !== "");
    setText(byId("audit-result"), verdict.text);
    setAttribute(byId("audit-result"), "data-level", verdict.level || null);
    setHidden(byId("audit-broken"), verdict.n === undefined);
    if (verdict.n !== undefined) setAttribute(byId("audit-broken"), "href", toAudit(`#${verdict.n}`));
    setHidden(byId("audit-all"), name === "" && kind.value === "");
    setHidden(byId("audit-more"), all.length <= most);
    setHidden(byId("audit-table"), all.length === 0);
    rows.show(all.slice(0, most), ({ n, time }) => `${n} ${time}`);
  };
}

function note(found, all) {
  if (all === 0) return "Nothing was ever decided here: everything is allowed.";
  return found === all ? `${plural(all, "act")}, the newest first.` : `${count(found)} of ${plural(all, "act")}.`;
}

/** Proves the chain, from the acts as they are now. @param {import("../server.js").Server} server @param {HTMLInputElement} field of the head that was noted */
async function prove(server, field) {
  const known = parseHead(field.value);
  if (!known) return { text: "The noted head must be like 12:…, the number of an act and the 64 digits of its hash.", level: "bad" };
  if (!globalThis.crypto?.subtle) return { text: "This browser computes hashes only over HTTPS. pixelctl audit verify does it anywhere.", level: "bad" };
  const found = await verify(await all(server), known, sha256(crypto.subtle));
  if ("broken" in found) return { text: `Broken at act ${found.broken}: ${found.why}.`, level: "bad", n: found.broken };
  const { n, hash } = found.head;
  if (n === 0) return { text: "There is nothing to verify yet.", level: "good" };
  field.value = `${n}:${hash}`;
  keep(field.value);
  return { text: `${plural(n, "act")} verified: each has the hash of the one before${known.n > 0 ? `, and act ${known.n} is the one that was noted` : ""}. Note the head, to verify later that they are still the same.`, level: "good" };
}

/** @param {import("../server.js").Server} server @returns {Promise<string[]>} the first of them first */
async function all(server) {
  const lines = [];
  for await (const line of backwards(server)) lines.push(line);
  return lines.reverse();
}

/** Gives all acts as a file, as `pixelctl audit export` does. @param {import("../server.js").Server} server */
async function download(server) {
  const lines = await all(server), address = URL.createObjectURL(new Blob(lines.map((line) => `${line}\n`), { type: "application/x-ndjson" }));
  make("a", { href: address, download: "acts.ndjson" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // the browser may still read it
  return { text: `${plural(lines.length, "act")} exported to acts.ndjson, as they are stored. pixelctl audit verify reads it.`, level: "good" };
}

function noted() {
  try {
    return localStorage.getItem(NOTED) ?? "";
  } catch {
    return ""; // the browser keeps nothing for this page
  }
}

function keep(head) {
  try {
    localStorage.setItem(NOTED, head);
  } catch {
    // as above
  }
}

function row({ state, decide }) {
  const { row, cells } = tableRow(LABELS), kind = make("b"), text = make("span"), button = make("button", { type: "button", class: "small" }, "Undo…"), undone = make("a", { class: "faint" });
  cells[3].append(kind, " ", text);
  cells[5].append(button, undone);
  let shown;
  button.addEventListener("click", () => decide(undo(shown)));
  return {
    element: row,
    show(/** @type {import("../chain.js").Act} */ act) {
      shown = act;
      const { chain } = state.rules, now = serverTime(state, state.receivedAt), by = chain.undone.get(act.n);
      setText(cells[0], act.n > 0 ? String(act.n) : "?");
      setText(cells[1], day(act.time));
      setAttribute(cells[1], "title", ago(act.time, now));
      setText(cells[2], byWhom(act));
      setAttribute(cells[2], "title", roleOf(act));
      setText(kind, KINDS[act.do] ?? act.do);
      setText(text, what(act));
      setText(cells[4], act.why ?? "");
      setAttribute(row, "data-undone", by === undefined ? null : "");
      setHidden(button, !canUndo(chain, act, now));
      setAttribute(button, "aria-label", `Undo act ${act.n}: ${KINDS[act.do] ?? act.do} ${what(act)}`);
      setHidden(undone, by === undefined);
      if (by === undefined) return;
      setText(undone, `undone by ${by}`);
      setAttribute(undone, "href", toAudit(`#${by}`));
    },
  };
}
