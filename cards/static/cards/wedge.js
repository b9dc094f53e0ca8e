// A USB or Bluetooth reader that types like a keyboard: a burst of keys, then Enter or Tab.
//
// It types into whatever has the focus. In a field, a person's typing is told from it by its speed.
// It types as if the keyboard were an American one: where it is another, `key` is not what it sent,
// and `code`, the place of the key, is. A reader that pauses is waited for, and the rest of a number
// is never taken for a number.

const GAP = 300; // ms; longer, and the burst is torn
const TORN = 2_000; // ms after which keys that nothing followed were something else
const FAST = 40; // ms between keys on average; people are slower
const RUNNING = 60; // ms since the last key, after which it may be a person's
const SHORTEST = 4;
const ENDS = ["Enter", "Tab"];
const UNSAID = "\ufffd"; // a key that says no character of its own

// What the keys of an American keyboard are, plain and with Shift.
const KEYS = {
  Minus: "-_",
  Equal: "=+",
  Semicolon: ";:",
  Quote: "'\"",
  Comma: ",<",
  Period: ".>",
  Slash: "/?",
  Backslash: "\\|",
  BracketLeft: "[{",
  BracketRight: "]}",
  Space: "  ",
  NumpadDecimal: "..",
  NumpadDivide: "//",
  NumpadSubtract: "--",
};
const WITH_SHIFT = ")!@#$%^&*(";
// A number, text or address as cards have them, behind what scanners put in front.
const NUMBER = /^(\][A-Za-z]\d)?(\\\d{6})*[;%]?[0-9A-Za-z][0-9A-Za-z :.,_/=\-?]*$/;

/**
 * Calls `onScan(text, at)` for each burst while `isOn()`, and `onTorn()` for one that cannot be
 * told from the rest of another. What is typed into the field `isOwn(element)` is a number.
 */
export function listenToWedge({ onScan, onTorn, isOn = () => true, isOwn = () => false }) {
  let burst = newBurst();
  let isForeign = false; // the last one was typed on a keyboard that is no American one

  addEventListener("keydown", onKey, { capture: true });

  function onKey(event) {
    if (!isOn() || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.isComposing || event.repeat) return;
    const isEnd = ENDS.includes(event.key);
    if (!isEnd && !isCharacter(event)) return;
    const gap = event.timeStamp - burst.lastAt;
    if (gap > GAP) {
      if (gap < TORN && burst.keys && isFast(burst)) tear(burst, event.timeStamp);
      else burst = newBurst();
    }
    if (isEnd) end(event);
    else add(event, gap);
  }

  function add(event, gap) {
    const field = fieldOf(event.target);
    if (field && field !== burst.field && (!burst.field || isOwn(field))) {
      burst.field = field;
      burst.before = field.value;
    }
    burst.typed += burst.keys && gap <= GAP ? gap : 0;
    burst.keys += 1;
    burst.byKey += [...event.key].length === 1 ? event.key : UNSAID;
    burst.byCode += characterAt(event);
    burst.lastAt = event.timeStamp;
    // Within a burst a space must not press the button that has the focus, nor a "/" find.
    if (!field && burst.keys > 1) event.preventDefault();
    if (burst.keys > 1 && gap < RUNNING) event.stopPropagation();
  }

  function end(event) {
    const done = burst;
    burst = newBurst();
    const verdict = judge(done, event);
    if (!verdict) return;
    event.preventDefault();
    event.stopPropagation();
    if (done.field && !isOwn(done.field)) done.field.value = done.before; // it had typed there
    if (verdict === "torn") onTorn();
    else onScan(read(done), event.timeStamp);
  }

  /** "scan", "torn", or nothing: then Enter does what it does. */
  function judge(done, event) {
    const { field, byKey, isTorn } = done;
    if (byKey.trim().length < SHORTEST) return isTorn && !field ? "torn" : "";
    const isQuick = isFast(done);
    // All of it stands there, however long it took.
    const isWhole = field && isOwn(field) && field.value === byKey;
    if (isWhole && (isQuick || event.key === "Enter")) return "scan";
    if (field && !isQuick) return "";
    return isTorn ? "torn" : "scan";
  }

  function read(done) {
    const byKey = done.byKey.trim();
    const byCode = done.byCode.trim();
    const isByKey = NUMBER.test(byKey);
    const isByCode = NUMBER.test(byCode);
    // A person types what the keyboard says.
    if (isFast(done) && isByKey !== isByCode) isForeign = isByCode;
    const usesCode = isFast(done) && isForeign ? isByCode : isByCode && !isByKey;
    return usesCode ? byCode : byKey;
  }
}

function newBurst() {
  return {
    byKey: "",
    byCode: "",
    keys: 0,
    typed: 0, // ms between its keys
    isTorn: false,
    field: null,
    before: "", // what stood in the field
    lastAt: 0,
  };
}

function tear(burst, at) {
  burst.isTorn = true;
  burst.lastAt = at;
}

const isFast = ({ typed, keys }) => typed / Math.max(1, keys - 1) < FAST;

/** Keypads say where to go while NumLock is off, and some keys wait for the letter below. */
function isCharacter({ key, code = "" }) {
  return [...key].length === 1 || key === "Dead" || /^Numpad\d$/.test(code);
}

function characterAt({ key, code = "", shiftKey }) {
  const [, letter] = /^Key([A-Z])$/.exec(code) ?? [];
  const isCapital = shiftKey || /^\p{Lu}$/u.test(key); // as after Caps Lock
  if (letter) return isCapital ? letter : letter.toLowerCase();
  const [, pad, digit] = /^(Digit|Numpad)(\d)$/.exec(code) ?? [];
  if (digit) return shiftKey && pad === "Digit" ? WITH_SHIFT[digit] : digit;
  return KEYS[code]?.[shiftKey ? 1 : 0] ?? ([...key].length === 1 ? key : UNSAID);
}

function fieldOf(element) {
  const fields = "input:not([type=checkbox], [type=radio]), textarea, select";
  return element.matches?.(fields) ? element : null;
}
