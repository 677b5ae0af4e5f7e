// The replay: the parts of it, wired together.

import { bar } from "./bar.js";
import { Maps } from "./maps.js";
import { Replay } from "./replay.js";

/** @typedef {ReturnType<typeof replaying>} Replaying */

const SOON = 250; // ms: how often the bar moves on while nothing plays

/**
 * @param {import("../state.js").State} state
 * @param {import("./parts.js").Page} page
 */
export function replaying(state, page) {
  const replay = new Replay(state, page), maps = new Maps(state, replay, page);
  const showBar = bar(state, replay, maps, page);
  const keys = {
    " ": () => replay.toggle(),
    j: () => replay.jump(),
    l: () => replay.close(),
    m: () => maps.next(),
    "<": () => replay.change(-1),
    ">": () => replay.change(1),
  };
  return {
    open: (time) => replay.open(time),
    close: () => replay.close(),
    key(key) {
      const act = keys[key];
      act?.();
      return act !== undefined;
    },
    /** @returns {number} ms until it has to again */
    advance(now) {
      if (!state.past) return Infinity;
      const playing = replay.advance(now);
      maps.advance(now);
      return playing ? 0 : SOON;
    },
    show: showBar,
  };
}
