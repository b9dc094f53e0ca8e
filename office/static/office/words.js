// What scripts say. A page in another language than English brings `words.js` of the server, which
// defines the same two names; without it the words are English.

export const gettext = (text) => globalThis.django?.gettext?.(text) ?? text;

export const ngettext = (one, many, count) =>
  globalThis.django?.ngettext?.(one, many, count) ?? (count === 1 ? one : many);

// `{name}` in a text, by that key of `values`.
export const filled = (text, values) =>
  text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
