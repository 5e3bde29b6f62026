/* The igv.js panel: loaded when it is first opened, then told where to go and what to show. */
"use strict";

window.regtrackIgv = (function () {
  let browser = null;
  let loading = null;
  let shown = new Map(); // url -> track of the browser

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
    browser = await window.igv.createBrowser(document.getElementById("igv-view"), {
      reference: config.reference, locus: config.locus, loadDefaultGenomes: false, tracks: [],
    });
    say("");
  }

  async function follow(query, region) {
    const answer = await fetch(`igv/config.json${query}`);
    const config = await answer.json();
    if (!loading) loading = start(config);
    await loading;
    const wanted = new Map(config.tracks.map((track) => [track.url, track]));
    for (const url of [...shown.keys()]) {
      if (!wanted.has(url)) {
        browser.removeTrack(shown.get(url));
        shown.delete(url);
      }
    }
    for (const [url, track] of wanted) {
      if (!shown.has(url)) shown.set(url, await browser.loadTrack(track));
    }
    await browser.search(region.replaceAll(",", ""));
  }

  let last = Promise.resolve();
  return {
    /* one after the other, since igv.js does not take two orders at once */
    show(query, region) {
      if (document.getElementById("igv-view").dataset.ready !== "yes") return last;
      last = last.then(() => follow(query, region)).catch((error) => say(`igv.js: ${error.message}`));
      return last;
    },
  };
})();
