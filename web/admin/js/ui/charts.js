// The last 15 minutes, as far as there is data, drawn by uPlot (vendor/uplot): one chart for each quantity, one
// cursor for all, events as marks.

import { bytes, clock, count, ms, number } from "../format.js";
import { SERIES, shown, SPAN } from "../history.js";
import { byId, setText } from "./dom.js";
import { LEVELS } from "./events.js";

const WRITE = { pixels_in: number, deliveries: number, place_to_ack_p99: ms, connections: count, memory: bytes };
const NEAR = 6; // CSS pixels: how near to the cursor an event must be to be named
const EDGE = 0.17; // of the width, at either edge: a time there would run into the quantities, or out of the chart

/** @returns {() => void} */
export function charts(page) {
  const { state } = page;
  let plots = /** @type {any[]} */ ([]), drawn = null, theme = null, hover = -1;
  const point = (index) => {
    hover = index;
    values(state, hover);
    setText(byId("charts-note"), note(state, hover, plots[0]));
  };
  return () => {
    if (!state.answer || state.route.view !== "overview" || typeof window.uPlot !== "function") return;
    if (theme !== page.theme()) {
      theme = page.theme();
      for (const plot of plots) plot.destroy();
      plots = SERIES.map((name) => chart(name, page, point));
      drawn = null;
    }
    fit(plots);
    if (drawn !== state.answer) for (const [n, plot] of plots.entries()) plot.setData(data(state, SERIES[n]));
    drawn = state.answer;
    if (hover < 0) point(-1);
  };
}

function data({ history }, name) {
  return [history.at.map((at) => at / 1000), history[name]];
}

/** Shows values in the charts' heads: those under the cursor, else the latest. */
function values({ history }, index) {
  for (const name of SERIES) setText(byId(`value-${name}`), WRITE[name](history[name].at(index)));
}

/** The text under the charts: the time under the cursor, and what happened then. */
function note({ history, answer }, index, plot) {
  const at = history.at[index];
  const [from, to] = shown(history, answer.time);
  if (index < 0 || at === undefined) return `${to - from < SPAN ? "All there is" : "The last 15 minutes"}, ${clock(from)} to ${clock(to)}; events are marked.`;
  const near = NEAR * (to - from) / Math.max(1, plot?.bbox.width / window.devicePixelRatio || 1);
  const told = answer.events.filter((event) => Math.abs(event.at - at) <= near).map((event) => event.text);
  return [clock(at), ...new Set(told)].slice(0, 4).join(" · ");
}

/** Times on the axis, with seconds where they are close. @param {number[]} ticks s */
function times({ scales: { x } }, ticks, _axis, _space, step) {
  const room = EDGE * (x.max - x.min);
  return ticks.map((at) => (at - x.min < room || x.max - at < room ? "" : clock(at * 1000).slice(0, step < 60 ? 8 : 5)));
}

function fit(plots) {
  for (const plot of plots) {
    const { clientWidth: width, clientHeight: height } = plot.root.parentElement;
    if (width > 0 && (plot.width !== width || plot.height !== height)) plot.setSize({ width, height });
  }
}

function chart(name, page, point) {
  const { state, theme } = page, parent = byId(`chart-${name}`);
  const { faint, line, accent, font } = theme();
  const axis = { stroke: faint, font: `11px ${font}`, ticks: { show: false } };
  return new window.uPlot({
    width: Math.max(50, parent.clientWidth), height: Math.max(50, parent.clientHeight), padding: [6, 14, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: "charts" }, drag: { x: false, y: false }, y: false, points: { size: 7 } },
    scales: {
      x: { range: () => shown(state.history, state.answer.time).map((at) => at / 1000) },
      y: { range: (_, least, most) => [0, most > 0 ? most * 1.15 : 1] },
    },
    axes: [
      { ...axis, size: 18, gap: 3, grid: { show: false }, space: 56, incrs: [15, 30, 60, 120, 300, 600], values: times },
      { ...axis, size: 46, gap: 4, space: 22, grid: { stroke: line, width: 1 }, values: (_, ticks) => ticks.map((tick) => WRITE[name](tick)) },
    ],
    series: [{}, { stroke: accent, width: 1.5, fill: tint(accent), points: { show: false } }],
    hooks: {
      draw: [(plot) => marks(plot, page)],
      setCursor: [(plot) => point(plot.cursor.idx ?? -1)],
    },
  }, data(state, name), parent);
}

/** @param {string} colour "#rrggbb" */
function tint(colour) {
  return `${colour}24`;
}

/** A line for every event, coloured by how bad it is. */
function marks(plot, { state, theme }) {
  const { good, trouble, bad, faint, accent } = theme(), { ctx, bbox } = plot;
  const colours = { good, warn: trouble, bad, plain: faint, act: accent };
  ctx.save();
  ctx.lineWidth = Math.max(1, window.devicePixelRatio);
  for (const { at, kind } of state.answer.events) {
    const x = Math.round(plot.valToPos(at / 1000, "x", true)) + 0.5;
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    const level = LEVELS[kind] ?? "plain";
    ctx.strokeStyle = colours[level];
    ctx.setLineDash(level === "plain" ? [2, 4] : []);
    ctx.globalAlpha = level === "plain" ? 0.5 : 0.85;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
