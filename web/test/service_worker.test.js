// What the service worker keeps, and when it shows it.

import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";

const SITE = "https://canvas.example/";
const source = readFileSync(new URL("../service_worker.js", import.meta.url), "utf8");

/** Runs the service worker on a network that answers so. */
function started(answers) {
  const listeners = {}, kept = new Map(), waiting = [];
  const address = (request) => request.url ?? String(request);
  const fetch = async (request) => {
    const text = answers[address(request)];
    if (text === undefined) throw new TypeError("no network");
    return new Response(text);
  };
  const cache = {
    match: async (request) => kept.get(address(request))?.clone(),
    put: async (request, answer) => void kept.set(address(request), answer),
    addAll: async (all) => { for (const each of all) kept.set(each, await fetch(each)); },
    keys: async () => [...kept.keys()].map((url) => ({ url })),
    delete: async (url) => kept.delete(url),
  };
  const self = { location: { href: `${SITE}service_worker.js` }, skipWaiting() {}, clients: { claim() {} }, addEventListener: (kind, heard) => (listeners[kind] = heard) };
  runInNewContext(source, { self, caches: { open: async () => cache }, fetch, Response, URL });
  return {
    async tell(kind, request) {
      let answer;
      listeners[kind]({ request, waitUntil: (done) => waiting.push(done), respondWith: (given) => (answer = given) });
      answer = await answer;
      await Promise.all(waiting);
      return answer?.text();
    },
    kept: () => [...kept.keys()].sort(),
  };
}

const script = "js/bundle/main.0123456789ab.js", page = `<html><script src="${script}"></script></html>`;
const visit = { url: SITE, method: "GET", mode: "navigate" };

test("without a network the page is there, and says so", async () => {
  const answers = { [SITE]: page, [SITE + script]: "run()" }, worker = started(answers);
  await worker.tell("install");
  delete answers[SITE];
  assert.equal(await worker.tell("fetch", visit), page.replace("<html", '<html data-kept=""'));
});

test("what a proxy says in place of the page is shown, and does not replace the kept page", async () => {
  const answers = { [SITE]: page, [SITE + script]: "run()" }, worker = started(answers);
  await worker.tell("install");
  answers[SITE] = "<html>Back soon</html>";
  assert.equal(await worker.tell("fetch", visit), "<html>Back soon</html>");
  assert.deepEqual(worker.kept(), [SITE, SITE + script]);
});

test("nothing but the page is answered: no request of the API, and no page in a frame of another site", async () => {
  const worker = started({ [SITE]: page, [SITE + script]: "run()" });
  await worker.tell("install");
  for (const url of ["api/canvas", "?embed", "?sources", "admin/"]) {
    assert.equal(await worker.tell("fetch", { ...visit, url: SITE + url }), undefined, url);
  }
});
