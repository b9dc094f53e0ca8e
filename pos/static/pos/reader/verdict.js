// The one huge thing: what the guard or the cook sees, hears about and acts on.

import { $, draw, icon, make, show, showScreen } from "./elements.js";
import { signal } from "./sounds.js";
import { knows, say } from "./words.js";

const SHOWN = 4_000;
const LATEST = 4;
const LATEST_STAYS = 60_000;
// What to do about each refusal; see docs/readers.md.
const ADVICE = {
  unknown_card: "to_office",
  card_inactive: "to_office",
  card_retired: "keep_card",
  card_expired: "to_office",
  card_suspended: "to_office",
  holder_inactive: "to_office",
  not_expected: "to_office",
  already_served: "one_meal",
  no_meal_period: "closed",
  not_entitled: "others_meal",
  ambiguous_card: "other_reader",
  bad_number: "try_again",
};

let timer;
let latestTimer;

/** An answer of the server's. */
export function showAnswer(answer, settings, about = {}) {
  // One that came to the server as an old tap after all was recorded, but is no yes.
  const isYes = answer.decision === "accepted" && !answer.would_deny;
  if (isYes) showAccepted(answer, settings, about);
  else showDenied(answer, settings, about);
}

function showAccepted({ holder, attendance, meal }, settings, { way }) {
  const fact = factOf(attendance, meal);
  render({
    kind: "accepted",
    symbol: "tick",
    label: [say("accepted"), way].filter(Boolean).join(" · "),
    headline: holder?.full_name ?? say("accepted"),
    meta: holder && [say(holder.type), holder.identifier].join(" · "),
    fact,
    // What the kitchen must know of them.
    advice: holder?.diet_note,
    holder,
  });
  $("fact").dataset.status = attendance?.status ?? "";
  after("yes", settings, { symbol: "tick", text: holder?.full_name ?? "", fact });
}

function factOf(attendance, meal) {
  if (meal) return [meal.period, meal.food_item].filter(Boolean).join(": ");
  if (!attendance) return "";
  // In campus time, as the server wrote it.
  const time = attendance.attendance_time?.slice(11, 16) ?? "";
  const status = knows(attendance.status) ? say(attendance.status) : attendance.status;
  return `${status} ${time}`.trim();
}

function showDenied({ code, message, served_at, served_location }, settings, { isTelephone }) {
  const isUnread = code === "bad_number";
  const reason = knows(code) ? say(code) : message;
  render({
    kind: isUnread ? "again" : "denied",
    symbol: isUnread ? "again" : "cross",
    label: say(isUnread ? "again" : "denied"),
    headline: reason,
    // When and where they had it, in campus time.
    fact: served_at ? servedWords(served_at.slice(11, 16), served_location) : "",
    advice: adviceOn(code, isTelephone),
  });
  after("no", settings, { symbol: "cross", text: reason });
}

function servedWords(time, place) {
  return place ? say("served_at", { time, place }) : say("served_then", { time });
}

function adviceOn(code, isTelephone) {
  if (code === "unknown_card" && isTelephone) return say("telephone");
  return code in ADVICE ? say(ADVICE[code]) : "";
}

/** No answer: the list of cards says yes or no, or no verdict is pretended. */
export function showKept(settings, listed, { way, isTelephone } = {}) {
  if (listed) return showListed(listed, settings, way);
  if (isTelephone) return showTrouble("telephone_kept", settings);
  const label = say("kept");
  render({ kind: "kept", symbol: "tray", label: "", headline: label, advice: say("kept_why") });
  after("kept", settings, { symbol: "tray", text: label });
}

function showListed({ decision, heardAt }, settings, way) {
  const isYes = decision === "accepted";
  const time = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" }).format(heardAt);
  const headline = say(isYes ? "listed" : "withdrawn");
  render({
    kind: decision,
    symbol: isYes ? "tick" : "cross",
    label: [say(decision), isYes && way].filter(Boolean).join(" · "),
    headline,
    meta: say("by_list", { time }),
    advice: isYes ? "" : say("to_office"),
  });
  after(isYes ? "yes" : "no", settings, { symbol: isYes ? "tick" : "cross", text: headline });
}

/** `name`: `refused` by the server, or `lost`: this browser could not keep it. */
export function showTrouble(name, settings) {
  const advice = say(`${name}_why`);
  render({ kind: "again", symbol: "again", label: "", headline: say(name), advice });
  after("no", settings, { symbol: "cross", text: say(name) });
}

/** Nothing is known yet, and it takes a moment. */
export function showChecking() {
  render({ kind: "checking", symbol: "again", label: "", headline: say("checking") });
  clearTimeout(timer);
}

export const isShown = () => document.body.dataset.screen === "verdict";

function render({ kind, symbol, label, headline, meta = "", fact = "", advice = "", holder }) {
  showScreen("verdict", kind);
  Object.entries({ label, headline, meta, fact, advice }).forEach(([id, text]) => {
    $(id).textContent = text ?? "";
    show($(id), Boolean(text));
  });
  $("headline").classList.toggle("long", headline.length > 22);
  draw($("mark"), symbol);
  show($("mark"), !holder);
  showFace(holder);
  $("spoken").textContent = [label, headline, fact, advice].filter(Boolean).join(". ");
  restart($("verdict"));
}

function showFace(holder) {
  const photo = $("photo");
  show($("face"), Boolean(holder));
  showPhoto(false);
  photo.onload = () => showPhoto(true);
  photo.removeAttribute("src");
  if (!holder) return;
  $("initials").textContent = initials(holder.full_name);
  photo.alt = holder.full_name;
  // By its path: a proxy may know us by another name than the browser does.
  if (holder.photo_url) photo.src = new URL(holder.photo_url, location.href).pathname;
}

/** Until it is there, or when there is none, the initials stand for it. */
function showPhoto(isThere) {
  show($("photo"), isThere);
  show($("initials"), !isThere);
}

function initials(name) {
  const words = name.split(/\s+/).filter(Boolean);
  return [words[0], words.length > 1 ? words.at(-1) : ""]
    .map((word) => [...word][0] ?? "")
    .join("");
}

/** Let it appear anew, also when it looks like the one before. */
function restart(element) {
  element.classList.remove("appears");
  void element.offsetWidth;
  element.classList.add("appears");
}

function after(sound, settings, line) {
  signal(sound, { isSilent: !settings.sound });
  remember(line);
  clearTimeout(timer);
  timer = setTimeout(clear, SHOWN);
}

function clear() {
  if (!isShown()) return;
  showScreen("ready");
  $("spoken").textContent = "";
  $("photo").removeAttribute("src");
}

/** Who came just now, for a guard who looked away; not for long, for it names people. */
function remember({ symbol, text, fact = "" }) {
  const line = make("li", symbol);
  line.append(icon(symbol), make("span", "", text));
  if (fact) line.append(make("small", "", fact));
  $("latest").prepend(line);
  [...$("latest").children].slice(LATEST).forEach((old) => old.remove());
  clearTimeout(latestTimer);
  latestTimer = setTimeout(() => $("latest").replaceChildren(), LATEST_STAYS);
}
