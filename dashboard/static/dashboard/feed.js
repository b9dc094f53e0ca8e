// The latest taps, the newest on top. Each is told at least once and shown once.

export class Feed {
  #list;
  #pattern;
  #most;

  constructor(section) {
    this.#list = section.querySelector(".taps");
    this.#pattern = section.querySelector(".tap-pattern").content.querySelector(".tap");
    this.#most = Number(section.dataset.most);
  }

  add(tap) {
    const row = filled(this.#pattern.cloneNode(true), tap);
    row.classList.add("new");
    this.#place(row);
  }

  /** What was shown of a tap is so no more. */
  change(tap) {
    const row = [...this.#list.children].find((other) => numberOf(other) === tap.tap_id);
    row?.replaceWith(filled(this.#pattern.cloneNode(true), tap));
  }

  /** Takes in the taps of a feed that the server has written. */
  merge(section) {
    section.querySelectorAll(".taps > .tap").forEach((row) => {
      this.#place(document.importNode(row, true));
    });
  }

  #place(row) {
    const number = numberOf(row);
    const rows = [...this.#list.children];
    const next = rows.find((other) => numberOf(other) <= number);
    if (next && numberOf(next) === number) {
      return;
    }
    this.#list.insertBefore(row, next ?? null);
    while (this.#list.children.length > this.#most) {
      this.#list.lastElementChild.remove();
    }
  }
}

function numberOf(row) {
  return Number(row.dataset.tap);
}

/** The pattern has the words for everything that a tap can be; what this one is not is taken out. */
function filled(row, tap) {
  row.dataset.tap = tap.tap_id;
  row.dataset.decision = tap.decision;
  row.dataset.code = tap.code;
  for (const element of row.querySelectorAll("[data-field]")) {
    element.textContent = fieldOf(tap, element.dataset.field) || element.textContent;
  }
  for (const mark of row.querySelectorAll("[data-when]")) {
    if (!mark.dataset.when.split(" ").every((condition) => holds(tap, condition))) {
      mark.remove();
    }
  }
  showFace(row.querySelector(".face"), tap.holder);
  leadToHolder(row.querySelector(".who a"), tap);
  const time = row.querySelector("time");
  time.dateTime = tap.at;
  time.textContent = clock(tap);
  return row;
}

/** The pattern has the address of tap 0, which is no link. */
function leadToHolder(link, tap) {
  if (tap.holder) {
    link.href = link.dataset.holder.replace("/0/", `/${tap.tap_id}/`);
    delete link.dataset.holder;
  } else {
    link.replaceWith(link.textContent);
  }
}

function fieldOf(tap, path) {
  return path.split(".").reduce((value, name) => value?.[name], tap);
}

function holds(tap, condition) {
  const [field, value] = condition.split("=");
  return String(tap[field]) === value;
}

function showFace(face, holder) {
  const [photo, initials] = face.children;
  if (holder?.photo_url) {
    photo.src = holder.photo_url;
    initials.remove();
    return;
  }
  photo.remove();
  if (holder) {
    const words = holder.full_name.split(/\s+/).slice(0, 2);
    initials.textContent = words
      .map((word) => [...word][0])
      .join("")
      .toUpperCase();
  }
}

/** As the server writes it. The text is in campus time, and what comes in comes in today. */
function clock({ at, received_at: receivedAt }) {
  const isSameDay = at.slice(0, 10) === receivedAt.slice(0, 10);
  return isSameDay ? at.slice(11, 19) : at.slice(0, 16).replace("T", " ");
}
