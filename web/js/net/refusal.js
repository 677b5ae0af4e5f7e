// Why the server refuses WebSockets. Browsers don't tell pages, so the page asks over HTTP.

import { t } from "../words/words.js";

const PATIENCE = 4000; // ms for the answer

/**
 * @param {string} address of the WebSocket, over HTTP
 * @param {string} origin this page's
 * @param {typeof fetch} fetch
 * @returns {Promise<string>} for the user; empty: it may be the network
 */
export async function whyRefused(address, origin, fetch) {
  let status;
  try {
    const question = `${address}?${new URLSearchParams({ origin })}`;
    ({ status } = await fetch(question, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) }));
  } catch {
    return "";
  }
  switch (status) {
    case 401:
      return t("It is not your network: one has to sign in to see this canvas");
    case 403:
      return t("It is not your network: the server does not let pages of this address connect");
    case 426:
      return t("It is not your network: something before the server does not let WebSockets through");
    case 431:
      return t("It is not your network: this site’s cookies are too large for the server");
    case 503:
      return t("It is not your network: the server is full or restarting");
    default:
      return t("It is not your network: the server answers with status {status}", { status });
  }
}
