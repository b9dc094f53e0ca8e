// One request to TrackXpert, and what its answer means for a reader (docs/readers.md, "What each
// status means").

const ROOT = "/api/pos/";
/** What a 400 of ours names. */
const FIELDS = [
  "card",
  "event_id",
  "tapped_at",
  "direction",
  "offline",
  "food_item",
  "reader_decision",
  "device_time",
  "taps",
];

/**
 * Resolves to `{kind, body, status, retryAfter, tag}`; `kind` is
 * `ok`: done, `body` is the answer; `same`: nothing has changed since the answer with this `tag`; `refused`: the request itself is wrong; `large`: fewer taps may pass;
 * `unpaired`: this key opens nothing; `away`: no answer of TrackXpert's, or the request was spoilt on its way: try again, after `retryAfter` seconds if it says so.
 */
export async function ask(path, { key, body, tag, patience, has }) {
  try {
    return await judged(await sent(path, { key, body, tag, patience }), has);
  } catch {
    return { kind: "away" }; // no network, no answer in time, or a page of some portal
  }
}

function sent(path, { key, body, tag, patience }) {
  return fetch(ROOT + path, {
    method: body ? "POST" : "GET",
    headers: {
      Accept: "application/json",
      ...(body && { "Content-Type": "application/json" }),
      ...(tag && { "If-None-Match": tag }),
      ...(key && { Authorization: `Device ${key}` }),
    },
    body: body && JSON.stringify(body),
    credentials: "omit",
    cache: "no-store",
    redirect: "error",
    signal: AbortSignal.timeout(patience),
  });
}

async function judged(response, has) {
  const { status } = response;
  const retryAfter = Number(response.headers.get("Retry-After")) || 0;
  if (status === 304) return { kind: "same", status };
  if (status === 413) return { kind: "large", status, retryAfter };
  const body = await response.json();
  if (response.ok && has in body) {
    return { kind: "ok", status, body, tag: response.headers.get("ETag") };
  }
  if (status === 401 && body.code) return { kind: "unpaired", status, body };
  if (isRefusal(status, body)) return { kind: "refused", status, body };
  return { kind: "away", status, retryAfter };
}

/** Whether TrackXpert itself says so: of a 400 by anything in between no tap may suffer. */
function isRefusal(status, body) {
  if (status === 400) {
    return FIELDS.some((name) => name in body) || body.code === "bad_pairing_code";
  }
  return status === 409 && body.code === "event_conflict";
}
