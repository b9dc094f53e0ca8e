// Buttons that copy what stands beside them. Without a secure page there is no clipboard; then the
// text is selected, ready for the keyboard.

import { gettext } from "../office/words.js";

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const status = document.querySelector("[data-copied]");
  try {
    await navigator.clipboard.writeText(source.textContent);
    status.textContent = gettext("Copied.");
  } catch {
    getSelection().selectAllChildren(source);
    status.textContent = gettext("Selected: copy it with Ctrl+C.");
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
