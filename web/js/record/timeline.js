// The time bar's arithmetic: where a moment is on it, how high its bars are, where something happened. Pure.

/**
 * Pixels that were placed in the step that begins at a time, Unix ms.
 * @typedef {{time: number, pixels: number}} Bucket
 * @typedef {{from: number, to: number}} Span  Unix ms
 */

const HOUR = 3_600_000; // ms
const STEPS = [1, 2, 5, 10, 30, 60, 120, 300, 900, 1800, 3600, 3 * 3600, 12 * 3600, 86_400, 7 * 86_400, 30 * 86_400].map((s) => 1000 * s);
const MOST_STEPS = 400; // as many bars as a large screen has room for
const SHORT_STEPS = 47 * HOUR;
const SHORTEST = 60_000; // ms that a time bar shows at least
const BUSY = 0.75; // a step is busy if it has as many pixels as this part of those with any does not exceed
const NEAR = 0.01; // of the bar: the mark of a gap is so wide
const LOWEST = 0.08; // of the height: a single pixel is seen

/** What the bar shows of a record that begins at first. @param {number | null} first null: nothing is recorded @returns {Span} */
export function spanOf(first, now) {
  return { from: Math.min(first ?? now, now - SHORTEST), to: now };
}

/**
 * The steps in which a span is counted: short enough that the bars show more than one hill, and not too many. The
 * server counts steps of less than an hour over two days at most, and longer ones from an hour on.
 * @param {Span} span
 */
export function stepOf({ from, to }) {
  const least = to - from > SHORT_STEPS ? HOUR : 0;
  const step = STEPS.find((each) => each >= least && (to - from) / each <= MOST_STEPS) ?? STEPS[STEPS.length - 1];
  return { step, from: from - (from % Math.min(step, HOUR)) };
}

/** The part of the bar, 0 to 1, at which a moment is. @param {Span} span */
export function partOf({ from, to }, time) {
  return Math.min(1, Math.max(0, (time - from) / (to - from)));
}

/** @param {Span} span @param {number} part 0 to 1 */
export function timeAt({ from, to }, part) {
  return Math.round(from + part * (to - from));
}

/**
 * How many pixels fall on each of count equal parts of a span. A step that lies over several parts is shared among them.
 * @param {Bucket[]} buckets in order
 * @param {number} step ms of one bucket
 * @param {Span} span
 */
export function spread(buckets, step, span, count) {
  const bars = new Float64Array(count), width = (span.to - span.from) / count;
  for (const { time, pixels } of buckets) {
    const from = Math.max(time, span.from), to = Math.min(time + step, span.to);
    if (to <= from) continue;
    const last = Math.min(count - 1, Math.ceil((to - span.from) / width) - 1);
    for (let bar = Math.floor((from - span.from) / width); bar <= last; bar++) {
      const left = span.from + bar * width;
      bars[bar] += (pixels * (Math.min(to, left + width) - Math.max(from, left))) / (to - from);
    }
  }
  return bars;
}

/** Heights of bars, 0 to 1. A root keeps what is quiet in sight beside what is busy. @param {Float64Array} bars */
export function heights(bars) {
  const most = bars.reduce((a, b) => Math.max(a, b), 0);
  return bars.map((pixels) => (pixels > 0 ? Math.max(LOWEST, Math.sqrt(pixels / most)) : 0));
}

/**
 * When something happened: where busy steps begin that follow others, in order.
 * @param {Bucket[]} buckets in order; steps without a pixel may be missing
 */
export function busyMoments(buckets, step) {
  const counts = buckets.map(({ pixels }) => pixels).filter((pixels) => pixels > 0).sort((a, b) => a - b);
  if (counts.length === 0) return [];
  const enough = counts[Math.min(counts.length - 1, Math.floor(BUSY * counts.length))];
  const busy = buckets.filter(({ pixels }) => pixels >= enough).map(({ time }) => time);
  return busy.filter((time, i) => i === 0 || time - busy[i - 1] > step);
}

/** The next busy moment after a time; behind the last one comes the first. @param {number[]} moments @returns {number | null} */
export function nextBusy(moments, time) {
  return moments.find((moment) => moment > time) ?? moments[0] ?? null;
}

/** What could not be kept near a moment. @param {{noted: number, why: string}[]} gaps @param {Span} span */
export function gapAt(gaps, span, time) {
  return gaps.find(({ noted }) => Math.abs(noted - time) <= NEAR * (span.to - span.from))?.why ?? "";
}

/** The greatest of some speeds at which a span takes so many seconds at least. @param {readonly number[]} speeds rising */
export function fittingSpeed(speeds, { from, to }, seconds) {
  return [...speeds].reverse().find((speed) => to - from >= speed * seconds * 1000) ?? speeds[0];
}
