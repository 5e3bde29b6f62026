/* The picture of all markers by position, painted from bytes: one per marker and column. It is asked
   for in the moment in which the view is moved, at first a coarser one, which is soon there; the
   sharp one once the view rests. Meanwhile the last picture is shown where it belongs, as tiles of a
   map are. */
"use strict";

window.regtrackHeat = (function () {
  const LEFT = 52; // px; the columns lie below those of the tracks
  const RIGHT = 14;
  const KIND = 7; // px of the strip of categories
  const SCORE = 37; // px of the column of scores
  const LABELS = "=labels"; // what is shown, unless it is a model
  const DIFFERENCE = "=difference";
  const ABSENT = 255;
  const MOST = 252;
  const POLL = 700; // ms
  const REST = 60; // ms after the tracks, in which another move makes the sharp picture needless
  const SLOW = 800; // ms after which the page says that the picture will become sharper
  const PAGE = crypto.randomUUID?.() ?? String(Math.random()); // its later requests end its earlier ones
  const NAMED = 11; // px of a row from which it has its name
  const KINDS = { light: ["#0072b2", "#d55e00", "#009e73", "#a8538a", "#b37700", "#333333"],
    dark: ["#56b4e9", "#ff8b45", "#2fc99c", "#e19ec3", "#f0b429", "#dddddd"] };
  // from little to much, on the ground of each theme
  const RAMPS = { light: ["#ffffff", "#c6dbef", "#6baed6", "#2171b5", "#08306b"],
    dark: ["#151a21", "#1d3f5e", "#2f78ad", "#7cc4f0", "#f2fbff"] };

  let picture = null; // the last one: header, codes, and the canvas of its cells
  let shown = { theme: document.documentElement.dataset.theme || "light", range: [0, 1] };
  // the last request: the queries that lead to its picture, and the address that led to it, until
  // the server has said which query that is
  let wanted = { names: new Set(), address: null, query: "", turn: 0, stop: null };
  let resting = 0;
  let slow = 0;
  let scores = { question: "", found: {}, timer: 0 };
  let parts = null; // elements

  const element = (id) => document.getElementById(id);
  const say = (text) => { if (element("heat-status")) element("heat-status").textContent = text; };
  const number = (value) => Number(value.toPrecision(3)).toString();

  function build() {
    if (parts) return parts;
    const place = element("heat-view");
    const canvas = document.createElement("canvas");
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "img");
    canvas.hidden = true; // until there is something to paint
    const note = document.createElement("div");
    note.className = "heat-note";
    note.hidden = true;
    const key = document.createElement("div");
    key.className = "heat-key";
    place.append(canvas, note, key);
    parts = { place, canvas, note, key };
    canvas.addEventListener("pointermove", hover);
    canvas.addEventListener("pointerleave", () => { note.hidden = true; });
    canvas.addEventListener("click", pick);
    new ResizeObserver(() => paint()).observe(place);
    return parts;
  }

  // ---- colours ----
  const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

  function along(stops, part) {
    const at = Math.min(part, 0.9999) * (stops.length - 1);
    const [from, to] = [channels(stops[Math.floor(at)]), channels(stops[Math.floor(at) + 1])];
    return from.map((value, index) => Math.round(value + (to[index] - value) * (at % 1)));
  }

  /* red, green, blue of each code */
  function palette(head, theme) {
    const dark = theme === "dark";
    const ground = RAMPS[theme][0];
    const absent = dark ? [38, 45, 54] : [228, 231, 235];
    const stops = head.shown === DIFFERENCE
      ? [head.colours[1][dark ? 1 : 0], ground, head.colours[0][dark ? 1 : 0]]
      : RAMPS[theme];
    const found = [];
    for (let code = 0; code <= ABSENT; code += 1) {
      // a fold is coloured by its logarithm, so that twice as much is one step more
      const part = head.fold ? Math.log2(1 + (code / MOST) * 63) / 6 : code / MOST;
      found.push(code === ABSENT ? absent : along(stops, part));
    }
    return found;
  }

  // ---- painting ----
  function cells(head, codes, theme) {
    const rows = head.markers.length;
    const canvas = document.createElement("canvas");
    canvas.width = head.columns;
    canvas.height = rows;
    const context = canvas.getContext("2d");
    const image = context.createImageData(head.columns, rows);
    const colours = new Uint32Array(palette(head, theme).map(
      ([red, green, blue]) => (255 << 24) | (blue << 16) | (green << 8) | red));
    const pixels = new Uint32Array(image.data.buffer);
    for (let at = 0; at < codes.length; at += 1) pixels[at] = colours[codes[at]];
    context.putImageData(image, 0, 0);
    return canvas;
  }

  function geometry() {
    const { place } = build();
    const rows = picture.head.markers.length;
    const room = Math.max(Math.floor(window.innerHeight * 0.85), 420);
    const row = Math.min(Math.max(Math.floor(room / rows), 1), 22);
    return { width: place.clientWidth, row, height: row * rows };
  }

  function paint() {
    if (!picture || element("panel-heat")?.hidden !== false) return;
    const { canvas } = build();
    const { head } = picture;
    const { width, row, height } = geometry();
    if (width < LEFT + RIGHT + 20) return;
    canvas.hidden = false;
    const scale = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.height = `${height}px`;
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    context.imageSmoothingEnabled = false;
    const [low, high] = shown.range;
    const plot = width - LEFT - RIGHT;
    const x = (position) => LEFT + ((position - low) / (high - low)) * plot;
    context.save();
    context.beginPath();
    context.rect(LEFT, 0, plot, height);
    context.clip();
    if (head.chrom === shown.chrom) {
      const [from, to] = [x(head.start), x(head.start + head.columns * head.step)];
      context.drawImage(picture.cells, from, 0, to - from, height);
    }
    if (row >= NAMED) paintNames(context, head, row);
    context.restore();
    paintKinds(context, head, row);
    paintScores(context, head, row);
    paintKey(head);
    canvas.setAttribute("aria-label", describe(head));
  }

  function paintNames(context, head, row) {
    const style = getComputedStyle(document.documentElement);
    context.font = `${Math.min(row - 2, 12)}px system-ui, sans-serif`;
    context.textBaseline = "middle";
    context.lineWidth = 3;
    context.strokeStyle = style.getPropertyValue("--sheet");
    context.fillStyle = style.getPropertyValue("--text");
    head.markers.forEach((name, index) => {
      context.strokeText(name, LEFT + 4, (index + 0.5) * row);
      context.fillText(name, LEFT + 4, (index + 0.5) * row);
    });
  }

  // each keeps its colour, whichever rows there are
  const kindsOf = (head) => head.kinds;

  function paintKinds(context, head, row) {
    const kinds = kindsOf(head);
    const colours = KINDS[shown.theme];
    head.categories.forEach((kind, index) => {
      context.fillStyle = colours[kinds.indexOf(kind) % colours.length];
      context.fillRect(LEFT - KIND - 1, index * row, KIND, row);
    });
  }

  /* bars towards the left, from the strip of categories */
  function paintScores(context, head, row) {
    const found = head.markers.map((name) => scores.found[name]);
    const most = Math.max(...found.map((value) => Math.abs(value ?? 0)), 1e-9);
    const style = getComputedStyle(document.documentElement);
    const right = LEFT - KIND - 3;
    found.forEach((value, index) => {
      if (value === undefined) return;
      context.fillStyle = style.getPropertyValue(value < 0 ? "--alarm" : "--accent");
      const length = (Math.abs(value) / most) * SCORE;
      context.fillRect(right - length, index * row, length, Math.max(row - (row > 3 ? 1 : 0), 1));
    });
  }

  function paintKey(head) {
    const { key } = build();
    const colours = palette(head, shown.theme);
    const stops = [0, 63, 126, 189, MOST].map((code) => `rgb(${colours[code].join(" ")})`);
    const names = { [DIFFERENCE]: ["B higher", "A higher"] };
    const [few, many] = head.fold ? ["base rate", "64 times that"]
      : names[head.shown] || [head.shown === LABELS ? "no base labelled" : "the row’s lowest",
        head.shown === LABELS ? "the row’s most" : "the row’s highest here"];
    const kinds = KINDS[shown.theme];
    key.replaceChildren();
    const put = (text, background) => {
      const part = document.createElement("span");
      if (background) {
        part.className = "heat-swatch";
        part.style.background = background;
      }
      part.textContent = text;
      key.append(part);
    };
    put(few);
    put("", `linear-gradient(90deg, ${stops.join(", ")})`);
    put(many);
    kindsOf(head).forEach((kind, index) => {
      if (!head.categories.includes(kind)) return;
      put("", kinds[index % kinds.length]);
      put(kind);
    });
    const values = head.markers.map((name) => scores.found[name]).filter((value) => value !== undefined);
    if (values.length) {
      const what = head.shown === DIFFERENCE ? "difference of PR AUC, A − B" : "PR AUC";
      put(`bars: ${what}, up to ${number(Math.max(...values.map(Math.abs)))}`);
    }
  }

  const describe = (head) =>
    `${titleOf(head)}: ${head.markers.length} markers over ${element("region").value}`;

  const titleOf = (head) => head.shown === LABELS ? "Labels"
    : head.shown === DIFFERENCE ? head.labels.join(" − ") : head.labels[0];

  // ---- pointing ----
  function at(event) {
    if (!picture || picture.head.chrom !== shown.chrom) return null;
    const box = build().canvas.getBoundingClientRect();
    const { row } = geometry();
    const index = Math.floor((event.clientY - box.top) / row);
    const part = (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT);
    const position = shown.range[0] + part * (shown.range[1] - shown.range[0]);
    if (index < 0 || index >= picture.head.markers.length || part > 1) return null;
    return { index, position, inside: part >= 0 };
  }

  function hover(event) {
    const { note, place } = build();
    const found = at(event);
    note.hidden = !found;
    if (!found) return;
    const { head, codes } = picture;
    const { index, position } = found;
    const lines = [`${head.markers[index]} · ${head.categories[index]}`];
    const column = Math.floor((position - head.start) / head.step);
    if (found.inside && column >= 0 && column < head.columns) {
      const first = head.start + column * head.step;
      lines.push(`${head.chrom}:${(first + 1).toLocaleString("en")}-${(first + head.step).toLocaleString("en")}`);
      const code = codes[index * head.columns + column];
      const value = head.lows[index] + (code / MOST) * (head.highs[index] - head.lows[index]);
      const edge = head.shown === LABELS ? "" : code === 0 ? "≤ " : code === MOST ? "≥ " : "";
      lines.push(code === ABSENT ? "no value" : `${titleOf(head)}: ${edge}${sign(head, value)}`);
    }
    const score = scores.found[head.markers[index]];
    if (score !== undefined) lines.push(`PR AUC${head.shown === DIFFERENCE ? ", A − B" : ""}: ${number(score)}`);
    note.textContent = lines.join("\n");
    const box = place.getBoundingClientRect();
    const left = Math.min(event.clientX - box.left + 14, box.width - note.offsetWidth - 4);
    note.style.left = `${Math.max(left, 0)}px`;
    note.style.top = `${event.clientY - box.top + 14}px`;
  }

  const sign = (head, value) => head.shown === LABELS ? `${number(100 * value)} % labelled`
    : head.shown === DIFFERENCE && value > 0 ? `+${number(value)}` : number(value);

  function pick(event) {
    const found = at(event);
    if (!found) return;
    window.dash_clientside.set_props("picked", { data: {
      marker: picture.head.markers[found.index], at: found.inside ? Math.round(found.position) : null,
      more: event.shiftKey || event.ctrlKey || event.metaKey,
    } });
  }

  // ---- fetching ----
  function load(query, address = null) {
    wanted.stop?.abort();
    window.clearTimeout(resting);
    window.clearTimeout(slow);
    wanted = { names: new Set([pictureOf(query)]), address, query, turn: wanted.turn + 1,
      stop: new AbortController() };
    if (!picture) say("Reading all markers …");
    return get(wanted, "&first=yes");
  }

  async function get(request, more) {
    const fields = `page=${PAGE}&turn=${request.turn}${more}`;
    try {
      const answer = await fetch(`heat/picture${request.query || "?"}&${fields}`, { signal: request.stop.signal });
      if (answer.status === 204) return; // another one has been asked for
      if (!answer.ok) return void say(await answer.text());
      const data = await answer.arrayBuffer();
      if (request !== wanted) return;
      const length = new DataView(data).getUint32(0, true);
      const head = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
      const rows = head.markers.length;
      head.lows = new Float32Array(data, 4 + length, rows);
      head.highs = new Float32Array(data, 4 + length + 4 * rows, rows);
      const codes = new Uint8Array(data, 4 + length + 8 * rows);
      picture = { head, codes, theme: shown.theme, cells: cells(head, codes, shown.theme) };
      request.names.add(pictureOf(head.query)); // as the server spells it
      request.sharp = head.sharp;
      window.clearTimeout(slow);
      say("");
      paint();
      sharpen();
    } catch (error) {
      if (error.name !== "AbortError") say("The server does not answer.");
    }
  }

  /* once the tracks are there and the view rests, the sharp picture of it */
  function sharpen() {
    window.clearTimeout(resting);
    if (wanted.sharp !== false || !wanted.names.has(shown.asked)) return;
    const request = wanted;
    resting = window.setTimeout(() => {
      request.sharp = true;
      slow = window.setTimeout(() => say("A sharper picture is being read …"), SLOW);
      get(request, "");
    }, REST);
  }

  /* what the scores depend on */
  function questionOf(query) {
    const fields = new URLSearchParams(query);
    return ["models", "pair", "split", "heat"].map((name) => fields.get(name) || "").join("|");
  }

  async function askScores(query, start) {
    const question = questionOf(query);
    if (start && scores.question === question) return;
    if (start) scores.found = {};
    scores.question = question;
    window.clearTimeout(scores.timer);
    const answer = await fetch(`heat/scores${query}${start ? "&start=yes" : ""}`).catch(() => null);
    if (!answer || !answer.ok || scores.question !== question) return;
    const { state, says, scores: found } = await answer.json();
    say(says && `PR AUC: ${says}`);
    scores.found = found;
    if (state === "done") paint();
    if (state === "running" || state === "waiting") {
      scores.timer = window.setTimeout(() => askScores(query, false), POLL);
    }
  }

  /* the query that a picture depends on */
  function pictureOf(query) {
    const fields = new URLSearchParams(query);
    for (const name of ["markers", "tracks", "mode", "scale", "limits", "floor", "panel", "rank", "split", "saliency", "differences"]) fields.delete(name);
    return fields.toString();
  }

  const isOpen = () => element("panel-heat")?.hidden === false;

  /* the chromosome and the range of 0-based positions of a query, if it says them so */
  function placeOf(query) {
    const found = /^([^,]+):(\d+)-(\d+)$/.exec(new URLSearchParams(query).get("region") || "");
    return found && { chrom: found[1], range: [found[2] - 1, Number(found[3])] };
  }

  return {
    /* where a move leads, or an address, before the server is asked for the tracks there */
    ahead(query, isAddress = false) {
      const loading = !element("panel-heat"); // the page is not there yet
      if (!isOpen() && !(loading && new URLSearchParams(query).get("panel") === "heat")) return;
      const place = placeOf(query);
      if (place) Object.assign(shown, place, { asked: null });
      paint();
      if (!wanted.names.has(pictureOf(query))) load(query, isAddress ? pictureOf(query) : null);
    },

    /* after each answer of the server, if the panel is open; `asked`: the address that it answers */
    show(query, theme, chrom, range, asked) {
      build();
      shown = { theme, chrom, range, asked: pictureOf(query) };
      if (picture && picture.theme !== theme) {
        picture.theme = theme;
        picture.cells = cells(picture.head, picture.codes, theme);
      }
      paint();
      if (wanted.address === pictureOf(asked)) wanted.names.add(shown.asked);
      wanted.address = null;
      if (!wanted.names.has(shown.asked)) load(query);
      else sharpen();
      askScores(query, true);
    },
    /* for tests: the cells on screen */
    picture: () => picture,
  };
})();
