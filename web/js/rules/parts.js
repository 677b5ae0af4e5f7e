// Loads the parts of the rules, and what they have in common.

import { style } from "../ui/elements.js";
import { RulesServer } from "./rules_server.js";

/**
 * What the parts need of the page.
 * @typedef {object} Page
 * @property {RulesServer} server
 * @property {import("../rules.js").Rules} rules
 * @property {() => number} now ms of a steady clock
 * @property {() => number} today Unix ms, as the server has it
 * @property {(run: () => void, ms: number) => number} setTimeout
 * @property {(id: number) => void} clearTimeout
 * @property {() => void} changed
 * @property {import("../view/overlay.js").Overlay["layers"]} layers what is drawn over the canvas
 * @property {(x: number, y: number) => void} goTo shows a place
 * @property {() => void} reconnect
 * @property {() => void} stop gives up the connection
 * @property {() => void} askMe asks the server who the user is to it
 *
 * @typedef {object} Part
 * @property {(now: number) => number} [show] shows the state; gives the ms until it has to again
 * @property {(said: any) => void} [read] what the server says about the rules
 * @property {() => void} [heard] the rules have changed
 * @property {(place: {x: number, y: number, user?: string, name?: string}) => void} [open]
 * @property {(inspected: import("../record/inspector.js").Inspected) => Node[]} [card]
 * @property {(key: string) => boolean} [key]
 * @property {() => boolean} [escape]
 */

/**
 * @param {import("../state.js").State} state
 * @param {Omit<Page, "server">} page
 * @returns {Record<string, () => Promise<Part>>}
 */
export function parts(state, page) {
  const all = { ...page, server: new RulesServer(fetch.bind(window)) };
  const load = async (/** @type {Promise<any>} */ module, ...sheets) => (await Promise.all([module, ...sheets.map(style)]))[0];
  return {
    ruling: async () => (await load(import("./in_force.js"), "css/rules.css")).inForce(state, all),
    reporting: async () => (await load(import("./forms/report.js"), "css/rules.css")).reporting(state, all),
    banned: async () => (await load(import("./forms/banned.js"), "css/rules.css")).banned(state, all),
    moderating: async () => (await load(import("./moderating.js"), "css/rules.css", "css/moderation.css", "css/evidence.css")).moderating(state, all),
  };
}
