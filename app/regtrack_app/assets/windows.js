/* The table of ranked windows: a click on a column sorts it, one on a row goes there; n and p, and
   within the table the arrow keys, step from row to row as they are sorted. */
"use strict";

window.regtrackWindows = (function () {
  const FORMS = {
    text: (value) => value,
    number: (value) => value.toFixed(4),
    share: (value) => `${(100 * value).toFixed(1)}%`,
  };
  const PAGE = 10; // rows that Page up and Page down skip

  let data = { columns: [], rows: [] };
  let rows = []; // as they are sorted
  let sorted = { field: "", by: 0 }; // 1: from the least, -1: from the most, 0: as they are ranked
  let chosen = ""; // region

  const made = window.regtrackMade;
  const place = () => document.getElementById("windows-grid");
  const shown = (value, form) => value === null || value === undefined ? "" : FORMS[form](value);

  function sort() {
    const { field, by } = sorted;
    const form = data.columns.find((column) => column.field === field)?.form;
    if (!form) sorted = { field: "", by: 0 };
    rows = [...data.rows];
    if (!sorted.by) return;
    const names = new Intl.Collator("en", { numeric: true }); // chr2 before chr10
    rows.sort((one, other) => by * (form === "text"
      ? names.compare(one[field], other[field])
      : (one[field] ?? -Infinity) - (other[field] ?? -Infinity)));
  }

  function head() {
    return made("tr", {}, ...data.columns.map(({ field, title, form }) => {
      const order = sorted.field === field ? { 1: "ascending", "-1": "descending" }[sorted.by] : "";
      const button = made("button", { type: "button", "data-field": field }, title);
      return made("th", { scope: "col", class: form, ...(order ? { "aria-sort": order } : {}) }, button);
    }));
  }

  function body() {
    return rows.map((row, index) => {
      const cells = data.columns.map(({ field, form }) =>
        made("td", { class: form, "data-field": field }, shown(row[field], form)));
      return made("tr", { "data-row": index, tabindex: -1, "aria-selected": false }, ...cells);
    });
  }

  function draw() {
    sort();
    const table = made("table", { role: "grid", "aria-label": "Ranked windows" },
      made("thead", {}, head()), made("tbody", {}, ...body()));
    place().replaceChildren(...(data.columns.length ? [table] : []));
    mark(false);
  }

  const lines = () => place().querySelectorAll("tbody tr");
  const at = () => rows.findIndex((row) => row.region === chosen);

  /* the chosen row, which is also the one that Tab leads to */
  function mark(follow) {
    const index = at();
    lines().forEach((line, number) => {
      line.setAttribute("aria-selected", number === index);
      line.tabIndex = number === Math.max(index, 0) ? 0 : -1;
    });
    const line = lines()[index];
    if (!line || !follow) return;
    const top = line.offsetTop - place().querySelector("thead").offsetHeight;
    const bottom = line.offsetTop + line.offsetHeight - place().clientHeight;
    if (place().scrollTop > top) place().scrollTop = top;
    if (place().scrollTop < bottom) place().scrollTop = bottom;
    if (place().contains(document.activeElement)) line.focus({ preventScroll: true });
  }

  function choose(index) {
    const row = rows[index];
    if (!row || row.region === chosen) return;
    chosen = row.region;
    mark(true);
    window.dash_clientside.set_props("chosen-window", { data: { region: row.region } });
  }

  const within = (index) => Math.min(Math.max(index, 0), rows.length - 1);

  document.addEventListener("click", (event) => {
    const field = event.target.closest?.("#windows-grid th button")?.dataset.field;
    const line = event.target.closest?.("#windows-grid tbody tr");
    if (line) {
      chosen = ""; // the same window again, after the view has been moved
      choose(Number(line.dataset.row));
    }
    if (!field) return;
    const next = sorted.field === field ? { "-1": 1, 1: 0, 0: -1 }[sorted.by] : -1;
    sorted = { field, by: next };
    draw();
    place().querySelector(`th button[data-field="${field}"]`).focus();
  });

  document.addEventListener("keydown", (event) => {
    const line = event.target.closest?.("#windows-grid tbody tr");
    if (!line || event.ctrlKey || event.metaKey || event.altKey) return;
    const here = Number(line.dataset.row);
    const to = {
      ArrowDown: here + 1, ArrowUp: here - 1, PageDown: here + PAGE, PageUp: here - PAGE,
      Home: 0, End: rows.length - 1, Enter: here, " ": here,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(within(to));
  });

  return {
    /* the rows of a ranking, or none until it is done */
    show(found) {
      data = found || { columns: [], rows: [] };
      if (!data.rows.some((row) => row.region === chosen)) chosen = "";
      draw();
    },
    count: () => rows.length,
    /* the next one, or the one before; the first one if none is chosen */
    step(by) {
      const index = at();
      choose(index < 0 ? 0 : within(index + by));
    },
  };
})();
