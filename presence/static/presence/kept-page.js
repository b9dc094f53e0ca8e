// The page of a roll-call in this browser: it opens again without a network until the roll-call
// ends or its user signs out. The worker beside it (`roll-call-worker.js`) hands it out.

const CACHE = "trackxpert-roll-call"; // as the worker says it too
const SCOPE = "/attendance/roll-calls/";

/** Whether this browser can keep a page: over HTTPS, or on the machine itself. */
function canKeep() {
  return "serviceWorker" in navigator && "caches" in globalThis;
}

/** Keeps this page and its parts, and nothing else; false: this browser cannot.
 *
 * `modules` are the scripts that other scripts import, which no element of the page names.
 */
export async function keepPage(worker, modules) {
  if (!canKeep()) return false;
  await navigator.serviceWorker.register(worker, { scope: location.pathname });
  const linked = [
    ...document.querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src]"),
  ];
  const parts = [location.pathname, ...linked.map((part) => part.href || part.src), ...modules];
  const wanted = parts.map((address) => new URL(address, location.href).href);
  const cache = await caches.open(CACHE);
  // A page that leads elsewhere by now, to the sign-in, is not this one.
  await cache.addAll(
    [...new Set(wanted)].map((url) => new Request(url, { cache: "reload", redirect: "error" })),
  );
  const older = (await cache.keys()).filter(({ url }) => !wanted.includes(url));
  await Promise.all(older.map((request) => cache.delete(request)));
  await navigator.serviceWorker.ready;
  return true;
}

/** Erases what was kept of any roll-call. */
export async function forgetPages() {
  if (!canKeep()) return;
  const known = await navigator.serviceWorker.getRegistrations();
  const ours = known.filter(({ scope }) => new URL(scope).pathname.includes(SCOPE));
  await Promise.all(ours.map((registration) => registration.unregister()));
  await caches.delete(CACHE);
}
