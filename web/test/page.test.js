// Rules that hold for all files of the page.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";

const root = new URL("../", import.meta.url);
const files = ["index.html", "favicon.svg", "service_worker.js", ...["js", "css", "icons"].flatMap((folder) => readdirSync(new URL(folder, root), { recursive: true })
  .filter((name) => /\.\w+$/.test(name)).map((name) => `${folder}/${name}`))];
const read = (name) => readFileSync(new URL(name, root), "utf8");
const html = read("index.html");

test("the page can be installed: its manifest names what is there, by addresses that work below any path", () => {
  const manifest = JSON.parse(read("app.webmanifest"));
  assert.ok(html.includes('rel="manifest" href="app.webmanifest"'));
  for (const address of [manifest.id, manifest.start_url, manifest.scope]) assert.equal(address, "./");
  for (const { src } of manifest.icons) assert.ok(files.includes(src), src);
  assert.ok(html.includes(`<meta name="theme-color" content="${manifest.theme_color}"`));
});

test("nothing is loaded from elsewhere", () => {
  const known = ["http://www.w3.org/2000/svg", "https://github.com/msgpack/msgpack/blob/master/spec.md"]; // a namespace, a source
  for (const name of files.filter((name) => !/^js\/client\b/.test(name))) { // the client is for elsewhere
    const urls = (read(name).match(/https?:\/\/[^\s"'`)]+/g) ?? []).filter((url) => !known.includes(url));
    assert.deepEqual(urls, [], name);
  }
});

test("no script stands in the page, as its Content-Security-Policy asks", () => {
  assert.deepEqual(html.match(/<script(?![^>]*\ssrc=)/g) ?? [], []);
  assert.deepEqual(html.match(/\son\w+=/g) ?? [], []);
});

test("every module is preloaded, so that none waits for another to be read, except what is loaded when it is used", () => {
  const preloaded = [...html.matchAll(/rel="modulepreload" href="([^"]+)"/g)].map((match) => match[1]);
  const modules = files.filter((name) => name.endsWith(".js") && name !== "js/main.js" && name !== "js/early_connect.js" && name !== "service_worker.js" && !/^js\/(aim|beckons|keys|record|rules|share|sounds|templates|welcome)\//.test(name));
  assert.deepEqual(preloaded.sort(), modules.filter((name) => !/^js\/client\b/.test(name)).sort()); // the client is for elsewhere
});

test("what scripts and labels refer to exists in the page, once", () => {
  const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1]);
  assert.equal(new Set(ids).size, ids.length, "ids are unique");
  for (const name of files.filter((name) => name.endsWith(".js"))) {
    for (const [, id] of read(name).matchAll(/byId\("([^"]+)"\)/g)) assert.ok(ids.includes(id), `${name}: #${id}`);
  }
  for (const [, id] of html.matchAll(/(?:for|aria-controls|aria-labelledby|aria-describedby|href)="#?([a-z-]+)"/g)) {
    assert.ok(ids.includes(id), `#${id}`);
  }
});

test("every button has a name that is read aloud", () => {
  for (const [button, attributes, content] of html.matchAll(/<button([^>]*)>(.*?)<\/button>/gs)) {
    const text = content.replace(/<[^>]+>/g, "").trim();
    assert.ok(attributes.includes("aria-label=") || text, button);
  }
});

test("no room is crowded", () => {
  const rooms = new Map();
  for (const name of files) rooms.set(dirname(name), (rooms.get(dirname(name)) ?? 0) + 1);
  for (const [room, count] of rooms) assert.ok(count <= 22, `${room} holds ${count} files`);
});

test("no file is long", () => {
  // Not the list of modules in the page, which is checked above and which nobody reads, nor catalogues, which have a line a text.
  const lines = (name) => read(name).replace(/^.*rel="modulepreload".*\n/gm, "").split("\n").length;
  for (const name of files.filter((each) => !each.endsWith(".json"))) assert.ok(lines(name) <= 400, name);
});

// Contrast of the style sheet's colours: WCAG 2.2, 1.4.3 and 1.4.11.
const luminance = (hex) => {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
};

test("colours have enough contrast, light and dark", () => {
  const [light, dark] = read("css/tokens.css").split("@media");
  for (const [theme, sheet] of Object.entries({ light, dark })) {
    const value = (name) => sheet.match(new RegExp(`--${name}: (#[0-9a-f]{6})`))[1];
    const table = [["ink", "panel", 4.5], ["faint", "panel", 4.5], ["on-accent", "accent", 4.5], ["accent", "panel", 3], ["good", "panel", 3], ["trouble", "panel", 3], ["accent", "stage", 3]];
    for (const [front, back, least] of table) {
      const got = contrast(value(front), value(back));
      assert.ok(got >= least, `${theme}: ${front} on ${back} is ${got.toFixed(2)}, at least ${least}`);
    }
  }
});
