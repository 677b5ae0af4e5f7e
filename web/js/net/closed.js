// What to tell the user when a connection has ended for good.

import { t } from "../words/words.js";

const BANNED = 4006;

/** By close code, as in PROTOCOL.md. */
const WORDS = new Map([
  [1002, t("The connection broke the WebSocket protocol")],
  [1003, t("The server speaks another protocol")],
  [1007, t("The server could not read what this page sent")],
  [1009, t("This page sent too much at once")],
  [4000, t("The server could not read what this page sent")],
  [4001, t("The server could not read what this page sent")],
  [4004, t("You were disconnected by an operator")],
  [BANNED, t("You have been banned from this canvas")],
]);

/** @param {number} code @param {string} reason as the server's close frame has them */
export function whyClosed(code, reason) {
  const words = WORDS.get(code);
  return code === BANNED && reason ? `${words}: ${reason}` : words;
}
