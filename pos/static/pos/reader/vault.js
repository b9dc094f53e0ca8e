// The reader's key on disk: sealed by a key of the browser's own, which no script can read out.
//
// Who copies the browser's files or its storage has nothing to send taps with. Without HTTPS browsers seal
// nothing: there it is kept as it is.

const NAME = "seal";
const METHOD = { name: "AES-GCM", length: 256 };

/** `paired` as it is to be kept. */
export async function sealed(queue, { key, ...paired }) {
  const seal = await sealOf(queue).catch(() => null);
  if (!seal) return { key, ...paired };
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const text = new TextEncoder().encode(key);
  return { ...paired, iv, sealed: await crypto.subtle.encrypt({ ...METHOD, iv }, seal, text) };
}

/** The same as it was; null if this browser has lost what opens it. */
export async function opened(queue, kept) {
  if (!kept?.sealed) return kept ?? null;
  const { sealed: text, iv, ...paired } = kept;
  try {
    const plain = await crypto.subtle.decrypt({ ...METHOD, iv }, await sealOf(queue), text);
    return { ...paired, key: new TextDecoder().decode(plain) };
  } catch {
    return null;
  }
}

/** One tab at a time makes it: of two the first could never be opened again. */
async function sealOf(queue) {
  if (!globalThis.crypto?.subtle || !navigator.locks) return null;
  return navigator.locks.request("trackxpert-reader-seal", () => knownOrMade(queue));
}

async function knownOrMade(queue) {
  const known = await queue.setting(NAME);
  if (known) return known;
  const made = await crypto.subtle.generateKey(METHOD, false, ["encrypt", "decrypt"]);
  await queue.set(NAME, made);
  return made;
}
