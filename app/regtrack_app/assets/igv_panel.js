/* The igv.js panel: loaded when it is first opened. It follows the page, and leads it where it is
   moved itself. */
"use strict";

window.regtrackIgv = (function () {
  const SETTLE = 300; // ms in which several moves within igv.js become one of the page
  const HAND = 2000; // ms after a touch in which igv.js moves because of it, not by its own accord
  let browser = null;
  let loading = null;
  let shown = new Map(); // a track's configuration as text -> track of the browser
  let told = ""; // the region that it was last told to show, or went to by itself

  let at = ""; // the region that it shows

  const say = (text) => { document.getElementById("igv-status").textContent = text; };

  function script() {
    return new Promise((resolve, reject) => {
      const element = document.createElement("script");
      element.src = "igv/igv.min.js";
      element.onload = resolve;
      element.onerror = () => reject(new Error("it cannot be loaded"));
      document.head.append(element);
    });
  }

  async function start(config) {
    say("Loading igv.js …");
    await script();
    const place = document.getElementById("igv-view");
    browser = await window.igv.createBrowser(place, {
      reference: config.reference, locus: config.locus, loadDefaultGenomes: false, tracks: [],
    });
    name(place);
    for (const type of ["pointerdown", "pointerup", "wheel", "keydown"]) {
      place.addEventListener(type, () => { touched = performance.now(); }, { capture: true, passive: true });
    }
    browser.on("locuschange", lead);
    say("");
  }

  /* igv.js has controls without a name */
  function name(place) {
    const roots = [place, ...place.children].map((part) => part.shadowRoot);
    for (const root of [place, ...roots].filter(Boolean)) {
      for (const input of root.querySelectorAll("input[type=range]")) input.setAttribute("aria-label", "Zoom of igv.js");
      for (const list of root.querySelectorAll("select")) list.setAttribute("aria-label", "Chromosome in igv.js");
    }
  }

  async function follow(query, region) {
    const answer = await fetch(`igv/config.json${query}`);
    const config = await answer.json();
    told = region;
    if (!loading) loading = start(config);
    await loading;
    const wanted = new Map(config.tracks.map((track) => [JSON.stringify(track), track]));
    for (const [key, track] of shown) {
      if (!wanted.has(key)) {
        browser.removeTrack(track);
        shown.delete(key);
      }
    }
    for (const [key, track] of wanted) {
      if (!shown.has(key)) shown.set(key, await browser.loadTrack(track));
    }
    name(document.getElementById("igv-view"));
    if (region !== at) await browser.search(region);
    at = region;
  }

  /* whoever moves igv.js itself takes the page along, once igv.js is at rest */
  let touched = -Infinity;
  let leading = 0;
  function lead(places) {
    window.clearTimeout(leading);
    if (performance.now() - touched > HAND) return;
    leading = window.setTimeout(() => {
      const place = Array.isArray(places) ? places[0] : places;
      if (busy || !place || !place.chr) return;
      const region = `${place.chr}:${Math.max(1, Math.round(place.start) + 1)}-${Math.round(place.end)}`;
      if (near(region, told)) return;
      told = at = region; // the page will say the same, and need not be followed
      window.regtrackGo(region);
    }, SETTLE);
  }

  /* igv.js shows whole pixels, so that its regions differ a little from those it was told */
  function near(one, other) {
    const [first, second] = [one, other].map((text) => {
      const [, chrom, start, end] = text.match(/^(.*):(\d+)-(\d+)$/) || [];
      return { chrom, start: Number(start), end: Number(end) };
    });
    const pixel = Math.max(2, (first.end - first.start) / 500);
    return first.chrom === second.chrom && Math.abs(first.start - second.start) < pixel &&
      Math.abs(first.end - second.end) < pixel;
  }

  let last = Promise.resolve();
  let busy = 0; // orders that are being followed
  return {
    /* one after the other, since igv.js does not take two orders at once */
    show(query, region) {
      if (document.getElementById("igv-view").dataset.ready !== "yes") return last;
      busy += 1;
      last = last.then(() => follow(query, region))
        .catch((error) => say(`igv.js: ${error.message}`))
        .finally(() => { window.setTimeout(() => { busy -= 1; }, SETTLE); });
      return last;
    },
  };
})();
