// The box above a column of boxes: it ticks them all, and shows whether all are ticked, or some.

export function tickAll(all, boxes) {
  for (const box of boxes) {
    box.checked = all.checked;
  }
}

export function showAll(all, boxes) {
  const ticked = boxes.filter((box) => box.checked).length;
  all.checked = ticked > 0 && ticked === boxes.length;
  all.indeterminate = ticked > 0 && ticked < boxes.length;
}
