/* The connection to the server. Once it is gone, the page says so, keeps what it shows, and sends
   what was asked for meanwhile when the server is back. */
"use strict";

window.regtrackConnection = (function () {
  const BEAT = 900; // ms between two looks whether the server answers
  const PATIENCE = 3000; // ms with a server that is there and does not answer
  const UPDATE = "_dash-update-component";
  const AWAY = new Set([502, 503, 504]); // what a proxy answers for a server that is gone
  const GONE = "The server does not answer. The page keeps its last state, and goes on by itself once the server is back.";
  const LOCKED = "The server has been restarted with another token: open the address that it printed.";

  const send = window.fetch.bind(window);
  const waiting = []; // what goes on once the server is back
  let gone = false;

  function say(text) {
    const place = document.getElementById("connection");
    if (place && place.textContent !== text) place.textContent = text;
  }

  function lost() {
    if (!gone) window.regtrackMoving?.failed();
    gone = true;
    say(GONE);
  }

  function found(answer) {
    say(answer.status === 401 ? LOCKED : "");
    if (!gone || answer.status === 401) return;
    gone = false;
    for (const resume of waiting.splice(0)) resume();
  }

  async function beat() {
    if (document.visibilityState === "visible") {
      try {
        const answer = await send("alive", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
        if (AWAY.has(answer.status)) lost();
        else found(answer);
      } catch {
        lost();
      }
    }
    window.setTimeout(beat, gone ? BEAT / 3 : BEAT);
  }

  /* requests of Dash: those of the user wait for the server, those that watch a job come again */
  async function ask(place, options) {
    for (;;) {
      try {
        const answer = await send(place, options);
        if (!AWAY.has(answer.status)) return restarted(answer);
      } catch (error) {
        if (error.name === "AbortError") throw error;
      }
      lost();
      if (String(options?.body).includes("-poll.n_intervals\"]")) return new Response(null, { status: 204 });
      await new Promise((resume) => waiting.push(resume));
    }
  }

  /* a server that was started anew, with another page: the address says what to show there */
  function restarted(answer) {
    if ([400, 404, 409].includes(answer.status)) window.location.reload();
    return answer;
  }

  /* what the page will ask for, asked for before its scripts are there */
  const early = new Map(); // end of an address -> the promise of its answer
  function begin(name, address) {
    const again = () => send(address);
    early.set(name, again().then((answer) => (answer.ok ? answer : again()), again));
  }

  window.fetch = (place, options) => {
    const address = String(place?.url ?? place);
    if (address.includes(UPDATE)) return ask(place, options);
    for (const [name, answer] of early) {
      if (!address.endsWith(name)) continue;
      early.delete(name);
      return answer;
    }
    return send(place, options);
  };
  window.setTimeout(beat, BEAT);
  return { begin, gone: () => gone };
})();
