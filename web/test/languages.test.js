// The languages of the page: what is chosen, how texts are said, and that nothing is left untranslated.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { number, plural, speak, t } from "../js/words/words.js";
import { ATTRIBUTES, UNTOLD, isWords, textOf } from "../js/words/translate_page.js";
import { LANGUAGES, choose, directionOf } from "../js/words/languages.js";
import { elementsOf, within } from "./html.js";

const root = new URL("../", import.meta.url);
const read = (name) => readFileSync(new URL(name, root), "utf8");
const scripts = readdirSync(new URL("js", root), { recursive: true }).filter((name) => name.endsWith(".js")).map((name) => `js/${name}`);
const others = Object.keys(LANGUAGES).filter((language) => language !== "en");
const wordsOf = (language) => JSON.parse(read(`js/words/${language}.json`));
const english = { language: "en", locale: "en", words: {} };

/** Source without comments. */
const code = (name) => read(name).replace(/\/\*[^]*?\*\//g, "").replace(/(^|\s)\/\/.*/g, "");
const LITERAL = String.raw`"((?:[^"\\]|\\.)*)"`;

/** Every text of the page, and whether it depends on a number. @returns {Map<string, boolean>} */
function texts() {
  const all = new Map();
  for (const element of elementsOf(read("index.html"))) {
    if (within(element, ({ tag, attributes }) => tag === "head" || UNTOLD.includes(tag) || attributes.translate === "no")) continue;
    for (const name of ATTRIBUTES) if (isWords(element.attributes[name] ?? "")) all.set(element.attributes[name], false);
    const text = textOf(element).text.trim();
    if (text) all.set(text, false);
  }
  for (const name of scripts.filter((each) => each !== "js/words/words.js")) {
    for (const [, text] of code(name).matchAll(new RegExp(String.raw`(?<![\w.])t\(${LITERAL}`, "g"))) all.set(JSON.parse(`"${text}"`), false);
    for (const [, , text] of code(name).matchAll(new RegExp(String.raw`(?<![\w.])plural\([^"]*?${LITERAL}, ${LITERAL}`, "g"))) all.set(JSON.parse(`"${text}"`), true);
  }
  return all;
}

test("the browser's language is spoken, or the one that was chosen; English if none is known", () => {
  assert.deepEqual(choose(null, ["de-AT", "en"]), { language: "de", locale: "de-AT" });
  assert.deepEqual(choose(null, ["it", "pt-BR", "en"]), { language: "pt", locale: "pt-BR" });
  assert.deepEqual(choose(null, ["it-IT"]), { language: "en", locale: "en" });
  assert.deepEqual(choose("ja", ["de-AT", "en"]), { language: "ja", locale: "ja" });
  assert.deepEqual(choose("constructor", ["fr"]), { language: "fr", locale: "fr" });
  assert.deepEqual(choose(null, ["ar-EG"]), { language: "ar", locale: "ar-EG-u-nu-latn" });
  assert.deepEqual(Object.keys(LANGUAGES).filter((each) => directionOf(each) === "rtl"), ["ar"]);
});

test("a text without a translation is said in English, with its own plural", () => {
  speak({ language: "ja", locale: "ja", words: { "Hello {name}": "{name}さん" } });
  assert.equal(t("Hello {name}", { name: "Ann" }), "Annさん");
  assert.equal(t("Bye {name}", { name: "$&" }), "Bye $&");
  assert.deepEqual([plural(1, "1 frog", "{n} frogs"), plural(2000, "1 frog", "{n} frogs")], ["1 frog", "2,000 frogs"]);
  speak(english);
});

test("numbers and plurals are those of the language; Arabic has six forms, and isolates what is put in", () => {
  const said = (language) => {
    speak({ language, locale: choose(language, []).locale, words: wordsOf(language) });
    return [0, 1, 2, 3, 11, 100, 71401].map((n) => plural(n, "1 pixel", "{n} pixels"));
  };
  assert.deepEqual(said("de"), ["0 Pixel", "1 Pixel", "2 Pixel", "3 Pixel", "11 Pixel", "100 Pixel", "71.401 Pixel"]);
  assert.deepEqual(said("fr").slice(0, 3), ["0 pixel", "1 pixel", "2 pixels"]);
  assert.equal(said("ja")[1], "1ピクセル");
  const arabic = said("ar");
  assert.equal(new Set(arabic.slice(0, 6)).size, 6);
  assert.equal(arabic[6].replace(/[\u2068\u2069]/g, ""), `${number(71401)} بكسل`.replace(/^.*? /, "71,401 "));
  assert.equal(t("You are {name}", { name: "Ann (1)" }), "اسمك \u2068Ann (1)\u2069");
  assert.equal(t("{x}, {y}", { x: 1, y: 2 }), "\u2068\u20681\u2069, \u20682\u2069\u2069");
  speak(english);
});

test("every catalogue has every text, and nothing else", () => {
  const all = texts();
  assert.ok(all.size > 500);
  for (const language of others) {
    const words = wordsOf(language), { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    assert.deepEqual([...all.keys()].filter((text) => !Object.hasOwn(words, text)), [], `${language}: untranslated`);
    assert.deepEqual(Object.keys(words).filter((text) => !all.has(text)), [], `${language}: nobody says this`);
    for (const [text, forms] of Object.entries(words)) {
      assert.equal(typeof forms, all.get(text) ? "object" : "string", `${language}: ${text}`);
      if (typeof forms === "object") {
        const needed = pluralCategories.filter((category) => category !== "many" || language === "ar"); // those of millions are as the others here
        assert.deepEqual(Object.keys(forms).sort(), needed.sort(), `${language}: ${text}`);
      }
      for (const form of typeof forms === "string" ? [forms] : Object.values(forms)) assert.deepEqual(placeholders(form, all.get(text)), placeholders(text, all.get(text)), `${language}: ${text}`);
    }
  }
});

/** The names that a text puts in; that of the number itself may be missing: "one person". */
function placeholders(text, counts) {
  return (text.match(/\{\w+\}/g) ?? []).filter((name) => !counts || name !== "{n}").sort();
}

test("style sheets place nothing at the left or right, which change sides with the language", () => {
  for (const name of readdirSync(new URL("css", root))) {
    for (const [line] of read(`css/${name}`).matchAll(/^\s*(?:left|right|(?:margin|padding|border)-(?:left|right)[\w-]*):.*/gm)) assert.fail(`css/${name}: ${line}`);
  }
});

test("texts stand where they are said, as literals, so that they are found", () => {
  for (const name of scripts.filter((each) => !each.startsWith("js/words/"))) {
    for (const [call] of code(name).matchAll(/(?<![\w.])t\((?!").{0,40}/g)) assert.fail(`${name}: ${call}`);
  }
});

test("what a script shows goes through t() or plural()", () => {
  // Who shows something: elements that are made, texts that are set, what is said and told.
  const shows = new RegExp(String.raw`(?:make\("\w+", |button\(|setText\((?:byId\("[\w-]+"\)|[\w.]+), |tell\([\w.]+, |say\((?:[\w.]+, )?|(?:title|placeholder|alt|textContent|innerText) = |"(?:title|aria-label|placeholder|alt)", |labelled\(|new Option\()(?:${LITERAL}|\x60([^\x60]*)\x60)`, "g");
  for (const name of scripts.filter((each) => !each.startsWith("js/words/"))) {
    for (const [call, literal, template] of withoutValues(code(name)).matchAll(shows)) assert.ok(!isWords(literal ?? template), `${name}: ${call}`);
  }
});

/** What is left of templates without what is put into them, from the inside out. */
function withoutValues(source) {
  const less = source.replace(/\$\{(?:[^`{}]|\{[^`{}]*\}|`[^`$]*`)*\}/g, "");
  return less === source ? source : withoutValues(less);
}
