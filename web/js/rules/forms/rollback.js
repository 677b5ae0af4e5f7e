// The form that takes back what was drawn: by whom, where, since when; before and after side by side, and who is concerned. It can ban at
// the same time, and undoes what it did with one click.

import { Preview } from "./preview.js";
import { button, make } from "../../ui/elements.js";
import { setHidden, setText } from "../../ui/dom.js";
import { choice, labelled, makeDialog } from "./dialog.js";
import { pixels } from "../../numbers.js";
import { LENGTHS, SINCE, person, short } from "../act_texts.js";
import { plural, t } from "../../words/words.js";

/**
 * @typedef {import("../areas/shapes.js").Rect} Rect
 * @typedef {{user?: string, name?: string, area?: Rect | null, report?: string, why?: string, bans?: boolean}} About
 */

const WEEK = LENGTHS[2][0], DAY = SINCE[2][0];

/**
 * @param {import("../../state.js").State} state
 * @param {import("../panel/duty.js").Duty} duty
 * @param {import("../parts.js").Page} page
 * @param {{choose: import("../areas/choosing.js").Choosing, inView: () => Rect | null}} canvas
 * @returns {(about: About) => void} opens it
 */
export function rollbackForm(state, duty, page, { choose, inView }) {
  const form = makeDialog("rollback"), who = make("select"), where = make("select"), since = choice(SINCE, DAY);
  const from = make("input"), to = make("input"), bans = make("input"), banBox = make("label", [bans, make("span", t("Ban them too, for"))], "check"), long = choice(LENGTHS, WEEK), why = make("input");
  const send = make("button", "", "danger-button"), undo = button(t("Undo"), "primary", () => takeBack()), done = make("p", "", "done");
  long.setAttribute("aria-label", t("How long they are banned"));
  bans.type = "checkbox";
  from.type = to.type = "datetime-local";
  from.step = to.step = "1";
  const between = make("div", [labelled(t("From"), from), labelled(t("To"), to)], "thirds");
  send.type = "submit";
  why.maxLength = 300;
  const preview = new Preview(page, () => update());
  const doneRow = make("div", [done, undo], "done-row");
  doneRow.setAttribute("role", "status");
  doneRow.tabIndex = -1;
  const fields = make("form", [
    make("div", [labelled(t("Whose pixels"), who), labelled(t("Where"), where), labelled(t("Drawn in"), since)], "thirds"),
    between,
    preview.element,
    make("div", [banBox, long], "ban-row"),
    labelled(t("Why"), why),
    make("p", [send, button(t("Close"), "", () => form.close())], "acts"),
  ], "stacked");
  fields.autocomplete = "off";
  form.body.append(fields, doneRow);
  let about = /** @type {About} */ ({}), areas = /** @type {Record<string, Rect | null>} */ ({}), act = /** @type {import("../rules_server.js").Act | null} */ (null);

  /** When it was drawn. */
  const times = () => {
    if (since.value !== "between") return Number(since.value) > 0 ? { from: Math.floor(page.today() - Number(since.value)) } : {};
    const [first, last] = [from, to].map(({ value }) => new Date(value).getTime());
    return { ...(first > 0 ? { from: first } : {}), ...(last > 0 ? { to: last } : {}) };
  };
  const selection = () => {
    const area = areas[where.value], [kind, id] = who.value.split(":");
    return {
      ...(kind === "user" ? { users: [id] } : kind === "network" ? { networks: [id] } : {}),
      ...(area ?? {}), ...times(),
    };
  };
  const update = () => {
    const { count } = preview, also = bans.checked && !banBox.parentElement.hidden;
    setText(send, also ? t("Roll back and ban") : count === null ? t("Roll back") : plural(count, "Roll back 1 pixel", "Roll back {n} pixels"));
    send.disabled = count === null || (count === 0 && !also) || act !== null;
    long.disabled = !bans.checked;
    why.required = also;
  };
  const look = () => {
    setHidden(banBox.parentElement, who.value === "");
    setHidden(between, since.value !== "between");
    preview.ask(selection());
    update();
  };
  const takeBack = () => form.attempt(async () => {
    await duty.undo(act.n);
    act = null;
    setHidden(doneRow, true);
    look();
    who.focus();
  });
  for (const each of [who, since, from, to]) each.addEventListener("change", look);
  bans.addEventListener("change", update);
  where.addEventListener("change", async () => {
    if (where.value !== "choose") return look();
    form.close();
    const shape = await choose.choose("rectangle");
    if (shape) areas.chosen = { x: shape.x, y: shape.y, width: shape.width, height: shape.height };
    show(shape ? "chosen" : "all");
  });
  fields.addEventListener("submit", (event) => {
    event.preventDefault();
    form.attempt(async () => {
      const said = preview.selection, ms = Number(long.value), also = bans.checked && !banBox.parentElement.hidden;
      const [kind, id] = who.value.split(":"), because = { ...(why.value.trim() ? { why: why.value.trim() } : {}), ...(about.report ? { report: about.report } : {}) };
      // First the ban, so that nothing is added meanwhile.
      if (also) await duty.act({ do: "ban", target: kind === "network" ? { network: id } : { user: id }, ...(ms > 0 ? { until: page.today() + ms } : {}), ...because });
      bans.checked = false;
      if (preview.count > 0) act = await duty.act({ do: "rollback", selection: said, ...because });
      const open = about.report ? await duty.resolve(about.report, also ? t("Rolled back and banned") : t("Rolled back")).then(() => "", (error) => error.message) : "";
      const report = open ? t("The report stays open: {why}", { why: open }) : about.report ? t("The report is dealt with.") : "";
      const back = act ? plural(preview.count ?? 0, "Rolled back 1 pixel (act {act}).", "Rolled back {n} pixels (act {act}).", { act: act.n }) : "";
      setText(done, [back, also ? t("They are banned.") : "", report].filter(Boolean).join(" "));
      setHidden(doneRow, false);
      setHidden(undo, act === null);
      update();
      (act ? undo : doneRow).focus();
    });
  });

  /** Shows the form with a place chosen. */
  const show = (chosen) => {
    const options = [["all", t("the whole canvas")], ["view", t("what is in view")], ["choose", t("choose a rectangle…")]];
    if (areas.chosen) options.unshift(["chosen", t("{size} at {place}", { size: `${areas.chosen.width}×${areas.chosen.height}`, place: `${areas.chosen.x}, ${areas.chosen.y}` })]);
    where.replaceChildren(...options.map(([value, label]) => new Option(label, value, value === chosen, value === chosen)));
    form.open();
    look();
    who.focus();
  };
  const findNetworks = async (user) => {
    const said = await page.server.person(user).catch(() => null);
    if (about.user !== user || !said?.networks) return;
    who.append(...said.networks.map((id) => new Option(t("everybody of their network {id}", { id: short(id) }), `network:${id}`)));
  };
  return (next) => {
    about = next;
    act = null;
    areas = { all: null, view: inView(), ...(next.area ? { chosen: next.area } : {}) };
    form.title(next.user ? t("Roll back: {who}", { who: person(next) }) : t("Roll back"));
    who.replaceChildren(...(next.user ? [new Option(`${person(next)}`, `user:${next.user}`)] : []), new Option(t("everybody"), ""));
    since.value = DAY;
    long.value = WEEK;
    bans.checked = next.bans === true;
    why.value = next.why ?? "";
    setHidden(doneRow, true);
    if (next.user) findNetworks(next.user);
    show(next.area ? "chosen" : next.user ? "all" : "view");
  };
}
