// Keeps the page in the browser for when there is no network: asks for the service worker, which does that. It is there where
// the browser has such a thing (over HTTPS and on one's own computer), and gone again after a visit to /?sources.

/**
 * @param {Navigator} navigator
 * @param {boolean} sources the page is shown from its sources, by somebody who works on it
 */
export async function keepPage({ serviceWorker }, sources) {
  if (!serviceWorker) return;
  try {
    if (sources) await (await serviceWorker.getRegistration("./"))?.unregister();
    else await serviceWorker.register("service_worker.js", { updateViaCache: "none" });
  } catch {
    // Without it there is just no page without a network.
  }
}

/** Whether this page was kept, and comes from an earlier visit: nothing has answered when it was opened. */
function isKept() {
  return document.documentElement.dataset.kept !== undefined;
}

/** What is wrong with the network, as far as the browser knows; empty: nothing. @returns {"" | "offline" | "unreachable"} */
export function networkTrouble() {
  return globalThis.navigator?.onLine === false ? "offline" : isKept() ? "unreachable" : "";
}

/** The server is back: its own page is shown, which may be newer than the kept one. */
export async function leaveKept() {
  if (!isKept()) return;
  const there = await fetch(location.href, { method: "HEAD", cache: "no-store" }).then(({ ok }) => ok, () => false);
  if (there) location.reload();
}
