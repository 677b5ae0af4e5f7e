// How quantities are written: short, with units, at widths that hardly change.

const MISSING = "–";

const missing = (n) => n === undefined || n === null || Number.isNaN(n);

/** A whole number: "12,345"; from 100,000 on "123 k", "4.5 M". */
export function count(n) {
  if (missing(n)) return MISSING;
  if (Math.abs(n) < 100_000) return Math.round(n).toLocaleString("en");
  return scaled(n, 1000, ["", " k", " M", " G", " T"]);
}

/** A rate or another number with a fraction: "0.4", "12", "1.2 k". */
export function number(n) {
  if (missing(n)) return MISSING;
  if (n !== 0 && Math.abs(n) < 9.95) return trim(n.toFixed(1));
  return Math.abs(n) < 9_999.5 ? count(n) : scaled(n, 1000, ["", " k", " M", " G", " T"]);
}

/** "512 B", "1.5 MB": decimal, as networks count. */
export function bytes(n) {
  return missing(n) ? MISSING : scaled(n, 1000, [" B", " kB", " MB", " GB", " TB"]);
}

/** "31 %" of one processor. */
export function percent(part) {
  return missing(part) ? MISSING : `${Math.round(part * 100)} %`;
}

/** A short duration: "0.4 ms", "12 ms", "1.2 s". */
export function ms(n) {
  if (missing(n)) return MISSING;
  if (n >= 999.5) return `${trim((n / 1000).toFixed(n < 9950 ? 1 : 0))} s`;
  return `${n < 9.95 ? trim(n.toFixed(1)) : Math.round(n)} ms`;
}

/** Microseconds: "14 µs", "1.2 ms". */
export function us(n) {
  if (missing(n)) return MISSING;
  return n < 999.5 ? `${Math.round(n)} µs` : ms(n / 1000);
}

/** A long duration, in its two largest units: "12 s", "3 min 20 s", "2 h 5 min", "4 d 3 h". */
export function span(ms) {
  if (missing(ms)) return MISSING;
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 600) return join(Math.floor(s / 60), "min", s % 60, "s");
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86_400) return join(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
  return join(Math.floor(s / 86_400), "d", Math.floor((s % 86_400) / 3600), "h");
}

/** The time of day here: "14:03:09". */
export function clock(time) {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** Day and time, for where there is room: "2026-11-23 14:03:09". */
export function day(time) {
  const date = new Date(time);
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, "0"));
  return `${parts.join("-")} ${clock(time)}`;
}

/** "1 region", "6 regions". */
export function plural(n, one, many = `${one}s`) {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** "A", "A and B", "A, B and C", "A, B and 4 more". */
export function list(names, most = 3) {
  if (names.length <= 1) return names.join("");
  if (names.length <= most) return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  return `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} more`;
}

function scaled(n, step, units) {
  let unit = 0;
  while (Math.abs(n) >= step * 0.9995 && unit < units.length - 1) {
    n /= step;
    unit++;
  }
  const text = Math.abs(n) < 9.95 && unit > 0 ? trim(n.toFixed(1)) : String(Math.round(n));
  return text + units[unit];
}

function trim(text) {
  return text.replace(/\.0$/, "");
}

function join(a, unitA, b, unitB) {
  return b === 0 ? `${a} ${unitA}` : `${a} ${unitA} ${b} ${unitB}`;
}
