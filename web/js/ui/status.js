// What the page says: where the user is, trouble with the connection, and the live region. Trouble shorter than a blink
// is not mentioned.

import { toHex } from "../colour.js";
import { untilTick } from "../durations.js";
import { pixels } from "../numbers.js";
import { toastWords } from "../state.js";
import { networkTrouble } from "../without_network.js";
import { formatZoom } from "../view/view.js";
import { byId, setHidden, setProperty, setText } from "./dom.js";
import { plural, t } from "../words/words.js";

/** @typedef {import("../state.js").State} State */

const QUIET = 500; // ms without a connection before the banner shows
const SLOW = 1500; // ms without an answer before the banner says that drawing waits

/**
 * @param {object} does
 * @param {() => void} does.reconnect
 * @param {() => void} does.closeAnnouncement
 * @returns {(state: State, now: number) => number} shows the state; gives the ms until it has to again
 */
export function status({ reconnect, closeAnnouncement }) {
  const place = byId("place"), zoom = document.createElement("span"), at = document.createTextNode("–");
  place.replaceChildren(at, zoom);
  let heard = 0;
  byId("reconnect").addEventListener("click", reconnect);
  byId("announcement-close").addEventListener("click", closeAnnouncement);
  return (state, now) => {
    showPlace(state, at, zoom);
    if (state.saidTimes !== heard) {
      heard = state.saidTimes;
      say(state.said);
    }
    setHidden(byId("announcement"), state.announcement === "");
    setText(byId("announcement-text"), state.announcement);
    return Math.min(showBanner(state, now), showToast(state, now));
  };
}

/** Has a text read aloud, by the live region. It reads only what changes, so the same text comes with an unseen space or without. */
function say(text) {
  const region = byId("said");
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}

/** @param {State} state */
function showPlace({ canvas, reticule, view }, at, zoom) {
  if (!canvas) return;
  const x = reticule?.x ?? Math.min(Math.floor(view.x), canvas.geometry.width - 1);
  const y = reticule?.y ?? Math.min(Math.floor(view.y), canvas.geometry.height - 1);
  setText(at, `${x}, ${y} `);
  setText(zoom, `${formatZoom(view.zoom)}×`);
}

/** @param {State} state */
function showBanner(state, now) {
  const banner = byId("banner");
  const text = trouble(state, now);
  if (text) setText(byId("banner-text"), text);
  if (text && banner.hidden) say(text);
  if (!text && !banner.hidden) say(t("Connected again"));
  setHidden(banner, text === "");
  setHidden(byId("reconnect"), state.connection.phase !== "stopped");
  return text || state.connection.lostAt > 0 || state.pending?.count > 0 ? 250 : Infinity;
}

/** What to say about the connection; empty: nothing. @param {State} state */
function trouble({ connection, pending, canvas, me }, now) {
  if (!me.watches || me.banned) return ""; // there is no connection, and ui/account.js or rules/forms/banned.js says why
  const lost = connection.lostAt > 0 ? now - connection.lostAt : 0;
  if (connection.phase === "stopped" && connection.reason) return connection.reason;
  const unsaved = pending?.unanswered ?? 0, waits = unsaved > 0 ? ` · ${plural(unsaved, "1 pixel not saved yet", "{n} pixels not saved yet")}` : "";
  if (lost > QUIET) {
    const hint = connection.hint ? ` · ${connection.hint}` : "";
    const network = networkTrouble();
    if (network === "offline") return `${t("You are offline")} ${seconds(lost)}${waits}`;
    if (!canvas && network) return `${t("The server can’t be reached, trying again…")} ${seconds(lost)}${hint}`;
    if (!canvas) return `${t("Connecting…")} ${seconds(lost)}${hint}`;
    return `${t("Connection lost, reconnecting…")} ${seconds(lost)}${waits}${hint}`;
  }
  if (pending && now - pending.waitingSince > SLOW) return `${t("Saving takes longer than usual…")} ${seconds(now - pending.waitingSince)}${waits}`;
  return "";
}

/** @param {State} state */
function showToast(state, now) {
  const { toast } = state;
  const shown = toast !== null && now < toast.until;
  setHidden(byId("toast"), !shown);
  if (!shown) return Infinity;
  setText(byId("toast-text"), toastWords(toast, now));
  const dot = byId("toast-swatch");
  setHidden(dot, toast.swatch === null);
  if (toast.swatch !== null) setProperty(dot, "--colour", toHex(toast.swatch));
  return Math.min(toast.until - now, untilTick(toast.due - now));
}

function seconds(ms) {
  const s = Math.floor(ms / 1000);
  if (s < 1) return "";
  if (s < 60) return t("{n} s", { n: s });
  return s < 3600 ? t("{n} min", { n: Math.floor(s / 60) }) : t("{n} h", { n: Math.floor(s / 3600) });
}
