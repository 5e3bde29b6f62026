/* Where Dash asks for plotly.js: at the address that the document preloads, which holds its version. */
"use strict";

Object.defineProperty(window, "_dashPlotlyJSURL", {
  get: () => document.querySelector("link[rel=preload][as=script]").href,
  set: () => {}, // Dash's own address has none, so that browsers would ask for it at each visit
});
