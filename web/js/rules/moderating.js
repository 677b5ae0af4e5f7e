// Moderating: the parts of it, wired together. Loaded only for those who may.

import { visibleRect } from "../view/view.js";
import { actsList } from "./panel/acts_list.js";
import { areasTab } from "./panel/areas_tab.js";
import { canvasTab } from "./panel/canvas_tab.js";
import { cardActs } from "./card_acts.js";
import { Choosing } from "./areas/choosing.js";
import { Duty } from "./panel/duty.js";
import { markLayer } from "./areas/marks.js";
import { panel } from "./panel/panel.js";
import { queue } from "./panel/queue.js";
import { reportView } from "./panel/report_view.js";
import { rollbackForm } from "./forms/rollback.js";
import { sanctionForm } from "./forms/sanction.js";
import { clip } from "./areas/shapes.js";
import { Spotlight, whole } from "./areas/spotlight.js";
import { t } from "../words/words.js";

const TICK = 20_000; // ms after which "3 minutes ago" may be wrong

/**
 * @param {import("../state.js").State} state
 * @param {import("./parts.js").Page} page
 * @returns {import("./parts.js").Part}
 */
export function moderating(state, page) {
  const marks = new Map(), all = { ...page, marks };
  page.layers.push(markLayer(marks));
  const duty = new Duty(state, all), choosing = new Choosing(state, all), spotlight = new Spotlight(state, all);
  const inView = () => state.canvas && clip(whole(visibleRect(state.view, state.viewport)), state.canvas.geometry);
  const sanction = sanctionForm(duty, all), rollback = rollbackForm(state, duty, all, { choose: choosing, inView });
  const view = reportView(state, duty, all, { rollback, sanction }), card = cardActs(all, { duty, spotlight, sanction, rollback });
  const office = panel(duty, page.changed);
  office.fill([
    { id: "reports", label: t("Reports"), part: queue(state, duty, all, view.open, office.attempt) },
    { id: "areas", label: t("Areas"), part: areasTab(state, duty, all, choosing, { attempt: office.attempt, hide: office.hide, reveal: () => office.toggle(true) }) },
    { id: "canvas", label: t("Canvas"), part: canvasTab(state, duty, all, office.attempt, { ban: () => sanction("ban", {}), rollback: () => rollback({}) }) },
    { id: "acts", label: t("Acts"), part: actsList(duty, all, office.attempt) },
  ]);
  /** Whose card is open. */
  const pointed = () => {
    const [entry] = state.inspected?.pixels ?? [];
    return entry?.user ? { user: entry.user, name: entry.name } : null;
  };
  const keys = {
    m: () => office.toggle(),
    n: () => (duty.reports.length > 0 ? view.open((duty.reports.find(({ claim }) => !claim) ?? duty.reports[0]).id) : office.toggle(true)),
    v: () => pointed() && spotlight.toggle(pointed()),
    x: () => sanction("ban", pointed() ?? {}),
    z: () => rollback(pointed() ?? {}),
  };
  return {
    heard: () => duty.heard(),
    card: card.card,
    key(key) {
      const act = keys[key];
      act?.();
      page.rules.version++;
      page.changed();
      return act !== undefined;
    },
    escape() {
      if (choosing.cancel() || spotlight.off()) return true;
      if (!office.open) return false;
      office.toggle(false);
      return true;
    },
    show(now) {
      const again = duty.advance(now);
      office.show(`${duty.version},${state.rules?.version},${state.rules?.at(page.today()).state},${Math.floor(now / TICK)}`);
      view.show();
      return again;
    },
  };
}
