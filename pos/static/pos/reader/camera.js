// The QR code on a card, by the camera: the browser's own detector, or jsQR where it has none.

const LOOK = 150; // ms between two looks
const GONE = 3_000; // ms out of the picture after which the same card counts again
const WIDEST = 800; // pixels in which jsQR searches

export class Camera {
  #video;
  #onCode;
  #stream = null;
  #timer;
  #switching = null;
  #lastSeen = new Map();

  constructor(video, onCode) {
    this.#video = video;
    this.#onCode = onCode;
  }

  static isPossible() {
    return Boolean(navigator.mediaDevices?.getUserMedia);
  }

  get isOn() {
    return this.#stream !== null;
  }

  /**
   * Off if it was on, else on; a press meanwhile is the same one, for two starts would leave a
   * stream that nobody stops. Throws if there is no camera, or the person does not allow it.
   */
  toggle() {
    this.#switching ??= this.#switch().finally(() => {
      this.#switching = null;
    });
    return this.#switching;
  }

  async #switch() {
    if (this.isOn) this.stop();
    else await this.#start();
  }

  async #start() {
    const wanted = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
    const stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    this.#stream = stream;
    this.#video.srcObject = stream;
    await this.#video.play();
    this.#look(await codeReader(), stream);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    this.#video.srcObject = null;
  }

  async #look(read, stream) {
    const codes = await read(this.#video).catch(() => []);
    if (this.#stream !== stream) return;
    codes.filter((code) => this.#isNew(code)).forEach(this.#onCode);
    this.#timer = setTimeout(() => this.#look(read, stream), LOOK);
  }

  /** A card that is held in front of the camera is one tap, however long it is held there. */
  #isNew(code) {
    const now = performance.now();
    const isNew = now - (this.#lastSeen.get(code) ?? -Infinity) > GONE;
    this.#lastSeen.set(code, now);
    return isNew;
  }
}

/** A function that reads all codes in a picture. */
async function codeReader() {
  const formats = await globalThis.BarcodeDetector?.getSupportedFormats().catch(() => []);
  if (!formats?.includes("qr_code")) return jsReader();
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  return async (video) => (await detector.detect(video)).map((found) => found.rawValue);
}

async function jsReader() {
  await import("./vendor/jsqr.js");
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    const scale = Math.min(1, WIDEST / video.videoWidth);
    canvas.width = video.videoWidth * scale;
    canvas.height = video.videoHeight * scale;
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
    const found = globalThis.jsQR(data, width, height, { inversionAttempts: "dontInvert" });
    return found?.data ? [found.data] : [];
  };
}
