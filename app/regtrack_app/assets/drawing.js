/* When Plotly draws: a figure of the same rows is drawn lightly first, and is Plotly's once the view
   is at rest or the pointer comes, since only Plotly knows what is under the pointer. */
"use strict";

window.regtrackDrawing = (function () {
  const REST = 150; // ms without another figure

  const graph = () => document.querySelector("#view-graph .js-plotly-plot");
  let react = null; // Plotly's own
  let waiting = null; // the figure that is drawn lightly so far
  let timer = 0;

  function begin() {
    if (react) return;
    react = window.Plotly.react;
    window.Plotly.react = (place, figure, ...more) => {
      if (place !== graph() || more.length) return react(place, figure, ...more);
      window.clearTimeout(timer);
      waiting = null;
      if (!window.regtrackLight.draw(place, figure)) {
        place.classList.remove("light");
        return react(place, figure);
      }
      Object.assign(place, { data: figure.data, layout: figure.layout });
      place.classList.add("light");
      waiting = figure;
      timer = window.setTimeout(finish, REST);
      place.emit("plotly_afterplot");
      return Promise.resolve(place);
    };
  }

  /* leave the figure to Plotly; resolves once it has drawn it */
  function finish() {
    if (!waiting) return Promise.resolve();
    const figure = waiting;
    window.clearTimeout(timer);
    waiting = null;
    graph().classList.remove("light");
    return react(graph(), figure);
  }

  document.addEventListener("pointermove", (event) => {
    if (waiting && !event.buttons && event.target.closest?.("#view-graph")) finish();
  }, { capture: true, passive: true });
  window.addEventListener("resize", finish, true);

  return { begin, finish };
})();
