import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

// The page's events: in a browser the window has them.
const page = new EventTarget();
globalThis.addEventListener = (...listener) => page.addEventListener(...listener);
const { listenToWedge } = await import("../static/cards/wedge.js");

const CARD = [..."04A1B2C3"];
let scans = [];
let torn = 0;
let isOn = true;
let now = 0;

listenToWedge({
  onScan: (text) => scans.push(text),
  onTorn: () => torn++,
  isOn: () => isOn,
  isOwn: (element) => element.isOwn,
});

beforeEach(() => {
  scans = [];
  torn = 0;
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
    page.dispatchEvent(press);
    const isText = key.length === 1 && !press.defaultPrevented;
    if (isText && rest.target) rest.target.value += key;
    now += gap;
    return press;
  });
}

const field = (value = "") => ({ value, matches: () => true });
const own = (value = "") => ({ ...field(value), isOwn: true });

/** As an American reader's keys come from a keyboard of another country. */
const FRENCH_DIGITS = [..."à&é\"'(-è_ç"];
const french = (number) =>
  [...number].map((character) => {
    if (/\d/.test(character)) return [FRENCH_DIGITS[character], `Digit${character}`];
    return [character === "A" ? "Q" : character, `Key${character}`];
  });

/** These keys, each with its place on the keyboard. */
function pressed(keys, options = {}) {
  for (const [key, code] of keys) typed([key], { ...options, code });
  typed(["Enter"], options);
}

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

test("keys that nothing followed for a while are no part of a card", () => {
  typed([..."9999"]);
  now += 2_000;
  typed([...CARD, "Enter"]);
  assert.deepEqual(scans, ["04A1B2C3"]);
});

for (const pause of [90, 280]) {
  test(`a reader that pauses for ${pause} ms within a number is waited for`, () => {
    for (const target of [{}, field("Asha"), own()]) {
      for (let times = 0; times < 2; times++) {
        if (target.isOwn) target.value = "";
        typed([..."04"], { target });
        now += pause;
        typed([..."AABBCC77", "Enter"], { target });
        now += 700;
      }
    }
    assert.deepEqual(scans, Array(6).fill("04AABBCC77"));
    assert.equal(torn, 0);
  });
}

test("the rest of a number is no card, whatever has the focus", () => {
  for (const target of [{}, field("Asha")]) {
    typed([..."04"], { target });
    now += 500;
    typed([..."AABBCC77", "Enter"], { target });
    now += 10_000;
  }
  assert.deepEqual(scans, []);
  assert.equal(torn, 2);
});

test("in the field for numbers all that stands there is sent, however long it took", () => {
  const target = own();
  typed([..."04"], { target });
  now += 500;
  typed([..."AABBCC77", "Enter"], { target });
  assert.deepEqual(scans, ["04AABBCC77"]);
});

test("the rest of a number is no card where the field has lost the beginning", () => {
  const target = own();
  typed([..."04"], { target });
  target.value = "";
  now += 500;
  typed([..."AABBCC77", "Enter"], { target });
  assert.deepEqual([scans, torn], [[], 1]);
});

test("a number that is typed by hand into its field is taken by Enter, and by Tab is not", () => {
  const target = own();
  typed([...CARD, "Enter"], { target, gap: 120 });
  now += 10_000;
  typed([...CARD, "Tab"], { target: own(), gap: 120 });
  assert.deepEqual(scans, ["04A1B2C3"]);
});

test("a card after what was typed slowly into the field for numbers is that card", () => {
  const target = own();
  typed([..."99"], { target, gap: 200 });
  now += 1_000;
  typed([...CARD, "Enter"], { target });
  assert.deepEqual(scans, ["04A1B2C3"]);
});

test("the end that comes late makes no card of what came before", () => {
  typed(CARD);
  now += 2_500;
  typed(["Enter"]);
  assert.deepEqual([scans, torn], [[], 0]);
});

test("on a French keyboard the keys are read by their places", () => {
  pressed(french("04AABBCC11"));
  pressed(french("3536403172"), { target: field("Asha") });
  pressed(french("04AABBCC77"), { target: own() });
  assert.deepEqual(scans, ["04AABBCC11", "3536403172", "04AABBCC77"]);
});

test("what a letter looks like does not count where the digits are no digits", () => {
  const places = [..."04"].map((digit) => [FRENCH_DIGITS[digit], `Digit${digit}`]);
  const letters = [..."AABBCC"].map((letter) => [letter, `Key${letter}`]);
  pressed([...places, ...letters, ["&", "Digit1"], ["&", "Digit1"]]);
  assert.deepEqual(scans, ["04AABBCC11"]);
});

test("a reader that knows the keyboard is read by what it types", () => {
  for (const key of CARD) {
    const code = /\d/.test(key) ? `Digit${key}` : `Key${key === "A" ? "Q" : key}`;
    typed([key], { code, shiftKey: true });
  }
  typed(["Enter"]);
  assert.deepEqual(scans, ["04A1B2C3"]);
});

test("a keypad types digits, also while its keys lead elsewhere", () => {
  const where = ["Insert", "End", "ArrowDown", "PageDown"];
  pressed(where.map((key, digit) => [key, `Numpad${digit}`]));
  assert.deepEqual(scans, ["0123"]);
});

test("the address on a card is read by the places of its keys too", () => {
  const keys = [..."HTTP"].map((letter) => [letter, `Key${letter}`]);
  const colon = ["M", "Semicolon"];
  const slashes = [
    ["!", "Slash"],
    ["!", "Slash"],
  ];
  for (const [key, code] of keys) typed([key], { code, shiftKey: true });
  typed([colon[0]], { code: colon[1], shiftKey: true });
  pressed([...slashes, ["x", "KeyX"]]);
  assert.deepEqual(scans, ["HTTP://x"]);
});

test("a key that is held is one", () => {
  typed(["0", "4"]);
  typed(["4", "4"], { repeat: true });
  typed([..."A1", "Enter"]);
  assert.deepEqual(scans, ["04A1"]);
});

test("the Shift of a capital letter is no text", () => {
  typed(["Shift", "A", "Shift", "B", "1", "2", "Enter"]);
  assert.deepEqual(scans, ["AB12"]);
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

test("where the focus comes to a field within a burst, what stood there stands there again", () => {
  for (const stood of ["", "Asha"]) {
    const search = field(stood);
    typed(CARD.slice(0, 2));
    typed([...CARD.slice(2), "Enter"], { target: search });
    assert.equal(scans.pop(), "04A1B2C3");
    assert.equal(search.value, stood);
    now += 10_000;
  }
});
