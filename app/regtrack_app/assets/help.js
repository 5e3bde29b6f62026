/* The keys of the page, listed when they are asked for. */
"use strict";

window.regtrackHelp = (function () {
  const KEYS = [
    ["← →", "move by a quarter of the view"],
    ["Shift ← →", "move by a whole view"],
    ["+ −  or  ↑ ↓", "zoom in and out"],
    ["n  p", "next and previous window of the table"],
    ["g", "go to the region box"],
    ["m", "go to the markers"],
    ["d", "dark or light"],
    ["?", "this help"],
    ["drag", "move; with Shift: zoom into a stretch"],
    ["Ctrl wheel, pinch", "zoom at the pointer; the wheel alone scrolls the page"],
    ["wheel sideways", "move"],
    ["double click", "zoom in at the pointer; with Shift: out"],
    ["browser's back", "undo each of these"],
  ];

  const made = window.regtrackMade;

  function fill(dialog) {
    const rows = KEYS.map(([keys, says]) =>
      made("tr", {}, made("th", {}, made("kbd", {}, keys)), made("td", {}, says)));
    const close = made("button", { class: "plain" }, "Close");
    dialog.append(made("h2", {}, "Keys"), made("table", {}, made("tbody", {}, ...rows)),
      made("form", { method: "dialog" }, close));
  }

  function open() {
    const dialog = document.getElementById("help");
    if (!dialog.firstChild) fill(dialog);
    dialog.showModal();
  }

  return { open };
})();
