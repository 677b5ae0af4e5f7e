// The connection to the server, and how old the data on the page is. Without answers the last data stays, greyed out.

import { clock, span } from "../format.js";
import { byId, setAttribute, setHidden, setText } from "./dom.js";

const SHORT = 2_500; // ms without an answer before that is mentioned

/** @returns {() => void} */
export function link({ state, changed, now, retry }) {
  byId("retry").addEventListener("click", retry);
  let timer = 0, wasLost = false;
  return () => {
    const age = now() - state.receivedAt;
    const lost = state.link.lostAt > 0 && (state.answer === null || age > SHORT || state.link.loggedOut);
    setHidden(byId("lost"), !lost);
    document.body.classList.toggle("stale", lost && state.answer !== null);
    setAttribute(byId("live"), "data-state", state.answer === null ? "waiting" : lost ? "lost" : "live");
    setText(byId("live-node"), state.answer?.node ?? "");
    setText(byId("live-time"), state.answer ? clock(state.answer.time) : "…");
    if (lost) setText(byId("lost-text"), trouble(state, now()));
    setHidden(byId("login"), !state.link.loggedOut);
    setHidden(byId("retry"), state.link.loggedOut);
    if (lost !== wasLost) state.said = lost ? `Connection lost: ${state.link.error}` : "Connected again";
    wasLost = lost;
    clearTimeout(timer);
    if (state.link.lostAt > 0) timer = window.setTimeout(changed, 500);
  };
}

/** @param {import("../state.js").State} state */
function trouble({ answer, link, receivedAt }, now) {
  const shown = answer ? ` Shown is ${clock(answer.time)}, ${span(now - receivedAt)} old.` : "";
  if (link.loggedOut) return `The session is over.${shown}`;
  const next = Math.max(0, Math.ceil((link.retryAt - now) / 1000));
  return `No answer from ${answer?.node ?? "the server"}: ${link.error}.${shown} ${next > 0 ? `Asking again in ${next} s.` : "Asking again…"}`;
}
