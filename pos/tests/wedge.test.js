import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { dispatch } from "./browser.js";

const { listenToWedge } = await import("../static/pos/reader/wedge.js");

const CARD = [..."04A1B2C3"];
let scans = [];
let isOn = true;
let now = 0;

listenToWedge(
  (text) => scans.push(text),
  () => isOn,
);

beforeEach(() => {
  scans = [];
  isOn = true;
  now += 10_000;
});

/** A key as a browser tells of it; the focus is on `target`. */
class Press extends Event {
  constructor(key, { target = {}, ...modifiers }) {
    super("keydown", { cancelable: true });
    Object.assign(this, { key, ...modifiers });
    Object.defineProperty(this, "timeStamp", { value: now });
    Object.defineProperty(this, "target", { value: target });
  }
}

/** Types into whatever has the focus: returns the events, each of which may have been taken. */
function typed(keys, { gap = 5, ...rest } = {}) {
  return keys.map((key) => {
    const press = new Press(key, rest);
    dispatch(press);
    const isText = key.length === 1 && !press.defaultPrevented;
    if (isText && rest.target) rest.target.value += key;
    now += gap;
    return press;
  });
}

const field = (value = "") => ({ value, matches: () => true });

test("a burst and Enter are a scan, and Enter presses nothing", () => {
  const presses = typed([...CARD, "Enter"]);
  assert.deepEqual(scans, ["04A1B2C3"]);
  assert.ok(presses.at(-1).defaultPrevented);
});

test("a reader may end with Tab, and the focus stays", () => {
  const presses = typed([...CARD, "Tab"]);
  assert.deepEqual(scans, ["04A1B2C3"]);
  assert.ok(presses.at(-1).defaultPrevented);
});

test("a space within a burst does not press the button that has the focus", () => {
  const presses = typed([..."04 A1 B2", "Enter"]);
  assert.ok(presses[2].defaultPrevented);
  assert.deepEqual(scans, ["04 A1 B2"]);
});

test("spaces around it are no part of it, nor do they make it long enough", () => {
  typed([...` ${CARD.join("")} `, "Enter"]);
  typed([..." 12 ", "Enter"]);
  assert.deepEqual(scans, ["04A1B2C3"]);
});

test("fewer than four keys are no scan, and Enter does what it does", () => {
  const presses = typed([..."123", "Enter"]);
  assert.deepEqual(scans, []);
  assert.ok(!presses.at(-1).defaultPrevented);
});

test("a pause begins it anew", () => {
  typed([..."9999"]);
  now += 1_000;
  typed([...CARD, "Enter"]);
  assert.deepEqual(scans, ["04A1B2C3"]);
});

test("two cards in a row are two scans", () => {
  typed([...CARD, "Enter", ..."99887766", "Enter"]);
  assert.deepEqual(scans, ["04A1B2C3", "99887766"]);
});

test("in a field a burst is a scan, and the field has again what was in it", () => {
  const target = field("Asha");
  typed([...CARD, "Enter"], { target });
  assert.deepEqual(scans, ["04A1B2C3"]);
  assert.equal(target.value, "Asha");
});

test("in a field a person's typing stays, and Enter sends the form", () => {
  const target = field();
  const presses = typed([...CARD, "Enter"], { target, gap: 120 });
  assert.deepEqual(scans, []);
  assert.equal(target.value, "04A1B2C3");
  assert.ok(!presses.some((press) => press.defaultPrevented));
});

test("nothing is taken while it is off", () => {
  isOn = false;
  const presses = typed([...CARD, "Enter"]);
  assert.deepEqual(scans, []);
  assert.ok(!presses.some((press) => press.defaultPrevented));
});

for (const modifier of ["ctrlKey", "altKey", "metaKey", "isComposing"]) {
  test(`keys with ${modifier} are no reader's`, () => {
    typed([...CARD, "Enter"], { [modifier]: true });
    assert.deepEqual(scans, []);
  });
}
