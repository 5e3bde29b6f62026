/* A reader's own regions: kept by the browser, named, gone to, saved as BED, and taken from the files
   of places that the server was given. */
"use strict";

window.regtrackOwn = (function () {
  const KEY = `regtrack-regions ${window.location.pathname}`;
  const MOST = 500; // regions
  const made = window.regtrackMade;
  const element = (id) => document.getElementById(id);

  let regions = read(); // { region, name }, as they were added

  function read() {
    try {
      const found = JSON.parse(window.localStorage.getItem(KEY) || "[]");
      return found.filter(({ region, name }) => typeof region === "string" && typeof name === "string");
    } catch {
      return []; // storage is off, or holds something else
    }
  }

  function change(next) {
    regions = next.slice(0, MOST);
    try { window.localStorage.setItem(KEY, JSON.stringify(regions)); } catch { /* it is off */ }
    draw();
  }

  const button = (text, act, says, fields = {}) => {
    const found = made("button", { type: "button", ...(says ? { title: says, "aria-label": says } : {}), ...fields }, text);
    found.addEventListener("click", act);
    return found;
  };

  const shown = () => (new URLSearchParams(window.regtrackQuery()).get("region") || "");

  function add(found) {
    const known = new Set(regions.map(({ region }) => region));
    const fresh = found.filter(({ region }) => region && !known.has(region));
    const room = MOST - regions.length;
    say(fresh.length > room ? `There is room for ${room} more; ${fresh.length - room} were left out.`
      : fresh.length ? "" : "These regions are in the list already.");
    change([...regions, ...fresh]);
  }

  const say = (text) => { element("own-status").textContent = text; };

  function line(one) {
    const { region, name } = one;
    const label = made("input", { type: "text", value: name, maxlength: 80, placeholder: "name", "aria-label": `Name of ${region}` });
    label.addEventListener("change", () => change(regions.map((other) =>
      other.region === region ? { region, name: label.value.trim() } : other)));
    return made("li", {},
      button(region, () => window.regtrackGo(region), `Go to ${name || region}`, { class: "place" }),
      label,
      button("×", () => change(regions.filter((other) => other.region !== region)), `Remove ${name || region}`));
  }

  /* BED is 0-based; a name holds no tab */
  function text() {
    return regions.map(({ region, name }) => {
      const [, chrom, start, end] = /^(.+):(\d+)-(\d+)$/.exec(region);
      return `${chrom}\t${start - 1}\t${end}\t${name.replace(/\s+/g, " ") || "."}\n`;
    }).join("");
  }

  function save() {
    const address = URL.createObjectURL(new Blob([text()], { type: "text/plain" }));
    const link = made("a", { href: address, download: "regtrack_regions.bed" });
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(address), 1000);
  }

  async function take(id) {
    say("Reading …");
    const answer = await fetch(`places/${encodeURIComponent(id)}`).catch(() => null);
    if (!answer) return say("The server does not answer.");
    if (!answer.ok) return say(await answer.text());
    add((await answer.json()).places);
  }

  function choice(place) {
    const files = JSON.parse(place.dataset.files || "[]");
    if (!files.length) return [];
    const list = made("select", { "aria-label": "Import regions from a file" },
      made("option", { value: "" }, "Import from …"),
      ...files.map(([id, label]) => made("option", { value: id }, label)));
    list.addEventListener("change", () => {
      if (list.value) take(list.value);
      list.value = "";
    });
    return [list];
  }

  function draw() {
    const place = element("own-regions");
    if (!place) return;
    if (!element("own-list")) {
      place.append(
        made("div", { class: "own-tools" }, button("Add this region", () => add([{ region: shown(), name: "" }])),
          button("Download BED", save, "", { id: "own-save" }), ...choice(place)),
        made("p", { id: "own-status", class: "status", role: "status" }),
        made("ol", { id: "own-list", class: "own" }));
    }
    element("own-list").replaceChildren(...regions.map(line));
    element("own-save").hidden = !regions.length;
  }

  document.addEventListener("toggle", (event) => {
    if (event.target.id === "own-regions" && event.target.open) draw();
  }, true);

  return { draw };
})();
