// Brings taps to the server: each at once while there is a line, the rest in order when it is back.
//
// A tap leaves the queue only when an answer names it. One that got lost on the way is sent again
// under its own event id, which the server counts once.

import { ask } from "./server.js";

const LIVE = 3_000; // ms that somebody at the gate waits for a verdict
const HOLD = 10_000; // ms that a tap may wait for its turn, and no other tab sends it
const BATCH = 500;
const UPLOAD = 30_000;
const ROUND = 5_000;
const BEAT = 60_000;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 10_000;
const DONE = ["created", "duplicate"];

export class Uploader {
  link = navigator.onLine ? "online" : "offline";
  #queue;
  #on;
  #paired = null; // {key, device}
  #pause = FIRST_PAUSE;
  #timer;
  #beatAt = 0;
  #isBusy = false;
  #isStopped = false;

  /** `on` is told: `link(state)`, `stopped(code)`, `works()`, `clock(ms ahead)`, `device(answer of me/)`,
   * `listed(paired)`: the line is there, ask which cards are admitted. */
  constructor(queue, on) {
    this.#queue = queue;
    this.#on = on;
    addEventListener("offline", () => this.#lost());
    addEventListener("online", () => this.#soon());
    document.addEventListener("visibilitychange", () => this.#soon());
  }

  /** Work in this reader's name; `null`: stop. */
  use(paired) {
    this.#paired = paired;
    this.#isStopped = false;
    this.#beatAt = 0;
    this.#soon();
  }

  /** Until when a tap that is made now is nobody else's to send. */
  holdUntil() {
    return this.link === "online" ? Date.now() + HOLD : 0;
  }

  /** One tap, now: `{kind: "verdict", body}`, or `kept`, `refused`, `stopped`. */
  async sendLive(tap) {
    const paired = this.#paired;
    if (paired?.device.pos_id !== tap.reader) return { kind: "stopped" };
    // What was decided here goes up as that, also when the line is back by now.
    if (this.link !== "online" || tap.reader_decision) return this.#keep(tap);
    const body = wire(tap, false);
    const answer = await ask("taps/", { key: paired.key, body, patience: LIVE, has: "decision" });
    if (answer.kind === "ok") {
      // Nobody waits for this: if it fails, the tap is sent again, and is a repeat.
      this.#queue.remove([tap.order]).catch(() => {});
      this.#settle(answer, paired);
      return { kind: "verdict", body: answer.body };
    }
    if (answer.kind === "refused") {
      await this.#setAside(tap, answer.body);
      return { kind: "refused" };
    }
    await this.#keep(tap);
    this.#settle(answer, paired);
    return { kind: answer.kind === "unpaired" ? "stopped" : "kept" };
  }

  async #keep(tap) {
    await this.#queue.change(tap.order, { live_until: 0 });
    return { kind: "kept" };
  }

  #setAside(tap, { code = "invalid" }) {
    return this.#queue.change(tap.order, { problem: typeof code === "string" ? code : "invalid" });
  }

  #soon() {
    this.#pause = FIRST_PAUSE;
    this.#next(0);
  }

  #next(pause) {
    clearTimeout(this.#timer);
    if (this.#paired) this.#timer = setTimeout(() => this.#round(), pause);
  }

  async #round() {
    if (this.#isBusy) return this.#next(FIRST_PAUSE);
    this.#isBusy = true;
    try {
      if (this.#isStopped || (await this.#flush())) await this.#beatIfDue();
    } finally {
      this.#isBusy = false;
      this.#next(this.#untilNext());
    }
  }

  #untilNext() {
    if (this.#isStopped) return LONGEST_PAUSE;
    return this.link === "online" ? ROUND : this.#pause;
  }

  /** Without a line, or without a key that works, this is how to learn that it is back. */
  async #beatIfDue() {
    const isTrouble = this.#isStopped || this.link !== "online";
    if (isTrouble || Date.now() - this.#beatAt >= BEAT) await this.#beat();
  }

  /** Sends what waits, oldest first. One tab at a time does. `false`: the line is gone. */
  async #flush() {
    return exclusively("trackxpert-reader-upload", async () => {
      let size = BATCH;
      for (;;) {
        const paired = this.#paired;
        const taps = paired ? await this.#queue.waiting(paired.device.pos_id, size) : [];
        if (!taps.length) return true;
        const answer = await this.#upload(taps, paired);
        const isTooMuch = answer.kind === "large" && taps.length > 1;
        if (answer.kind === "refused" || isTooMuch) {
          if (taps.length === 1) await this.#setAside(taps[0], answer.body);
          size = Math.ceil(taps.length / 2);
        } else if (
          !this.#settle(answer, paired) ||
          !(await this.#sort(taps, answer.body.results))
        ) {
          return false;
        }
      }
    });
  }

  #upload(taps, { key }) {
    const device_time = new Date().toISOString();
    const body = { device_time, taps: taps.map((tap) => wire(tap, true)) };
    return ask("taps/batch/", { key, body, patience: UPLOAD, has: "results" });
  }

  /** Returns whether any of them was answered. */
  async #sort(taps, results) {
    const answered = taps
      .map((tap, at) => [tap, results[at]])
      .filter(([tap, result]) => {
        return result?.event_id === tap.event_id;
      });
    const done = answered.filter(([, result]) => DONE.includes(result.status));
    const refused = answered.filter(([, result]) => !DONE.includes(result.status));
    if (done.length) await this.#queue.remove(done.map(([tap]) => tap.order));
    for (const [tap, result] of refused) await this.#setAside(tap, result);
    return answered.length > 0;
  }

  async #beat() {
    const paired = this.#paired;
    if (!paired) return;
    const waiting = await this.#queue.waiting(paired.device.pos_id);
    const body = {
      device_time: new Date().toISOString(),
      queue_depth: waiting.length,
      firmware: "browser",
    };
    const has = "clock_offset_ms";
    const answer = await ask("heartbeat/", { key: paired.key, body, patience: LIVE * 2, has });
    if (!this.#settle(answer, paired)) return;
    this.#beatAt = Date.now();
    this.#on.clock(answer.body.clock_offset_ms);
    await this.#askWhoIAm(paired);
  }

  async #askWhoIAm(paired) {
    const answer = await ask("me/", { key: paired.key, patience: LIVE * 2, has: "device" });
    if (answer.kind === "ok" && this.#paired === paired) {
      this.#on.device(answer.body);
      this.#on.listed(paired);
    }
  }

  /** What an answer says about the line and the key; returns whether it is an answer. */
  #settle(answer, paired) {
    if (this.#paired !== paired) return false;
    if (answer.kind === "unpaired") {
      this.#isStopped = true;
      this.link = "online"; // it is an answer
      this.#on.stopped(answer.body.code);
    } else if (["away", "large"].includes(answer.kind)) {
      this.#lost(answer.retryAfter);
    } else {
      this.#found();
    }
    return answer.kind === "ok";
  }

  #found() {
    this.#pause = FIRST_PAUSE;
    if (this.#isStopped) {
      this.#isStopped = false;
      this.#on.works();
    }
    if (this.link !== "online") this.#tell("online");
  }

  #lost(retryAfter = 0) {
    const pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
    this.#pause = Math.max(pause * (0.75 + Math.random() / 2), retryAfter * 1_000);
    if (this.link === "online") this.#tell("offline");
    this.#next(this.#pause);
  }

  #tell(link) {
    this.link = link;
    this.#on.link(link);
  }
}

/** As the server is to see it; the same each time, but for `offline`. */
function wire(tap, offline) {
  const { event_id, card, tapped_at, direction, food_item, reader_decision } = tap;
  return { event_id, card, tapped_at, direction, food_item, reader_decision, offline };
}

/** Calls `work` unless another tab is at it. */
function exclusively(name, work) {
  if (!navigator.locks) return work();
  return navigator.locks.request(name, { ifAvailable: true }, (lock) => (lock ? work() : true));
}
