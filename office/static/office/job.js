// The progress of work in the background (printing, importing), without reloading the page.

import { filled, gettext } from "./words.js";

const EVERY = 1000;
const PATIENCE = 5000; // after an answer that did not come

function job() {
  return document.querySelector("#job");
}

function isOver(state) {
  return state === "done" || state === "failed";
}

function show({ state, done, total }) {
  const doing = job().dataset.words;
  const words =
    state === "queued"
      ? gettext("Waiting for its turn")
      : filled(gettext("{doing}: {done} of {total}"), { doing, done, total });
  const told = document.querySelector("#job-state");
  if (told.textContent !== words) {
    told.textContent = words;
  }
  document.querySelector("#job progress").value = done;
}

// What the page says at the end (the file, what was noticed) is said in one place: the page itself.
async function showEnd() {
  const answer = await fetch(window.location.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const end = page.querySelector("#job");
  if (end) {
    job().replaceWith(end);
  } else {
    window.location.reload(); // it is another page by now
  }
}

async function look() {
  const answer = await fetch(job().dataset.statusUrl, { headers: { Accept: "application/json" } });
  if (!answer.ok) {
    return PATIENCE;
  }
  const status = await answer.json();
  if (isOver(status.state)) {
    await showEnd();
    return null;
  }
  show(status);
  return EVERY;
}

async function follow() {
  const wait = await look().catch(() => PATIENCE);
  if (wait !== null) {
    setTimeout(follow, wait);
  }
}

if (job() && !isOver(job().dataset.state)) {
  document.querySelector("#job .reload")?.remove();
  setTimeout(follow, EVERY);
}
