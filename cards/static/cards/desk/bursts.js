// A reader is a keyboard that types faster than anybody: a burst of keys, then Enter or Tab.

const LONGEST_GAP = 60; // milliseconds between two keys of a reader; a fast typist takes 80
const SHORTEST = 4;

export class Burst {
  #text = "";
  #last = 0;

  // Takes a key; returns the text of a burst that it ends, or null.
  key({ key, timeStamp }) {
    const isFast = timeStamp - this.#last <= LONGEST_GAP;
    this.#last = timeStamp;
    if (key === "Enter" || key === "Tab") {
      const text = isFast && this.#text.length >= SHORTEST ? this.#text : null;
      this.#text = "";
      return text;
    }
    if (key.length === 1) {
      this.#text = isFast ? this.#text + key : key;
    }
    return null;
  }

  // More than one key of it is here: no longer anybody's typing.
  get isRunning() {
    return this.#text.length > 1;
  }

  get hasBegun() {
    return this.#text.length === 1;
  }
}
