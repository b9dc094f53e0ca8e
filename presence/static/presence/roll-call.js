// A roll-call on a phone: a tap on a name marks it safe, with a network or without.
//
// What is said is on disk before it is sent, and leaves it when the server has answered. While the
// network is gone the list stays as it was last heard, with what was said since.

import { countsOf, isFound, narrowed, withMarks } from "./entries.js";
import { forgetPages, keepPage } from "./kept-page.js";
import { Marks } from "./marks.js";

const ROUND = 4_000; // ms
const PATIENCE = 8_000;
const TONES = { safe: "good", away: "info", missing: "bad", unmarked: "warn" };
/** What a repetition will not change. */
const REFUSED = [400, 404, 409];

const root = document.querySelector("#roll-call");
// Words too: the page has them without a network, in the language in which it was fetched.
const { api, id, user, worker, ...words } = root.dataset;
const MODULES = ["entries", "kept-page", "marks"].map(
  (name) => new URL(`./${name}.js`, import.meta.url),
);
let mayMark = "mayMark" in root.dataset;
const find = (selector) => root.querySelector(selector);
const filters = ["#words", "#group", "#state"].map(find);

let marks;
let entries = [];
let waiting = [];
let timer;
let isBusy = false;
let isAgain = false;

async function begin() {
  marks = await Marks.open();
  const kept = await marks.kept(id, user);
  entries = kept ?? [];
  waiting = await marks.waiting(id, user);
  if (kept) show(); // until the list has come, the page's own figures are the true ones
  if (!("ended" in root.dataset)) keep();
  await round();
}

/** So that this page opens again without a network; without that it still works while it is open. */
async function keep() {
  try {
    find("#kept").hidden = !(await keepPage(worker, MODULES));
  } catch {
    find("#kept").hidden = true; // there is no network just now
  }
}

/** Sends what waits, then asks how it stands; one at a time. */
async function round() {
  isAgain = isBusy;
  if (isBusy) return;
  isBusy = true;
  try {
    await send();
    await load();
    say(find("#offline"), "");
  } catch (error) {
    const many = waiting.length === 1 ? words.oneKept : words.manyKept;
    const kept = waiting.length ? ` ${many.replace("{number}", waiting.length)}` : "";
    const why = error instanceof SignedOut ? words.signedOut : words.unconnected;
    say(find("#offline"), `${why}${kept}`);
  } finally {
    isBusy = false;
    clearTimeout(timer);
    timer = setTimeout(round, isAgain ? 0 : ROUND);
  }
}

class SignedOut extends Error {}

async function send() {
  for (const mark of await marks.waiting(id, user)) {
    const { person, card, state, at } = mark;
    const response = await ask(`${api}mark/`, { person, card, state, at });
    if (!response.ok && !REFUSED.includes(response.status)) throw new Error("not taken");
    if (response.ok) await take(await response.json());
    else await tellRefusal(mark, response);
    await marks.remove(mark.order);
  }
}

/** As the answer to a mark tells: the list itself may not come any more. */
async function take(entry) {
  const place = entries.findIndex((each) => each.person === entry.person);
  entries =
    place < 0 ? [...entries, entry] : entries.map((each, at) => (at === place ? entry : each));
  await marks.keep(id, user, entries);
}

async function tellRefusal(mark, response) {
  const body = await response.json().catch(() => ({}));
  const about = mark.card ?? entries.find((each) => each.person === mark.person)?.full_name ?? "";
  const why = body.detail ?? body.message ?? body.error ?? words.notTaken;
  say(find("#refused"), `${about}: ${why}`);
}

async function load() {
  const response = await ask(api);
  if (!response.ok) throw new Error("no list");
  const list = await response.json();
  entries = list.entries;
  if (list.ended_at) {
    await forgetPages();
    await marks.forgetLists();
    find("#kept").hidden = true;
    find("#besides")?.remove();
    mayMark = false;
  } else {
    await marks.keep(id, user, entries);
  }
  waiting = await marks.waiting(id, user);
  show();
}

async function ask(address, body) {
  const response = await fetch(address, {
    method: body ? "POST" : "GET",
    headers: {
      Accept: "application/json",
      ...(body && { "Content-Type": "application/json" }),
      ...(body && { "X-CSRFToken": find("[name=csrfmiddlewaretoken]").value }),
    },
    body: body && JSON.stringify(body),
    credentials: "same-origin",
    redirect: "error",
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (response.status === 401 || response.status === 403) throw new SignedOut();
  return response;
}

async function mark(about, state) {
  await marks.add({ roll_call: id, user, ...about, state, at: new Date().toISOString() });
  waiting = await marks.waiting(id, user);
  show();
  round();
}

// --- what is seen -------------------------------------------------------------------------------

function show() {
  const now = withMarks(entries, waiting);
  for (const [name, number] of Object.entries(countsOf(now))) {
    find(`#${name}`).textContent = number;
  }
  offerGroups(now);
  const [asked, group, state] = filters.map((field) => field.value);
  const shown = narrowed(now, { words: asked, group, state });
  const rows = new Map([...find("#people").children].map((row) => [row.dataset.person, row]));
  find("#people").replaceChildren(
    ...shown.map((entry) => filled(rows.get(entry.person) ?? newRow(entry), entry)),
  );
  find("#nobody").hidden = shown.length > 0;
}

function offerGroups(now) {
  const offered = find("#group");
  const known = new Set([...offered.options].map((option) => option.value));
  for (const { group } of now) {
    if (group && !known.has(group)) {
      offered.add(new Option(group, group));
      known.add(group);
    }
  }
}

function newRow(entry) {
  const row = find("#person").content.firstElementChild.cloneNode(true);
  row.dataset.person = entry.person;
  return row;
}

function filled(row, entry) {
  const seen = entry.last_seen && [entry.last_seen.reader, entry.last_seen.location];
  row.querySelector(".name").textContent = entry.full_name;
  row.querySelector(".of").textContent = entry.full_name;
  row.querySelector(".number").textContent = `${entry.identifier} ${entry.group}`;
  row.querySelector(".seen").textContent = seen ? seen.filter(Boolean).join(", ") : "";
  const chip = row.querySelector(".said");
  const besides = entry.unexpected ? `, ${words.unexpected}` : "";
  chip.textContent = `${words[entry.state]}${besides}${entry.is_waiting ? " …" : ""}`;
  chip.className = `chip said ${TONES[entry.state]}`;
  row.querySelector(".mark").disabled = !mayMark || isFound(entry);
  row.querySelector(".more").hidden = !mayMark;
  return row;
}

function say(place, text) {
  if (place.textContent !== text) place.textContent = text;
  place.hidden = !text;
}

// --- what is done -------------------------------------------------------------------------------

find("#people").addEventListener("click", (event) => {
  const person = event.target.closest("li")?.dataset.person;
  if (event.target.closest(".mark")) mark({ person }, "safe");
  if (event.target.closest(".more")) openMore(person);
});

const more = find("#more");

function openMore(person) {
  more.dataset.person = person;
  more.returnValue = "";
  find("#more-name").textContent = entries.find((each) => each.person === person).full_name;
  more.showModal();
}

more.addEventListener("close", () => {
  if (more.returnValue) mark({ person: more.dataset.person }, more.returnValue);
});

for (const field of filters) field.addEventListener("input", show);

find("#besides")?.addEventListener("submit", (event) => {
  event.preventDefault();
  mark({ card: find("#card").value.trim() }, "safe");
  event.target.reset();
});

addEventListener("online", round);
begin();
