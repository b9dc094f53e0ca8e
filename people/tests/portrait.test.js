import assert from "node:assert/strict";
import { test } from "node:test";

import { fault, LOOKED_AT } from "../static/people/portrait/background.js";
import {
  closeness,
  isSmall,
  moved,
  RATIO,
  sizeOf,
  widest,
  zoomed,
} from "../static/people/portrait/frame.js";
import { reducing, sizeIn } from "../static/people/portrait/picture.js";

const LANDSCAPE = { width: 1600, height: 1200 };
const PORTRAIT = { width: 1200, height: 2000 };

function isWithin(frame, picture) {
  const beyond = 1e-6;
  assert.ok(Math.abs(frame.width / frame.height - RATIO) < beyond);
  assert.ok(frame.x >= 0 && frame.x + frame.width <= picture.width + beyond);
  assert.ok(frame.y >= 0 && frame.y + frame.height <= picture.height + beyond);
}

test("the first frame is as large as the picture allows, in its middle", () => {
  for (const picture of [LANDSCAPE, PORTRAIT]) {
    const frame = widest(picture);
    isWithin(frame, picture);
    assert.ok(frame.width === picture.width || frame.height === picture.height);
    assert.equal(frame.x * 2 + frame.width, picture.width);
  }
});

test("a frame that is moved and zoomed stays in the picture and in proportion", () => {
  const far = [-5000, -30, 0, 30, 5000];
  for (const picture of [LANDSCAPE, PORTRAIT]) {
    for (const times of [0.1, 1, 1.7, 100]) {
      const near = zoomed(widest(picture), times, picture);
      isWithin(near, picture);
      for (const right of far) {
        for (const down of far) isWithin(moved(near, right, down, picture), picture);
      }
    }
  }
});

test("going closer keeps the middle, and going back finds the whole", () => {
  const near = zoomed(widest(LANDSCAPE), 2, LANDSCAPE);
  assert.equal(near.x + near.width / 2, LANDSCAPE.width / 2);
  assert.equal(closeness(near, LANDSCAPE), 2);
  const corner = moved(near, -5000, -5000, LANDSCAPE);
  assert.deepEqual([corner.x, corner.y], [0, 0]);
  const whole = zoomed(corner, 1, LANDSCAPE);
  isWithin(whole, LANDSCAPE);
  assert.equal(closeness(whole, LANDSCAPE), 1);
});

test("the portrait is as large as what is kept, and never made larger", () => {
  assert.deepEqual(sizeOf(widest(LANDSCAPE)), { width: 638, height: 820 });
  assert.deepEqual(sizeOf(widest({ width: 100, height: 100 })), { width: 78, height: 100 });
  assert.equal(isSmall(widest(LANDSCAPE)), false);
  assert.equal(isSmall(widest({ width: 300, height: 300 })), true);
});

test("a background that is dark or uneven is told, and a plain wall is not", () => {
  const { width, height } = LOOKED_AT;
  const behind = (light) =>
    Uint8ClampedArray.from({ length: width * height * 4 }, (_, at) => light(at >> 2));
  assert.equal(fault(behind(() => 220)), "");
  assert.equal(fault(behind(() => 40)), "dark");
  assert.equal(fault(behind((pixel) => (pixel % width < width / 2 ? 240 : 120))), "uneven");
  const head = (pixel) =>
    Math.hypot((pixel % width) - width / 2, Math.floor(pixel / width) - height / 2) < 9;
  assert.equal(fault(behind((pixel) => (head(pixel) ? 60 : 215))), "");
});

test("a picture's size is read from the beginning of its file", () => {
  const png = [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82];
  assert.deepEqual(sizeIn(Uint8Array.from([...png, 0, 0, 31, 64, 0, 0, 23, 112])), {
    width: 8000,
    height: 6000,
  });
  const exif = [0xff, 0xe1, 0, 6, 0xff, 0xc0, 1, 1]; // a picture within it is none
  const tables = [0xff, 0xc4, 0, 4, 9, 9];
  const frame = [0xff, 0xff, 0xc2, 0, 17, 8, 0x17, 0x70, 0x1f, 0x40];
  const jpeg = [0xff, 0xd8, ...exif, ...tables, ...frame];
  assert.deepEqual(sizeIn(Uint8Array.from(jpeg)), { width: 8000, height: 6000 });
  for (const other of [[], [0xff], [0x47, 0x49, 0x46], jpeg.slice(0, 12), [0xff, 0xd8, 1, 2]]) {
    assert.equal(sizeIn(Uint8Array.from(other)), null);
  }
});

test("only what is large is made small, so far that a card has enough of it", () => {
  assert.deepEqual(reducing(LANDSCAPE), {});
  assert.deepEqual(reducing(null), {});
  const { resizeWidth } = reducing({ width: 8000, height: 6000 });
  assert.equal(resizeWidth, 1500);
  const reduced = { width: resizeWidth, height: (resizeWidth * 6000) / 8000 };
  assert.equal(isSmall(zoomed(widest(reduced), 2, reduced)), false);
});
