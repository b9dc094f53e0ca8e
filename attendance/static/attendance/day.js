// The register of a day without loading pages: filters that show at once, a correction in a dialog.
// Without this file each of them is a page of its own.

import { showAll, tickAll } from "../office/ticks.js";
import { filled, gettext } from "../office/words.js";

const dialog = document.querySelector("#correction-dialog");

async function pageOf(url, options) {
  const response = await fetch(url, { credentials: "same-origin", ...options });
  if (!response.ok) {
    throw new Error(String(response.status));
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return { page, isElsewhere: response.redirected };
}

function boxes() {
  return [...document.querySelectorAll("#selection .action-select")];
}

function showSelection() {
  const chosen = boxes().filter((box) => box.checked).length;
  document.querySelector(".selection-bar")?.classList.toggle("has-some", chosen > 0);
  const told = document.querySelector("#selected");
  if (told) {
    told.textContent = filled(gettext("{number} selected"), { number: chosen });
  }
  const all = document.querySelector("#select-all");
  if (all) {
    showAll(all, boxes());
  }
}

function readyRegister() {
  const all = document.querySelector("#select-all");
  if (all) {
    all.hidden = false;
  }
  showSelection();
}

// The new register, and what was said above it, in the place of the old ones.
function takeOver(page) {
  document.querySelector("#register").replaceWith(page.querySelector("#register"));
  document.querySelector(".messagelist")?.remove();
  const messages = page.querySelector(".messagelist");
  if (messages) {
    messages.setAttribute("role", "status");
    document.querySelector("#content").before(messages);
    messages.scrollIntoView({ block: "nearest" });
  }
  readyRegister();
}

function fillDialog(page) {
  const heading = document.createElement("h2");
  heading.textContent = page.querySelector("h1").textContent;
  const holder = dialog.querySelector(".holder");
  holder.replaceChildren(heading, page.querySelector("#correction-of"));
  holder.querySelector("#correction-of").className = "";
  dialog.setAttribute("aria-label", heading.textContent);
}

async function openDialog(url, opener) {
  try {
    const { page, isElsewhere } = await pageOf(url);
    if (isElsewhere || !page.querySelector("#correction-of")) {
      window.location.assign(url);
      return;
    }
    fillDialog(page);
    dialog.dataset.opener = opener;
    dialog.showModal();
    dialog.querySelector("input[type=radio]").focus();
  } catch {
    window.location.assign(url);
  }
}

async function send(form) {
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  try {
    const { page, isElsewhere } = await pageOf(form.action, {
      method: "POST",
      body: new FormData(form),
    });
    if (isElsewhere) {
      dialog.close();
      takeOver(page);
      document.querySelector(dialog.dataset.opener)?.focus();
    } else {
      fillDialog(page);
      dialog.querySelector("[aria-invalid=true], input[type=radio]")?.focus();
    }
  } catch {
    form.submit();
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.correct");
  if (link && dialog && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    openDialog(link.href, `#${link.closest("tr").id} a.correct`);
  }
  if (event.target.closest("#correction-dialog .cancel")) {
    event.preventDefault();
    dialog.close();
  }
});

document.addEventListener("change", (event) => {
  if (event.target.id === "select-all") {
    tickAll(event.target, boxes());
  }
  if (event.target.matches("#select-all, .action-select")) {
    showSelection();
  }
  if (event.target.matches("#changelist-search select")) {
    event.target.form.requestSubmit();
  }
});

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.closest("#correction-dialog")) {
      event.preventDefault();
      send(form);
    } else if (form.id === "selection" && dialog) {
      event.preventDefault();
      const query = new URLSearchParams(new FormData(form));
      openDialog(`${form.action}?${query}`, "#select-all");
    }
  },
  true,
);

readyRegister();
window.addEventListener("pageshow", showSelection);
