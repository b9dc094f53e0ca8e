// What a verdict sounds and feels like; yes and no are told apart without looking.

const TUNES = {
  yes: [
    [880, 0, 0.1],
    [1320, 0.1, 0.18],
  ],
  no: [
    [196, 0, 0.22, "square"],
    [147, 0.28, 0.34, "square"],
  ],
  kept: [[587, 0, 0.14]],
};
const SHAKES = { yes: 60, no: [160, 90, 220], kept: [40, 60, 40] };
const LOUDNESS = { sine: 0.35, square: 0.14 };

let context;

/** A browser lets a page sound only after somebody has touched it. */
export function readySounds() {
  const wake = () => {
    context ??= new AudioContext();
    if (context.state === "suspended") context.resume();
  };
  addEventListener("pointerdown", wake);
  addEventListener("keydown", wake);
}

/** `name` is yes, no or kept. */
export function signal(name, { isSilent }) {
  navigator.vibrate?.(SHAKES[name]);
  if (isSilent || context?.state !== "running") return;
  TUNES[name].forEach(([pitch, at, length, shape = "sine"]) => tone(pitch, at, length, shape));
}

function tone(pitch, at, length, shape) {
  const begin = context.currentTime + at;
  const source = new OscillatorNode(context, { type: shape, frequency: pitch });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(0, begin);
  volume.gain.linearRampToValueAtTime(LOUDNESS[shape], begin + 0.01);
  volume.gain.linearRampToValueAtTime(0, begin + length);
  source.connect(volume).connect(context.destination);
  source.start(begin);
  source.stop(begin + length);
}
