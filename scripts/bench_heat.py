"""Speed of the picture of all markers beside the tracks: moves, far jumps, zooms, other contents.

Two models with 919 tracks of a chromosome of 250 Mb each. The files are links to 24 that differ,
with a value per 32 bp: nothing in the server knows that they are links, and their zoom levels are
those of files with a value at every base. In the installed Chromium, headless, 1,794 pixels wide.
Each time is from the key, or from the step to another address, until it is painted: the tracks'
exact curves, the first picture of all rows, and the sharp one.

    python scripts/bench_heat.py                    # some minutes, and 1 GB of disk
    python scripts/bench_heat.py --markers 40       # the same with few files, to see that it runs
    python scripts/bench_heat.py --folder /tmp/h    # keeps the files for the next time
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
from bench_dashboard import CHROMIUM, WIDTH, Served, serving
from playwright.sync_api import Page, sync_playwright

from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig.assemble import create_bigwig
from regtrack.tracks.bigwig.rounding import round_mantissa

MODELS = ("cnn7", "dilated")
LENGTH, RESOLUTION, DISTINCT = 250_000_000, 32, 24
SPANS = (25_000, 250_000, 2_500_000, LENGTH)

# something is done, and the times until tracks, first and sharp picture are painted (ms)
_TIMES = """async ({ key, shiftKey, query }) => {
  const drawn = document.querySelector('#view-graph .js-plotly-plot');
  const before = regtrackHeat.picture();
  const times = {};
  const painted = (name) => requestAnimationFrame(() => setTimeout(() => {
    times[name] ??= performance.now() - begin;
  }));
  const draw = CanvasRenderingContext2D.prototype.drawImage;
  CanvasRenderingContext2D.prototype.drawImage = function (...given) {
    const picture = regtrackHeat.picture();
    if (picture !== before && this.canvas.isConnected) {
      painted('first');
      if (picture.head.sharp) painted('sharp');
    }
    return draw.apply(this, given);
  };
  const plotted = () => painted('tracks');
  drawn.on('plotly_afterplot', plotted);
  const begin = performance.now();
  if (query) {
    history.pushState(null, '', query);
    dispatchEvent(new PopStateEvent('popstate'));
  } else {
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey, bubbles: true }));
  }
  while (!('sharp' in times && 'tracks' in times)) {
    await new Promise(resolve => setTimeout(resolve, 20));
    if (performance.now() - begin > 30000) break;
  }
  drawn.removeListener('plotly_afterplot', plotted);
  CanvasRenderingContext2D.prototype.drawImage = draw;
  return times;
}"""


def make_files(folder: Path, markers: int) -> None:
    """Sweeps of two models, whose tracks of a marker differ."""
    if (folder / "sweeps").exists():
        return
    (folder / "values").mkdir(parents=True)
    for number in range(DISTINCT):
        _write(folder / "values" / f"{number}.bw", number)
    names = [f"C{number // 40:02}_T{number:03}" for number in range(markers)]
    tracks = [
        {"file": f"{name}.bw", "marker": name, "category": ("TF", "histone", "DNase")[number % 3]}
        for number, name in enumerate(names)
    ]
    for nth, model in enumerate(MODELS):
        place = folder / "sweeps" / model
        place.mkdir(parents=True)
        for number, name in enumerate(names):
            os.link(folder / "values" / f"{(number + nth) % DISTINCT}.bw", place / f"{name}.bw")
        record = {"checkpoint": {"model": model}, "values": "scores", "reference": {}}
        (place / "sweep.json").write_text(json.dumps(record | {"tracks": tracks}))


def _write(path: Path, seed: int) -> None:
    generator, count = np.random.default_rng(seed), LENGTH // RESOLUTION
    slow = np.repeat(generator.random(count // 1000 + 1, dtype=np.float32), 1000)[:count]
    values = (0.3 * generator.random(count, dtype=np.float32) + 0.7 * slow) ** 3
    round_mantissa(values, keep_bits=7)
    with create_bigwig(path, Assembly(("chr1",), (LENGTH,)), resolution=RESOLUTION) as file:
        file.write("chr1", 0, values, threads=2)


def query_of(start: int, span: int, **more: str) -> str:
    """The address of a region, with four rows of tracks and the picture."""
    fields = {"region": f"chr1:{start + 1}-{start + span}", "markers": "C00_T000,C00_T001",
              "models": ",".join(MODELS), "mode": "stack", "panel": "heat"}  # fmt: skip
    return "?" + "&".join(f"{name}={value}" for name, value in (fields | more).items())


def steps(span: int, repeats: int, choose: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is done, by kind: after each far jump a near move, and a zoom out and in."""
    for _ in range(repeats):
        start = choose.randrange(0, LENGTH - span + 1)
        if span == LENGTH:  # a whole chromosome cannot be moved
            start, half = choose.randrange(0, LENGTH // 2), LENGTH // 2
            yield "", {"query": query_of(start, half)}
            yield "zoom", {"query": query_of(0, LENGTH)}
            continue
        yield "far", {"query": query_of(start, span)}
        yield "near", {"key": "ArrowRight" if start + 2 * span < LENGTH else "ArrowLeft"}
        yield "zoom", {"key": "-"}
        shown = MODELS[choose.randrange(2)]
        yield "other", {"query": query_of(start, span, heat=shown)}
        yield "A-B far", {"query": query_of(LENGTH - span - start, span, heat="%3Ddifference")}


def processor_times(served: Served, repeats: int) -> None:
    """What the server spends on far jumps, whose files are open, without a browser."""
    choose, turn = random.Random(1), 0
    print("processor time of a far jump (ms)\n   view (bp)   first   sharp", flush=True)
    for span in (SPANS[0], *SPANS[:-1]):  # once before, which opens the files
        spent = {"&first=yes": 0, "": 0}
        for more in spent:
            before = _ticks(served.process)
            for _ in range(repeats):  # too fast after each other for reading ahead
                turn += 1
                query = query_of(choose.randrange(0, LENGTH - span), span)
                place = f"{served.address}heat/picture{query}&page=bench&turn={turn}{more}"
                with urlopen(place) as answer:
                    answer.read()
            spent[more] = round(1000 * (_ticks(served.process) - before) / repeats)
        print(f"{span:12,} {spent['&first=yes']:7} {spent['']:7}", flush=True)


def _ticks(process: int) -> float:
    """Seconds of processor time of a process."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def settle(served: Served) -> float:
    """Wait until the server has read what it reads ahead; its processor time until then (s)."""
    begin = last = _ticks(served.process)
    while True:
        time.sleep(1)
        now = _ticks(served.process)
        if now - last < 0.1:
            return now - begin
        last = now


def measure(page: Page, repeats: int, rest: int) -> dict[tuple[int, str], list[dict[str, float]]]:
    """The times of every step, by width of the view and kind."""
    found: dict[tuple[int, str], list[dict[str, float]]] = {}
    choose = random.Random(0)
    for span in SPANS:
        for kind, step in steps(span, repeats, choose):
            page.wait_for_timeout(rest)
            asked = {"key": "", "shiftKey": False, "query": ""} | step
            times = page.evaluate(_TIMES, asked)
            if kind:
                found.setdefault((span, kind), []).append(times)
    return found


def report(folder: Path, markers: int, repeats: int, rest: int) -> None:
    """Everything, in one run."""
    make_files(folder, markers)
    with serving(folder) as served:
        processor_times(served, 4 * repeats)
    with sync_playwright() as playwright, serving(folder) as served:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 900})
        page.goto(f"{served.address}{query_of(5_000_000, 250_000)}")
        page.wait_for_function("() => regtrackHeat.picture()?.head.sharp")
        print(f"to read both models along the chromosome ahead: {settle(served):.0f} s of CPU")
        found = measure(page, repeats, rest)
        print(f"{markers} markers; medians in ms, and the median of first / tracks (aim: 1)")
        print(f"{'view (bp)':>12} {'':8} {'tracks':>7} {'first':>7} {'sharp':>7} {'ratio':>6}")
        for (span, kind), times in found.items():
            whole = [one for one in times if len(one) == 3]
            tracks, first, sharp = (
                statistics.median(one[name] for one in whole)
                for name in ("tracks", "first", "sharp")
            )
            ratio = statistics.median(one["first"] / one["tracks"] for one in whole)
            print(
                f"{span:12,} {kind:8} {tracks:7.0f} {first:7.0f} {sharp:7.0f} {ratio:6.2f}"
                f"{'' if len(whole) == len(times) else '  some without an answer'}",
                flush=True,
            )
        print(f"memory of the server: {served.memory():.0f} MB", flush=True)
        browser.close()


def main() -> None:
    """Parse, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--markers", type=int, default=919)
    parser.add_argument("--repeats", type=int, default=5, help="steps of each kind and width")
    parser.add_argument("--rest", type=int, default=1_500, help="ms between two steps")
    parser.add_argument("--folder", type=Path, help="where the files are, or shall be")
    options = parser.parse_args()
    if options.folder:
        report(options.folder, options.markers, options.repeats, options.rest)
    else:
        with tempfile.TemporaryDirectory() as folder:
            report(Path(folder), options.markers, options.repeats, options.rest)


if __name__ == "__main__":
    main()
