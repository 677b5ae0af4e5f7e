// The moderators' panel: reports, areas, the canvas, acts. A button at the side opens it and shows how many reports are open.

import { button, icon, make } from "../../ui/elements.js";
import { setAttribute, setHidden, setText } from "../../ui/dom.js";
import { plural, t } from "../../words/words.js";

/**
 * shown: whether the tab can be seen has changed.
 * @typedef {{id: string, label: string, part: {element: HTMLElement, show: () => void, shown?: (open: boolean) => void}}} Tab
 */

/**
 * @param {import("./duty.js").Duty} duty
 * @param {() => void} changed
 */
export function panel(duty, changed) {
  const badge = make("span", "", "badge"), opener = button("", "office-button", () => toggle());
  opener.id = "office-button";
  opener.append(icon("i-rules"), badge);
  opener.title = t("Moderation (M)");
  setAttribute(opener, "aria-expanded", "false");
  setAttribute(opener, "aria-controls", "office");
  const close = button("", "shut", () => toggle(false)), tablist = make("div", "", "tabs"), trouble = make("p", "", "trouble"), pages = make("div", "", "tab-page");
  close.append(icon("i-close"));
  setAttribute(close, "aria-label", t("Close"));
  close.title = t("Close (Esc)");
  setAttribute(trouble, "role", "alert");
  setAttribute(tablist, "role", "tablist");
  setAttribute(tablist, "aria-label", t("Moderation"));
  const section = make("section", [make("div", [make("h2", t("Moderation")), close], "dialog-head"), tablist, trouble, pages], "office panel");
  section.id = "office";
  setAttribute(section, "aria-label", t("Moderation"));
  section.hidden = true;
  const place = make("div", [opener], "panel office-opener");
  document.getElementById("side")?.prepend(place);
  document.getElementById("people")?.after(section);

  let tabs = /** @type {(Tab & {button: HTMLButtonElement})[]} */ ([]), chosen = 0, said = "", troubled = "", aside = false;
  const choose = (n, focus = false) => {
    const was = chosen;
    chosen = (n + tabs.length) % tabs.length;
    if (was !== chosen) tabs[was].part.shown?.(false);
    tabs.forEach(({ button: each, part }, i) => {
      setAttribute(each, "aria-selected", String(i === chosen));
      each.tabIndex = i === chosen ? 0 : -1;
      setHidden(part.element, i !== chosen);
    });
    if (focus) tabs[chosen].button.focus();
    show();
    if (!section.hidden) tabs[chosen].part.shown?.(true);
    changed();
  };
  const toggle = (open = section.hidden) => {
    if (open === !section.hidden) return;
    setHidden(section, !open);
    setAttribute(opener, "aria-expanded", String(open));
    said = "";
    if (open) {
      duty.refresh();
      show();
      tabs[chosen].button.focus();
    } else if (!aside) opener.focus();
    tabs[chosen].part.shown?.(open);
    changed();
  };
  const show = () => tabs[chosen].part.show();
  section.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    toggle(false);
  });
  return {
    get open() {
      return !section.hidden;
    },
    toggle,
    /** @param {Tab[]} all */
    fill(all) {
      tabs = all.map((tab, i) => {
        const each = button(tab.label, "tab", () => choose(i));
        each.id = `tab-${tab.id}`;
        setAttribute(each, "role", "tab");
        setAttribute(each, "aria-controls", `tab-page-${tab.id}`);
        each.addEventListener("keydown", (event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (!step) return;
          event.preventDefault();
          event.stopPropagation();
          choose(i + step, true);
        });
        tab.part.element.id = `tab-page-${tab.id}`;
        setAttribute(tab.part.element, "role", "tabpanel");
        setAttribute(tab.part.element, "aria-labelledby", each.id);
        return { ...tab, button: each };
      });
      tablist.replaceChildren(...tabs.map(({ button: each }) => each));
      pages.replaceChildren(...tabs.map(({ part }) => part.element));
      choose(0);
    },
    /** Makes room while a part of the canvas is chosen. */
    hide() {
      aside = true;
      toggle(false);
      aside = false;
    },
    /** Runs what may fail, and says so if it does. @param {() => Promise<any>} run */
    async attempt(run) {
      setText(trouble, "");
      try {
        await run();
        return true;
      } catch (error) {
        setText(trouble, error.message);
        return false;
      } finally {
        changed();
      }
    },
    /** Shows the state. @param {string} key changes with it */
    show(key) {
      const n = duty.reports.length;
      setText(badge, String(n));
      setHidden(badge, n === 0);
      setAttribute(opener, "aria-label", n > 0 ? plural(n, "Moderation: 1 open report", "Moderation: {n} open reports") : t("Moderation"));
      if (section.hidden) return;
      if (tabs[0]) setText(tabs[0].button, n > 0 ? t("Reports ({n})", { n }) : t("Reports"));
      if (key === said) return;
      said = key;
      if (duty.trouble !== troubled) setText(trouble, (troubled = duty.trouble));
      keepFocus(pages, show);
      tabs[chosen].part.shown?.(true);
    },
  };
}

/** Lists are written anew when something changes: the focus stays on what has the same name. */
function keepFocus(within, write) {
  const active = within.contains(document.activeElement) ? document.activeElement : null;
  const name = active && (active.getAttribute("aria-label") || active.textContent);
  write();
  if (!active || within.contains(active)) return;
  const same = [...within.querySelectorAll("button")].find((each) => (each.getAttribute("aria-label") || each.textContent) === name);
  (same ?? within.querySelector("button:not([hidden])"))?.focus();
}
