import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Camera } from "../static/pos/reader/camera.js";

let streams;

beforeEach(() => {
  streams = [];
  const getUserMedia = async () => {
    const stream = { isOn: true };
    stream.getTracks = () => [{ stop: () => (stream.isOn = false) }];
    streams.push(stream);
    return stream;
  };
  Object.defineProperty(globalThis, "navigator", {
    value: { mediaDevices: { getUserMedia } },
    configurable: true,
  });
  globalThis.BarcodeDetector = class {
    static getSupportedFormats = async () => ["qr_code"];
    detect = async () => [];
  };
});

const camera = () => new Camera({ play: async () => {} }, () => {});

test("two presses at once start one camera, which the next one stops", async () => {
  const one = camera();
  await Promise.all([one.toggle(), one.toggle()]);
  assert.equal(streams.length, 1);
  assert.ok(one.isOn);
  await one.toggle();
  assert.ok(!one.isOn);
  assert.deepEqual(
    streams.map((stream) => stream.isOn),
    [false],
  );
});

test("after a refusal it can be tried again", async () => {
  const one = camera();
  const allowed = navigator.mediaDevices.getUserMedia;
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error("denied"));
  await assert.rejects(Promise.all([one.toggle(), one.toggle()]));
  navigator.mediaDevices.getUserMedia = allowed;
  await one.toggle();
  assert.ok(one.isOn);
  one.stop();
});
