// Draws the plots of a report with uPlot. Everything else on the page works without this script.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const plots = [];

  const HEIGHT = 230; // of a plot, CSS pixels
  const PAPER = 660; // width of a plot when printed: what fits A4 and Letter
  const LINES = 6; // colours for series, in report.css
  const LABELLED = 40; // with more events than this, their lines have no numbers
  const LABEL = 16; // CSS pixels that a number needs
  const DECADE = 180; // CSS pixels: a power of ten this wide has room for three labels
  const NONE = 0.1; // the value of an empty bin on a log axis: below the edge
  const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400]; // of the time axis, seconds

  const style = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const lineColour = (i) => () => style(`--line-${i % LINES}`);
  const fade = (i) => () => style(`--line-${i % LINES}`) + "26"; // with an opacity of 15%

  /** 83 s as 1:23, 3723 s as 1:02:03. */
  function clock(seconds) {
    const two = (n) => String(Math.floor(n)).padStart(2, "0");
    const rest = `${two(seconds % 60)}`;
    return seconds < 3600 ? `${Math.floor(seconds / 60)}:${rest}` : `${Math.floor(seconds / 3600)}:${two((seconds / 60) % 60)}:${rest}`;
  }

  const quantity = (v) => (v == null ? "–" : Number(v.toPrecision(4)).toLocaleString("en"));

  const axis = (more) => ({
    stroke: () => style("--faint"),
    font: "12px system-ui, sans-serif",
    grid: { stroke: () => style("--grid"), width: 1 },
    ticks: { stroke: () => style("--grid"), width: 1, size: 5 },
    ...more,
  });

  /** Vertical lines where something happened, numbered as in the table of events. */
  function marks(u) {
    const { ctx, bbox } = u;
    const scale = devicePixelRatio;
    let labelled = -Infinity;
    ctx.save();
    ctx.lineWidth = 1.5 * scale;
    ctx.font = `600 ${11 * scale}px system-ui, sans-serif`;
    ctx.textAlign = "center";
    for (const event of data.events) {
      const x = u.valToPos(event.at, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.strokeStyle = ctx.fillStyle = style(`--event-${event.kind}`);
      ctx.beginPath();
      ctx.setLineDash([5 * scale, 3 * scale]);
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      if (data.events.length <= LABELLED && x - labelled >= LABEL * scale) {
        ctx.fillText(event.label, x, bbox.top - 4 * scale);
        labelled = x;
      }
    }
    ctx.restore();
  }

  /** The time axis: all of the test, until the reader selects a part of it. */
  const span = (at) => (u, min, max) =>
    min === at[0] && max === at[at.length - 1] ? [0, Math.max(data.seconds, max)] : [min, max];

  function overTime(unit) {
    const lines = data.series.filter((s) => s.unit === unit);
    const table = uPlot.join(lines.map((s) => [s.at ?? [], s.y ?? []]));
    const series = lines.map((s, i) => ({
      label: s.name,
      stroke: lineColour(i),
      fill: lines.length === 1 ? fade(i) : undefined,
      width: 1.5,
      spanGaps: false,
      value: (u, v) => (v == null ? "–" : `${quantity(v)} ${unit}`),
    }));
    return [{
      cursor: { sync: { key: "time" }, y: false },
      scales: {
        x: { time: false, range: span(table[0]) },
        y: { range: (u, min, max) => [Math.min(0, min), max > 0 ? max * 1.08 : 1] },
      },
      series: [{ label: "at", value: (u, v) => (v == null ? "–" : clock(v)) }, ...series],
      axes: [
        axis({ size: 30, incrs: STEPS, values: (u, splits) => splits.map(clock), space: 60 }),
        axis({ size: 62, values: (u, splits) => splits.map(quantity) }),
      ],
      hooks: { draw: [marks] },
    }, table];
  }

  /** Powers of ten that a log axis shows. */
  function decades(u, axis, min, max) {
    const list = [];
    for (let e = Math.floor(Math.log10(min)); e <= Math.ceil(Math.log10(max)); e++) list.push(10 ** e);
    return list.filter((v) => v >= min && v <= max);
  }

  /** 1, 2 and 5 times each power of ten, where there is room; else the powers alone. */
  function steps(u, axis, min, max) {
    const roomy = u.bbox.width / devicePixelRatio / Math.log10(max / min) >= DECADE;
    return decades(u, axis, min / 10, max)
      .flatMap((v) => (roomy ? [v, 2 * v, 5 * v] : [v]))
      .filter((v) => v >= min && v <= max);
  }

  const all = (u, splits) => splits; // uPlot would leave some of them out

  function histogram({ edges, counts }) {
    const step = uPlot.paths.stepped({ align: 1 });
    const bar = (n) => Math.max(n, NONE);
    const series = counts.map((c, i) => ({
      label: c.name,
      stroke: lineColour(i),
      fill: fade(i),
      width: 1.5,
      paths: step,
      fillTo: (u) => u.scales.y.min,
      points: { show: false },
      value: (u, v) => quantity(v === NONE ? 0 : v),
    }));
    const most = Math.max(...counts.flatMap((c) => c.n));
    return [{
      cursor: { y: false, drag: { x: false, y: false } },
      scales: {
        x: { time: false, distr: 3, range: () => [edges[0] / 1.1, edges[edges.length - 1] * 1.1] },
        y: { distr: 3, range: () => [0.7, most * 1.6] },
      },
      series: [{ label: "ms", value: (u, v, s, i) => (i == null || i + 1 >= edges.length ? "–" : `${quantity(edges[i])} to ${quantity(edges[i + 1])}`) }, ...series],
      axes: [
        axis({ size: 30, splits: steps, filter: all, values: (u, splits) => splits.map((v) => quantity(v) + " ms") }),
        axis({ size: 62, splits: decades, filter: all, values: (u, splits) => splits.map(quantity) }),
      ],
    }, [edges, ...counts.map((c) => [...c.n.map(bar), NONE])]];
  }

  const width = (figure) => (root.classList.contains("paper") ? PAPER : figure.clientWidth);

  function draw(figure) {
    const { plot: which, unit } = figure.dataset;
    const [options, table] = which === "histogram" ? histogram(data.histogram) : overTime(unit);
    const plot = new uPlot({ width: width(figure), height: HEIGHT, padding: [18, 14, 0, 0], ...options }, table, figure);
    plots.push({ plot, figure });
  }

  const fit = () => plots.forEach(({ plot, figure }) => plot.setSize({ width: width(figure), height: HEIGHT }));

  /** Draws all plots anew: in other colours, or for paper. */
  function redraw() {
    for (const { plot } of plots.splice(0)) plot.destroy();
    document.querySelectorAll("figure[data-plot]").forEach(draw);
  }

  function paper(on) {
    root.classList.toggle("paper", on);
    redraw();
  }

  redraw();
  new ResizeObserver(fit).observe(document.querySelector("main"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("beforeprint", () => paper(true));
  addEventListener("afterprint", () => paper(false));
})();
