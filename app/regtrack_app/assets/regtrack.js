/* What the browser does by itself: keys, buttons that move (moving.js), images, and telling the
   rest when the view is at rest. */
"use strict";

(function () {
  const REST = 400; // ms without movement before what needs the exact view is asked for
  const REPEAT = 110; // ms between steps of a key held down
  const RANKED = 120_000; // ms in which windows are ranked, or the step to the next is given up
  const GROWN = 80; // px by which a window changes before rows are laid out again
  const AXIS = 36; // px of the axis below an image
  const LETTER = 13; // px of a base's letter at most
  const LETTER_WIDTH = 0.65; // of its size

  const moving = window.regtrackMoving;
  const set = (id, props) => window.dash_clientside.set_props(id, props);
  const element = (id) => document.getElementById(id);
  const graph = () => document.querySelector("#view-graph .js-plotly-plot");
  const readable = (fields) => fields.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");

  // ---- what belongs to the reader, and so stays out of links: theme and size of the window ----
  const asked = new URLSearchParams(window.location.search);
  const screen = { theme: firstTheme(asked.get("theme")), height: window.innerHeight };
  if (asked.has("theme") || asked.has("token")) { // the token is in a cookie by now
    asked.delete("theme");
    asked.delete("token");
    const query = readable(asked);
    window.history.replaceState(null, "", query ? `?${query}` : window.location.pathname);
  }
  showTheme();
  window.regtrackConnection.begin("_dash-layout", `_dash-layout?${new URLSearchParams({
    search: window.location.search, theme: screen.theme, height: screen.height })}`);
  window.regtrackConnection.begin("_dash-dependencies", "_dash-dependencies");
  window.regtrackHeat.ahead(window.location.search, true);

  /* that of a link of earlier versions, else the last one chosen, else the system's */
  function firstTheme(named) {
    let last = null;
    try { last = window.localStorage.getItem("regtrack-theme"); } catch { /* storage is off */ }
    const system = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    return [named, last].find((theme) => ["light", "dark"].includes(theme)) || system;
  }

  function showTheme() {
    document.documentElement.dataset.theme = screen.theme;
    const button = element("theme-toggle");
    if (button) button.textContent = screen.theme === "dark" ? "Light" : "Dark";
  }

  function turnTheme() {
    screen.theme = screen.theme === "dark" ? "light" : "dark";
    try { window.localStorage.setItem("regtrack-theme", screen.theme); } catch { /* it is off */ }
    if (!window.regtrackConnection.gone()) showTheme(); // else with the answer, which has the tracks
    set("screen", { data: { ...screen } });
  }

  let resized = 0;
  window.addEventListener("resize", () => {
    window.clearTimeout(resized);
    resized = window.setTimeout(() => {
      if (Math.abs(window.innerHeight - screen.height) < GROWN) return;
      screen.height = window.innerHeight;
      set("screen", { data: { ...screen } });
    }, REST);
  });

  /* the ruler sticks below the bar, which sticks to the top unless the window is narrow */
  function belowBar() {
    const bar = document.querySelector(".bar");
    if (!bar) return void window.setTimeout(belowBar, 50);
    new ResizeObserver(() => {
      const sticks = window.getComputedStyle(bar).position === "sticky";
      document.documentElement.style.setProperty("--bar", sticks ? `${bar.offsetHeight}px` : "0px");
    }).observe(bar);
  }
  belowBar();

  // ---- the figure ----
  function listen() {
    const drawn = graph();
    if (!drawn || !drawn.on) return void window.setTimeout(listen, 50); // not drawn yet
    if (drawn.dataset.heard) return;
    drawn.dataset.heard = "yes";
    const fit = () => { moving.drawn(); fitTexts(); window.regtrackRows.draw(); };
    drawn.on("plotly_afterplot", fit);
    window.regtrackDrawing.begin();
    fit();
  }
  listen(); // from the first moment that there is a figure

  /* the texts of one trace and where they lie, from left to right */
  function textsOf(meta) {
    const traces = [...graph().querySelectorAll(".scatterlayer > .trace")];
    const found = traces.find((trace) => trace.__data__[0].trace.meta === meta);
    const texts = [...(found ? found.querySelectorAll("text") : [])];
    for (const text of texts) text.style.translate = "";
    return texts
      .map((text) => ({ text, box: text.getBoundingClientRect() }))
      .sort((one, other) => one.box.left - other.box.left);
  }

  /* what the server laid out for a wide screen: names that the edge would cut are moved inwards,
     those that would run into others are hidden, and letters made as small as their bases */
  let fitted = new Map(); // by name: px to the left; none if hidden
  function fitTexts() {
    const ends = {}; // of the last name, by lane
    fitted = new Map();
    const { _offset: from, _length: width } = graph()._fullLayout.xaxis;
    const edge = graph().getBoundingClientRect().left + from + width;
    for (const { text, box } of textsOf("names")) {
      const lane = Math.round(box.top);
      const over = box.left < edge ? Math.max(box.right - edge, 0) : 0;
      const free = box.left - over >= (ends[lane] ?? -Infinity);
      text.style.visibility = free ? "" : "hidden";
      text.style.translate = over ? `${-over}px` : "";
      if (free) ends[lane] = box.right - over;
      if (free) fitted.set(text.textContent, over);
    }
    const letters = textsOf("letters");
    const middle = ({ box }) => (box.left + box.right) / 2;
    const room = letters.length > 1 ? middle(letters.at(-1)) - middle(letters[0]) : 0;
    const size = Math.min(LETTER, room / Math.max(letters.length - 1, 1) / LETTER_WIDTH);
    for (const { text } of letters) text.style.fontSize = `${size}px`;
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-move], [data-image], a.file, #export-link, #help-open, #theme-toggle, #next-window");
    if (!target) return;
    if (target.dataset.move) moving.step(target.dataset.move);
    if (target.dataset.image) saveImage(target.dataset.image);
    if (target.id === "help-open") window.regtrackHelp.open();
    if (target.id === "theme-toggle") turnTheme();
    if (target.id === "next-window") step(1);
    if (target.id === "export-link") copyLink(target);
    if (target.matches("a.file")) {
      event.preventDefault();
      download(target);
    }
  });

  // ---- keys ----
  const typing = (target) =>
    target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, [role=listbox], [role=dialog], .grid, dialog");
  let last = 0;

  /* windows are ranked when their table is first opened; the step is taken once there are some */
  function openWindows(rows) {
    const tab = document.querySelector("#panel input[value=windows]");
    if (!tab || element("next-window").textContent === "") return;
    if (!tab.checked) tab.click();
    const until = performance.now() + RANKED;
    window.clearInterval(waiting);
    waiting = window.setInterval(() => {
      const ready = window.regtrackWindows.count() > 0;
      if (ready || performance.now() > until || !tab.checked && element("panel-windows").hidden) {
        window.clearInterval(waiting);
      }
      if (ready) step(rows);
    }, 200);
  }
  let waiting = 0;

  function step(rows) {
    if (window.regtrackWindows.count() > 0) window.regtrackWindows.step(rows);
    else openWindows(rows);
  }

  const KEYS = {
    ArrowLeft: (event) => moving.step(event.shiftKey ? "left-far" : "left"),
    ArrowRight: (event) => moving.step(event.shiftKey ? "right-far" : "right"),
    ArrowUp: () => moving.step("in"),
    ArrowDown: () => moving.step("out"),
    "+": () => moving.step("in"),
    "=": () => moving.step("in"),
    "-": () => moving.step("out"),
    n: () => step(1),
    p: () => step(-1),
    g: () => element("region").select(),
    m: () => element("markers").click(),
    d: turnTheme,
    "?": () => window.regtrackHelp.open(),
  };

  document.addEventListener("keydown", (event) => {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    const inGrid = event.target.closest(".grid");
    if (typing(event.target) && !(inGrid && "np".includes(event.key))) return;
    // what was reached by Tab keeps its arrows, but not what was clicked before
    const own = event.target.closest("[type=radio], [role=radiogroup], [role=tab], summary");
    if (event.key.startsWith("Arrow") && own && !pointed) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat && event.timeStamp - last < REPEAT) return;
    last = event.timeStamp;
    act(event);
  }, true);

  let pointed = true; // whether what has the focus got it by the pointer
  document.addEventListener("pointerdown", () => { pointed = true; }, true);
  document.addEventListener("keydown", (event) => { if (event.key === "Tab") pointed = false; }, true);

  // a region that was accepted, or a click on the tracks, leaves the box, so that keys work
  document.addEventListener("pointerdown", (event) => {
    if (event.target.closest("#tracks") && typing(document.activeElement)) document.activeElement.blur();
  }, true);

  function leaveBox() {
    if (document.activeElement.id === "region" && !element("problems").textContent) {
      element("tracks").focus({ preventScroll: true });
    }
  }

  // ---- the region box: what is being typed stays; so does what led nowhere ----
  const box = { edited: false, sent: false, region: "" };
  document.addEventListener("input", (event) => {
    if (event.target.id === "region") box.edited = true;
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "region") return;
    if (event.key === "Enter") box.sent = true;
    if (event.key === "Escape") {
      box.edited = false;
      set("region", { value: box.region });
    }
  }, true);
  document.addEventListener("click", (event) => {
    if (event.target.id === "go") box.sent = true;
  }, true);

  function fillBox(region) {
    const elsewhere = region !== box.region;
    const focused = document.activeElement.id === "region";
    box.region = region;
    if (!box.edited || (elsewhere && (box.sent || !focused))) {
      box.edited = false;
      set("region", { value: region });
    }
    if (box.sent) window.setTimeout(leaveBox, 0);
    box.sent = false;
  }

  // ---- names of genes while typing ----
  let pending = 0;
  document.addEventListener("input", (event) => {
    if (event.target.id !== "region") return;
    window.clearTimeout(pending);
    const text = event.target.value.trim();
    if (text.length < 2 || text.includes(":")) return;
    pending = window.setTimeout(() => set("gene-prefix", { data: text }), 150);
  });

  window.regtrackQuery = () => shownQuery;

  /* the query of another range on the chromosome of the view, as the server will spell it */
  window.regtrackQueryAt = ([low, high]) => {
    const fields = new URLSearchParams(shownQuery);
    const [chrom] = (fields.get("region") || "").split(/:(?=[^:]*$)/);
    fields.set("region", `${chrom}:${low + 0.5}-${high - 0.5}`);
    return `?${readable(fields)}`;
  };

  /* a region of another view of the genome, as the back button goes to one */
  window.regtrackGo = (region, more = {}) => {
    const fields = new URLSearchParams(shownQuery);
    for (const [name, value] of Object.entries({ ...more, region })) {
      if (value) fields.set(name, value);
      else fields.delete(name);
    }
    window.history.pushState(null, "", `?${readable(fields)}`);
    window.dispatchEvent(new PopStateEvent("popstate"));
  };

  // ---- images, files and links ----
  const shownRegion = () => box.region.replaceAll(",", "");

  /* names where they are on the page, where `fitTexts` put them */
  function namesAsShown(trace, places) {
    const { range, _length: width } = graph()._fullLayout.xaxis;
    const base = (range[1] - range[0]) / width; // bp per px
    const move = (at, name) => at - (fitted.get(name) ?? 0) * base;
    return { ...trace, x: trace.text.map((name, index) => move(places[index], name)),
      text: trace.text.map((name) => (fitted.has(name) ? name : "")) };
  }

  async function saveImage(format) {
    await window.regtrackDrawing.finish();
    const drawn = graph();
    const region = shownRegion().replace(/[^\w.-]+/g, "_");
    const { layout } = drawn;
    const data = drawn.data.map((trace, index) =>
      trace.meta === "names" ? namesAsShown(trace, drawn._fullData[index].x) : trace);
    const axis = {
      ...layout.xaxis, ticks: "outside", showticklabels: true, showline: true,
      title: { ...layout.xaxis.title, text: window.regtrackRuler.title() },
    };
    const margin = { ...layout.margin, b: layout.margin.b + AXIS };
    const image = { data, layout: { ...layout, xaxis: axis, margin, height: drawn.clientHeight + AXIS } };
    window.Plotly.downloadImage(image, {
      format, filename: `regtrack_${region}`, scale: format === "png" ? 2 : 1,
      width: drawn.clientWidth, height: drawn.clientHeight + AXIS,
    });
  }

  /* a file that cannot be had is refused on the page, in words */
  async function download(link) {
    const answer = await fetch(`${link.href}&check=yes`).catch(() => null);
    if (answer === null) return; // the page says that the server is gone
    set("problems", { children: answer.ok ? "" : await answer.text() });
    if (!answer.ok) return;
    const file = document.createElement("a");
    file.href = link.href;
    file.download = "";
    file.click();
  }

  function copyLink(button) {
    const said = button.textContent;
    const say = (text) => {
      button.textContent = text;
      window.setTimeout(() => { button.textContent = said; }, 1500);
    };
    navigator.clipboard.writeText(window.location.href).then(
      () => say("Copied"), () => say("Copy it from the address bar"));
  }

  // a menu closes when something else is clicked
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.drop[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  // ---- what Dash calls ----
  const asked_of = {};
  const LOOKS = ["heat", "order", "scale", "limits", "floor", "axis", "draw", "mode", "differences", "tracks", "saliency"];

  /* a panel is asked for only while it is open, and anew only where its question has changed */
  function ask(panel, open, fields, others) {
    if (panel !== open) return;
    const question = new URLSearchParams(fields);
    for (const name of ["region", ...LOOKS, ...others]) question.delete(name);
    const text = `?${question}`;
    const asked = `${text} ${screen.theme}`;
    if (asked_of[panel] === asked) return;
    asked_of[panel] = asked;
    set(`${panel}-job`, { data: text });
  }

  /* where the back button or a link within the page led, until a request has gone there: an answer
     to an earlier one that comes in the same moment puts its own address in the place of this one */
  let wanted = null;
  window.addEventListener("popstate", () => {
    wanted = window.location.search;
    window.regtrackHeat.ahead(wanted, true);
  }, true);

  function keepGoing(asked) {
    if (wanted === null || asked === wanted) return void (wanted = null);
    window.history.replaceState(null, "", wanted || window.location.pathname);
    window.dispatchEvent(new PopStateEvent("popstate"));
  }

  let shownQuery = ""; // of the last answer
  let resting = 0;
  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    regtrack: {
      /* after each answer: theme, panels, links, and later what needs a view at rest */
      arrived(loaded) {
        if (!loaded) return;
        keepGoing(loaded.asked);
        listen();
        const query = loaded.query;
        shownQuery = query;
        const fields = new URLSearchParams(query);
        const [, chrom, first, last] = /^(.+):(\d+)-(\d+)$/.exec(fields.get("region"));
        moving.answered(loaded.moved, [first - 0.5, Number(last) + 0.5]);
        window.regtrackRuler.name(fields.get("region"));
        fillBox(loaded.region);
        showTheme();
        const open = fields.get("panel") || "measures";
        document.querySelectorAll("main > section").forEach((panel) => {
          panel.hidden = panel.id !== `panel-${open}`;
        });
        for (const [id, path] of [["export-csv", "window.csv"], ["export-bed", "window.bed"], ["export-igv", "session.xml"],
          ["windows-file", "windows.bed"], ["scores-file", "scores.csv"]]) {
          element(id).href = `export/${path}${query}`;
        }
        window.regtrackRows.marked(fields.has("marks"));
        window.regtrackRows.list(fields.get("markers") || "");
        element("compared").hidden = !["windows", "scores", "heat"].includes(open);
        ask("windows", open, fields, []);
        ask("scores", open, fields, ["markers", "rank"]);
        if (open === "heat") window.regtrackHeat.show(query, screen.theme, chrom, [first - 1, Number(last)], loaded.asked);
        window.regtrackBeside.show(query, screen.theme, Math.round(screen.height), REST);
        window.clearTimeout(resting);
        resting = window.setTimeout(() => {
          if (open === "measures") set("rested", { data: query });
          if (open === "igv") window.regtrackIgv.show(query, fields.get("region"));
        }, REST);
      },

      windows(found) { window.regtrackWindows.show(found); },
      scores(figure) { window.regtrackScores.show(figure); },

      /* the markers that the three filters leave, and those chosen */
      narrow(category, biosample, target, chosen, all) {
        const wanted = { category, biosample, target };
        const keep = (marker) => (chosen || []).includes(marker.value) ||
          Object.entries(wanted).every(([name, values]) =>
            !values || values.length === 0 || values.includes(marker[name]));
        return (all || []).filter(keep).map(({ label, value, search, title }) => ({ label, value, search, title }));
      },
    },
  });
})();
