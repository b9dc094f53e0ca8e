// Makes a piece of the page like a fresh one, touching only what differs: what has the focus, what is
// scrolled or selected and what somebody has opened stays as it is.

const OURS = new Set(["open"]); // of a <details>: the reader's choice, not the server's

export function patch(shown, fresh) {
  if (shown.isEqualNode(fresh)) {
    return;
  }
  if (shown.nodeType !== fresh.nodeType || shown.nodeName !== fresh.nodeName) {
    shown.replaceWith(document.importNode(fresh, true));
  } else if (shown.nodeType === Node.ELEMENT_NODE) {
    patchAttributes(shown, fresh);
    patchChildren(shown, fresh);
  } else {
    shown.nodeValue = fresh.nodeValue;
  }
}

function patchAttributes(shown, fresh) {
  for (const { name } of [...shown.attributes]) {
    if (!OURS.has(name) && !fresh.hasAttribute(name)) {
      shown.removeAttribute(name);
    }
  }
  for (const { name, value } of fresh.attributes) {
    if (shown.getAttribute(name) !== value) {
      shown.setAttribute(name, value);
    }
  }
}

function patchChildren(shown, fresh) {
  const old = [...shown.childNodes];
  const young = [...fresh.childNodes];
  young.forEach((node, place) => {
    if (old[place]) {
      patch(old[place], node);
    } else {
      shown.append(document.importNode(node, true));
    }
  });
  old.slice(young.length).forEach((node) => node.remove());
}
