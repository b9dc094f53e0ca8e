// Help opens beside what one is doing: the section of the guide in a panel. Without this script its
// link leads to the page from which the panel takes it.

import { gettext } from "./words.js";

const panel = document.querySelector("#help");
const text = panel.querySelector(".help-text");

async function show(address) {
  panel.querySelector(".help-whole").href = address;
  try {
    const answer = await fetch(address);
    if (!answer.ok) {
      throw new Error(String(answer.status));
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    text.replaceChildren(page.querySelector(".guide"));
  } catch {
    text.textContent = gettext("No answer. Load the page anew, or try again in a moment.");
  }
  if (!panel.open) {
    panel.showModal();
  }
  panel.scrollTop = 0;
  text.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".help-open, #help .guide a");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    show(link.href);
  }
});
panel.querySelector(".help-close").addEventListener("click", () => panel.close());
panel.addEventListener("click", (event) => event.target === panel && panel.close());
