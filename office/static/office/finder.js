// The box that finds everything: Ctrl-K or / opens it on every page, and it answers while one types.

import { filled, gettext } from "./words.js";

const PAUSE = 150; // ms without a key, before the server is asked
const dialog = document.querySelector("#finder");

class Finder {
  #input = dialog.querySelector("input");
  #found = dialog.querySelector(".found");
  #status = dialog.querySelector("[role=status]");
  #timer = 0;
  #asking = null;
  #answered = "";

  constructor() {
    this.#input.addEventListener("input", () => this.#wait());
    dialog.addEventListener("keydown", (event) => this.#key(event));
    dialog.querySelector("form").addEventListener("submit", (event) => this.#openFirst(event));
    dialog.querySelector(".finder-close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  open() {
    if (!dialog.open) {
      dialog.showModal();
    }
    this.#input.focus();
    this.#input.select();
  }

  get #words() {
    return this.#input.value.trim();
  }

  get #links() {
    return [...this.#found.querySelectorAll("a")];
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), PAUSE);
  }

  async #ask() {
    const words = this.#words;
    this.#asking?.abort();
    this.#asking = new AbortController();
    try {
      const address = `${dialog.dataset.answers}?${new URLSearchParams({ q: words })}`;
      const answer = await fetch(address, { signal: this.#asking.signal });
      if (!answer.ok) {
        throw new Error(String(answer.status));
      }
      this.#show(words, await answer.text());
    } catch (error) {
      if (error.name !== "AbortError") {
        const said = gettext("No answer. Load the page anew, or try again in a moment.");
        this.#show(words, `<p>${said}</p>`);
        this.#status.textContent = gettext("No answer.");
      }
    }
  }

  #show(words, html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    this.#found.replaceChildren(...page.body.children);
    this.#answered = words;
    this.#status.textContent = words
      ? filled(gettext("{number} found"), { number: this.#links.length })
      : "";
  }

  /** Enter opens the first, if it is the answer to what stands there; else the page of it all. */
  #openFirst(event) {
    const [first] = this.#links;
    if (first && this.#answered === this.#words) {
      event.preventDefault();
      location.assign(first.href);
    }
  }

  /** With words in it a search field takes the first Escape for itself, to empty it. */
  #key(event) {
    if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      dialog.close();
    } else {
      this.#move(event);
    }
  }

  #move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) {
      return;
    }
    event.preventDefault();
    const stops = [this.#input, ...this.#links];
    const here = stops.indexOf(document.activeElement);
    stops[(here + step + stops.length) % stops.length].focus();
  }
}

if (dialog) {
  const finder = new Finder();
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
    const isCtrlK = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
    if (isCtrlK || (event.key === "/" && !isTyping)) {
      event.preventDefault();
      finder.open();
    }
  });
  for (const opener of document.querySelectorAll(".finder-open")) {
    opener.addEventListener("click", (event) => {
      event.preventDefault();
      finder.open();
    });
  }
}
