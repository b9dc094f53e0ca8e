// Keeps the reader going: the screen lit, the queue on disk, the page there without a network.

const QUIET_CHECK = 60 * 60 * 1_000;

/** Ask for what helps; a browser that has none of it is a reader all the same. */
export function stayReady(isIdle) {
  navigator.storage?.persist?.().catch(() => {});
  keepLit();
  document.addEventListener("visibilitychange", keepLit);
  keepPage(isIdle);
}

async function keepLit() {
  if (document.visibilityState !== "visible") return;
  await navigator.wakeLock?.request("screen").catch(() => {}); // a battery that is low
}

async function keepPage(isIdle) {
  if (!navigator.serviceWorker) return;
  const wasKept = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (wasKept) reloadWhen(isIdle); // a new release has come
  });
  const options = { scope: "/reader/", updateViaCache: "none" };
  const registration = await navigator.serviceWorker.register("/reader/sw.js", options);
  setInterval(() => registration.update().catch(() => {}), QUIET_CHECK);
}

function reloadWhen(isIdle) {
  if (isIdle()) location.reload();
  else setTimeout(() => reloadWhen(isIdle), 2_000);
}
