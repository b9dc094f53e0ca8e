// A question that must be answered, with the harmless answer first.

import { $, make } from "./elements.js";

/** Resolves to the name of the answer, or to "" when it was put away. */
export function askPerson({ title, text, answers }) {
  const dialog = $("question");
  $("question-title").textContent = title;
  $("question-text").textContent = text;
  const buttons = answers.map(({ name, words, isDanger }) => {
    const button = make("button", isDanger ? "danger" : "", words);
    button.value = name;
    return button;
  });
  $("answers").replaceChildren(...buttons);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
  });
}
