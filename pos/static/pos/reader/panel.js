// Settings, taps that need a person, and the way out.

import { $, make, show } from "./elements.js";
import { askPerson } from "./question.js";
import { knows, say, sayCount } from "./words.js";

export class Panel {
  #queue;
  #on;

  /** `on` is told: `settings(settings)`, `unpaired()`. */
  constructor(queue, on) {
    this.#queue = queue;
    this.#on = on;
    for (const button of [$("open-settings"), $("pair-settings")]) {
      button.addEventListener("click", () => $("settings").showModal());
    }
    $("full-screen").addEventListener("click", () => document.documentElement.requestFullscreen());
    $("unpair").addEventListener("click", () => this.#unpair());
    for (const id of ["sound", "direction", "dish"]) {
      $(id).addEventListener("change", () => this.#on.settings(settingsShown()));
    }
  }

  close() {
    $("settings").close();
  }

  /** Everything in it, as it is now. */
  show({ paired, settings, taps }) {
    this.paired = paired;
    const device = paired?.device;
    showSettings(settings, device);
    show($("unpair"), Boolean(paired));
    const good = taps.filter((tap) => !tap.problem);
    this.#list(
      "aside",
      taps.filter((tap) => tap.problem),
    );
    this.#list(
      "own",
      good.filter((tap) => tap.reader === device?.pos_id),
    );
    this.#list(
      "others",
      good.filter((tap) => tap.reader !== device?.pos_id),
    );
  }

  #list(name, taps) {
    show($(name), taps.length > 0);
    $(`${name}-taps`).replaceChildren(...taps.map((tap) => this.#row(tap, name)));
  }

  #row(tap, list) {
    const row = make("li", "");
    const problem = tap.problem && knows(tap.problem) ? say(tap.problem) : tap.reader_name;
    row.append(make("b", "", tap.card), make("span", "", `${timeOf(tap)} · ${problem}`));
    if (list === "aside" && tap.reader === this.paired?.device.pos_id) row.append(this.#again(tap));
    if (list !== "own") row.append(this.#removal(tap));
    return row;
  }

  /** Somebody has looked at it, and put right what the server had against it. */
  #again(tap) {
    const button = make("button", "quiet", say("send_again"));
    button.type = "button";
    button.addEventListener("click", () => this.#queue.change(tap.order, { problem: "" }));
    return button;
  }

  #removal(tap) {
    const button = make("button", "quiet", say("remove"));
    button.type = "button";
    button.addEventListener("click", () => this.#remove(tap));
    return button;
  }

  async #remove(tap) {
    const isSure = await askPerson({
      title: say("remove_title"),
      text: say("remove_text", { card: tap.card, time: timeOf(tap) }),
      answers: [cancel(), { name: "remove", words: say("remove"), isDanger: true }],
    });
    if (isSure) await this.#queue.remove([tap.order]);
  }

  async #unpair() {
    const { pos_id, name } = this.paired.device;
    const taps = (await this.#queue.all()).filter((tap) => tap.reader === pos_id);
    const answer = await askPerson(taps.length ? withTaps(name, taps) : withoutTaps(name));
    if (!answer) return;
    if (answer === "throw") {
      if (!(await isSureToThrow(taps))) return;
      await this.#queue.remove(taps.map((tap) => tap.order));
    }
    this.close();
    await this.#on.unpaired();
  }
}

const cancel = () => ({ name: "", words: say("cancel") });

function withoutTaps(reader) {
  return {
    title: say("unpair_title"),
    text: say("unpair_text", { reader }),
    answers: [cancel(), { name: "keep", words: say("unpair_do"), isDanger: true }],
  };
}

function withTaps(reader, taps) {
  const waiting = say("unpair_waits", { taps: sayCount("taps", taps.length), reader });
  return {
    title: say("unpair_title"),
    text: `${waiting} ${say("unpair_text", { reader })}`,
    answers: [
      cancel(),
      { name: "keep", words: say("unpair_keep") },
      { name: "throw", words: say("unpair_throw"), isDanger: true },
    ],
  };
}

async function isSureToThrow(taps) {
  const answer = await askPerson({
    title: say("throw_title", { taps: sayCount("taps", taps.length) }),
    text: say("throw_text"),
    answers: [cancel(), { name: "throw", words: say("throw_do"), isDanger: true }],
  });
  return answer === "throw";
}

function showSettings(settings, device) {
  $("sound").checked = settings.sound;
  $("direction").value = settings.direction;
  if (document.activeElement !== $("dish")) $("dish").value = settings.dish;
  const isGate = device?.activity_type === "attendance";
  show($("direction-row"), isGate && device.direction === "both");
  show($("dish-row"), device && !isGate);
  show($("full-screen-row"), Boolean(document.fullscreenEnabled));
}

function settingsShown() {
  return {
    sound: $("sound").checked,
    direction: $("direction").value,
    dish: $("dish").value.trim(),
  };
}

function timeOf(tap) {
  const style = { dateStyle: "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat("en-GB", style).format(new Date(tap.tapped_at));
}
