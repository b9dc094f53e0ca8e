// "Meals now" while it is open: the page is asked for anew, and what differs is patched in.

import { patch } from "../office/patch.js";

const EVERY = 10_000; // ms from one answer to the next question
const PATIENCE = 8_000;
const FRESH = [".heading .subtitle", "#meals-now"]; // as of when it is, and what it says

let timer = 0;

async function look() {
  const answer = await fetch(window.location.href, { signal: AbortSignal.timeout(PATIENCE) });
  if (answer.redirected || answer.status === 403) {
    window.location.reload(); // to the login, or to what is said of the role
    return;
  }
  if (answer.ok) {
    show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  }
}

function show(page) {
  for (const piece of FRESH) {
    patch(document.querySelector(piece), page.querySelector(piece));
  }
}

async function follow() {
  await look().catch(() => {}); // it says of when it is, and is asked for again
  plan(EVERY);
}

function plan(wait) {
  clearTimeout(timer);
  if (!document.hidden) {
    timer = setTimeout(follow, wait);
  }
}

document.addEventListener("visibilitychange", () => plan(0));
window.addEventListener("online", () => plan(0));
plan(EVERY);
