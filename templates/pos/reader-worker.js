// Keeps the reader page's own files. Answers of the API and photos are never kept.

const CACHE = "trackxpert-reader-{{ version }}";
const PAGE = {{ page|safe }};
const SHELL = {{ shell|safe }};

self.addEventListener("install", (event) => {
  event.waitUntil(keepShell());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOlder());
});

self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  const isOurs = mode === "navigate" ? pathname === PAGE : SHELL.includes(pathname);
  if (method === "GET" && origin === location.origin && isOurs) {
    event.respondWith(fromShell(event.request, pathname));
  }
});

async function keepShell() {
  const cache = await caches.open(CACHE);
  // Past the browser's own cache, which may still have the release before.
  await cache.addAll(SHELL.map((path) => new Request(path, { cache: "reload" })));
  await self.skipWaiting();
}

async function dropOlder() {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith("trackxpert-reader-") && name !== CACHE);
  await Promise.all(older.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function fromShell(request, path) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}
