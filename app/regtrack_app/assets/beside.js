/* Further regions side by side with the view, which they share rows and scales with. A click on the
   name of one makes it the view, which takes its place. */
"use strict";

window.regtrackBeside = (function () {
  const AXIS = 30; // px of the positions below a figure
  const CONFIG = { displayModeBar: false, displaylogo: false, showSendToCloud: false, plotlyServerURL: "", responsive: true, scrollZoom: false, doubleClick: false };
  const made = window.regtrackMade;
  const element = (id) => document.getElementById(id);

  let asked = 0;

  function go(region, others) {
    window.regtrackGo(region, { beside: others.join(";") });
  }

  function pane(text, index, view, others) {
    const shown = text.replace(/\d+(?=-\d+$|$)/g, (number) => Number(number).toLocaleString("en"));
    const name = made("button", { title: "Move here; the view takes its place" }, shown);
    name.addEventListener("click", () => go(text, others.map((one, at) => (at === index ? view : one))));
    const close = made("button", { title: "Remove", "aria-label": `Remove ${text}` }, "×");
    close.addEventListener("click", () => go(view, others.filter((_, at) => at !== index)));
    return made("section", { class: "beside-pane", "aria-label": text },
      made("div", { class: "beside-head" }, name, close), made("div"));
  }

  async function fill(places, fields) {
    const answer = await fetch(`beside?${new URLSearchParams(fields)}`).catch(() => null);
    if (!answer?.ok || !window.Plotly) return;
    const figures = await answer.json();
    places.forEach((place, at) => {
      if (place.isConnected && figures[at]) draw(place, figures[at]);
    });
  }

  function draw(place, { data, layout }) {
    const axis = { ...layout.xaxis, showticklabels: true, ticks: "outside", nticks: 4, fixedrange: true };
    const margin = { ...layout.margin, b: layout.margin.b + AXIS };
    window.Plotly.react(place, data,
      { ...layout, xaxis: axis, margin, height: layout.height + AXIS, showlegend: false, dragmode: false }, CONFIG);
  }

  /* after each answer; the figures are asked for once the view is at rest */
  function show(query, theme, height, rest) {
    const fields = new URLSearchParams(query);
    const others = (fields.get("beside") || "").split(";").filter(Boolean);
    const view = fields.get("region");
    const place = element("beside");
    const tracks = element("tracks");
    tracks.classList.toggle("split", others.length > 0);
    tracks.style.setProperty("--beside", others.length);
    const key = `${others.join(";")} ${view}`;
    if (place.dataset.names !== others.join(";")) {
      place.dataset.names = others.join(";");
      place.replaceChildren(...others.map((text, index) => pane(text, index, view, others)));
    } else if (place.dataset.key !== key) {
      // the same panes beside another view: their buttons lead back to it
      others.forEach((text, index) => place.children[index].firstChild.replaceWith(pane(text, index, view, others).firstChild));
    }
    place.dataset.key = key;
    window.clearTimeout(asked);
    if (!others.length) return;
    asked = window.setTimeout(() => {
      place.style.setProperty("--head", `${element("view-graph").offsetTop}px`);
      fill([...place.children].map((found) => found.lastChild), { search: query, theme, height });
    }, rest);
  }

  return { show };
})();
