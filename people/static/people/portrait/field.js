// A field for a portrait: from the camera, or from a file that is cut, turned and made small before
// it is sent. Without this the field takes a file as it is.

import { Editor, still } from "./editor.js";
import { opened } from "./picture.js";

const CAMERA = "portrait-camera"; // in the session: whether the last page had it on
const WANTED = { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } };

class PortraitField {
  #input;
  #tool;
  #editor;
  #video;
  #stream = null;
  #isCut = false;

  constructor(input) {
    this.#input = input;
    this.#tool = document.querySelector("#portrait-tool").content.cloneNode(true).firstElementChild;
    input.after(this.#tool);
    this.#video = this.#part("video");
    this.#editor = new Editor(this.#part("canvas"), () => this.#changed());
    for (const each of [input, this.#tool]) {
      // What is seen here is marked below; office.js would mark the form, also after "again".
      ["input", "change"].forEach((name) => each.addEventListener(name, stay));
    }
    input.addEventListener("change", () => this.#choose());
    input.form.addEventListener("submit", (event) => this.#send(event));
    this.#on("camera", () => this.#start());
    this.#on("take", () => this.#take());
    this.#on("again", () => this.#again());
    this.#on("turn", () => this.#editor.turn());
    this.#part("[data-do=zoom]").addEventListener("input", (event) =>
      this.#editor.zoom(Number(event.target.value)),
    );
    this.#state = "empty";
    this.#tool.hidden = false;
    addEventListener("pagehide", () => this.#stop());
    if (navigator.mediaDevices?.getUserMedia === undefined) {
      this.#part("[data-do=camera]").hidden = true;
      this.#say("insecure");
    } else if (sessionStorage.getItem(CAMERA) === "on" && "atOnce" in input.dataset) {
      this.#start();
    }
  }

  #part(selector) {
    return this.#tool.querySelector(selector);
  }

  #on(name, act) {
    this.#part(`[data-do=${name}]`).addEventListener("click", act);
  }

  /** empty, starting, live or chosen: the style shows what belongs to it. */
  set #state(state) {
    this.#tool.dataset.state = state;
  }

  get #state() {
    return this.#tool.dataset.state;
  }

  /** Show those of the template's sentences; without any, none. */
  #say(...names) {
    for (const each of this.#tool.querySelectorAll("[data-says]")) {
      each.hidden = !names.includes(each.dataset.says);
    }
  }

  /** Once, however often it is pressed: of two streams one would never be stopped. */
  async #start() {
    if (this.#state !== "empty") return;
    this.#state = "starting";
    this.#say();
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ video: WANTED, audio: false });
      this.#video.srcObject = this.#stream;
      await this.#video.play();
      sessionStorage.setItem(CAMERA, "on");
      if (this.#state === "starting") this.#again();
    } catch {
      this.#stop();
      sessionStorage.removeItem(CAMERA);
      if (this.#state === "starting") this.#state = "empty";
      this.#say("refused");
    }
  }

  #stop() {
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
  }

  #again() {
    this.#say();
    this.#input.value = "";
    this.#state = this.#stream ? "live" : "empty";
    delete this.#input.dataset.unsent;
    if (this.#stream) this.#part("[data-do=take]").focus();
  }

  #take() {
    this.#input.value = "";
    this.#keep(still(this.#video));
    this.#input.form.querySelector("[type=submit]").focus();
  }

  async #choose() {
    const [file] = this.#input.files;
    if (!file) return;
    this.#input.dataset.unsent = "yes";
    try {
      this.#keep(await opened(file));
    } catch {
      this.#state = this.#stream ? "live" : "empty";
      this.#say("unreadable");
    }
  }

  #keep(picture) {
    this.#state = "chosen";
    this.#input.dataset.unsent = "yes"; // office.js asks before it is lost
    this.#editor.show(picture);
  }

  #changed() {
    if (this.#state !== "chosen") return; // it has been drawn too late
    this.#part("[data-do=zoom]").value = this.#editor.closeness;
    this.#say(this.#editor.fault(), this.#editor.isSmall ? "small" : "");
  }

  /** What is seen in the frame goes in place of what was chosen. */
  async #send(event) {
    if (this.#state !== "chosen" || this.#isCut) return;
    event.preventDefault();
    const files = new DataTransfer();
    files.items.add(await this.#editor.file());
    this.#input.files = files.files;
    this.#isCut = true;
    this.#input.form.requestSubmit(event.submitter); // calls this at once
    this.#isCut = false;
  }
}

function stay(event) {
  event.stopPropagation();
}

for (const input of document.querySelectorAll("input[type=file][data-portrait]")) {
  new PortraitField(input);
}
