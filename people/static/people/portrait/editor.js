// A picture behind a frame: dragged, pinched, turned, by mouse, touch and keys.

import { fault, LOOKED_AT } from "./background.js";
import { closeness, isSmall, moved, sizeOf, widest, zoomed } from "./frame.js";

const STEP = 0.02; // of the frame, for an arrow key
const NEARER = 1.1; // times, for a key or a notch of the wheel
const JPEG_QUALITY = 0.92;

export class Editor {
  #canvas;
  #onChange;
  #picture = null;
  #frame = null;
  #fingers = new Map();
  #drawing = 0;

  /** Calls `onChange` when something else has been drawn. */
  constructor(canvas, onChange) {
    this.#canvas = canvas;
    this.#onChange = onChange;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#drag(event));
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, (event) => this.#fingers.delete(event.pointerId));
    }
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  /** A picture, or a canvas. */
  show(picture) {
    this.#picture = picture;
    this.#frame = widest(picture);
    this.#draw();
  }

  get closeness() {
    return closeness(this.#frame, this.#picture);
  }

  /** Whether there is less of it than a card shows. */
  get isSmall() {
    return isSmall(this.#frame);
  }

  zoom(times) {
    this.#frame = zoomed(this.#frame, times, this.#picture);
    this.#draw();
  }

  /** A quarter to the right. */
  turn() {
    const turned = document.createElement("canvas");
    turned.width = this.#picture.height;
    turned.height = this.#picture.width;
    const context = turned.getContext("2d");
    context.translate(turned.width, 0);
    context.rotate(Math.PI / 2);
    context.drawImage(this.#picture, 0, 0);
    this.show(turned);
  }

  /** What is wrong with the background, by `background.js`. */
  fault() {
    const small = drawn(this.#picture, this.#frame, LOOKED_AT);
    const { width, height } = LOOKED_AT;
    return fault(small.getContext("2d").getImageData(0, 0, width, height).data);
  }

  /** The portrait, as it is sent. */
  file() {
    const portrait = drawn(this.#picture, this.#frame, sizeOf(this.#frame));
    return new Promise((done) => {
      const keep = (blob) => done(new File([blob], "portrait.jpg", { type: "image/jpeg" }));
      portrait.toBlob(keep, "image/jpeg", JPEG_QUALITY);
    });
  }

  /** Once for each frame of the screen: a finger moves more often, and looking costs. */
  #draw() {
    cancelAnimationFrame(this.#drawing);
    this.#drawing = requestAnimationFrame(() => this.#drawNow());
  }

  #drawNow() {
    const size = sizeOf(this.#frame);
    this.#canvas.width = size.width;
    this.#canvas.height = size.height;
    draw(this.#canvas, this.#picture, this.#frame);
    this.#onChange();
  }

  /** By pixels of the screen. */
  #move(right, down) {
    const scale = this.#frame.width / this.#canvas.clientWidth;
    this.#frame = moved(this.#frame, right * scale, down * scale, this.#picture);
    this.#draw();
  }

  #down(event) {
    this.#canvas.setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, event);
  }

  #drag(event) {
    const before = this.#fingers.get(event.pointerId);
    if (!before || !this.#picture) return;
    const [other] = [...this.#fingers.values()].filter((each) => each !== before);
    this.#fingers.set(event.pointerId, event);
    if (other) {
      this.zoom(this.closeness * (apart(event, other) / Math.max(1, apart(before, other))));
    } else {
      this.#move(before.clientX - event.clientX, before.clientY - event.clientY);
    }
  }

  #wheel(event) {
    if (!this.#picture) return;
    event.preventDefault();
    this.zoom(this.closeness * (event.deltaY < 0 ? NEARER : 1 / NEARER));
  }

  #key(event) {
    const step = this.#canvas.clientWidth * STEP;
    const does = {
      ArrowLeft: () => this.#move(-step, 0),
      ArrowRight: () => this.#move(step, 0),
      ArrowUp: () => this.#move(0, -step),
      ArrowDown: () => this.#move(0, step),
      "+": () => this.zoom(this.closeness * NEARER),
      "-": () => this.zoom(this.closeness / NEARER),
    }[event.key];
    if (does && this.#picture) {
      event.preventDefault();
      does();
    }
  }
}

/** The part of a video that its frame shows, as a picture of its own. */
export function still(video) {
  const whole = document.createElement("canvas");
  whole.width = video.videoWidth;
  whole.height = video.videoHeight;
  whole.getContext("2d").drawImage(video, 0, 0);
  return whole;
}

function drawn(picture, frame, size) {
  const canvas = document.createElement("canvas");
  canvas.width = size.width;
  canvas.height = size.height;
  draw(canvas, picture, frame);
  return canvas;
}

function draw(canvas, picture, frame) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.fillStyle = "#fff"; // behind what is transparent
  context.fillRect(0, 0, canvas.width, canvas.height);
  const { x, y, width, height } = frame;
  context.drawImage(picture, x, y, width, height, 0, 0, canvas.width, canvas.height);
}

function apart(one, other) {
  return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
}
