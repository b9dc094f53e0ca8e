import assert from "node:assert/strict";
import { test } from "node:test";

import { Refused, sentInParts } from "../static/people/album/parts.js";

const FILE = new File(["0123456789"], "4A.zip");
const unhurried = async () => {};

/** A server that keeps what comes, as `people.albums.add_part` does; `faults` happen in turn. */
function server(...faults) {
  const kept = { text: "", requests: 0 };
  const answer = (status, said) => ({
    ok: status === 200,
    status,
    json: async () => said,
  });
  const post = async ({ start, file, size, album }) => {
    kept.requests += 1;
    const fault = faults.shift();
    if (fault === "lost") throw new TypeError("network");
    if (fault?.status) return answer(fault.status, fault.said ?? {});
    if (kept.text && !album) return answer(400, { error: "which?" });
    if (start !== kept.text.length) return answer(409, { received: kept.text.length });
    kept.text += await file.text();
    if (fault === "unheard") throw new TypeError("network");
    const isWhole = kept.text.length === size;
    return answer(200, { album: "a", received: kept.text.length, ...(isWhole && { next: "/a/" }) });
  };
  return { kept, post };
}

async function sendTo({ post }, progress = []) {
  return sentInParts(FILE, 4, {
    post,
    onProgress: (done) => progress.push(done),
    pause: unhurried,
  });
}

test("a file arrives whole, part by part, and one sees how far it is", async () => {
  const there = server();
  const progress = [];
  assert.equal(await sendTo(there, progress), "/a/");
  assert.deepEqual(there.kept, { text: "0123456789", requests: 3 });
  assert.deepEqual(progress, [0.4, 0.8]);
});

test("what is lost is sent again, what was kept unheard is not", async () => {
  const there = server("lost", null, { status: 503 }, "unheard");
  assert.equal(await sendTo(there), "/a/");
  assert.equal(there.kept.text, "0123456789");
});

test("a refusal is told in its words, and ends it", async () => {
  const there = server(null, { status: 400, said: { error: "no ZIP" } });
  await assert.rejects(
    sendTo(there),
    (error) => error instanceof Refused && error.message === "no ZIP",
  );
  assert.equal(there.kept.requests, 2);
});

test("who is never answered is told so", async () => {
  const there = server(...Array(9).fill("lost"));
  await assert.rejects(sendTo(there), Refused);
  assert.equal(there.kept.requests, 6);
});
