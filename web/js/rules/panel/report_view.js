// A report on one screen: the place's picture and history, its person with their last acts, and what to do about it.

import { parseHex, toHex } from "../../colour.js";
import { ago, exact } from "../../record/times.js";
import { button, make } from "../../ui/elements.js";
import { facts } from "../card_acts.js";
import { makeDialog } from "../forms/dialog.js";
import { claimed, pictureOf } from "./queue.js";
import { actWords, person, short } from "../act_texts.js";
import { plural, t } from "../../words/words.js";

/** @typedef {import("../rules_server.js").Report} Report */

const AROUND = 32, SCALE = 6; // pixels to each side, and how large each is
const LATEST = 12; // pixels of the person

/**
 * @param {import("../../state.js").State} state
 * @param {import("./duty.js").Duty} duty
 * @param {import("../parts.js").Page} page
 * @param {object} does
 * @param {ReturnType<typeof import("../forms/rollback.js").rollbackForm>} does.rollback
 * @param {ReturnType<typeof import("../forms/sanction.js").sanctionForm>} does.sanction
 * @returns {{open: (id: string) => void, show: () => void}}
 */
export function reportView(state, duty, page, { rollback, sanction }) {
  const form = makeDialog("report-view");
  let shown = /** @type {Report | null} */ (null), known = { history: null, person: null }, version = -1;
  const current = () => duty.reports.find(({ id }) => id === shown?.id) ?? null;
  /** Whom it is about: whoever was named, or who placed the pixel. */
  const whom = () => {
    const [last] = known.history ?? [], user = shown.user ?? last?.user;
    return user ? { user, name: known.person?.name || (last?.user === user ? last.name : "") } : null;
  };
  const learn = async (report) => {
    const history = await page.server.history(report.x, report.y).catch(() => []);
    if (shown?.id !== report.id) return;
    known.history = history;
    write();
    const user = whom()?.user, about = user ? await page.server.person(user).catch(() => null) : null;
    if (shown?.id !== report.id) return;
    known.person = about;
    write();
  };
  const done = async (how) => {
    await duty.resolve(shown.id, how);
    form.close();
  };

  const write = () => {
    const focused = form.body.contains(document.activeElement) ? document.activeElement.className : "", report = current() ?? shown, who = whom();
    version = duty.version;
    form.title(`${t("Report")} · ${report.x}, ${report.y}`);
    form.body.replaceChildren(make("div", [
      make("div", [picture(report, state), make("blockquote", report.words || t("No words")), make("p", [`${reported(report, page.today())} `, claimed(report, state)], "faint"), ...said(report, page)]),
      make("div", [make("h3", who ? person(who) : t("Nobody in particular")), ...(who ? facts(known.person, duty, page) : []), make("h3", t("This pixel")), placeHistory(known.history, page), ...latest(known.person, page)]),
    ], "report-columns"), buttons(report, who, current() === null));
    if (focused) /** @type {HTMLElement | null} */ (form.body.querySelector(`.${focused.split(" ")[0]}`))?.focus();
  };
  const buttons = (report, who, over) => {
    if (over) return make("p", t("This report has been dealt with."), "done");
    const mine = report.claim?.user === state.me.user, about = { ...who, report: report.id, why: t("Vandalism, after a report") };
    const act = (label, className, run) => button(label, className, () => form.attempt(run));
    return make("div", [
      who ? act(t("Roll back and ban…"), "both danger-button", async () => {
        await duty.claim(report.id);
        form.close();
        rollback({ ...about, bans: true });
      }) : null,
      who ? act(t("Only ban…"), "only-ban", async () => {
        await duty.claim(report.id);
        form.close();
        sanction("ban", about);
      }) : null,
      act(t("No action needed"), "nothing", () => done(t("No action needed"))),
      act(t("Dealt with"), "dealt", () => done(t("Dealt with"))),
      act(mine ? t("Let others see to it") : t("I see to it"), "claim", async () => {
        await duty.claim(report.id, mine);
        write();
      }),
      button(t("Show it on the canvas"), "go", () => {
        form.close();
        page.goTo(report.x + 0.5, report.y + 0.5);
      }),
    ], "acts");
  };
  return {
    open(id) {
      shown = duty.reports.find((each) => each.id === id) ?? null;
      if (!shown) return;
      known = { history: null, person: null };
      write();
      form.open();
      /** @type {HTMLElement | null} */ (form.body.querySelector(".acts button"))?.focus();
      learn(shown);
    },
    show() {
      if (form.dialog.open && version !== duty.version) write();
    },
  };
}

/** What others said of the same. @param {Report} report */
function said({ others = [] }, page) {
  return others.map((other) => make("p", [make("q", other.words || t("No words")), ` ${other.x}, ${other.y} · ${ago(other.time, page.today())}`], "faint"));
}

/** The place from above, with its pixel marked. @param {Report} report */
function picture({ x, y }, { canvas }) {
  const { address, rect } = pictureOf(canvas.geometry, x, y, AROUND, SCALE), image = make("img"), ring = make("i");
  image.alt = t("The canvas around {place}", { place: `${x}, ${y}` });
  image.src = address;
  ring.style.left = `${(100 * (x - rect.x)) / rect.width}%`;
  ring.style.top = `${(100 * (y - rect.y)) / rect.height}%`;
  ring.style.width = `${100 / rect.width}%`;
  ring.style.height = `${100 / rect.height}%`;
  return make("div", [image, ring], "report-picture");
}

function dot(hex) {
  const made = make("i", "", "dot");
  made.style.setProperty("--colour", toHex(parseHex(hex) ?? 0));
  return made;
}

function placeHistory(history, page) {
  if (history === null) return make("p", t("Looking…"), "faint");
  if (history.length === 0) return make("p", t("Nobody has painted here, or it is not recorded."), "faint");
  return make("ol", history.slice(0, 6).map((each) => {
    const time = make("span", ago(each.time, page.today()), "faint");
    time.title = exact(each.time);
    return make("li", [dot(each.color), make("bdi", person(each)), each.cause ? make("span", each.cause, "tag") : null, time]);
  }), "lines");
}

/** What someone drew last, and what was decided about them. @param {import("../rules_server.js").Person | null} about */
function latest(about, page) {
  if (!about) return [];
  const { pixels = [], acts = [] } = about;
  const drew = pixels.slice(0, LATEST).map(({ x, y, color, time }) => {
    const made = dot(color);
    made.title = `${x}, ${y} · ${exact(time)}`;
    return made;
  });
  const last = pixels[0];
  return [
    make("h3", t("What they drew last")),
    last ? make("p", [...drew, ` ${t("up to {place}, {time}", { place: `${last.x}, ${last.y}`, time: ago(last.time, page.today()) })}`], "drew") : make("p", t("Nothing that is recorded."), "faint"),
    make("h3", t("What was decided about them")),
    acts.length > 0 ? make("ol", acts.slice(0, 4).map((act) => make("li", [make("span", actWords(act)), make("span", ago(act.time, page.today()), "faint")])), "lines") : make("p", t("Nothing yet."), "faint"),
  ];
}

/** When it was reported, and by whom. @param {Report} report */
function reported({ by, name, time, count = 1 }, today) {
  const when = ago(time, today), first = by ? t("Reported {time} by {name}", { time: when, name: name || short(by) }) : t("Reported {time}", { time: when });
  return count > 1 ? `${first}, ${plural(count - 1, "and by 1 more", "and by {n} more")}` : first;
}
