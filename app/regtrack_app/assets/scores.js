/* The scatter of scores, drawn when its panel is first opened; a click on a point goes to its marker. */
"use strict";

window.regtrackScores = (function () {
  let drawn = null;

  function build() {
    if (drawn) return drawn;
    drawn = document.createElement("div");
    document.getElementById("scores-graph").append(drawn);
    return drawn;
  }

  async function show(figure) {
    if (!window.Plotly) return void window.setTimeout(() => show(figure), 50); // still loading
    const place = build();
    place.hidden = !figure;
    if (!figure) return void window.Plotly.purge(place);
    await window.Plotly.react(place, figure.data, figure.layout, figure.config);
    place.removeAllListeners("plotly_click");
    place.on("plotly_click", ({ points }) => {
      const marker = points[0]?.customdata;
      if (marker) window.dash_clientside.set_props("picked", { data: { marker, at: null, more: false } });
    });
  }

  return { show };
})();
