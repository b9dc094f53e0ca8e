// Two tones up: done, look at the next. One low tone: look at the screen.

const TONES = { good: [880, 1320], bad: [220], first: [660] };
const LENGTH = 0.12; // seconds

let context;

export function isOn() {
  return localStorage.getItem("desk-sound") === "on";
}

export function turn(on) {
  localStorage.setItem("desk-sound", on ? "on" : "off");
}

export function play(name) {
  if (!isOn()) {
    return;
  }
  context ??= new AudioContext();
  TONES[name].forEach((frequency, index) => beep(frequency, context.currentTime + index * LENGTH));
}

function beep(frequency, at) {
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = frequency;
  volume.gain.value = 0.15;
  tone.connect(volume).connect(context.destination);
  tone.start(at);
  tone.stop(at + LENGTH);
}
