// What stands behind a head: by the edges of a small copy of the portrait, in RGBA.

export const LOOKED_AT = { width: 28, height: 36 }; // so small that no noise is left
const EDGE = 0.14; // of the width, at the left, the right and above
const SHOULDERS = 0.55; // of the height: below are clothes
const DARK = 90; // of 255
const UNEVEN = 36; // of 255, what a channel strays from its mean
const LIGHT_OF = [0.2126, 0.7152, 0.0722];

/** "dark", "uneven", or "" for one that will do. */
export function fault(pixels, { width, height } = LOOKED_AT) {
  const edge = edges(pixels, width, height);
  const means = LIGHT_OF.map((_, channel) => mean(edge.map((pixel) => pixel[channel])));
  const light = means.reduce((sum, value, channel) => sum + value * LIGHT_OF[channel], 0);
  if (light < DARK) return "dark";
  const strays = means.map((value, channel) =>
    Math.sqrt(mean(edge.map((pixel) => (pixel[channel] - value) ** 2))),
  );
  return Math.max(...strays) > UNEVEN ? "uneven" : "";
}

function edges(pixels, width, height) {
  const thick = Math.max(1, Math.round(width * EDGE));
  const found = [];
  for (let y = 0; y < height * SHOULDERS; y++) {
    for (let x = 0; x < width; x++) {
      if (y < thick || x < thick || x >= width - thick) {
        const at = (y * width + x) * 4;
        found.push([pixels[at], pixels[at + 1], pixels[at + 2]]);
      }
    }
  }
  return found;
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
