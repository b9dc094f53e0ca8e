// A reader in the browser: taps come in, are kept, go to the server, and their verdict is shown.

import { listenToWedge } from "../../cards/wedge.js";
import { Admission, looksLikeTelephone } from "./admission.js";
import { stayReady } from "./awake.js";
import { notice, showClockOffset, showLink, showReader, showWaits, startClock } from "./bar.js";
import { dishNow, showChoices, wayNow } from "./choices.js";
import { $, show, showScreen } from "./elements.js";
import { fitInputsTo, offerInputs } from "./inputs.js";
import { offerPairing, showPairing, takeCodeFromAddress } from "./pairing.js";
import { Panel } from "./panel.js";
import { Queue, waits } from "./queue.js";
import { readySounds } from "./sounds.js";
import { Uploader } from "./uploader.js";
import { opened, sealed } from "./vault.js";
import * as verdict from "./verdict.js";
import { say, sayCount, translatePage } from "./words.js";

const SAME_CARD = 2_000; // ms in which the same card is one tap
const GLANCE = 700; // ms that a verdict stays at least, when the next card is there already
const MOMENT = 350; // ms without an answer after which the screen says that it is checking

let queue;
let uploader;
let panel;
let admission;
let paired = null;
let meals = [];
let settings = { sound: true, direction: "", dish: "", chosen: "" };
let stoppedBy = ""; // the server's code for a key that opens nothing
let codeFromAddress = takeCodeFromAddress();
let pending = 0;
let turn = Promise.resolve();
let refreshed = Promise.resolve();
const lastTaps = new Map();

translatePage();
startClock();
readySounds();
start().catch(() => notice("store", say("no_store")));

async function start() {
  queue = await Queue.open(refresh);
  admission = new Admission(queue);
  await admission.load();
  settings = { ...settings, ...(await queue.setting("settings")) };
  uploader = new Uploader(queue, {
    link: refresh,
    clock: showClockOffset,
    device: renew,
    listed: (asking) => admission.refresh(asking).catch(console.error),
    stopped: stop,
    works: () => stop(""),
  });
  panel = new Panel(queue, { settings: keepSettings, unpaired: () => queue.set("paired", null) });
  offerPairing(pairAs);
  offerInputs(tapped, (trouble) => notice("input", trouble));
  listenToWedge({
    onScan: tapped,
    onTorn: () => verdict.showTrouble("torn", settings),
    isOn: canTap,
  });
  ["focus", "blur"].forEach((name) => addEventListener(name, showWhetherAwake));
  notice("insecure", !isSecureContext && say("insecure"));
  stayReady(isIdle);
  await refresh();
}

/** Called for every change, also by another tab; one after the other, so that the last one counts. */
function refresh() {
  refreshed = refreshed.catch(console.error).then(bringInLine);
  return refreshed;
}

/** Brings the screen in line with what is kept. */
async function bringInLine() {
  const taps = await queue.all();
  const before = paired;
  paired = await readPaired();
  if (before?.key !== paired?.key) begin();
  const own = taps.filter((tap) => waits(tap, paired?.device.pos_id));
  const others = taps.filter((tap) => tap.reader !== paired?.device.pos_id && !tap.problem);
  const aside = taps.filter((tap) => tap.problem);
  showWaits(own.length);
  showLink(uploader.link, Boolean(paired) && !stoppedBy);
  notice("aside", aside.length && sayCount("aside", aside.length));
  notice("others", others.length && sayCount("others", others.length));
  panel.show({ paired, settings, taps });
  showState(own, taps);
}

/** What an older page has kept in the open is sealed. */
async function readPaired() {
  const kept = await queue.setting("paired");
  const open = await opened(queue, kept);
  if (open && !kept.sealed && globalThis.crypto?.subtle) await keepPaired(open);
  return open;
}

async function keepPaired(open) {
  await queue.set("paired", await sealed(queue, open));
}

function begin() {
  stoppedBy = "";
  uploader.use(paired);
}

function showState(own, taps) {
  show($("open-settings"), Boolean(paired));
  showReader(paired?.device);
  if (canTap()) {
    fitInputsTo(paired.device);
    showChoices(paired.device, settings, keepSettings);
    if (!verdict.isShown()) showScreen("ready");
    showWhetherAwake();
  } else {
    showPairing({ why: whyPair(own), code: codeFromAddress, hasTaps: taps.length > 0 });
  }
}

function whyPair(own) {
  if (!stoppedBy) return "";
  const why = say(stoppedBy === "device_inactive" ? "stopped_off" : "stopped_key");
  const kept = { taps: sayCount("taps", own.length), reader: paired.device.name };
  return own.length ? `${why} ${say("stopped_kept", kept)}` : why;
}

/** A browser that was given a code in its address is to be paired, whatever it was before. */
const canTap = () => Boolean(paired) && !stoppedBy && !codeFromAddress;
const isIdle = () => document.body.dataset.screen === "ready" && !pending && $("finder").hidden;

async function pairAs(answer) {
  codeFromAddress = "";
  const { key, device, institution } = answer;
  await keepPaired({ key, device, institution });
}

async function renew({ device, meals: served = [] }) {
  meals = served;
  showWhetherAwake();
  if (JSON.stringify(device) === JSON.stringify(paired?.device)) return;
  paired = { ...paired, device };
  await keepPaired(paired);
}

function stop(code) {
  stoppedBy = code;
  refresh();
}

async function keepSettings(changed) {
  settings = { ...settings, ...changed };
  await queue.set("settings", settings);
}

function showWhetherAwake() {
  if (!document.hasFocus()) $("ready-hint").textContent = say("asleep");
  else if (paired)
    $("ready-hint").textContent = [nowHere(), stillToCome()].filter(Boolean).join(" · ");
}

const nowHere = () => wayNow(paired.device, settings) || (isGate() ? "" : dishNow(settings));
const isGate = () => paired.device.activity_type === "attendance";

/** Of the meal that is on; when the server last said, which is a minute ago. */
function stillToCome() {
  const meal = isGate() ? null : meals.find((each) => each.is_on);
  return meal && say("to_come", { meal: meal.name, count: meal.still_to_come });
}

// --- a tap --------------------------------------------------------------------------------------

function tapped(card) {
  const text = card.trim();
  if (!text || !canTap() || isDouble(text)) return;
  panel.close();
  record(text);
}

function isDouble(card) {
  const now = performance.now();
  const isDouble = now - (lastTaps.get(card) ?? -Infinity) < SAME_CARD;
  lastTaps.clear();
  lastTaps.set(card, now);
  return isDouble;
}

/** On disk first; then shown and sent, one after the other in the order of the cards. */
function record(card) {
  pending += 1;
  const added = add(newTap(card));
  const served = turn.then(async () => serve(await added));
  // One that went wrong must not hold up the next.
  turn = served.catch(console.error).then(() => {
    pending -= 1;
    return pending ? pause(GLANCE) : null;
  });
}

function newTap(card) {
  const isTwoWay = isGate() && paired.device.direction === "both";
  const dish = isGate() ? "" : dishNow(settings);
  // Never once it was sent without: it would be another tap.
  const decided = uploader.link === "online" ? null : admission.decide(card, paired.device);
  return {
    event_id: newId(),
    reader: paired.device.pos_id,
    reader_name: paired.device.name,
    card,
    tapped_at: new Date().toISOString(),
    ...(isTwoWay && settings.direction && { direction: settings.direction }),
    ...(dish && { food_item: dish }),
    ...(decided && { reader_decision: decided.decision }),
    live_until: uploader.holdUntil(),
  };
}

async function add(tap) {
  try {
    return await queue.add(tap);
  } catch {
    return tap; // it may still reach the server
  }
}

async function serve(tap) {
  const waiting = setTimeout(verdict.showChecking, MOMENT);
  const result = await uploader.sendLive(tap).catch(() => ({ kind: "kept" }));
  clearTimeout(waiting);
  const { device } = paired;
  const about = {
    way: wayNow(device, settings),
    isTelephone: looksLikeTelephone(tap.card, device.number_format),
  };
  if (result.kind === "verdict") verdict.showAnswer(result.body, settings, about);
  else if (result.kind === "refused") verdict.showTrouble("refused", settings);
  else if (!tap.order) verdict.showTrouble("lost", settings);
  else if (result.kind === "kept")
    verdict.showKept(settings, admission.decide(tap.card, device), about);
}

function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // without HTTPS
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));
