// The hand-out list: one tick for everybody on the page, for a class that was there but for two.

const all = document.querySelector("#select-all");
const ticks = [...document.querySelectorAll("[name=cards]")];

function showHowMany() {
  const ticked = ticks.filter((tick) => tick.checked).length;
  all.checked = ticked === ticks.length;
  all.indeterminate = ticked > 0 && ticked < ticks.length;
}

if (all) {
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const tick of ticks) {
      tick.checked = all.checked;
    }
  });
  for (const tick of ticks) {
    tick.addEventListener("change", showHowMany);
  }
  showHowMany(); // a browser that goes back keeps the ticks
}
