/* Moving the view: what is drawn follows the hand at once, as a picture that is shifted and
   stretched, while the server is asked for the exact view, whose figure then takes its place.

   The figure holds three views' width, so that the curves that come into view are true. */
"use strict";

window.regtrackMoving = (function () {
  const SETTLE = 10; // ms in which several moves become one request
  const WHEEL_SETTLE = 120; // ms without a turn of the wheel, after which the zoom is asked for
  const WHEEL_ZOOM = 0.002; // zoom per pixel of the wheel, as a power of e
  const NEVER = null; // more moves are to come, of which the last one is asked for
  const LEAST = 20; // bp
  const CLICK = 4; // px that a press may move and still be a click

  const element = (id) => document.getElementById(id);
  const graph = () => document.querySelector("#view-graph .js-plotly-plot");
  const set = (id, props) => window.dash_clientside.set_props(id, props);

  // ---- ranges of the axis, whose numbers are 1-based: whole bases end at halves ----
  let target = null; // { range, at }: where the last move leads, until that is drawn
  let zooms = []; // those in a row, since a half is rounded and cannot be undone by doubling it

  const drawnAxis = () => graph()?._fullLayout?.xaxis;
  const drawnRange = () => [...graph().layout.xaxis.range].map(Number);
  const range = () => (target ? target.range : drawnRange());

  /* a range of whole bases that lies on the chromosome */
  function fitted([low, high]) {
    const { minallowed: least, maxallowed: most } = graph().layout.xaxis;
    const span = Math.min(Math.max(high - low, LEAST), most - least);
    const middle = (low + high) / 2;
    if (high - low !== span) [low, high] = [middle - span / 2, middle + span / 2];
    const shift = Math.max(least - low, 0) + Math.min(most - high, 0);
    return [low + shift, high + shift].map((place) => Math.round(place - 0.5) + 0.5);
  }

  // ---- the picture ----
  /* shift and stretch what is drawn, so that it shows a range; text would be distorted */
  function show([low, high]) {
    const axis = drawnAxis();
    if (!axis) return;
    const [from, to] = drawnRange();
    const scale = (to - from) / (high - low);
    const shift = ((from - low) / (high - low)) * axis._length;
    const still = scale === 1 && shift === 0;
    const transform = still ? "" : `translate(${shift}px, 0) scale(${scale}, 1)`;
    for (const layer of graph().querySelectorAll(".cartesianlayer .mlayer")) {
      layer.style.transform = transform;
    }
    graph().classList.toggle("stretched", Math.abs(scale - 1) > 1e-9);
    window.regtrackRuler.draw(low, high);
  }

  let asking = 0;
  function ask(wait) {
    window.clearTimeout(asking);
    if (wait === NEVER) return;
    asking = window.setTimeout(() => {
      if (!target) return;
      target.at = performance.now(); // which the answer repeats
      const [low, high] = target.range;
      set("moved", { data: { low, high, at: target.at } });
      window.regtrackHeat.ahead(window.regtrackQueryAt(target.range));
      if (window.regtrackConnection.gone()) failed();
    }, wait);
  }

  function go(wanted, wait = SETTLE) {
    if (!drawnAxis()) return false;
    const to = fitted(wanted);
    const from = range();
    if (same(to, from)) return false;
    target = { range: to, at: null };
    show(to);
    ask(wait);
    return true;
  }

  const same = (one, other) => one[0] === other[0] && one[1] === other[1];

  /* after each drawing: the rest of the way, if the view has been moved on meanwhile */
  function drawn() {
    if (target && target.at !== null && same(target.range, drawnRange())) target = null;
    show(range());
  }

  /* after each answer of the server, with the number of the last move that it knew and the range
     that it shows, which is another one after the back button; its figure may be drawn before or
     after */
  function answered(at, shown) {
    if (!target || target.at === null || target.at !== at) return;
    target.range = shown;
    drawn();
  }

  /* what is asked for in vain: the page shows what it knows, until the answer comes after all */
  function failed() {
    if (target) show(drawnRange());
  }

  // ---- steps of keys and buttons ----
  const part = (low, high, share) => Math.round((high - low) * share); // whole bases
  const STEPS = {
    "left-far": (low, high) => [low - (high - low), low],
    left: (low, high) => [low - part(low, high, 0.25), high - part(low, high, 0.25)],
    right: (low, high) => [low + part(low, high, 0.25), high + part(low, high, 0.25)],
    "right-far": (low, high) => [high, high + (high - low)],
    in: (low, high) => [low + part(low, high, 0.25), high - part(low, high, 0.25)],
    out: (low, high) => [low - part(low, high, 0.5), high + part(low, high, 0.5)],
  };
  const OPPOSITE = { in: "out", out: "in" };

  /* where a zoom leads that undoes the last one: back to where that began */
  function undone(name, from) {
    const last = zooms.at(-1);
    if (!last || !same(last.to, from)) zooms = [];
    return zooms.length && OPPOSITE[name] === last.name ? zooms.pop().from : null;
  }

  function step(name) {
    if (!drawnAxis()) return;
    const from = range();
    const back = undone(name, from);
    const moved = go(back || STEPS[name](from[0], from[1]));
    if (moved && OPPOSITE[name] && !back) zooms.push({ name, from, to: [...target.range] });
  }

  /* zoom by a factor, with what is at a place of the screen staying there */
  function zoom(factor, clientX, wait) {
    const [low, high] = range();
    const place = low + share(clientX) * (high - low);
    go([place - (place - low) * factor, place + (high - place) * factor], wait);
  }

  /* where a place of the screen lies in the plot: 0 at its left, 1 at its right */
  function share(clientX) {
    const axis = drawnAxis();
    return (clientX - graph().getBoundingClientRect().left - axis._offset) / axis._length;
  }

  // ---- wheel ----
  function wheel(event) {
    if (!drawnAxis() || !event.target.closest("#view-graph")) return;
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (!sideways && !event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1; // lines, pages
    if (!sideways) {
      zoom(Math.exp(event.deltaY * unit * WHEEL_ZOOM), event.clientX, WHEEL_SETTLE);
      return;
    }
    const [low, high] = range();
    const bases = ((event.deltaX * unit) / drawnAxis()._length) * (high - low);
    go([low + bases, high + bases], WHEEL_SETTLE);
  }

  // ---- pointers: a drag pans, with Shift it marks what to zoom into; two fingers pinch ----
  const pointers = new Map(); // id -> clientX
  let press = null; // { from: range, places, marking, moved }

  function inPlot(event) {
    if (!event.target.closest?.("#view-graph") || event.target.closest("button, a, input, .legend")) return false;
    const place = share(event.clientX);
    return place >= 0 && place <= 1;
  }

  function begin(event) {
    if (!drawnAxis() || !inPlot(event) || (event.pointerType === "mouse" && event.button !== 0)) return;
    pointers.set(event.pointerId, event.clientX);
    press = {
      from: range(), places: [...pointers.values()], moved: false,
      marking: event.shiftKey && pointers.size === 1,
    };
  }

  function follow(event) {
    if (!press || !pointers.has(event.pointerId)) return;
    pointers.set(event.pointerId, event.clientX);
    const places = [...pointers.values()];
    if (!press.moved) {
      if (Math.abs(places[0] - press.places[0]) < CLICK && places.length === 1) return;
      press.moved = true;
      for (const id of pointers.keys()) element("tracks").setPointerCapture(id);
      element("tracks").classList.add("held");
      window.Plotly.Fx.unhover(graph());
    }
    if (press.marking) return void mark(press.places[0], places[0]);
    const [low, high] = press.from;
    const at = press.places.map((x) => low + share(x) * (high - low)); // bases under the fingers
    const now = places.map(share);
    if (now.length === 1 || Math.abs(now[1] - now[0]) < 0.01) {
      const bases = at[0] - (low + now[0] * (high - low));
      go([low + bases, high + bases], NEVER);
    } else {
      const span = Math.abs((at[1] - at[0]) / (now[1] - now[0]));
      go([at[0] - now[0] * span, at[0] + (1 - now[0]) * span], NEVER);
    }
  }

  function end(event) {
    if (!pointers.delete(event.pointerId) || !press) return;
    if (pointers.size > 0) {
      press = { ...press, from: range(), places: [...pointers.values()], marking: false };
      return;
    }
    const { moved, marking, places, from } = press;
    press = null;
    element("tracks").classList.remove("held");
    mark(null);
    if (!moved) return void (event.type === "pointerup" && click(event));
    if (marking && event.type === "pointerup") {
      const ends = [places[0], event.clientX].map((x) => from[0] + share(x) * (from[1] - from[0]));
      go(ends.sort((one, other) => one - other));
    } else if (target) {
      ask(SETTLE);
    }
  }

  /* the stretch to zoom into, between two places of the screen; null: none */
  function mark(one, other) {
    const marked = element("marked");
    marked.hidden = one === null;
    if (one === null) return;
    const { left } = element("tracks").getBoundingClientRect();
    marked.style.left = `${Math.min(one, other) - left}px`;
    marked.style.width = `${Math.abs(one - other)}px`;
  }

  /* Plotly would drag by itself, redrawing at every step; it gets what turns out to be a click */
  function withhold(event) {
    if (event.isTrusted && event.target.closest?.("#view-graph .nsewdrag")) event.stopPropagation();
  }
  function click({ target: place, clientX, clientY }) {
    const at = { bubbles: true, cancelable: true, clientX, clientY, button: 0 };
    place.dispatchEvent(new MouseEvent("mousedown", at));
    document.dispatchEvent(new MouseEvent("mouseup", at));
  }
  for (const type of ["mousedown", "touchstart", "touchmove"]) {
    document.addEventListener(type, withhold, { capture: true, passive: true });
  }

  document.addEventListener("wheel", wheel, { passive: false });
  document.addEventListener("pointerdown", begin, true);
  document.addEventListener("pointermove", follow);
  document.addEventListener("pointerup", end, true);
  document.addEventListener("pointercancel", end, true);
  document.addEventListener("dblclick", (event) => {
    if (drawnAxis() && inPlot(event)) zoom(event.shiftKey ? 2 : 0.5, event.clientX, SETTLE);
  }, true);

  return { go, step, drawn, answered, failed };
})();
