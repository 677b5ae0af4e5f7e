// What the page may require of a browser, and these tests of Node.js: nothing newer than Node.js 18 and the browsers
// of spring 2023.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

// Each line gives the version of Node.js that brought these features or still lacks them. In an older browser each is
// an error where it is called.
const NEWER = new RegExp([
  /\.(toSorted|toReversed|toSpliced|isWellFormed|toWellFormed|transfer)\(/, // 20
  /\b(Object|Map)\.groupBy\(|\bPromise\.(withResolvers|try)\(|\bArray\.fromAsync\(/, // 21 and later
  /\bAbortSignal\.any\(|\bURL\.(canParse|parse)\(|\bRegExp\.escape\(|\bimport\.meta\.(dirname|filename)\b/, // 20 and later
  /\.(union|intersection|difference|symmetricDifference|isSubsetOf|isSupersetOf|isDisjointFrom)\(/, // 22
  /\.(values|keys|entries)\(\)\.(map|filter|take|drop|flatMap|reduce|toArray|forEach|some|every|find)\(/, // 22
  /\bUint8Array\.from(Base64|Hex)\(|\.to(Base64|Hex)\(\)|\/[a-z]*v[a-z]*\.(test|exec)\(|\bwith \{ type:/, // 20 and later
].map((each) => each.source).join("|"));

const sources = (folder) => readdirSync(new URL(folder, import.meta.url), { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? sources(`${folder}${entry.name}/`) : entry.name.endsWith(".js") ? [folder + entry.name] : []);

test("nothing newer than Node.js 18 and the browsers of spring 2023 is used", () => {
  const files = ["../js/", "../admin/js/", "./"].flatMap(sources).filter((name) => !name.endsWith("baseline.test.js"));
  assert.ok(files.length > 60, `${files.length} files`);
  for (const file of files) {
    readFileSync(new URL(file, import.meta.url), "utf8").split("\n").forEach((line, i) => assert.doesNotMatch(line, NEWER, `${file}:${i + 1}`));
  }
  for (const line of ["[].toSorted()", "new Map().values().map(f)", "Promise.withResolvers()", "a.union(b)"]) assert.match(line, NEWER);
});
