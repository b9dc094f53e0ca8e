// Dropping a file, naming it, and showing that the server works.

const MEGABYTE = 2 ** 20;

function inUnits(bytes) {
  return bytes < MEGABYTE ? `${Math.ceil(bytes / 1024)} kB` : `${Math.round(bytes / MEGABYTE)} MB`;
}

const drop = document.querySelector(".drop");
if (drop) {
  const input = drop.querySelector("input[type=file]");
  const chosen = drop.querySelector(".chosen");
  drop.querySelector(".drop-hint").hidden = false;

  const nameChosen = () => {
    const file = input.files[0];
    chosen.hidden = !file;
    chosen.textContent = file ? `${file.name}, ${inUnits(file.size)}` : "";
  };
  const highlight = (isOver) => drop.classList.toggle("over", isOver);

  input.addEventListener("change", nameChosen);
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    highlight(true);
  });
  drop.addEventListener("dragleave", () => highlight(false));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    highlight(false);
    if (event.dataTransfer.files.length) {
      input.files = event.dataTransfer.files;
      nameChosen();
    }
  });
  nameChosen(); // after "back" the browser may have kept it
}

function showBusy(isBusy) {
  return (form) => {
    form.querySelector(".busy").hidden = !isBusy;
  };
}

for (const form of document.querySelectorAll("form[data-busy]")) {
  form.addEventListener("submit", () => showBusy(true)(form));
}
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-busy]").forEach(showBusy(false));
});
