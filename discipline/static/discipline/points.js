// Choosing a category fills in the points that are suggested for it; whoever has typed others keeps them.

const category = document.querySelector("select[data-points]");
const points = document.getElementById("id_points_deducted");

if (category && points) {
  const suggested = JSON.parse(category.dataset.points);
  let filledIn = "";
  category.addEventListener("change", () => {
    if (points.value !== filledIn) return;
    filledIn = String(suggested[category.value] ?? "");
    points.value = filledIn;
    points.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
