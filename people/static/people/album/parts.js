// A large file in parts, each a request of its own, over a line that may break off.

const TRIES = 6; // of one part, one after the other
const WAIT = 1000; // ms before the second, and twice as long before each after it
const OUT_OF_TURN = 409;
const AGAIN = [408, 502, 503, 504];

/** What the server says no to, in words of its own where it has some. */
export class Refused extends Error {}

/**
 * Where the file's pictures are seen. `post` sends fields and answers as `fetch` does; `onProgress`
 * is told how much has arrived, from 0 to 1.
 */
export async function sentInParts(file, partSize, { post, onProgress, pause = waited }) {
  const about = { name: file.name, size: file.size };
  let album = "";
  let start = 0;
  for (;;) {
    const part = file.slice(start, start + partSize);
    const said = await sent({ ...about, album, start, file: part }, post, pause);
    if (said.next) return said.next;
    album = said.album ?? album;
    start = said.received;
    onProgress(start / file.size);
  }
}

async function sent(fields, post, pause) {
  for (let tries = 1; ; tries++) {
    const answer = await post(fields).catch(() => null);
    const said = await answer?.json().catch(() => ({}));
    // What arrived though its answer did not: go on behind it.
    const isBehind = answer?.status === OUT_OF_TURN && "received" in said;
    if (answer?.ok || isBehind) return said;
    const isLost = answer === null || AGAIN.includes(answer.status);
    if (!isLost || tries === TRIES) throw new Refused(said?.error ?? "");
    await pause(WAIT * 2 ** (tries - 1));
  }
}

function waited(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}
