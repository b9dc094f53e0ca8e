// Which cards are admitted, as the server last said: what is decided by while there is no line.
//
// It knows numbers and no names. A card in neither list may be of this morning: nobody says yes or no.

import { ask } from "./server.js";

const PATIENCE = 10_000;
const DAY = 24 * 60 * 60_000; // older than that it says too little
const NAME = "admission";
const SEPARATORS = /[\s:.-]+/g;

export class Admission {
  #queue;
  #list = null; // {reader, format, tag, as_of, cards, withdrawn}
  #admitted = new Set();
  #withdrawn = new Set();

  constructor(queue) {
    this.#queue = queue;
  }

  /** What was kept when this page was last open. */
  async load() {
    this.#take((await this.#queue.setting(NAME)) ?? null);
  }

  /** Asks anew; what has not changed is not sent again. */
  async refresh({ key, device }) {
    const known = this.#isOf(device) ? this.#list : null;
    const tag = known?.tag;
    const answer = await ask("admission/", { key, tag, patience: PATIENCE, has: "cards" });
    if (answer.kind === "same") await this.#keep({ ...known, heard_at: Date.now() });
    if (answer.kind !== "ok") return;
    const { cards, withdrawn } = answer.body;
    const { pos_id: reader, number_format: format } = device;
    await this.#keep({ reader, format, tag: answer.tag, heard_at: Date.now(), cards, withdrawn });
  }

  /** `accepted` or `denied` by the list and when that was heard, or null: the list does not say. */
  decide(card, device) {
    if (!this.#isOf(device) || Date.now() - this.#list.heard_at > DAY) return null;
    const number = spelled(card, this.#list.format);
    const heardAt = new Date(this.#list.heard_at);
    if (this.#admitted.has(number)) return { decision: "accepted", heardAt };
    return this.#withdrawn.has(number) ? { decision: "denied", heardAt } : null;
  }

  #isOf(device) {
    const list = this.#list;
    return list?.reader === device?.pos_id && list?.format === device?.number_format;
  }

  async #keep(list) {
    this.#take(list);
    await this.#queue.set(NAME, list);
  }

  #take(list) {
    this.#list = list;
    const all = (cards = []) => new Set(cards.map((card) => spelled(card, list.format)));
    this.#admitted = all(list?.cards);
    this.#withdrawn = all(list?.withdrawn);
  }
}

/** The same for all ways in which a reader of this format may type a number. */
export function spelled(text, format) {
  const line = text.trim().toUpperCase();
  const bare = line.replace(SEPARATORS, "");
  if (format === "hex" || format === "hex_rev") return /^[0-9A-F]+$/.test(bare) ? bare : line;
  return /^\d+$/.test(line) ? line.replace(/^0+(?=\d)/, "") : line;
}

/** Telephones make up a number of four bytes that begins with 08, another at each tap. */
export function looksLikeTelephone(text, format) {
  const number = spelled(text, format);
  if (format === "hex") return /^08[0-9A-F]{6}$/.test(number);
  return format === "hex_rev" && /^[0-9A-F]{6}08$/.test(number);
}
