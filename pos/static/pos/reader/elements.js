// Small ways to the page's elements.

export const $ = (id) => document.getElementById(id);

export function show(element, isShown) {
  element.hidden = !isShown;
}

/** Puts a symbol of the page into an element's `<svg>`. */
export function draw(element, symbol) {
  element.querySelector("use").setAttribute("href", `#${symbol}`);
}

/** A new element with this text. */
export function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

export function icon(symbol) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#${symbol}`);
  svg.append(use);
  return svg;
}

/** The one state that the page shows: `pair`, `ready`, or `verdict` with its kind. */
export function showScreen(screen, kind) {
  document.body.dataset.screen = screen;
  if (kind) document.body.dataset.verdict = kind;
  else delete document.body.dataset.verdict;
}
