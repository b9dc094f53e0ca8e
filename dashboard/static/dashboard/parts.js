// Keeps the sections of the page fresh: the server writes them anew, and what differs is patched in.

import { patch } from "../office/patch.js";

const PAUSE = 4_000; // ms between two questions, however much happens
const EVERYTHING_EVERY = 60_000; // readers fall silent, and clocks go on, without an event
const PATIENCE = 15_000;

export class Parts {
  #address;
  #tell;
  #wanted = new Set();
  #timer = 0;
  #tick = 0;
  #askedAt = 0;
  #isAsking = false;
  #isOpen = false;

  /** `merge` takes a fresh feed, which is no section to be patched; `ended`, `away`: no answer. */
  constructor(address, tell) {
    this.#address = address;
    this.#tell = tell;
  }

  open() {
    this.#isOpen = true;
    this.#tick = setInterval(() => this.wantAll(), EVERYTHING_EVERY);
  }

  close() {
    this.#isOpen = false;
    clearInterval(this.#tick);
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  /** Something of this kind happened: the sections that follow it are out of date. */
  follow(kind) {
    for (const section of sections()) {
      if (section.dataset.follows?.split(" ").includes(kind)) {
        this.#wanted.add(section.dataset.part);
      }
    }
    this.#plan();
  }

  wantAll() {
    sections().forEach((section) => this.#wanted.add(section.dataset.part));
    this.#plan();
  }

  #plan() {
    if (this.#isOpen && this.#wanted.size && !this.#timer && !this.#isAsking) {
      const wait = Math.max(0, this.#askedAt + PAUSE - Date.now());
      this.#timer = setTimeout(() => this.#ask(), wait);
    }
  }

  async #ask() {
    this.#timer = 0;
    this.#isAsking = true;
    this.#askedAt = Date.now();
    const names = [...this.#wanted];
    this.#wanted.clear();
    const html = await this.#fetch(names).catch(() => null);
    this.#isAsking = false;
    if (html === null) {
      // Asked again with the next event, or when the line is back.
      names.forEach((name) => this.#wanted.add(name));
      this.#tell.away();
    } else {
      this.#show(html);
      this.#plan();
    }
  }

  async #fetch(names) {
    const query = new URLSearchParams(names.map((name) => ["part", name]));
    const answer = await fetch(`${this.#address}?${query}`, {
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.status === 401 || answer.status === 403) {
      this.#tell.ended();
      return "";
    }
    if (!answer.ok) {
      throw new Error(`status ${answer.status}`);
    }
    return answer.text();
  }

  #show(html) {
    if (!html || !this.#isOpen) {
      return;
    }
    const fresh = new DOMParser().parseFromString(html, "text/html");
    if (fresh.title !== document.title) {
      location.reload(); // another day, which the page begins anew
      return;
    }
    for (const section of fresh.querySelectorAll("[data-part]")) {
      const shown = document.querySelector(`[data-part="${section.dataset.part}"]`);
      if (section.dataset.part === "feed") {
        this.#tell.merge(section);
      } else if (shown) {
        patch(shown, section);
      }
    }
  }
}

/** Without the heading, which comes with every answer. */
function sections() {
  return [...document.querySelectorAll("#board [data-part]")];
}
