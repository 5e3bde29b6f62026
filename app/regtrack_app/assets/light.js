/* A figure of the rows on screen, at another place, drawn by changing paths, texts and the numbers of
   axes in Plotly's picture. The result is what Plotly would draw, which lays out and compares the
   whole figure and so takes several times as long. */
"use strict";

window.regtrackLight = (function () {
  const hundredths = (pixels) => Math.round(pixels * 100) / 100; // as Plotly rounds them

  // ---- arrays, as they were sent ----
  const KINDS = { f4: Float32Array, f8: Float64Array };

  /* the numbers of an array, which may be base64 of its bytes */
  function numbers(sent) {
    if (!sent?.bdata) return Array.isArray(sent) ? sent : [];
    const bytes = window.atob(sent.bdata);
    const read = new Uint8Array(bytes.length);
    for (let at = 0; at < bytes.length; at += 1) read[at] = bytes.charCodeAt(at);
    return new KINDS[sent.dtype](read.buffer);
  }

  const isEmpty = (trace) => !(trace.y.bdata ?? trace.y).length;

  // ---- what can be drawn here ----
  const axesOf = (layout) => Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name));
  const hasZero = ([low, high]) => low * high <= 0;
  const alike = (one, other, name) => one[name] === other[name];

  /* whether a figure has the rows, legend and lines of the one on screen, on its chromosome */
  function fits(graph, { data, layout }) {
    const drawn = graph.layout;
    const structure = layout.meta?.structure;
    return structure !== undefined && structure === drawn.meta?.structure &&
      alike(layout, drawn, "height") && alike(layout.xaxis, drawn.xaxis, "maxallowed") &&
      alike(layout.annotations, drawn.annotations, "length") && alike(data, graph.data, "length") &&
      axesOf(layout).every((name) => hasZero(drawn[name].range) === hasZero(layout[name].range) &&
        drawn[name].tickvals?.length === layout[name].tickvals?.length) &&
      data.every((trace, index) => alike(trace, graph.data[index], "showlegend") &&
        isEmpty(trace) === isEmpty(graph.data[index]));
  }

  // ---- axes, which are Plotly's and given back as they were ----
  function setRanges(axes, layout) {
    for (const axis of axes) {
      axis.range = [...layout[axis._name].range];
      axis.setScale();
    }
  }

  // ---- lines and fills ----
  /* the stretches of a trace that have values, each as points of a path */
  function stretches(trace, x, y) {
    const heights = numbers(trace.y);
    const places = trace.x ? numbers(trace.x) : null;
    const log = y.type === "log";
    const found = [];
    let points = null;
    for (let at = 0; at < heights.length; at += 1) {
      const place = places ? places[at] : trace.x0 + at * trace.dx;
      const height = log ? Math.log(heights[at]) / Math.LN10 : heights[at];
      if (Number.isNaN(place) || Number.isNaN(height)) {
        points = null;
        continue;
      }
      if (!points) found.push(points = []);
      points.push(`${hundredths(x._b + x._m * place)},${hundredths(y._b + y._m * height)}`);
    }
    return found;
  }

  const path = (points) => `M${points.join("L")}`;

  function filled(fill, found, y) {
    if (fill === "toself") return `${found.map(path).join("Z")}Z`;
    const points = found.flat();
    const bottom = y.c2p(0, true);
    const below = (point) => `${point.slice(0, point.indexOf(","))},${bottom}`;
    return path([below(points.at(-1)), below(points[0]), ...points]);
  }

  /* draw a trace that is a line, perhaps filled; false: Plotly has no elements for it yet */
  function drawLines(node, trace, found, y) {
    const [line, ...others] = node.querySelectorAll(".js-line");
    const fill = node.querySelector(".js-fill");
    if (!line || (trace.fill && (!fill || fill.style.fill === ""))) return false;
    for (const other of others) other.remove();
    line.setAttribute("d", found.map(path).join(""));
    if (fill) fill.setAttribute("d", filled(trace.fill, found, y));
    return true;
  }

  const isSimple = ({ mode, fill, line }, next) => mode === "lines" && !line?.shape &&
    [undefined, "none", "tozeroy", "toself"].includes(fill) && next?.fill !== "tonexty";

  /* the points of a trace, as Plotly's modules expect them */
  function pointsOf(graph, index, trace) {
    const full = graph._fullData[index];
    const given = Object.assign(Object.create(full), { y: numbers(trace.y) });
    given._length = given.y.length;
    if (trace.x) given.x = numbers(trace.x);
    else Object.assign(given, { x0: trace.x0, dx: trace.dx });
    if (trace.text) given.text = trace.text;
    if (trace.textfont) given.textfont = { ...full.textfont, ...trace.textfont };
    const points = full._module.calc(graph, given);
    Object.assign(points[0], { t: points[0].t || {}, trace: given });
    return points;
  }

  /* texts, marks and bands of a row */
  function drawByPlotly(graph, plot, traces) {
    const layer = plot.plot.selectAll("g.scatterlayer");
    const nodes = [...layer.node().children];
    traces[0][0].trace._module.plot(graph, plot, traces, layer, { duration: 0 });
    layer.node().append(...nodes); // which it has put beside each other
  }

  function drawTraces(graph, data) {
    const left = new Map(); // by row, what is left to Plotly
    let before = {}; // several traces one after another draw the same curve
    data.forEach((trace, index) => {
      if (isEmpty(trace)) return;
      const plot = graph._fullLayout._plots[`x${trace.yaxis}`];
      const node = plot.plot.node().querySelector(`.trace${graph._fullData[index].uid}`);
      if (isSimple(trace, data[index + 1])) {
        const key = trace.x ? null : [trace.yaxis, trace.x0, trace.dx, trace.y.bdata].join(" ");
        const found = key && key === before.key ? before.found : stretches(trace, plot.xaxis, plot.yaxis);
        before = { key, found };
        if (node && found.length && drawLines(node, trace, found, plot.yaxis)) return;
      }
      left.set(plot, [...(left.get(plot) || []), pointsOf(graph, index, trace)]);
    });
    for (const [plot, traces] of left) drawByPlotly(graph, plot, traces);
  }

  // ---- the numbers of an axis ----
  function drawTicks(graph, axis, { tickvals: values, ticktext: texts }) {
    const place = graph.querySelector(`.subplot.x${axis._id}`);
    const at = (value) => `translate(0,${axis._offset + axis.l2p(axis.d2l(value))})`;
    place.querySelector(`.${axis._id}zl`)?.setAttribute("transform", at(0));
    const labels = place.querySelectorAll(`g.${axis._id}tick`);
    place.querySelectorAll(`path.${axis._id}tick`).forEach((mark, index) => {
      mark.setAttribute("transform", at(values[index]));
    });
    labels.forEach((label, index) => {
      const [text, value] = [texts[index], values[index]];
      // Plotly finds the label by these
      Object.assign(label.__data__, { text, x: axis.d2l(value) });
      label.firstChild.setAttribute("transform", at(value));
      if (label.textContent !== text) label.firstChild.textContent = text;
    });
  }

  // ---- highlights and titles ----
  const PAD = 2; // px around the text of a title

  function drawMarks(graph, { shapes }) {
    const { xaxis: axis } = graph._fullLayout;
    const place = (at) => axis._offset + axis.l2p(at);
    for (const mark of graph.querySelectorAll(".shapelayer path")) {
      const { x0, x1 } = shapes[mark.dataset.index];
      const [, bottom, top] = /,(.+)H.+V(.+)H/.exec(mark.getAttribute("d"));
      mark.setAttribute("d", `M${place(x0)},${bottom}H${place(x1)}V${top}H${place(x0)}Z`);
    }
  }

  /* a title in bold, and a quiet note */
  function drawTitles(graph, { annotations }) {
    annotations.forEach(({ text, xanchor }, index) => {
      if (text === graph.layout.annotations[index].text) return;
      const place = graph.querySelector(`.annotation[data-index="${index}"] text`);
      const parts = [...new DOMParser().parseFromString(text, "text/html").body.childNodes];
      place.replaceChildren(...parts.map((part) => {
        if (part.nodeType === Node.TEXT_NODE) return part.data;
        const span = document.createElementNS(place.namespaceURI, "tspan");
        span.textContent = part.textContent;
        if (part.nodeName === "B") span.style.fontWeight = "bold";
        span.style.fill = part.style.color;
        return span;
      }));
      if (xanchor !== "left") return; // it stays in the middle
      place.setAttribute("text-anchor", "start");
      place.setAttribute("x", PAD);
    });
  }

  function drawAll(graph, { data, layout }) {
    const axes = axesOf(layout).map((name) => graph._fullLayout[name]);
    const before = Object.fromEntries(axes.map((axis) => [axis._name, { range: axis.range }]));
    try {
      setRanges(axes, layout);
      drawTraces(graph, data);
      drawMarks(graph, layout);
      drawTitles(graph, layout);
      for (const axis of axes) {
        if (layout[axis._name].ticktext) drawTicks(graph, axis, layout[axis._name]);
      }
    } finally {
      setRanges(axes, before);
    }
  }

  /* draw a figure; false: this takes more, and is up to Plotly */
  function draw(graph, figure) {
    if (!fits(graph, figure)) return false;
    try {
      drawAll(graph, figure);
    } catch (error) { // another version of Plotly, which is built otherwise
      console.warn(error);
      return false;
    }
    return true;
  }

  return { draw };
})();
