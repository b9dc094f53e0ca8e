// The hand-out list: one tick for everybody on the page, for a class that was there but for two.

import { showAll, tickAll } from "../office/ticks.js";

const all = document.querySelector("#select-all");
const ticks = [...document.querySelectorAll("[name=cards]")];

if (all) {
  all.hidden = false;
  all.addEventListener("change", () => tickAll(all, ticks));
  for (const tick of ticks) {
    tick.addEventListener("change", () => showAll(all, ticks));
  }
  showAll(all, ticks); // a browser that goes back keeps the ticks
}
