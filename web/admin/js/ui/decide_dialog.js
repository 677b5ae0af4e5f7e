// The dialog in which an operator decides something about the canvas, and which shows the outcome.

import { notDone } from "../acts.js";
import { saidOf } from "../decisions.js";
import { serverTime } from "../state.js";
import { byId, make, setHidden, setText } from "./dom.js";

/**
 * @typedef {import("../decisions.js").Decision} Decision
 * @typedef {import("../decisions.js").Decided} Decided
 */

/** @returns {(decision: Decision, send?: (act: object) => Promise<Decided>) => void} opens it; send: absent, the act is decided as it is */
export function decide({ state, server, now, look, changed }) {
  const dialog = byId("decide"), parts = byId("decide-fields"), go = byId("decide-do"), cancel = byId("decide-cancel");
  let decision = /** @type {Decision | null} */ (null), send = server.decide.bind(server), inputs = new Map(), id = "", sent = "";
  const read = () => Object.fromEntries(decision.fields.map(({ name, type }) => [name, type === "file" ? "" : inputs.get(name).value]));
  const arrange = () => decision.fields.forEach(({ name, shown }) => setHidden(inputs.get(name).parentElement, shown !== undefined && !shown(read())));
  const say = (text, failed) => {
    setText(byId("decide-result"), text);
    byId("decide-result").classList.toggle("failed", failed);
  };
  const show = (allowed) => {
    go.disabled = !allowed;
    setHidden(go, !allowed);
  };
  /** Sends pictures that an act names first. */
  const masked = async (act) => {
    const [file] = inputs.get("mask")?.files ?? [];
    if (!file) return act;
    const { name } = await server.mask(file.slice(0, file.size, "image/png"));
    return { ...act, area: { ...act.area, mask: name } };
  };
  byId("decide-form").addEventListener("change", arrange);
  byId("decide-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const asked = decision, wanted = asked.want(read(), serverTime(state, now()));
    if ("wrong" in wanted) {
      say(`${wanted.wrong}.`, true);
      return inputs.get(wanted.field).focus();
    }
    const given = JSON.stringify(read());
    if (given !== sent) [id, sent] = [newId(), given]; // sent again as it was, it is decided once
    go.disabled = true;
    say("Asking all pods…", false);
    const outcome = await masked(wanted.act).then((act) => send({ id, ...act })).then((decided) => ({ decided }), (error) => ({ error }));
    look(true);
    if (asked !== decision) return; // meanwhile the dialog was closed
    const failed = "error" in outcome;
    say(failed ? notDone(outcome.error, "the audit") : saidOf(outcome.decided), failed);
    show(failed);
    setText(cancel, failed ? "Cancel" : "Close");
    if (!failed) cancel.focus();
    state.said = byId("decide-result").textContent;
    changed();
  });
  cancel.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    decision = null;
  });
  return (next, sends = server.decide.bind(server)) => {
    [decision, send, sent] = [next, sends, ""];
    inputs = new Map(next.fields.map((field) => [field.name, input(field)]));
    parts.replaceChildren(...next.fields.map((field) => part(field, inputs.get(field.name))));
    setText(byId("decide-title"), next.title);
    byId("decide-lines").replaceChildren(...next.lines.map((line) => make("li", {}, line)));
    setText(go, next.button);
    go.classList.toggle("grave", next.grave === true);
    setText(cancel, "Cancel");
    say("", false);
    show(true);
    arrange();
    dialog.showModal();
    const [first] = inputs.values();
    first.focus();
  };
}

/** @param {import("../decisions.js").Field} field */
function input({ name, value = "", options, lines, type = "text", hint, max }) {
  const id = `field-${name}`, described = hint ? { "aria-describedby": `${id}-hint` } : {};
  const element = options ? make("select", { id, ...described }, ...options.map(([value, text]) => make("option", { value }, text)))
    : lines ? make("textarea", { id, rows: String(lines), spellcheck: "false", ...described })
      : make("input", { id, type, spellcheck: name === "why" ? "true" : "false", ...(max ? { maxlength: String(max) } : {}), ...(type === "file" ? { accept: "image/png" } : {}), ...described });
  if (type !== "file" && (!options || value)) element.value = value;
  return element;
}

/** @param {import("../decisions.js").Field} field */
function part({ label, hint, half }, input) {
  const line = make("p", half ? { class: "half" } : {}, make("label", { for: input.id }, label), input);
  if (hint) line.append(make("span", { id: `${input.id}-hint`, class: "faint" }, hint));
  return line;
}

/** A number that nobody else chooses. */
function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
