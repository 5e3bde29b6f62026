/* The axis of positions, above the tracks: it stays at the top while the page scrolls, and follows
   the view while it is being moved. */
"use strict";

window.regtrackRuler = (function () {
  const APART = 110; // px between labelled positions at least
  const EDGE = 24; // px at the edges where a position would be cut
  // Intl takes a tenth of a second when it is first used
  const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");

  /* 1, 2 or 5 times a power of ten, and whole bases */
  function stepOf(span, width) {
    const least = Math.max((span * APART) / width, 1);
    const power = 10 ** Math.floor(Math.log10(least));
    return power * [1, 2, 5, 10].find((times) => times * power >= least - 1e-9);
  }

  function draw(low, high) {
    const graph = document.querySelector("#view-graph .js-plotly-plot");
    const ruler = document.getElementById("ruler");
    const axis = graph?._fullLayout?.xaxis;
    if (!ruler || !axis) return;
    ruler.style.setProperty("--left", `${axis._offset}px`);
    ruler.style.setProperty("--width", `${axis._length}px`);
    window.regtrackStrip.draw(low, high);
    const step = stepOf(high - low, axis._length);
    const marks = [];
    const last = high - (EDGE / axis._length) * (high - low);
    const first = low + (EDGE / axis._length) * (high - low);
    for (let at = Math.ceil(first / step) * step; at <= last; at += step) marks.push(at);
    const line = ruler.lastElementChild;
    while (line.children.length < marks.length) line.append(document.createElement("span"));
    while (line.children.length > marks.length) line.lastElementChild.remove();
    marks.forEach((at, index) => {
      const mark = line.children[index];
      mark.style.left = `${((at - low) / (high - low)) * 100}%`;
      const text = grouped(at);
      if (mark.textContent !== text) mark.textContent = text;
    });
  }

  /* the chromosome of a region: its name may hold colons too */
  function name(region) {
    const chrom = region.slice(0, region.lastIndexOf(":"));
    document.getElementById("ruler").firstElementChild.textContent = chrom;
  }

  const title = () => `Position on ${document.getElementById("ruler").firstElementChild.textContent} (bp)`;

  return { draw, name, title };
})();
