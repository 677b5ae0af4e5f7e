// The client for programs and for other sites: bots, displays, pages that embed the canvas. It is this page's own
// protocol code (net/) with a replica instead of a drawing page around it. Servers serve it as one module at /client.js,
// and transport/client/javascript packs that for npm; client.d.ts has its types.

import { Client } from "./client/client.js";
import { Ended, Refused } from "./client/errors.js";

/**
 * Connects to a canvas, and resolves when the server has welcomed the client. If the first attempt fails, it rejects.
 * @param {string | URL} url of the canvas or of its WebSocket
 * @param {import("./client/client.js").Options} [options]
 * @returns {Promise<Client>}
 */
export function connect(url, options = {}) {
  return new Client(url, options).open();
}

export { Client, Ended, Refused };
