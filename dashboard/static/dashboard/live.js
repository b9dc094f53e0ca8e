// The line to the server: a stream of events, and a look every few seconds while there is none.

const KINDS = [
  "tap",
  "tap_annulled",
  "day_corrected",
  "day_closed",
  "incident",
  "reader_silent",
  "reader_heard",
];
const LOOK_EVERY = 5_000;
const PATIENCE = 12_000; // ms that an answer or the stream's greeting may take
const REFUSED_FOR = 60_000; // ms until a stream that was refused is asked for again
const SOUND = 10_000; // ms after which a stream that breaks may be asked for again at once

/**
 * Tells `event(kind, data)`, `gap()` when too much happened to be told one by one, and
 * `state("live" | "looking" | "away" | "ended")`.
 *
 * What happened is told from `position` on, at least once, whatever breaks in between.
 */
export class Line {
  #address;
  #position;
  #tell;
  #source = null;
  #timer = 0;
  #turn = 0; // what an earlier turn still waits for does not count any more
  #liveSince = 0;
  #streamDueAt = 0;

  constructor(address, position, tell) {
    this.#address = address;
    this.#position = position;
    this.#tell = tell;
  }

  open() {
    this.close();
    this.#stream();
  }

  close() {
    this.#turn += 1;
    this.#source?.close();
    this.#source = null;
    this.#liveSince = 0;
    clearTimeout(this.#timer);
  }

  /** Somebody has reason to think that the line is broken. */
  check() {
    this.close();
    this.#poll();
  }

  /** A stream that was sound ends after a while and is asked for again; another was refused. */
  #lose() {
    const wasSound = this.#liveSince && Date.now() - this.#liveSince > SOUND;
    if (!wasSound) {
      this.#streamDueAt = Date.now() + REFUSED_FOR;
    }
    this.check();
  }

  #stream() {
    const source = new EventSource(this.#address);
    this.#source = source;
    // A proxy that holds the stream back lets no greeting through.
    this.#timer = setTimeout(() => this.#lose(), PATIENCE);
    source.addEventListener("hello", () => this.#begin());
    source.addEventListener("gap", (event) => this.#skip(event.lastEventId));
    source.addEventListener("error", () => this.#lose());
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => this.#pass(kind, event));
    }
  }

  /** The stream tells what happens from now on; what happened until now is asked for. */
  async #begin() {
    clearTimeout(this.#timer);
    this.#liveSince = Date.now();
    this.#tell.state("live");
    const turn = this.#turn;
    const state = await this.#look(turn);
    if (turn === this.#turn && state !== "looking") {
      this.check();
    }
  }

  #pass(kind, event) {
    this.#position = event.lastEventId || this.#position;
    this.#tell.event(kind, JSON.parse(event.data));
  }

  #skip(position) {
    this.#position = position;
    this.#tell.gap();
  }

  async #poll() {
    const turn = this.#turn;
    const state = await this.#look(turn);
    if (turn !== this.#turn) {
      return;
    }
    if (state === "looking" && Date.now() >= this.#streamDueAt) {
      this.#stream();
      return;
    }
    if (state === "away") {
      this.#streamDueAt = 0; // once it answers again, it has room for streams again
    }
    this.#tell.state(state);
    if (state !== "ended") {
      this.#timer = setTimeout(() => this.#poll(), LOOK_EVERY);
    }
  }

  /** Tells what happened since the position; the state in which this leaves the line. */
  async #look(turn) {
    try {
      const answer = await fetch(`${this.#address}?since=${encodeURIComponent(this.#position)}`, {
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (answer.status === 401 || answer.status === 403) {
        return "ended";
      }
      if (answer.ok) {
        this.#take(await answer.json(), turn);
      }
      return answer.ok ? "looking" : "away";
    } catch {
      return "away";
    }
  }

  #take({ position, gap, events }, turn) {
    if (turn !== this.#turn) {
      return;
    }
    this.#position = position;
    if (gap) {
      this.#tell.gap();
    }
    events.forEach(({ event, data }) => this.#tell.event(event, data));
  }
}
