// The form that bans a person or a network, hides a name, or shadows somebody.

import { button, make } from "../../ui/elements.js";
import { setHidden, setText } from "../../ui/dom.js";
import { choice, labelled, makeDialog } from "./dialog.js";
import { LENGTHS, asAccount, person, short, targetOf } from "../act_texts.js";
import { t } from "../../words/words.js";

/**
 * @typedef {"ban" | "mute" | "shadow"} Sanction
 * @typedef {{user?: string, name?: string, report?: string, why?: string}} Whom
 */

const WHAT = {
  ban: { title: t("Ban"), verb: t("Ban"), means: t("They are disconnected and can’t draw. They see the reason, until when, and where to appeal.") },
  mute: { title: t("Hide a name"), verb: t("Hide name"), means: t("Others see no name for them. They can still draw.") },
  shadow: { title: t("Shadow"), verb: t("Shadow"), means: t("They can draw, but only they see it, and nothing of it is stored.") },
};
const DAY_CHOICE = LENGTHS[1][0];

/**
 * @param {import("../panel/duty.js").Duty} duty
 * @param {import("../parts.js").Page} page
 * @returns {(what: Sanction, whom: Whom) => void} opens it
 */
export function sanctionForm(duty, page) {
  const form = makeDialog("sanction"), who = make("input"), network = make("select"), means = make("p", "", "faint");
  const long = choice(LENGTHS, DAY_CHOICE), why = make("textarea"), send = make("button", "", "danger-button");
  const whoField = labelled(t("Whom: public id, 12 digits"), who), networkField = labelled(t("Whom"), network);
  Object.assign(who, { pattern: "[0-9a-f]{12}", maxLength: 12, required: true, spellcheck: false });
  Object.assign(why, { rows: 2, maxLength: 300 });
  send.type = "submit";
  const fields = make("form", [means, whoField, networkField, labelled(t("For"), long), labelled(t("Why"), why), make("p", [send, button(t("Cancel"), "", () => form.close())], "acts")], "stacked");
  fields.autocomplete = "off";
  form.body.append(fields);
  const usual = long.value;
  let what = /** @type {Sanction} */ ("ban"), whom = /** @type {Whom} */ ({}), asked = 0;
  fields.addEventListener("submit", (event) => {
    event.preventDefault();
    form.attempt(async () => {
      const user = whom.user ?? who.value, chosen = network.value, ms = Number(long.value);
      await duty.act({
        do: what, target: targetOf(networkField.hidden ? "" : chosen, user),
        ...(why.value.trim() ? { why: why.value.trim() } : {}), ...(ms > 0 ? { until: page.today() + ms } : {}), ...(whom.report ? { report: whom.report } : {}),
      });
      form.close();
    });
  });
  /** Whom else it may be about: their networks, and of a bot the account that made its key. */
  const findOthers = async (user) => {
    const mine = ++asked, said = await page.server.person(user).catch(() => null);
    if (mine !== asked || !said) return;
    if (said.owner) {
      network.append(new Option(t("The account {id} that made this key, with all its keys", { id: short(said.owner) }), asAccount(said.owner)));
      if (what !== "mute" && network.value === "") network.value = asAccount(said.owner); // which would make another
    }
    if (what !== "mute") network.append(...(said.networks ?? []).map((id) => new Option(t("Everybody of their network {id}", { id: short(id) }), id)));
  };
  return (doing, about) => {
    what = doing;
    whom = about;
    form.title(about.user ? t("{act}: {who}", { act: WHAT[what].title, who: person(about) }) : WHAT[what].title);
    setText(means, WHAT[what].means);
    setText(send, WHAT[what].verb);
    setHidden(whoField, Boolean(about.user));
    setHidden(networkField, !about.user);
    who.required = !about.user;
    network.replaceChildren(new Option(t("This person {id}", { id: short(about.user) }), ""));
    why.required = what === "ban";
    why.value = about.why ?? "";
    long.value = usual;
    if (about.user) findOthers(about.user);
    form.open();
    (about.user ? why : who).focus();
  };
}
