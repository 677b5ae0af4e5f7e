// The replay: the parts of it, wired together.

import { bar } from "./bar.js";
import { Busy } from "./busy.js";
import { Maps } from "./maps.js";
import { Replay } from "./replay.js";

/** @typedef {ReturnType<typeof replaying>} Replaying */

const SOON = 250; // ms: how often the bar moves on while nothing plays

/**
 * @param {import("../state.js").State} state
 * @param {import("./parts.js").Page} page
 */
export function replaying(state, page) {
  const replay = new Replay(state, page), maps = new Maps(state, replay, page), busy = new Busy(state, page);
  const showBar = bar(state, replay, maps, page);
  const close = () => {
    busy.stop();
    return replay.close();
  };
  const keys = {
    " ": () => replay.toggle(),
    j: () => replay.jump(),
    l: close,
    m: () => maps.next(),
    "<": () => replay.change(-1),
    ">": () => replay.change(1),
  };
  return {
    open: (time) => replay.open(time),
    close,
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
      busy.advance(now);
      return playing ? 0 : SOON;
    },
    show: showBar,
  };
}
