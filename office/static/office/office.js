// What every page of the office does: the menu on phones, the colours, filters that close, forms
// that are sent once, and are asked about before what stands in them is lost.

import { gettext } from "./words.js";

const THEMES = ["auto", "light", "dark"];
const ICONS = { auto: "auto", light: "sun", dark: "moon" };
const COLOURS = {
  auto: gettext("Colours: auto"),
  light: gettext("Colours: light"),
  dark: gettext("Colours: dark"),
};

function toggleMenu(button) {
  const isOpen = document.body.classList.toggle("menu-open");
  button.setAttribute("aria-expanded", String(isOpen));
  if (isOpen) {
    document.querySelector("#menu a")?.focus();
  }
}

function closeMenu() {
  const button = document.querySelector(".menu-button");
  if (document.body.classList.contains("menu-open")) {
    toggleMenu(button);
    button.focus();
  }
}

function currentTheme() {
  const theme = localStorage.getItem("theme");
  return THEMES.includes(theme) ? theme : "auto";
}

function showTheme(button, theme) {
  const use = button.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${ICONS[theme]}`));
  button.querySelector("span").textContent = COLOURS[theme];
}

function nextTheme(button) {
  const theme = THEMES[(THEMES.indexOf(currentTheme()) + 1) % THEMES.length];
  localStorage.setItem("theme", theme);
  if (theme === "auto") {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = theme;
  }
  showTheme(button, theme);
}

function closeOthers(open) {
  for (const filter of document.querySelectorAll("details.filter[open]")) {
    if (filter !== open) {
      filter.open = false;
    }
  }
}

// A slow line must not make an impatient officer issue two cards.
function sendOnce(event) {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) {
    delete form.dataset.changed; // a script has taken what stands there
    return;
  }
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
}

// Ticks of a list are no work, and a password is nobody's to keep.
function noteChange(event) {
  const form = event.target.form;
  const isWork =
    form?.method === "post" && !form.matches("#changelist-form, :has([type=password])");
  if (isWork) {
    form.dataset.changed = "yes";
  }
}

// A script says of a field of its own whether it holds what would be lost.
function askBeforeLosing(event) {
  if (document.querySelector("form:not([data-sent]):is([data-changed], :has([data-unsent]))")) {
    event.preventDefault();
    setTimeout(forgetSent); // once it is answered, and with "stay"
  }
}

// After "back" the page comes from the browser's memory, with its forms as they were sent.
function forgetSent() {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
  }
  for (const button of document.querySelectorAll("[aria-busy=true]")) {
    button.removeAttribute("aria-busy");
  }
}

// Django's autocomplete names its box after what is chosen, which is nothing at first.
function nameAutocomplete(select) {
  const label = select.labels[0]?.textContent.replace(/:$/, "");
  const box = select.parentElement.querySelector("[role=combobox]");
  for (const part of box?.querySelectorAll("[role=textbox]") ?? []) {
    part.setAttribute("aria-label", label);
  }
  box?.removeAttribute("aria-labelledby");
  const chosen = box?.textContent.trim() || gettext("nothing chosen");
  box?.setAttribute("aria-label", `${label}: ${chosen}`);
}

function nameAutocompletes() {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    // It is built at some time after the page has been read, and rewritten with every choice.
    new MutationObserver(() => nameAutocomplete(select)).observe(select.parentElement, {
      childList: true,
      subtree: true,
    });
    nameAutocomplete(select);
  }
}

// A page that shows a part of its list names the document that has all of it.
function printAll(event) {
  const all = document.querySelector("a[data-prints-all]");
  const isPrint = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "p";
  if (all && isPrint && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    window.location.assign(all.href);
  }
}

const menuButton = document.querySelector(".menu-button");
menuButton?.addEventListener("click", () => toggleMenu(menuButton));

const themeButton = document.querySelector(".theme-button");
if (themeButton) {
  themeButton.hidden = false;
  showTheme(themeButton, currentTheme());
  themeButton.addEventListener("click", () => nextTheme(themeButton));
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    closeMenu();
    closeOthers(null);
  }
});
document.addEventListener("click", (event) => {
  closeOthers(event.target.closest("details.filter"));
  if (!event.target.closest("#menu, .menu-button")) {
    closeMenu();
  }
});
document.addEventListener("keydown", printAll);
document.addEventListener("submit", sendOnce);
document.addEventListener("input", noteChange);
document.addEventListener("change", noteChange);
window.addEventListener("beforeunload", askBeforeLosing);
window.addEventListener("pageshow", forgetSent);
nameAutocompletes();
