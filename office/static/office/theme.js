// Before the first paint: the colours that somebody chose in this browser, and that scripts run.
const chosen = localStorage.getItem("theme");
if (chosen === "light" || chosen === "dark") {
  document.documentElement.dataset.theme = chosen;
}
document.documentElement.classList.add("scripted");
