// Hands out the page of a roll-call while there is no network, as `kept-page.js` has kept it. It
// keeps nothing itself, and answers of the API pass it by.

const CACHE = "trackxpert-roll-call";
const PARTS = ["document", "script", "style", "image"];
const PATIENCE = 8_000; // ms

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("fetch", (event) => {
  const { destination, method, url } = event.request;
  const isOurs = new URL(url).origin === location.origin && PARTS.includes(destination);
  if (method === "GET" && isOurs) event.respondWith(answerTo(event.request));
});

/** What the server says now; if it cannot be asked, what was kept. */
async function answerTo(request) {
  try {
    const response = await Promise.race([fetch(request), tooLate()]);
    return response.status < 500 ? response : ((await kept(request)) ?? response);
  } catch (error) {
    const found = await kept(request);
    if (!found) throw error;
    return found;
  }
}

function kept(request) {
  return caches.match(request.url, { cacheName: CACHE, ignoreVary: true });
}

function tooLate() {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error("The server did not answer.")), PATIENCE);
  });
}
