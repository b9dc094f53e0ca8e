// The line above: which reader this is, whether there is a line to the server, what waits, the time.

import { $, draw, make, show } from "./elements.js";
import { say, sayCount } from "./words.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const notices = new Map();
let saidLast = "";

export function startClock() {
  const format = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
  const tick = () => {
    const now = format.format(new Date());
    if ($("clock").textContent !== now) $("clock").textContent = now;
  };
  tick();
  setInterval(tick, 1_000);
}

export function showReader(device) {
  if (!device) return;
  $("reader-name").textContent = device.name;
  $("reader-place").textContent = device.location;
  document.title = device.name;
}

export function showLink(link, isPaired) {
  show($("link"), isPaired);
  $("link").dataset.link = link;
  draw($("link"), link);
  $("link").lastElementChild.textContent = say(link);
}

export function showWaits(count) {
  show($("waits"), count > 0);
  $("waits").lastElementChild.textContent = sayCount("waits", count);
}

export function showClockOffset(ahead) {
  const off = Math.abs(ahead);
  const name = ahead > 0 ? "clock_ahead" : "clock_behind";
  notice("clock", off > MINUTE && say(name, { off: inWords(off) }));
}

function inWords(time) {
  const [unit, name] = time < 2 * HOUR ? [MINUTE, "minutes"] : [HOUR, "hours"];
  return say(name, { count: Math.round(time / unit) });
}

/** Say this until it is said anew; without a text: no more. */
export function notice(name, text) {
  if (!text) notices.delete(name);
  else notices.set(name, text);
  const lines = [...notices.values()];
  if (lines.join() === saidLast) return; // or it would be read out again
  saidLast = lines.join();
  $("notices").replaceChildren(...lines.map((line) => make("p", "notice", line)));
}
