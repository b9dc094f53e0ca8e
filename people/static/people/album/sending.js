// A ZIP that is larger than one request takes is sent in parts, and one sees how far it is.

import { gettext } from "../../office/words.js";
import { Refused, sentInParts } from "./parts.js";

const form = document.querySelector("#album");
const input = form.querySelector("input[type=file]");
const busy = form.querySelector(".busy");
const error = form.querySelector("[role=alert]");
const button = form.querySelector("[type=submit]");

function post(fields) {
  const body = new FormData(form); // with its token and its tick
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  return fetch(form.dataset.partUrl, { method: "POST", body });
}

function showProgress(done) {
  busy.querySelector("progress").value = done;
}

function showBusy(isBusy) {
  busy.hidden = !isBusy;
  button.disabled = isBusy;
  if (!isBusy) busy.querySelector("progress").removeAttribute("value");
}

async function send(file) {
  error.hidden = true;
  showBusy(true);
  showProgress(0);
  try {
    const next = await sentInParts(file, Number(form.dataset.partSize), {
      post,
      onProgress: showProgress,
    });
    location.assign(next);
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    error.textContent =
      refused.message || gettext("No answer. Load the page anew, or try again in a moment.");
    error.hidden = false;
    showBusy(false);
  }
}

form.addEventListener("submit", (event) => {
  const [file] = input.files;
  if (file && file.size > Number(form.dataset.partSize)) {
    event.preventDefault();
    send(file);
  }
});
