// The enrolment desk: every tap is sent at once, wherever the focus is, and the answer takes the
// place of what was shown. Without this script the same form works by Enter.

import { gettext } from "../../office/words.js";
import { listenToWedge } from "../wedge.js";
import * as sound from "./sound.js";

// A reader that types Enter twice, or the number twice while the card lies on it, is one tap.
const SAME_TAP = 700;
const FIELDS = "input:not([type=hidden], [type=radio], [type=checkbox]), textarea";
const SOUNDS = { linked: "good", first: "first", free: "first" };

let lastTap = { text: "", at: -SAME_TAP };
let isSending = false;

const tapField = () => document.querySelector("#tap");
const tapForm = () => document.querySelector("form.tap");
const spelling = () => document.querySelector("#number-format");

function focusTap() {
  // On a phone the focus opens the keyboard over half of the screen.
  if (matchMedia("(pointer: fine)").matches && !document.querySelector("#desk-search")?.value) {
    tapField().focus({ preventScroll: true });
  }
}

function rememberSpelling() {
  localStorage.setItem("desk-spelling", spelling().value);
  showWarning();
}

function recallSpelling() {
  const known = localStorage.getItem("desk-spelling");
  if ([...spelling().options].some((option) => option.value === known)) {
    spelling().value = known;
  }
  showWarning();
}

function showWarning() {
  const text = spelling().selectedOptions[0].dataset.warning;
  const notice = document.querySelector("#spelling-warning");
  notice.textContent = text;
  notice.hidden = !text;
}

function say(text) {
  document.querySelector("#desk-says").textContent = text;
}

function showRemaining(words) {
  const option = document.querySelector("#desk-queue")?.selectedOptions[0];
  if (option && words) {
    option.textContent = words;
  }
}

function show(answer) {
  document.querySelector("#desk").outerHTML = answer.html;
  history.replaceState(null, "", answer.url);
  showRemaining(answer.queue);
  recallSpelling();
  focusTap();
  say(answer.says);
  sound.play(SOUNDS[answer.state] ?? "bad");
  document.querySelector("#desk-verdict")?.scrollIntoView({ block: "nearest" });
}

function showTrouble(text) {
  tapField().value = "";
  say(text);
  const notice = document.createElement("p");
  notice.className = "notice bad";
  notice.textContent = text;
  document.querySelectorAll(".tap > .notice").forEach((old) => old.remove());
  tapForm().prepend(notice);
  sound.play("bad");
}

async function post() {
  const response = await fetch(tapForm().action, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new FormData(tapForm()),
  });
  if (response.redirected || response.status === 403) {
    location.reload(); // signed out meanwhile: the login page leads back here
    return;
  }
  if (!response.ok) {
    throw new Error(String(response.status));
  }
  show(await response.json());
}

async function send(text, at) {
  const isSame = at - lastTap.at < SAME_TAP && (text === lastTap.text || !text);
  if (isSending || isSame) {
    return;
  }
  lastTap = { text, at };
  tapField().value = text;
  isSending = true;
  document.querySelector("#desk").setAttribute("aria-busy", "true");
  try {
    await post();
  } catch {
    showTrouble(gettext("The server did not answer, and nothing was saved. Tap the card again."));
  } finally {
    isSending = false;
    document.querySelector("#desk").removeAttribute("aria-busy");
  }
}

/** Typed with the focus nowhere, a number goes where numbers go. */
function onKey(event) {
  const isTyped = event.key.length === 1 && event.key !== " " && event.key !== "/";
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || !isTyped) {
    return;
  }
  if (!event.target.closest?.(FIELDS)) {
    tapField().focus({ preventScroll: true });
  }
}

function onSubmit(event) {
  if (event.target !== tapForm()) {
    return;
  }
  event.preventDefault();
  send(tapField().value, event.timeStamp);
}

function onChange(event) {
  if (event.target === spelling()) {
    rememberSpelling();
  }
  if (event.target.closest("form.tap")) {
    focusTap();
  }
  if (event.target.id === "desk-queue") {
    event.target.form.requestSubmit();
  }
}

function showSound(button) {
  button.hidden = false;
  button.setAttribute("aria-pressed", String(sound.isOn()));
  button.lastChild.textContent = sound.isOn() ? gettext("Sound is on") : gettext("Sound is off");
}

const soundButton = document.querySelector(".sound-button");
showSound(soundButton);
soundButton.addEventListener("click", () => {
  sound.turn(!sound.isOn());
  showSound(soundButton);
  sound.play("good");
  focusTap();
});
listenToWedge({
  onScan: send,
  onTorn: () => showTrouble(gettext("The reader paused within the number. Tap the card again.")),
  isOwn: (field) => field.id === "tap",
});
document.addEventListener("keydown", onKey, true);
document.addEventListener("submit", onSubmit, true);
document.addEventListener("change", onChange);
recallSpelling();
focusTap();
