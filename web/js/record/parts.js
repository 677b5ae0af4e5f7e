// Loads the parts of the record, and what they have in common.

import { style } from "../ui/elements.js";
import { Asking } from "./asking.js";
import { RecordServer } from "./record_server.js";

/**
 * What the parts need of the page.
 * @typedef {object} Page
 * @property {RecordServer} server
 * @property {() => number} now ms of a steady clock
 * @property {() => number} today Unix ms, as the server has it
 * @property {(run: () => void, ms: number) => number} setTimeout
 * @property {(id: number) => void} clearTimeout
 * @property {() => void} changed
 * @property {(hash: string) => void} copyLink to a place of this page
 * @property {(x: number, y: number) => string} hashOf the link to a pixel
 * @property {(colour: number) => void} take a colour to draw with
 * @property {import("../rules.js").Rules} rules
 */

/**
 * @param {import("../state.js").State} state
 * @param {Omit<Page, "server">} page
 */
export function parts(state, page) {
  const asking = new Asking({
    fetch: fetch.bind(window), setTimeout: page.setTimeout,
    trouble(text) {
      if (!state.past || state.past.trouble === text) return;
      state.past.trouble = text;
      page.changed();
    },
  });
  const all = { ...page, server: new RecordServer(asking) };
  return {
    async inspecting() {
      const [part] = await Promise.all([import("./inspecting.js"), style("css/card.css")]);
      return part.inspecting(state, all);
    },
    async leaders() {
      const [part] = await Promise.all([import("./leaders.js"), style("css/leaders.css")]);
      return part.leaders(state, all);
    },
    async replaying() {
      const [part] = await Promise.all([import("./replaying.js"), style("css/past.css")]);
      return part.replaying(state, all);
    },
  };
}
