// The dashboard while it is open: taps appear as they happen, and its numbers follow.

import { filled, gettext } from "../office/words.js";
import { Feed } from "./feed.js";
import { Line } from "./live.js";
import { Parts } from "./parts.js";

const WORDS = {
  starting: gettext("Connecting"),
  live: gettext("Live"),
  looking: gettext("Every few seconds"),
  away: gettext("No connection since {time}"),
  paused: gettext("Paused at {time}"),
  ended: gettext("You are logged out."),
};

const board = document.querySelector("#board");
const status = document.querySelector(".line");
const pauseButton = document.querySelector(".pause");
const feedSection = board.querySelector('[data-part="feed"]');
const feed = feedSection && new Feed(feedSection);

let state = "starting";
let isPaused = false;

const parts = new Parts(board.dataset.parts, {
  merge: (section) => feed?.merge(section),
  away: () => line.check(),
  ended: () => become("ended"),
});

const line = new Line(board.dataset.live, board.dataset.position, {
  event: happened,
  gap: () => parts.wantAll(),
  state: become,
});

function happened(kind, data) {
  if (kind === "tap") {
    feed?.add(data);
  } else if (kind === "tap_annulled") {
    feed?.change(data);
  }
  parts.follow(kind.startsWith("tap") ? data.activity : kind);
}

function become(next) {
  if (next === state) {
    return;
  }
  const before = state;
  state = next;
  say(next);
  if (next === "ended") {
    sleep();
  } else if (before === "away") {
    parts.wantAll();
  }
}

function say(next) {
  status.dataset.state = next;
  status.textContent = filled(WORDS[next], { time: timeOnCampus() });
  status.hidden = false;
  if (next === "ended") {
    const link = document.createElement("a");
    link.href = board.dataset.login;
    link.textContent = gettext("Log in");
    status.append(" ", link);
  }
}

function timeOnCampus() {
  const { timeZone } = board.dataset;
  const options = { hour: "2-digit", minute: "2-digit", timeZone };
  return new Date().toLocaleTimeString("en-GB", options);
}

// --- awake and asleep ---------------------------------------------------------------------------

/** Nobody looks at a hidden page: it gives its stream to others, and catches up later. */
function wakeOrSleep() {
  if (isWatched()) {
    wake();
  } else {
    sleep();
  }
}

function isWatched() {
  return !isPaused && !document.hidden && state !== "ended";
}

function sleep() {
  line.close();
  parts.close();
}

function wake() {
  parts.close();
  parts.open();
  line.open();
}

function togglePause() {
  isPaused = !isPaused;
  pauseButton.textContent = isPaused ? gettext("Go on") : gettext("Pause");
  become(isPaused ? "paused" : "starting");
  wakeOrSleep();
  if (!isPaused) {
    parts.wantAll();
  }
}

pauseButton.hidden = false;
pauseButton.addEventListener("click", togglePause);
document.addEventListener("visibilitychange", () => {
  wakeOrSleep();
  parts.wantAll();
});
for (const name of ["online", "offline"]) {
  window.addEventListener(name, () => isWatched() && line.check());
}

// --- the screen in the hall ----------------------------------------------------------------------

const wholeScreen = document.querySelector(".whole-screen");
wholeScreen.hidden = !document.fullscreenEnabled;
wholeScreen.addEventListener("click", () => {
  if (document.fullscreenElement) {
    document.exitFullscreen();
  } else {
    document.documentElement.requestFullscreen();
  }
});
document.addEventListener("fullscreenchange", () => {
  const isWhole = Boolean(document.fullscreenElement);
  wholeScreen.querySelector("span").textContent = isWhole
    ? gettext("Leave full screen")
    : gettext("Full screen");
});

say(state);
wakeOrSleep();
