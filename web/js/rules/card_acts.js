// What a pixel's card has for moderators: what is known of its person, and what can be done about them.

import { button, make } from "../ui/elements.js";
import { ago } from "../record/times.js";
import { actWords, inForce, short } from "./act_texts.js";
import { plural, t } from "../words/words.js";

/**
 * @param {import("./parts.js").Page} page
 * @param {object} does
 * @param {import("./panel/duty.js").Duty} does.duty
 * @param {import("./areas/spotlight.js").Spotlight} does.spotlight
 * @param {ReturnType<typeof import("./forms/sanction.js").sanctionForm>} does.sanction
 * @param {ReturnType<typeof import("./forms/rollback.js").rollbackForm>} does.rollback
 * @returns {{card: (inspected: import("../record/inspector.js").Inspected) => Node[]}}
 */
export function cardActs(page, { duty, spotlight, sanction, rollback }) {
  /** @type {Map<string, import("./rules_server.js").Person | null>} null: it is on its way */
  const known = new Map();
  const ask = async (user) => {
    known.set(user, null);
    known.set(user, await page.server.person(user).catch(() => ({ user })));
    if (known.size > 50) known.delete(known.keys().next().value);
    page.rules.version++;
    page.changed();
  };
  let seen = "", version = -1;
  return {
    card({ x, y, pixels: [entry] }) {
      if (!entry?.user) return [];
      const who = { user: entry.user, name: entry.name };
      if (seen !== `${who.user} ${x},${y}` || version !== duty.version) known.delete(who.user);
      seen = `${who.user} ${x},${y}`;
      version = duty.version;
      if (!known.has(who.user)) ask(who.user);
      const all = button(t("All by this person"), "all", () => spotlight.toggle(who));
      all.setAttribute("aria-pressed", String(spotlight.user === who.user));
      const acts = make("div", [
        all,
        button(t("Roll back…"), "roll", () => rollback(who)),
        button(t("Ban…"), "ban", () => sanction("ban", who)),
        button(t("Hide name…"), "mute", () => sanction("mute", who)),
        button(t("Shadow…"), "shadow", () => sanction("shadow", who)),
      ], "card-acts");
      acts.setAttribute("role", "group");
      acts.setAttribute("aria-label", t("What to do about {name}", { name: who.name || short(who.user) }));
      return [make("h2", t("Moderation")), ...facts(known.get(who.user), duty, page), acts];
    },
  };
}

/** What is in force about somebody, and taking it back. @param {import("./rules_server.js").Act} act */
function fact(act, duty) {
  const undo = act.mayUndo ? button(t("Undo"), "undo-fact", () => duty.undo(act.n).catch((error) => duty.say(error.message))) : null;
  undo?.setAttribute("aria-label", t("Undo: {act}", { act: actWords(act) }));
  return make("p", [make("span", `${actWords(act)}${act.why ? `: ${act.why}` : ""}`), undo], "fact");
}

/** @param {import("./rules_server.js").Person | null | undefined} person @param {import("./panel/duty.js").Duty} duty @param {import("./parts.js").Page} page */
export function facts(person, duty, page) {
  if (!person) return [make("p", t("Looking…"), "faint")];
  const { seen = 0, connections = 0, acts = [], reports = [], owner } = person, today = page.today();
  const here = connections > 0 ? plural(connections, "Here now", "Here now, {n} connections") : seen > 0 ? t("Last seen {time}", { time: ago(seen, today) }) : t("Not here");
  const told = reports.length > 0 ? ` · ${plural(reports.length, "1 open report", "{n} open reports")}` : "";
  const now = acts.filter((act) => ["ban", "mute", "shadow", "role"].includes(act.do) && inForce(act, duty.undone, today));
  const made = owner ? [make("p", t("A key of the account {id}, which can make others", { id: short(owner) }), "faint owner")] : [];
  return [make("p", here + told, "faint"), ...made, ...now.map((act) => fact(act, duty))];
}
