import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { newBrowser, serve } from "./browser.js";

const { Queue } = await import("../static/pos/reader/queue.js");
const { Admission, looksLikeTelephone, spelled } = await import(
  "../static/pos/reader/admission.js"
);

const DEVICE = { pos_id: "reader-1", number_format: "hex" };
const PAIRED = { key: "secret", device: DEVICE };
const LIST = { cards: ["04A1B2C3"], withdrawn: ["04D4E5F6"] };

let server;
let queue;
let admission;

beforeEach(async () => {
  newBrowser();
  queue = await Queue.open(() => {});
  admission = new Admission(queue);
});

afterEach(() => server?.close());

async function start(answer = () => [200, LIST, { ETag: '"one"' }]) {
  server = await serve(answer);
}

const says = (card, device = DEVICE) => admission.decide(card, device)?.decision ?? null;

test("without a list nothing is decided", () => {
  assert.equal(says("04A1B2C3"), null);
});

test("the list says yes and no, and of another card nothing", async () => {
  await start();
  await admission.refresh(PAIRED);
  assert.deepEqual(
    ["04a1:b2c3", "04-D4-E5-F6", "04FFFFFF"].map((card) => says(card)),
    ["accepted", "denied", null],
  );
});

test("it is there when the page opens without a line", async () => {
  await start();
  await admission.refresh(PAIRED);
  admission = new Admission(queue);
  await admission.load();
  assert.equal(says("04D4E5F6"), "denied");
});

test("what has not changed stays as it is", async () => {
  let asked = 0;
  await start(() => (asked++ ? [304, "", { ETag: '"one"' }] : [200, LIST, { ETag: '"one"' }]));
  await admission.refresh(PAIRED);
  await admission.refresh(PAIRED);
  assert.equal(asked, 2);
  assert.equal(says("04A1B2C3"), "accepted");
});

test("without an answer it stays too", async () => {
  await start();
  await admission.refresh(PAIRED);
  server.close();
  await admission.refresh(PAIRED);
  assert.equal(says("04D4E5F6"), "denied");
});

test("a list of another reader, or of another spelling, says nothing", async () => {
  await start();
  await admission.refresh(PAIRED);
  assert.equal(says("04A1B2C3", { ...DEVICE, pos_id: "reader-2" }), null);
  assert.equal(says("04A1B2C3", { ...DEVICE, number_format: "dec_lsb" }), null);
});

test("a list of yesterday says nothing", async (t) => {
  await start();
  await admission.refresh(PAIRED);
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() + 25 * 60 * 60_000 });
  assert.equal(says("04A1B2C3"), null);
});

test("zeros before a decimal number do not count, those of hex do", () => {
  assert.equal(spelled("0003829058", "dec_msb"), spelled("3829058", "dec_msb"));
  assert.notEqual(spelled("00A1B2C3", "hex"), spelled("A1B2C3", "hex"));
});

test("a telephone that makes its number up is told by its first byte", () => {
  const told = [
    ["08A1B2C3", "hex"],
    ["08:a1:b2:c3", "hex"],
    ["C3B2A108", "hex_rev"],
    ["08A1B2C3", "hex_rev"],
    ["08A1B2C3D4E5F6", "hex"],
    ["04A1B2C3", "hex"],
    ["0812345678", "dec_lsb"],
  ].map(([card, format]) => looksLikeTelephone(card, format));
  assert.deepEqual(told, [true, true, true, false, false, false, false]);
});
