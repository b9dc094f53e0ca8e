import assert from "node:assert/strict";
import { test } from "node:test";
import { Burst } from "../static/cards/desk/bursts.js";

/** What comes of these keys, `gap` milliseconds apart. */
function typed(keys, { gap, burst = new Burst(), at = 1_000 }) {
  return keys.map((key, index) => burst.key({ key, timeStamp: at + index * gap }));
}

const CARD = [..."04A1B2C3"];

test("quick keys and Enter are a card", () => {
  assert.equal(typed([...CARD, "Enter"], { gap: 5 }).at(-1), "04A1B2C3");
});

test("a reader may end with Tab", () => {
  assert.equal(typed([...CARD, "Tab"], { gap: 5 }).at(-1), "04A1B2C3");
});

test("nothing is said before the end", () => {
  assert.deepEqual(new Set(typed(CARD, { gap: 5 })), new Set([null]));
});

test("a fast typist is no reader", () => {
  assert.equal(typed([...CARD, "Enter"], { gap: 80 }).at(-1), null);
});

test("fewer than four keys are no card", () => {
  assert.equal(typed([..."123", "Enter"], { gap: 5 }).at(-1), null);
});

test("what somebody typed before it is no part of the card", () => {
  const burst = new Burst();
  typed([..."Asha"], { gap: 150, burst });
  assert.equal(typed([...CARD, "Enter"], { gap: 5, burst, at: 5_000 }).at(-1), "04A1B2C3");
});

test("Enter that comes late ends nothing", () => {
  const burst = new Burst();
  typed(CARD, { gap: 5, burst });
  assert.equal(burst.key({ key: "Enter", timeStamp: 2_000 }), null);
});

test("the Shift of a capital letter is no text", () => {
  const keys = ["Shift", "A", "Shift", "B", "1", "2", "Enter"];
  assert.equal(typed(keys, { gap: 5 }).at(-1), "AB12");
});

test("each card ends the one before", () => {
  const burst = new Burst();
  typed([...CARD, "Enter"], { gap: 5, burst });
  assert.equal(typed([..."99887766", "Enter"], { gap: 5, burst }).at(-1), "99887766");
});

test("one key has begun a burst, the second makes it one", () => {
  const burst = new Burst();
  typed(["0"], { gap: 5, burst });
  assert.deepEqual([burst.hasBegun, burst.isRunning], [true, false]);
  typed(["4"], { gap: 5, burst, at: 1_005 });
  assert.deepEqual([burst.hasBegun, burst.isRunning], [false, true]);
});
