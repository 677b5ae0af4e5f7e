// What the page says, in the language of its reader. The English text is the key to the others, and stands where it is used:
// t("Start drawing"). All modules that say something wait for this one, so that a text may be said as soon as a module runs.

import { directionOf, wanted } from "./languages.js";
import { translate } from "./translate_page.js";

/** @typedef {import("./languages.js").Spoken} Spoken */

/** @type {Spoken & {numbers: Intl.NumberFormat, plurals: Intl.PluralRules, isolates: boolean}} */
let spoken;

/** From now on the page speaks a language. @param {Spoken} next */
export function speak(next) {
  const { language, locale } = next;
  spoken = { ...next, numbers: new Intl.NumberFormat(locale), plurals: new Intl.PluralRules(language), isolates: directionOf(language) === "rtl" };
}

/** For dates and times through Intl. */
export function locale() {
  return spoken.locale;
}

/** "1,234" */
export function number(/** @type {number} */ n) {
  return spoken.numbers.format(n);
}

/** A text. @param {string} text in English; {name}: the value of that name @param {Record<string, string | number>} [values] */
export function t(text, values = {}) {
  const said = spoken.words[text];
  return fill(typeof said === "string" ? said : text, values);
}

/**
 * A text that depends on a number, which is its {n}.
 * @param {number} n
 * @param {string} one in English, for 1
 * @param {string} other in English, for all others; the key
 * @param {Record<string, string | number>} [values]
 */
export function plural(n, one, other, values = {}) {
  const forms = spoken.words[other], said = typeof forms === "object" ? forms[spoken.plurals.select(n)] ?? forms.other : n === 1 ? one : other;
  return fill(said, { n: number(n), ...values });
}

/** What one puts into a text that is read from right to left has a direction of its own. */
function fill(/** @type {string} */ text, /** @type {Record<string, string | number>} */ values) {
  const whole = spoken.isolates ? text.replace(/\{x\}, \{y\}/g, "\u2068$&\u2069") : text; // x comes first everywhere
  return whole.replace(/\{(\w+)\}/g, (place, name) => {
    if (!Object.hasOwn(values, name)) return place; // of an element (translate_page.js)
    return spoken.isolates ? `\u2068${values[name]}\u2069` : String(values[name]);
  });
}

async function learn() {
  speak({ language: "en", locale: "en", words: {} });
  if (!globalThis.document?.documentElement) return; // a test
  speak(await wanted(document));
  if (spoken.language !== "en") translate(document.body, t);
  delete document.documentElement.dataset.words;
}

await learn();
