// The card beside a pixel: its colour, who placed it and when, and what stood there before. Names are text, whatever
// they contain.

import { nameOf, parseHex, toHex } from "../colour.js";
import { toScreen } from "../view/view.js";
import { byId, setHidden } from "../ui/dom.js";
import { button, icon, make } from "../ui/elements.js";
import { placeCard } from "./card_place.js";
import { BOT, whose, withGaps } from "./entries.js";
import { ago, exact } from "./times.js";
import { t } from "../words/words.js";

/** @typedef {import("./inspector.js").Inspected} Inspected */

const TICK = 10_000; // ms after which "3 minutes ago" may be wrong

/**
 * @param {import("../state.js").State} state
 * @param {import("./inspector.js").Inspector} inspector
 * @param {import("./parts.js").Page} page
 * @returns {() => void} shows the state
 */
export function card(state, inspector, page) {
  const section = byId("card");
  section.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    inspector.close();
    byId("stage").focus();
  });
  let written = "";
  return () => {
    const { inspected } = state;
    setHidden(section, inspected === null);
    if (!inspected) {
      written = "";
      return;
    }
    const { x, y, phase, pixels, more, colour } = inspected;
    const key = `${x},${y},${phase},${pixels.length},${more},${colour},${state.connection.user},${page.rules.version},${Math.floor(page.now() / TICK)}`;
    if (key !== written) {
      written = key;
      write(section, inspected, state, inspector, page);
    }
    section.classList.toggle("hovering", !inspected.pinned);
    put(section, inspected, state);
  };
}

/** Puts the card beside its pixel. */
function put(section, { x, y }, { view, viewport }) {
  const from = toScreen(view, viewport, x, y), to = toScreen(view, viewport, x + 1, y + 1);
  section.style.cssText = "";
  const wanted = { width: section.offsetWidth, height: section.offsetHeight };
  const place = placeCard({ left: from.x, top: from.y, right: to.x, bottom: to.y }, wanted, viewport);
  if (!place) {
    section.style.visibility = "hidden";
    return;
  }
  for (const side of ["left", "top", "width"]) section.style[side] = `${place[side]}px`;
  Object.assign(section.style, { minWidth: "0", maxHeight: `${place.height}px` });
}

/** @param {Inspected} inspected */
function write(section, inspected, state, inspector, page) {
  const focused = section.contains(document.activeElement) ? document.activeElement.className : "";
  const { pixels, phase, why, more, gaps, since, x, y } = inspected, [now] = pixels;
  const lines = phase === "failed" ? [] : withGaps(pixels, gaps, more), before = lines.slice(lines.indexOf(now) + 1);
  const colour = (now && parseHex(now.color)) ?? inspected.colour;
  const parts = [head(colour, inspector, page)];
  if (now && lines[0] !== now) parts.push(missing(lines[0]));
  if (now) parts.push(who(now, state), when(now, page));
  else parts.push(make("p", { asking: t("Looking…"), known: t("Nobody has painted here since the record began"), failed: why }[phase], phase === "failed" ? "trouble" : "faint"));
  if (before.length > 0) parts.push(make("h2", t("Before that")), list(before, state, page));
  if (phase === "known" && !more && since > 0) parts.push(make("p", t("The record begins {time}", { time: exact(since) }), "faint"));
  if (more) parts.push(button(t("Show more"), "more", () => inspector.more()));
  parts.push(...page.rules.card(inspected), foot(inspected, page));
  section.replaceChildren(...parts);
  if (focused) /** @type {HTMLElement | null} */ (section.querySelector(`.${focused.split(" ")[0]}`))?.focus();
}

function head(colour, inspector, page) {
  const row = make("div", "", "card-head");
  if (colour !== null) {
    const swatch = button("", "take swatch", () => page.take(colour));
    swatch.style.setProperty("--colour", toHex(colour));
    swatch.title = t("Draw with this colour");
    swatch.setAttribute("aria-label", t("Draw with {colour}", { colour: nameOf(colour) }));
    const hex = toHex(colour), name = nameOf(colour);
    const called = make("span", "");
    called.append(make("b", name));
    if (name !== hex) called.append(" ", make("span", hex, "faint"));
    row.append(swatch, called);
  }
  const close = button("", "shut", () => inspector.close());
  close.setAttribute("aria-label", t("Close"));
  close.title = t("Close (Esc)");
  close.append(icon("i-close"));
  row.append(close);
  return row;
}

/** @param {import("./record_server.js").Entry} entry */
function who(entry, state) {
  const { name, id, kind, own } = whose(entry, state), line = make("p", "", "card-who");
  line.append(make("bdi", name, "strong"), make("span", id, "faint"));
  if (kind === "bot") line.append(make("span", t("bot"), "tag"));
  if (own) line.append(make("span", t("you"), "tag"));
  if (entry.cause) line.append(make("span", entry.cause, "tag"));
  return line;
}

function when({ time }, page) {
  const line = make("p", "", "card-when");
  line.append(make("span", ago(time, page.today())), make("span", exact(time), "faint"));
  return line;
}

function list(lines, state, page) {
  const all = make("ol", "", "card-before");
  all.append(...lines.map((entry) => {
    if (!("seq" in entry)) return missing(entry, "li");
    const item = make("li", ""), { name, kind, own } = whose(entry, state), colour = parseHex(entry.color) ?? 0;
    const dot = make("i", "", "dot");
    dot.style.setProperty("--colour", toHex(colour));
    dot.title = nameOf(colour);
    const time = make("span", ago(entry.time, page.today()), "faint");
    time.title = exact(entry.time);
    item.append(dot, make("span", nameOf(colour), "unseen"), make("bdi", `${kind === "bot" && name !== BOT ? t("{name} (bot)", { name }) : name}${own ? ` ${t("(you)")}` : ""}`), time);
    return item;
  }));
  return all;
}

/** Pixels of this place may be missing. @param {{why: string}} gap @param {"p" | "li"} tag */
function missing({ why }, tag = "p") {
  return make(tag, t("Perhaps more: {why}", { why }), "faint missing");
}

/** @param {Inspected} inspected */
function foot({ x, y }, page) {
  const row = make("div", "", "card-foot"), link = button(t("Copy link"), "link", () => page.copyLink(page.hashOf(x, y)));
  link.prepend(icon("i-link"));
  const report = page.rules.reports ? button(t("Report…"), "report", () => page.rules.report()) : null;
  row.append(make("span", `${x}, ${y}`, "faint"), ...(report ? [report] : []), link);
  return row;
}
