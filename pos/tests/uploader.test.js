import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { dispatch, newBrowser, serve, until } from "./browser.js";

const { Queue } = await import("../static/pos/reader/queue.js");
const { Uploader } = await import("../static/pos/reader/uploader.js");

const PAIRED = { key: "secret", device: { pos_id: "reader-1", name: "Main gate" } };

let server;
let queue;
let uploader;
let told;

beforeEach(async () => {
  newBrowser();
  queue = await Queue.open(() => {});
  told = [];
  const tell =
    (name) =>
    (...value) =>
      told.push([name, ...value]);
  const names = ["link", "stopped", "works", "clock", "device", "listed"];
  uploader = new Uploader(queue, Object.fromEntries(names.map((name) => [name, tell(name)])));
});

afterEach(async () => {
  await until(isQuiet);
  uploader.use(null);
  server.close();
});

const heard = (...what) => told.some((each) => isDeepStrictEqual(each, what));
const isQuiet = () => server.requests.length === server.answered();

/** A server that answers as TrackXpert does, but for the paths that are answered otherwise. */
async function start(otherwise = {}) {
  const usual = {
    "/api/pos/taps/": (tap) => [201, { decision: "accepted", event_id: tap.event_id }],
    "/api/pos/taps/batch/": ({ taps }) => [200, { results: taps.map(created) }],
    "/api/pos/heartbeat/": () => [200, { clock_offset_ms: 0 }],
    "/api/pos/me/": () => [200, { device: PAIRED.device }],
  };
  server = await serve((path, body) => ({ ...usual, ...otherwise })[path](body));
}

const created = ({ event_id }) => ({ event_id, status: "created" });
const sentTo = (path) => server.requests.filter((request) => request.path === `/api/pos/${path}`);
const names = (taps) => taps.map((each) => each.event_id);
const problems = async () => (await queue.all()).map((each) => [each.event_id, each.problem]);
const isEmpty = async () => !(await queue.all()).length;

const wait = (event_id, fields = {}) =>
  queue.add({
    event_id,
    reader: "reader-1",
    reader_name: "Main gate",
    card: "04A1B2C3",
    tapped_at: "2026-03-02T07:30:00Z",
    ...fields,
  });

/** A tap that somebody waits for, as the page makes it. */
const make = (event_id) => wait(event_id, { live_until: uploader.holdUntil() });

// --- one tap, now -----------------------------------------------------------------------------

test("a live tap is shown as the server judged it, and leaves the queue", async () => {
  await start();
  uploader.use(PAIRED);
  const verdict = await uploader.sendLive(await make("a"));
  assert.deepEqual(verdict, { kind: "verdict", body: { decision: "accepted", event_id: "a" } });
  await until(isEmpty);
  const [{ body, key }] = sentTo("taps/");
  assert.equal(key, "Device secret");
  assert.deepEqual(body, {
    event_id: "a",
    card: "04A1B2C3",
    tapped_at: "2026-03-02T07:30:00Z",
    offline: false,
  });
});

test("a tap whose answer got lost is kept, and goes out again under its own id", async () => {
  await start({ "/api/pos/taps/": () => null });
  uploader.use(PAIRED);
  assert.deepEqual(await uploader.sendLive(await make("a")), { kind: "kept" });
  assert.ok(heard("link", "offline"));
  await until(isEmpty);
  const [{ body }] = sentTo("taps/batch/");
  assert.deepEqual(names(body.taps), ["a"]);
  assert.equal(body.taps[0].offline, true);
});

test("a page of some portal is no answer", async () => {
  await start({ "/api/pos/taps/": () => [200, "<p>Log in to the hotel's network</p>"] });
  uploader.use(PAIRED);
  assert.deepEqual(await uploader.sendLive(await make("a")), { kind: "kept" });
  assert.equal((await queue.all()).length, 1);
});

test("JSON without a decision is no verdict", async () => {
  await start({ "/api/pos/taps/": () => [200, { status: "fine" }] });
  uploader.use(PAIRED);
  assert.deepEqual(await uploader.sendLive(await make("a")), { kind: "kept" });
});

test("a tap that the server cannot take is set aside, and not sent again", async () => {
  await start({ "/api/pos/taps/": () => [409, { code: "event_conflict" }] });
  uploader.use(PAIRED);
  assert.deepEqual(await uploader.sendLive(await make("a")), { kind: "refused" });
  assert.deepEqual(await problems(), [["a", "event_conflict"]]);
  assert.deepEqual(await queue.waiting("reader-1"), []);
});

test("errors by field have no code: the tap is simply invalid", async () => {
  await start({ "/api/pos/taps/": () => [400, { card: ["Enter 1 to 200 characters."] }] });
  uploader.use(PAIRED);
  await uploader.sendLive(await make("a"));
  assert.deepEqual(await problems(), [["a", "invalid"]]);
});

for (const [status, body] of [
  [400, { code: "blocked" }],
  [400, { error: "JSON parse error", code: "parse_error" }],
  [413, { code: "too_large" }],
  [425, {}],
]) {
  test(`${status} ${body.code} is about no tap: none is set aside`, async () => {
    await start({ "/api/pos/taps/": () => [status, body] });
    uploader.use(PAIRED);
    assert.deepEqual(await uploader.sendLive(await make("a")), { kind: "kept" });
    assert.deepEqual(await problems(), [["a", undefined]]);
  });
}

test("what is too much at once goes up in pieces", async () => {
  const isTooMuch = (taps) => taps.length > 2;
  await start({
    "/api/pos/taps/batch/": ({ taps }) =>
      isTooMuch(taps) ? [413, "<p>Too large</p>"] : [200, { results: taps.map(created) }],
  });
  for (const name of ["a", "b", "c", "d", "e"]) await wait(name);
  uploader.use(PAIRED);
  await until(isEmpty);
  const sizes = sentTo("taps/batch/").map(({ body }) => body.taps.length);
  assert.deepEqual(sizes, [5, 3, 2, 2, 1]);
});

test("a key that opens nothing stops the reader and keeps its taps", async () => {
  await start({ "/api/pos/taps/": () => [401, { code: "device_inactive" }] });
  uploader.use(PAIRED);
  assert.deepEqual(await uploader.sendLive(await make("a")), { kind: "stopped" });
  assert.ok(heard("stopped", "device_inactive"));
  assert.deepEqual(await problems(), [["a", undefined]]);
});

test("a reader that works again says so and sends what it kept", async () => {
  let code = "device_inactive";
  await start({
    "/api/pos/heartbeat/": () => (code ? [401, { code }] : [200, { clock_offset_ms: 0 }]),
  });
  uploader.use(PAIRED);
  await until(() => heard("stopped", "device_inactive"));
  await wait("a");
  code = null;
  document.dispatchEvent(new Event("visibilitychange")); // somebody looks at it: no need to wait
  await until(() => heard("device", { device: PAIRED.device }));
  assert.ok(heard("works"));
  document.dispatchEvent(new Event("visibilitychange"));
  await until(isEmpty);
});

test("a tap of another reader is not sent in this one's name", async () => {
  await start();
  uploader.use({ ...PAIRED, device: { pos_id: "reader-2" } });
  assert.deepEqual(await uploader.sendLive(await make("a")), { kind: "stopped" });
  assert.deepEqual(sentTo("taps/"), []);
});

test("without a line a tap is kept at once, for the next upload", async () => {
  await start();
  uploader.use(PAIRED);
  dispatch(new Event("offline"));
  assert.deepEqual(await uploader.sendLive(await wait("a")), { kind: "kept" });
  assert.deepEqual(sentTo("taps/"), []);
  dispatch(new Event("online"));
  await until(isEmpty);
  assert.equal(sentTo("taps/batch/").length, 1);
});

test("only with a line is a tap held back from the other tabs", async () => {
  await start();
  assert.ok(uploader.holdUntil() > Date.now());
  dispatch(new Event("offline"));
  assert.equal(uploader.holdUntil(), 0);
});

// --- what waits -------------------------------------------------------------------------------

test("what waits goes out oldest first, five hundred at a time", async () => {
  await start();
  for (let index = 0; index < 501; index++) await wait(`tap-${index}`);
  uploader.use(PAIRED);
  await until(isEmpty);
  const batches = sentTo("taps/batch/").map(({ body }) => names(body.taps));
  assert.deepEqual(
    batches.map((batch) => [batch.length, batch[0]]),
    [
      [500, "tap-0"],
      [1, "tap-500"],
    ],
  );
});

test("a repeat is as good as a first time", async () => {
  await start({
    "/api/pos/taps/batch/": ({ taps: [{ event_id }] }) => [
      200,
      { results: [{ event_id, status: "duplicate" }] },
    ],
  });
  await wait("a");
  uploader.use(PAIRED);
  await until(isEmpty);
});

test("a tap that the server rejects is set aside and the rest of its batch leaves", async () => {
  const judge = ({ event_id }) =>
    event_id === "b"
      ? { event_id, status: "conflict", code: "event_conflict" }
      : created({ event_id });
  await start({ "/api/pos/taps/batch/": ({ taps }) => [200, { results: taps.map(judge) }] });
  for (const name of ["a", "b", "c"]) await wait(name);
  uploader.use(PAIRED);
  await until(async () => (await queue.all()).length === 1 && (await problems())[0][1]);
  assert.deepEqual(await problems(), [["b", "event_conflict"]]);
});

test("the one tap for which the server refuses a whole batch is found, and only that one", async () => {
  await start({
    "/api/pos/taps/batch/": ({ taps }) =>
      names(taps).includes("e") ? [400, { taps: ["No."] }] : [200, { results: taps.map(created) }],
  });
  for (const name of "abcdefgh") await wait(name);
  uploader.use(PAIRED);
  await until(async () => (await queue.waiting("reader-1")).length === 0);
  assert.deepEqual(await problems(), [["e", "invalid"]]);
});

test("an answer that names other taps removes none", async () => {
  let isMixedUp = true;
  await start({
    "/api/pos/taps/batch/": ({ taps }) => [
      200,
      { results: isMixedUp ? taps.map(() => created({ event_id: "?" })) : taps.map(created) },
    ],
  });
  await wait("a");
  uploader.use(PAIRED);
  await until(() => sentTo("taps/batch/").length === 1);
  await until(isQuiet);
  assert.deepEqual(names(await queue.all()), ["a"]);
  isMixedUp = false;
  dispatch(new Event("online"));
  await until(isEmpty);
});

test("it waits as long as the server asks for", async () => {
  let isAway = true;
  await start({
    "/api/pos/taps/batch/": ({ taps }) =>
      isAway ? [503, {}, { "Retry-After": "3" }] : [200, { results: taps.map(created) }],
  });
  await wait("a");
  uploader.use(PAIRED);
  await until(() => heard("link", "offline"));
  isAway = false;
  await until(isEmpty);
  const [first, second] = sentTo("taps/batch/").map((request) => request.at);
  assert.ok(second - first >= 2_900, `came back after ${second - first} ms`);
});

test("an answer to a reader that is no longer this one changes nothing", async () => {
  await start({
    "/api/pos/heartbeat/": () => {
      uploader.use(null);
      return [401, { code: "device_inactive" }];
    },
  });
  uploader.use(PAIRED);
  await until(() => server.answered() === 1);
  await fetch("/api/pos/me/"); // comes back after that answer
  assert.deepEqual(told, []);
});

// --- the heartbeat ----------------------------------------------------------------------------

test("the heartbeat says how much waits, and learns how wrong the clock is and what it is called", async () => {
  const device = { ...PAIRED.device, name: "Side gate" };
  await start({
    "/api/pos/heartbeat/": () => [200, { clock_offset_ms: 61_000 }],
    "/api/pos/me/": () => [200, { device }],
  });
  await wait("a", { problem: "invalid" });
  uploader.use(PAIRED);
  await until(() => told.length === 3);
  assert.deepEqual(told, [
    ["clock", 61_000],
    ["device", { device }],
    ["listed", PAIRED],
  ]);
  const [{ body }] = sentTo("heartbeat/");
  assert.equal(body.queue_depth, 0);
  assert.equal(body.firmware, "browser");
  assert.ok(Math.abs(Date.parse(body.device_time) - Date.now()) < 60_000);
});

test("what was decided here is never sent live, and goes up as that", async () => {
  await start();
  uploader.use(PAIRED);
  const added = await wait("1", { reader_decision: "denied" });
  assert.deepEqual(await uploader.sendLive(added), { kind: "kept" });
  await until(isEmpty);
  assert.equal(sentTo("taps/").length, 0);
  const [{ body }] = sentTo("taps/batch/");
  assert.equal(body.taps[0].reader_decision, "denied");
  assert.ok(Math.abs(Date.parse(body.device_time) - Date.now()) < 60_000);
});

test("a tap that was set aside goes up when a person has it sent again", async () => {
  await start();
  uploader.use(PAIRED);
  const added = await wait("1", { problem: "invalid" });
  await queue.change(added.order, { problem: "" });
  dispatch(new Event("online"));
  await until(isEmpty);
  assert.deepEqual(names(sentTo("taps/batch/")[0].body.taps), ["1"]);
});
