// The time bar: where one is in the record, where much happened, and the buttons to move in it.

import { number } from "../numbers.js";
import { readTheme } from "../view/theme.js";
import { byId, setAttribute, setHidden, setText } from "../ui/dom.js";
import { SPEEDS } from "./play_clock.js";
import { ago, brief, exact } from "./times.js";
import { gapAt, heights, partOf, spread, timeAt } from "./timeline.js";
import { t } from "../words/words.js";

const FORCED = { name: "forced", accent: "Highlight", grid: "GrayText", glow: "CanvasText" }; // a reader's own colours
const QUIET = 400; // ms of loading that are not mentioned
const BAR = 3, BETWEEN = 1; // CSS pixels

/**
 * @param {import("../state.js").State} state
 * @param {import("./replay.js").Replay} replay
 * @param {import("./maps.js").Maps} maps
 * @param {import("./parts.js").Page} page
 * @returns {() => void} shows the state
 */
export function bar(state, replay, maps, page) {
  const section = byId("past"), slider = byId("past-slider"), speed = byId("past-speed"), map = byId("past-map");
  speed.replaceChildren(...SPEEDS.map((each) => new Option(`${number(each)}×`, String(each))));
  listen(state, replay, maps);
  const drawBars = bars(byId("past-bars"));
  return () => {
    const { past } = state;
    setHidden(section, past === null);
    if (!past) return;
    const part = past.live ? 1 : partOf(past.span, past.time);
    const at = String(Math.round(part * slider.max));
    if (slider.value !== at) slider.value = at;
    const said = past.live ? t("Now") : exact(past.time);
    setText(byId("past-time"), said);
    setAttribute(slider, "aria-valuetext", said);
    setText(byId("past-note"), note(past, page.today(), page.now()));
    setText(byId("past-first"), past.stats?.first ? brief(past.span.from, past.span.to - past.span.from) : "");
    const { playing } = past.clock;
    setAttribute(byId("past-play-icon"), "href", playing ? "#i-pause" : "#i-play");
    setAttribute(byId("past-play"), "aria-label", playing ? t("Pause") : t("Play"));
    byId("past-play").title = playing ? t("Pause (space)") : t("Play (space)");
    byId("past-busy").disabled = !past.activity?.buckets.length;
    if (speed.value !== String(past.clock.speed)) speed.value = String(past.clock.speed);
    if (map.value !== past.mapped) map.value = past.mapped;
    setHidden(byId("past-legend"), past.mapped !== "heat");
    setText(byId("past-scope"), past.activity && !past.activity.whole && past.mapped !== "heat" ? t("what is in view") : "");
    drawBars(past, part);
  };
}

function listen(state, replay, maps) {
  const slider = byId("past-slider"), speed = byId("past-speed"), map = byId("past-map");
  const chosen = () => timeAt(state.past.span, Number(slider.value) / slider.max);
  slider.addEventListener("input", () => replay.seek(chosen(), true));
  slider.addEventListener("change", () => replay.seek(chosen()));
  slider.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    replay.toggle();
  });
  speed.addEventListener("change", () => replay.setSpeed(Number(speed.value)));
  map.addEventListener("change", () => maps.choose(map.value));
  byId("past-play").addEventListener("click", () => replay.toggle());
  byId("past-busy").addEventListener("click", () => replay.jump());
  byId("past-live").addEventListener("click", () => replay.close());
}

/** What there is to say beside the time. @param {import("./replay.js").Past} past */
function note(past, today, now) {
  const long = (/** @type {number} */ since) => since > 0 && now - since > QUIET;
  if (past.trouble) return past.trouble;
  if (past.mapped) return past.mappedAt ? maps[past.mapped] : t("Loading…");
  if (long(past.loading) || long(past.clock.waiting)) return t("Loading…");
  if (!past.whole) return t("Only the middle is replayed: zoom in");
  const gap = gapAt(past.stats?.gaps ?? [], past.span, past.time);
  if (gap && !past.live) return t("Not everything could be kept: {why}", { why: gap });
  if (past.live) return past.stats && !past.stats.pixels ? t("Nothing is recorded yet") : "";
  return ago(past.time, today);
}

const maps = { heat: t("When each pixel was painted last"), blank: t("Striped: nobody has painted there") };

/** Draws how much happened when, and where nothing could be kept. @param {HTMLCanvasElement} element */
function bars(element) {
  const context = element.getContext("2d"), forced = matchMedia("(forced-colors: active)");
  let drawn = "", counted = { key: "", activity: /** @type {import("./busy.js").Activity | null} */ (null), high: new Float64Array(0) };
  return (/** @type {import("./replay.js").Past} */ past, /** @type {number} */ part) => {
    const { clientWidth: width, clientHeight: height } = element, density = window.devicePixelRatio || 1;
    const theme = { ...readTheme(), ...(forced.matches ? FORCED : {}) }, { span, stats, activity } = past;
    const count = Math.max(1, Math.floor((width + BETWEEN) / (BAR + BETWEEN)));
    const now = Math.round(part * count), key = `${count},${span.from},${Math.round((span.to - span.from) / 1000)},${stats?.pixels}`;
    const looks = `${key},${now},${height},${density},${theme.name}`;
    if ((looks === drawn && counted.activity === activity) || width === 0) return;
    drawn = looks;
    if (counted.key !== key || counted.activity !== activity) {
      counted = { key, activity, high: heights(spread(activity?.buckets ?? [], activity?.step ?? 1, span, count)) };
    }
    element.width = Math.round(width * density);
    element.height = Math.round(height * density);
    context.setTransform(density, 0, 0, density, 0, 0);
    const step = (width + BETWEEN) / count;
    counted.high.forEach((high, i) => {
      if (high === 0) return;
      context.fillStyle = i < now ? theme.accent : theme.grid;
      const top = Math.round((height - high * height) * density) / density;
      context.fillRect(i * step, top, BAR, height - top);
    });
    context.strokeStyle = theme.glow;
    context.lineWidth = 2;
    context.setLineDash([3, 3]);
    context.beginPath();
    for (const { noted } of stats?.gaps ?? []) {
      const x = Math.min(width - 1, Math.max(1, partOf(span, noted) * width));
      context.moveTo(x, 0);
      context.lineTo(x, height);
    }
    context.stroke();
  };
}
