// The part of a picture that becomes a portrait, as a frame of the card's proportion: where it
// stands and how large it is, in pixels of the picture.

export const RATIO = 319 / 410; // width to height of the photo on a card (cards/printing/front.py)
export const KEPT = { width: 638, height: 820 }; // what is kept of a photo (people/photos.py)
const CLOSEST = 5; // times

/** The largest frame that a picture holds, in its middle. */
export function widest(picture) {
  const width = Math.min(picture.width, picture.height * RATIO);
  const frame = sized(width);
  return {
    ...frame,
    x: (picture.width - frame.width) / 2,
    y: (picture.height - frame.height) / 2,
  };
}

/** Another place of the picture, never beside it. */
export function moved(frame, right, down, picture) {
  return {
    ...frame,
    x: between(0, frame.x + right, picture.width - frame.width),
    y: between(0, frame.y + down, picture.height - frame.height),
  };
}

/** So many times as close as the widest, around the same middle. */
export function zoomed(frame, times, picture) {
  const near = sized(widest(picture).width / between(1, times, CLOSEST));
  const right = (frame.width - near.width) / 2;
  const down = (frame.height - near.height) / 2;
  return moved({ ...near, x: frame.x, y: frame.y }, right, down, picture);
}

/** How many times as close as the widest it is. */
export function closeness(frame, picture) {
  return widest(picture).width / frame.width;
}

/** The size of the portrait: no larger than what is kept, and never made larger than it is. */
export function sizeOf(frame) {
  const width = Math.max(1, Math.round(Math.min(KEPT.width, frame.width)));
  return { width, height: Math.max(1, Math.round(width / RATIO)) };
}

/** Whether the card would print fewer dots of it than its printer has. */
export function isSmall(frame) {
  return frame.height < KEPT.height / 2;
}

function sized(width) {
  return { width, height: width / RATIO };
}

function between(least, value, most) {
  return Math.min(Math.max(least, value), Math.max(least, most));
}
