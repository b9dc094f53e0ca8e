import assert from "node:assert/strict";
import { test } from "node:test";

import { countsOf, narrowed, withMarks } from "../static/presence/entries.js";

const entry = (person, fields) => ({
  person,
  full_name: `Asha ${person}`,
  identifier: `DIT/${person}`,
  group: "F1A",
  state: "unmarked",
  marked_at: null,
  unexpected: false,
  ...fields,
});
const at = (minute) => `2026-11-18T09:0${minute}:00.000Z`;

test("what was said here shows before the server knows it", () => {
  const [shown] = withMarks([entry("a")], [{ person: "a", state: "safe", at: at(1) }]);
  assert.deepEqual([shown.state, shown.is_waiting], ["safe", true]);
});

test("of what was said here the latest counts, whatever was queued first", () => {
  const marks = [
    { person: "a", state: "missing", at: at(3) },
    { person: "a", state: "safe", at: at(1) },
  ];
  assert.equal(withMarks([entry("a")], marks)[0].state, "missing");
});

test("what the server heard later than it was said here stands", () => {
  const heard = entry("a", { state: "missing", marked_at: "2026-11-18T12:05:00+03:00" });
  const [shown] = withMarks([heard], [{ person: "a", state: "safe", at: at(1) }]);
  assert.deepEqual([shown.state, shown.is_waiting], ["missing", undefined]);
});

test("a card that waits is nobody's yet", () => {
  const marks = [{ card: "04A3", state: "safe", at: at(1) }];
  assert.equal(withMarks([entry("a")], marks)[0].state, "unmarked");
});

test("whoever was not on the list is in no count of it", () => {
  const entries = [
    entry("a", { state: "safe" }),
    entry("b", { state: "away" }),
    entry("c", { state: "missing" }),
    entry("d"),
    entry("e", { state: "safe", unexpected: true }),
  ];
  assert.deepEqual(countsOf(entries), { total: 4, left: 2, safe: 1, away: 1 });
});

test("people are found by words, group and state", () => {
  const entries = [
    entry("Weiß", { group: "F2" }),
    entry("Łukasz", { state: "safe" }),
    entry("Émile", { state: "missing" }),
  ];
  const found = (asked) =>
    narrowed(entries, { words: "", group: "", state: "", ...asked }).map((each) => each.person);
  assert.deepEqual(found({ words: "emile asha" }), ["Émile"]);
  assert.deepEqual(found({ words: "dit/" }).length, 3);
  assert.deepEqual(found({ group: "F2" }), ["Weiß"]);
  assert.deepEqual(found({ state: "left" }), ["Weiß", "Émile"]);
  assert.deepEqual(found({ state: "safe" }), ["Łukasz"]);
});
