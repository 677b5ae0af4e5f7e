// The page for when there is no network. The network always comes first, so whoever can reach the server gets the page that it has now;
// what is kept here is only shown if nothing answers, and says so (data-kept). It touches nothing but the page and what the page begins with.

const KEPT = "shell";
const PAGE = new URL("./", self.location.href).href;
const BUNDLED = /js\/bundle\/[\w-]+\.[0-9a-f]{12}\.\w+/g;

let away = false; // the last page came from here: so does what it loads

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(fetch(PAGE, { cache: "no-cache" }).then(keep));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event, { href, searchParams } = new URL(request.url), address = href.replace(/[?#].*/, "");
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && address === PAGE && !searchParams.has("sources") && !searchParams.has("embed")) event.respondWith(page(event));
  else if (away && address.startsWith(`${PAGE}js/bundle/`)) event.respondWith(part(request));
});

/** @param {FetchEvent} event */
async function page(event) {
  try {
    const answer = await fetch(event.request);
    away = false;
    if (answer.ok) event.waitUntil(keep(answer.clone()));
    return answer;
  } catch (error) {
    const kept = await (await caches.open(KEPT)).match(PAGE);
    if (!kept) throw error;
    away = true;
    const text = (await kept.text()).replace("<html", '<html data-kept=""');
    return new Response(text, { headers: kept.headers });
  }
}

/** What the kept page loads: its names say what is in them, so none is out of date. */
async function part(request) {
  return (await (await caches.open(KEPT)).match(request)) ?? fetch(request);
}

/** Keeps a page, and what it begins with; what an earlier one began with goes. @param {Response} answer */
async function keep(answer) {
  const cache = await caches.open(KEPT), before = await cache.match(PAGE), text = await answer.clone().text();
  if (!answer.ok || answer.redirected || (before && (await before.text()) === text)) return;
  const parts = [...new Set(text.match(BUNDLED))].map((name) => PAGE + name);
  if (parts.length === 0) return; // it is not the page, but what something before the server says in its place
  await cache.addAll(parts);
  for (const { url } of await cache.keys()) if (url !== PAGE && !parts.includes(url)) await cache.delete(url);
  await cache.put(PAGE, answer);
}
