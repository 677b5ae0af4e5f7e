// The map of the canvas: shows regions by their owner or by their heat, and lets one be chosen.

import { count, number, plural } from "../format.js";
import { heatColour } from "../heat.js";
import { heatTop } from "../map.js";
import { toRegion } from "../route.js";
import { bounds, carries, colouringOf, grid, nameOf, regionAt } from "../state.js";
import { sharp } from "../theme.js";
import { byId, make, Rows, setAttribute, setHidden, setProperty, setText } from "./dom.js";
import { swatch } from "./swatch.js";

/** @param {import("../map.js").RegionMap} regions @returns {() => void} */
export function map(page, regions) {
  const { state, theme } = page, canvas = byId("map");
  listen(page, canvas);
  const showLegend = legend(page);
  return () => {
    if (!state.answer || state.route.view !== "overview") return;
    const { width, height } = state.answer.canvas;
    setProperty(canvas, "aspect-ratio", `${width} / ${height}`);
    const shown = canvas.clientWidth;
    if (shown === 0) return;
    regions.draw(sharp(canvas, shown, shown * height / width), shown, state, theme());
    setAttribute(canvas, "aria-label", `Map of ${plural(grid(state.answer.canvas).total, "region")}, by ${colouringOf(state)}. ${spoken(state)}`);
    showLegend();
    if (state.reveal) canvas.scrollIntoView({ block: "nearest" });
    state.reveal = false;
  };
}

function listen(page, canvas) {
  const { state, go, changed } = page;
  canvas.addEventListener("click", (event) => {
    if (!state.answer) return;
    const { width, height } = state.answer.canvas, box = canvas.getBoundingClientRect();
    const x = Math.min(width - 1, Math.max(0, Math.floor((event.clientX - box.left) / box.width * width)));
    const y = Math.min(height - 1, Math.max(0, Math.floor((event.clientY - box.top) / box.height * height)));
    go(toRegion(regionAt(state.answer.canvas, x, y)));
  });
  canvas.addEventListener("keydown", (event) => {
    const next = state.answer && step(state, event.key);
    if (next === null) return;
    event.preventDefault();
    history.replaceState(null, "", toRegion(next)); // arrow keys add nothing to the browser's history
    window.dispatchEvent(new HashChangeEvent("hashchange"));
    const { x, y } = bounds(state.answer.canvas, Math.max(0, next));
    state.said = next < 0 ? "No region chosen" : `${spoken(state)}, at ${x}, ${y}`;
  });
  for (const colouring of ["owner", "heat"]) {
    byId(`by-${colouring}`).addEventListener("click", () => {
      state.colouring = colouring;
      state.said = `Map by ${colouring}`;
      changed();
    });
  }
}

/** The region that a key leads to; null: the map has no use for the key; -1: no region. */
function step(state, key) {
  const { columns, rows } = grid(state.answer.canvas), from = state.route.region;
  if (key === "Escape") return from < 0 ? null : -1;
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key] ?? [0, 0];
  if (dx === 0 && dy === 0) return null;
  if (from < 0) return 0;
  const column = Math.min(columns - 1, Math.max(0, from % columns + dx)), row = Math.min(rows - 1, Math.max(0, Math.floor(from / columns) + dy));
  return row * columns + column;
}

/** What is chosen, in words. @param {import("../state.js").State} state */
function spoken(state) {
  const chosen = state.route.region;
  if (chosen < 0) return "Arrow keys choose a region.";
  const region = state.regions.get(chosen);
  if (!region) return `Region ${chosen}, resting`;
  return `Region ${chosen}, ${state.troubled.get(chosen)?.kind ?? nameOf(state, region.owner)}, ${number(region.rate)} pixels per second`;
}

/** @returns {() => void} */
function legend({ state, theme }) {
  const owners = new Rows(byId("owners"), () => {
    const look = swatch(), text = make("span");
    return {
      element: make("li", {}, look.element, text),
      show(/** @type {import("../state.js").Member} */ member) {
        look.show(member.name, state.slots.get(member.name));
        setText(text, `${member.name}: ${member.answers ? count(member.regions) : "–"}`);
      },
    };
  });
  return () => {
    const heat = colouringOf(state) === "heat";
    setAttribute(byId("by-owner"), "aria-pressed", String(!heat));
    setAttribute(byId("by-heat"), "aria-pressed", String(heat));
    setHidden(byId("owners"), heat);
    setHidden(byId("heat"), !heat);
    owners.show([...state.members.values()].filter(carries), ({ id }) => id);
    if (heat) drawScale(byId("scale"), theme());
    setText(byId("heat-top"), `${count(heatTop(state))} pixels/s`);
  };
}

function drawScale(canvas, theme) {
  const width = canvas.clientWidth, height = canvas.clientHeight, context = sharp(canvas, width, height);
  for (let x = 0; x < width; x++) {
    context.fillStyle = heatColour(x / (width - 1), theme.name);
    context.fillRect(x, 0, 1, height);
  }
}
