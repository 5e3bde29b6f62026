/* Where the view lies on its chromosome, above the tracks, and a line under the pointer through all
   rows. */
"use strict";

window.regtrackStrip = (function () {
  const LEAST = 3; // px of the view on the strip, however narrow it is
  const axis = () => document.querySelector("#view-graph .js-plotly-plot")?._fullLayout?.xaxis;

  let bounds = [0, 1];
  let shown = [0, 1];

  function draw(low, high) {
    const strip = document.getElementById("strip");
    const drawn = axis();
    if (!strip || !drawn || drawn.maxallowed === undefined) return;
    bounds = [drawn.minallowed, drawn.maxallowed];
    shown = [low, high];
    strip.style.setProperty("--left", `${drawn._offset}px`);
    strip.style.setProperty("--width", `${drawn._length}px`);
    const part = (position) => (position - bounds[0]) / (bounds[1] - bounds[0]);
    const view = strip.firstElementChild.firstElementChild;
    const width = Math.max(part(high) - part(low), LEAST / drawn._length);
    view.style.left = `${100 * Math.min(part(low), 1 - width)}%`;
    view.style.width = `${100 * width}%`;
  }

  /* a click centres the view there */
  document.addEventListener("click", (event) => {
    const bar = event.target.closest("#strip > div");
    if (!bar) return;
    const box = bar.getBoundingClientRect();
    const middle = bounds[0] + ((event.clientX - box.left) / box.width) * (bounds[1] - bounds[0]);
    const half = (shown[1] - shown[0]) / 2;
    window.regtrackMoving.go([middle - half, middle + half]);
  });

  // ---- the line under the pointer ----
  document.addEventListener("pointermove", (event) => {
    const guide = document.getElementById("guide");
    const drawn = axis();
    if (!guide || !drawn) return;
    const plot = event.target.closest?.("#view-graph");
    const place = document.getElementById("tracks").getBoundingClientRect();
    const graph = document.getElementById("view-graph").getBoundingClientRect();
    const x = event.clientX - graph.left - drawn._offset;
    guide.hidden = !plot || x < 0 || x > drawn._length;
    guide.style.left = `${event.clientX - place.left}px`;
  }, { passive: true });

  return { draw };
})();
