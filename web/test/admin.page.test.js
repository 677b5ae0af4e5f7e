// Rules that hold for all files of the operator's page.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../admin/", import.meta.url);
const files = ["index.html", "login.html", ...["js", "css"].flatMap((folder) => readdirSync(new URL(folder, root), { recursive: true })
  .filter((name) => /\.\w+$/.test(name)).map((name) => `${folder}/${name}`))];
const read = (name) => readFileSync(new URL(name, root), "utf8");
const scripts = files.filter((name) => name.endsWith(".js"));
const html = read("index.html");

test("nothing is loaded from elsewhere", () => {
  for (const name of files) assert.deepEqual(read(name).match(/https?:\/\/[^\s"'`)]+/g) ?? [], [], name);
});

test("no script and no style stands in a page, as the Content-Security-Policy asks", () => {
  for (const page of [html, read("login.html")]) {
    for (const unwanted of [/<script(?![^>]*\ssrc=)/g, /<style/g, /\sstyle=/g, /\son\w+=/g, /javascript:/g]) assert.deepEqual(page.match(unwanted) ?? [], []);
  }
});

test("what others wrote is shown as text: no module makes markup of text or runs it", () => {
  for (const name of scripts) assert.deepEqual(read(name).match(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|"style"/g) ?? [], [], name);
});

test("every module is preloaded, so that none waits for another to be read", () => {
  const preloaded = [...html.matchAll(/rel="modulepreload" href="([^"]+)"/g)].map((match) => match[1]);
  assert.deepEqual(preloaded.sort(), scripts.filter((name) => name !== "js/main.js").sort());
});

test("what scripts and labels refer to exists in the page, once", () => {
  const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1]);
  assert.equal(new Set(ids).size, ids.length, "ids are unique");
  for (const name of scripts) {
    for (const [, id] of read(name).matchAll(/byId\("([^"]+)"\)/g)) assert.ok(ids.includes(id), `${name}: #${id}`);
  }
  for (const [, id] of html.matchAll(/(?:for|aria-controls|aria-labelledby|aria-describedby)="([a-z-]+)"/g)) assert.ok(ids.includes(id), `#${id}`);
});

test("every control has a name that is read aloud", () => {
  for (const [button, attributes, content] of html.matchAll(/<(?:button|a)\s([^>]*)>(.*?)<\/(?:button|a)>/gs)) {
    assert.ok(attributes.includes("aria-label=") || content.replace(/<[^>]+>/g, "").trim() || attributes.includes('id="'), button);
  }
  for (const [input, id] of html.matchAll(/<(?:input|select) id="([^"]+)"[^>]*>/g)) assert.ok(html.includes(`for="${id}"`), input);
});

test("the heads of tables and the names of their cells agree", () => {
  const heads = [...html.matchAll(/<thead.*?<\/thead>/gs)].map(([head]) => [...head.matchAll(/<th\s[^>]*>(.*?)<\/th>/g)].map(([, text]) => text.replace(/<span.*/, "")));
  for (const name of ["members", "kinds", "connections", "people", "keys", "areas", "sanctions", "audit", "reports", "roles"]) {
    const labels = JSON.parse(read(`js/ui/${name}.js`).match(/LABELS = (\[.*?\]);/s)[1]);
    assert.ok(heads.some((head) => JSON.stringify(head) === JSON.stringify(labels)), name);
  }
});

test("no file is long", () => {
  for (const name of files) assert.ok(read(name).split("\n").length <= (name === "index.html" ? 480 : 400), name); // the page has a line for each module
});

// WCAG 2.2, 1.4.3 and 1.4.11.
const luminance = (hex) => {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
};

test("colours have enough contrast, light and dark", () => {
  const sheets = [readFileSync(new URL("../css/tokens.css", import.meta.url), "utf8"), read("css/page.css")].map((sheet) => sheet.split("@media"));
  for (const [n, theme] of ["light", "dark"].entries()) {
    const sheet = sheets.map((parts) => parts[n]).join("\n");
    const value = (name) => sheet.match(new RegExp(`--${name}: (#[0-9a-f]{6})`))[1];
    for (const [front, back, least] of [["bad", "panel", 4.5], ["trouble", "panel", 4.5], ["good", "panel", 3], ["faint", "panel", 4.5], ["panel", "bad", 4.5]]) {
      const got = contrast(value(front), value(back));
      assert.ok(got >= least, `${theme}: ${front} on ${back} is ${got.toFixed(2)}, at least ${least}`);
    }
  }
});
