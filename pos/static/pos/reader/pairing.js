// The way in: a one-time code, typed or brought along in the address of the page.

import { $, show, showScreen } from "./elements.js";
import { ask } from "./server.js";
import { say } from "./words.js";

const PATIENCE = 10_000;
const LENGTH = 8;
const HALF = LENGTH / 2;

/** Calls `onPaired({key, device, institution})` when a code was good. */
export function offerPairing(onPaired) {
  const field = $("code");
  field.addEventListener("input", () => tidy(field));
  $("pair-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const paired = await pairWith(field.value);
    if (!paired) return field.focus();
    field.value = "";
    await onPaired(paired);
  });
}

/** A code that came with the address of the page, as the office's QR has it; it is used once. */
export function takeCodeFromAddress() {
  const code = decodeURIComponent(location.hash.slice(1));
  if (code) history.replaceState(null, "", location.pathname);
  return code;
}

export function showPairing({ why = "", code = "", hasTaps = false } = {}) {
  $("pair-why").textContent = why;
  show($("pair-why"), why);
  show($("pair-settings"), hasTaps);
  if (document.body.dataset.screen === "pair") return;
  showScreen("pair");
  $("code").value = code;
  tidy($("code"));
  $("code").focus();
}

async function pairWith(code) {
  if (plain(code).length < LENGTH) return complain(say("pair_empty"));
  const button = $("pair-form").querySelector(".main");
  button.disabled = true;
  button.textContent = say("pair_busy");
  const answer = await ask("pair/", { body: { code }, patience: PATIENCE, has: "key" });
  button.disabled = false;
  button.textContent = say("pair_do");
  complain(problemOf(answer));
  return answer.kind === "ok" ? answer.body : null;
}

function problemOf({ kind, status, retryAfter }) {
  if (kind === "ok") return "";
  if (kind === "refused") return say("pair_bad");
  return status === 429 ? say("pair_often", { seconds: retryAfter }) : say("pair_away");
}

function complain(text) {
  $("pair-error").textContent = text;
  $("code").toggleAttribute("aria-invalid", Boolean(text));
}

const plain = (code) =>
  code
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, "")
    .slice(0, LENGTH);

/** XXXX-XXXX while it is typed; corrections in the middle are left alone. */
function tidy(field) {
  const code = plain(field.value);
  const isAtEnd = field.selectionStart === field.value.length;
  if (isAtEnd)
    field.value = code.length > HALF ? `${code.slice(0, HALF)}-${code.slice(HALF)}` : code;
}
