// A USB or Bluetooth reader that types like a keyboard: a burst of keys, then Enter or Tab.
//
// It types into whatever has the focus. In a field, a person's typing is told from it by its speed.

const GAP = 300; // ms; longer, and what came before was something else
const FAST = 40; // ms between keys on average; people are slower
const SHORTEST = 4;
const ENDS = ["Enter", "Tab"];

/** Calls `onScan(text)` for each burst while `isOn()`. */
export function listenToWedge(onScan, isOn) {
  let burst = newBurst();
  addEventListener(
    "keydown",
    (event) => {
      if (!isOn() || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
      if (event.timeStamp - burst.lastAt > GAP) burst = newBurst(event);
      if (ENDS.includes(event.key)) {
        if (isScan(burst)) finish(event, burst, onScan);
        burst = newBurst();
      } else if ([...event.key].length === 1) {
        add(event, burst);
      }
    },
    { capture: true },
  );
}

function newBurst(event) {
  const field = event && fieldOf(event.target);
  const at = event?.timeStamp ?? 0;
  return { text: "", field, before: field?.value, firstAt: at, lastAt: at };
}

function add(event, burst) {
  burst.text += event.key;
  burst.lastAt = event.timeStamp;
  // Within a burst a space must not press the button that has the focus.
  if (!burst.field && burst.text.length > 1) event.preventDefault();
}

function isScan({ text, field, firstAt, lastAt }) {
  if (text.trim().length < SHORTEST) return false;
  return !field || (lastAt - firstAt) / (text.length - 1) < FAST;
}

function finish(event, { text, field, before }, onScan) {
  event.preventDefault();
  event.stopPropagation();
  if (field) field.value = before; // it had typed there
  onScan(text.trim());
}

function fieldOf(element) {
  return element.matches?.("input:not([type=checkbox]), textarea, select") ? element : null;
}
