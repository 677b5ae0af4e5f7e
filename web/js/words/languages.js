// Which language the page speaks: the one that was chosen in it, or the first of the browser's that it knows. Its words are loaded as
// early as can be (early_connect.js asks for them), since nothing is shown before they are there.

/** By what their speakers call them. The words of English stand in the sources. */
export const LANGUAGES = /** @type {Record<string, string>} */ ({
  en: "English", de: "Deutsch", es: "Español", fr: "Français", pt: "Português", ja: "日本語", ar: "العربية",
});

/** Where the words of the others are. */
const CATALOGUES = /** @type {Record<string, string>} */ ({
  de: "js/words/de.json", es: "js/words/es.json", fr: "js/words/fr.json", pt: "js/words/pt.json", ja: "js/words/ja.json", ar: "js/words/ar.json",
});

const RIGHT_TO_LEFT = ["ar"];
const PATIENCE = 6000; // ms: after that the page speaks English

/**
 * A text is a translation, or one for each plural category of the language.
 * @typedef {Record<string, string | Record<string, string>>} Words  by the English text
 * @typedef {{language: string, locale: string}} Choice  locale: for numbers and dates
 * @typedef {Choice & {words: Words}} Spoken
 */

/** @param {string | null} chosen in the page; anything else than a language: nothing was @param {readonly string[]} tags of the browser, the first wanted most @returns {Choice} */
export function choose(chosen, tags) {
  const known = tags.map((tag) => ({ tag, language: tag.toLowerCase().split("-")[0] })).filter(({ language }) => Object.hasOwn(LANGUAGES, language));
  const language = chosen !== null && Object.hasOwn(LANGUAGES, chosen) ? chosen : known[0]?.language ?? "en";
  // Whoever reads English in India has dates as they are written there. Arabic is written with the digits of the coordinates.
  const locale = known.find((each) => each.language === language)?.tag ?? language;
  return { language, locale: language === "ar" ? `${locale.split("-u-")[0]}-u-nu-latn` : locale };
}

/** @param {string} language */
export function directionOf(language) {
  return RIGHT_TO_LEFT.includes(language) ? "rtl" : "ltr";
}

/** What was chosen at an earlier visit. The one value that is read before browser_storage.js is there. */
function kept() {
  try {
    return localStorage.getItem("pixel-playground.language");
  } catch {
    return null;
  }
}

/** @param {Choice} choice @returns {Promise<Spoken>} English, if the words do not come */
async function load({ language, locale }) {
  try {
    const response = await fetch(CATALOGUES[language], { signal: AbortSignal.timeout(PATIENCE) });
    if (response.ok) return { language, locale, words: await response.json() };
  } catch {
    // Nobody is kept from drawing by that.
  }
  return { language: "en", locale: "en", words: {} };
}

/**
 * The words of this page: asked for once, whoever is first. Until they are there the page holds back its own (data-words).
 * @param {any} page the document
 * @returns {Promise<Spoken>}
 */
export function wanted(page) {
  const choice = choose(kept(), navigator.languages);
  page.spoken ??= choice.language === "en" ? Promise.resolve({ ...choice, words: {} }) : begin(page, choice);
  return page.spoken;
}

/** @param {Document} page @param {Choice} choice */
async function begin({ documentElement: root }, choice) {
  const wear = (/** @type {string} */ language) => Object.assign(root, { lang: language, dir: directionOf(language) });
  root.dataset.words = "coming";
  wear(choice.language);
  const spoken = await load(choice);
  wear(spoken.language);
  return spoken;
}
