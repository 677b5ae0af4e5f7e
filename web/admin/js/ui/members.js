// The pods and their shares of the work.

import { drain } from "../acts.js";
import { bytes, count, day, ms, number, percent, span } from "../format.js";
import { toActors } from "../route.js";
import { accepts, carries, serverTime } from "../state.js";
import { byId, make, Rows, setAttribute, setHidden, setProperty, setText, tableRow } from "./dom.js";
import { swatch } from "./swatch.js";

const LABELS = ["Pod", "Users", "Regions", "CPU", "Memory", "GC p99", "Placed/s", "Stored/s", "Out/s", "Ack p99", ""];

/** @returns {() => void} */
export function members(page) {
  const { state } = page;
  const rows = new Rows(byId("members"), () => member(page));
  return () => {
    if (!state.answer || state.route.view !== "overview") return;
    rows.show([...state.members.values()], ({ id }) => id);
  };
}

function member(page) {
  const { state, ask } = page;
  const { row, cells } = tableRow(LABELS);
  const [pod, users, regions, cpu, memory, gc, placed, stored, deliveries, ack, acts] = cells;
  const look = swatch(), name = make("a", { class: "name" }), wrong = make("b", { class: "wrong" }), about = make("small");
  pod.append(make("div", { class: "pod" }, look.element, make("div", {}, name, " ", wrong, about)));
  const button = make("button", { type: "button", class: "small" }, "Drain…");
  acts.append(button);
  for (const cell of [users, regions]) cell.append(make("span"), make("i", { class: "share" }));
  let shown;
  button.addEventListener("click", () => ask(drain(state, shown.id)));
  return {
    element: row,
    show(/** @type {import("../state.js").Member} */ member) {
      shown = member;
      look.show(member.name, carries(member) ? state.slots.get(member.name) : undefined);
      setText(name, member.name);
      setAttribute(name, "href", toActors(member.id));
      setAttribute(name, "title", `Member ${member.id}, started ${day(member.started)}`);
      setAttribute(row, "data-level", member.answers ? (member.store?.ok === false || member.aside ? "bad" : member.draining ? "warn" : "well") : "bad");
      setText(wrong, trouble(member));
      setText(about, `${member.roles.join(" + ")} · ${member.version} · up ${span(serverTime(state, state.receivedAt) - member.started)}`);
      const known = (text) => (member.answers ? text : "–");
      share(users, known(accepts(member) ? count(member.connections) : "–"), part(state, member, "connections"));
      share(regions, known(carries(member) ? count(member.regions) : "–"), part(state, member, "regions"));
      setText(cpu, known(percent(member.cpu)));
      setText(memory, known(bytes(member.memory)));
      setAttribute(memory, "title", known(`${bytes(member.heap)} in the heap, ${count(member.goroutines)} goroutines`));
      setText(gc, known(ms(member.gc_pause_p99)));
      setText(placed, known(accepts(member) ? number(member.pixels_placed) : "–"));
      setText(stored, known(carries(member) ? number(member.pixels_in) : "–"));
      setText(deliveries, known(accepts(member) ? number(member.deliveries) : "–"));
      setText(ack, known(ms(member.place_to_ack?.p99 || null)));
      setAttribute(ack, "title", known(`commit p99 ${ms(member.commit?.p99)}`));
      setHidden(button, member.draining || !member.answers);
      setAttribute(button, "aria-label", `Drain ${member.name}`);
    },
  };
}

/** The text beside a pod's name. @param {import("../state.js").Member} member */
function trouble(member) {
  if (!member.answers) return "does not answer";
  return [member.store?.ok === false ? "store down" : "", member.aside ? "aside: others have its regions" : "", member.draining ? "draining" : ""].filter(Boolean).join(", ");
}

/** A pod's share of the total, 0 to 1. */
function part(state, member, name) {
  const all = [...state.members.values()].reduce((sum, each) => sum + (each[name] ?? 0), 0);
  return all > 0 && member.answers ? (member[name] ?? 0) / all : 0;
}

/** A number with a bar under it. */
function share(cell, text, part) {
  setText(cell.firstChild, text);
  setHidden(cell.lastChild, text === "–");
  setProperty(cell.lastChild, "--part", part.toFixed(3));
}
