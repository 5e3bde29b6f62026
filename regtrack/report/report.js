"use strict";
const value = (row, at) => {
  const cell = row.cells[at];
  return "v" in cell.dataset ? Number(cell.dataset.v) : cell.textContent;
};
const compare = (a, b) =>
  typeof a === "number" && typeof b === "number"
    ? (a === b ? 0 : a - b)
    : String(a).localeCompare(String(b), undefined, {numeric: true});
for (const table of document.querySelectorAll("table.sorts")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, at) => head.addEventListener("click", () => {
    const rows = [...table.tBodies[0].rows];
    const numbers = rows.some((row) => "v" in row.cells[at].dataset);
    const was = head.getAttribute("aria-sort");
    const down = was ? was === "ascending" : numbers;
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    rows.sort((a, b) => (down ? -1 : 1) * compare(value(a, at), value(b, at)));
    table.tBodies[0].append(...rows);
  }));
}
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details")) part.open = true;
});
