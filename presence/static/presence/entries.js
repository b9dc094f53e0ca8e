// How people of a roll-call stand, with what was said here and the server does not know yet.

const FOUND = ["safe", "away"];

export function isFound(entry) {
  return FOUND.includes(entry.state);
}

/** The entries as they will be: of each person the latest statement counts, as on the server. */
export function withMarks(entries, marks) {
  const latest = new Map();
  for (const mark of marks) {
    const before = latest.get(mark.person);
    if (mark.person && (!before || before.at <= mark.at)) latest.set(mark.person, mark);
  }
  return entries.map((entry) => {
    const mark = latest.get(entry.person);
    const isNewer = mark && !(new Date(entry.marked_at ?? 0) > new Date(mark.at));
    return isNewer ? { ...entry, state: mark.state, is_waiting: true } : entry;
  });
}

export function countsOf(entries) {
  const expected = entries.filter((entry) => !entry.unexpected);
  return {
    total: expected.length,
    left: expected.filter((entry) => !isFound(entry)).length,
    safe: expected.filter((entry) => entry.state === "safe").length,
    away: expected.filter((entry) => entry.state === "away").length,
  };
}

/** Those with all of these words in name or number, of this group, and in this state. */
export function narrowed(entries, { words, group, state }) {
  const wanted = folded(words).split(/\s+/).filter(Boolean);
  return entries.filter((entry) => {
    const text = folded(`${entry.full_name} ${entry.identifier}`);
    return (
      wanted.every((word) => text.includes(word)) &&
      (!group || entry.group === group) &&
      (!state || (state === "left" ? !isFound(entry) : entry.state === state))
    );
  });
}

function folded(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
