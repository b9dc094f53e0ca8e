import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { newBrowser, until } from "./browser.js";

const { Queue } = await import("../static/pos/reader/queue.js");

const MINE = "reader-1";

beforeEach(newBrowser);

const open = (onChange = () => {}) => Queue.open(onChange);
const tap = (event_id, fields = {}) => ({ event_id, reader: MINE, card: "04A1B2C3", ...fields });
const names = (taps) => taps.map((each) => each.event_id);

test("a tap is still there when the page is opened again", async () => {
  const added = await (await open()).add(tap("a"));
  assert.deepEqual(await (await open()).all(), [{ ...tap("a"), order: added.order }]);
});

test("taps stay in the order in which they were made", async () => {
  const queue = await open();
  for (const name of ["c", "a", "b"]) await queue.add(tap(name));
  assert.deepEqual(names(await queue.all()), ["c", "a", "b"]);
});

test("an order is never given twice, also when the queue was empty in between", async () => {
  const queue = await open();
  const first = await queue.add(tap("a"));
  await queue.remove([first.order]);
  assert.ok((await queue.add(tap("b"))).order > first.order);
});

test("what the server has is removed and the rest stays", async () => {
  const queue = await open();
  const [a, , c] = [
    await queue.add(tap("a")),
    await queue.add(tap("b")),
    await queue.add(tap("c")),
  ];
  await queue.remove([a.order, c.order]);
  assert.deepEqual(names(await queue.all()), ["b"]);
});

test("a change keeps the other fields", async () => {
  const queue = await open();
  const { order } = await queue.add(tap("a", { live_until: 5 }));
  await queue.change(order, { live_until: 0 });
  assert.deepEqual(await queue.all(), [tap("a", { live_until: 0, order })]);
});

test("a tap that another tab has brought to the server does not come back by a change", async () => {
  const queue = await open();
  const { order } = await queue.add(tap("a"));
  await (await open()).remove([order]);
  await queue.change(order, { problem: "invalid" });
  assert.deepEqual(await queue.all(), []);
});

test("what the disk refuses is an error, and nothing is lost by it", async () => {
  const queue = await open();
  const kept = await queue.add(tap("a"));
  await assert.rejects(queue.add({ ...tap("b"), order: kept.order }));
  assert.deepEqual(names(await queue.all()), ["a"]);
});

test("only this reader's taps are to be sent, oldest first, and so many at a time", async () => {
  const queue = await open();
  await queue.add(tap("other", { reader: "reader-2" }));
  for (const name of ["a", "b", "c"]) await queue.add(tap(name));
  assert.deepEqual(names(await queue.waiting(MINE, 2)), ["a", "b"]);
});

test("a tap that the server did not take is not sent again", async () => {
  const queue = await open();
  await queue.add(tap("a", { problem: "invalid" }));
  assert.deepEqual(await queue.waiting(MINE), []);
});

test("a tap whose verdict somebody waits for is not sent as an old one", async () => {
  const queue = await open();
  await queue.add(tap("a", { live_until: Date.now() + 10_000 }));
  await queue.add(tap("b", { live_until: Date.now() - 1 }));
  assert.deepEqual(names(await queue.waiting(MINE)), ["b"]);
});

test("a clock that was set back holds no tap for ever", async () => {
  const queue = await open();
  await queue.add(tap("a", { live_until: Date.now() + 3_600_000 }));
  assert.deepEqual(names(await queue.waiting(MINE)), ["a"]);
});

test("each change is told, here and in the other tab", async () => {
  const told = { here: 0, there: 0 };
  const queue = await open(() => told.here++);
  await open(() => told.there++);
  const { order } = await queue.add(tap("a"));
  await queue.change(order, { live_until: 0 });
  await queue.remove([order]);
  await queue.set("sound", true);
  assert.equal(told.here, 4);
  await until(() => told.there === 4);
});

test("a setting outlives the page, and one that was never made is undefined", async () => {
  await (await open()).set("paired", { key: "k", device: { pos_id: MINE } });
  const queue = await open();
  assert.deepEqual(await queue.setting("paired"), { key: "k", device: { pos_id: MINE } });
  assert.equal(await queue.setting("sound"), undefined);
});
