"""Speed of the dashboard: start, first paint, moves, drags and memory, beside igv.js.

Six tracks of 250 Mb, one row each, 1,500 pixels wide, in the installed Chromium, headless. 100 such
files are open when memory is measured. Every base has a distinct value. igv.js (`make igv`) shows
the same tracks of the same server, in turns with the dashboard, so that both meet the same machine.

    python scripts/bench_dashboard.py                  # everything, about five minutes
    python scripts/bench_dashboard.py --megabases 10   # the same on 10 Mb, to see that it runs
    python scripts/bench_dashboard.py --folder /tmp/w  # keeps the files for the next time
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import beside_igv
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright
from regtrack_app.igv import SCRIPT

from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig.assemble import create_bigwig
from regtrack.tracks.bigwig.rounding import round_mantissa

CHROMIUM = "/usr/bin/chromium"
MODELS, MARKERS, FILES = ("cnn7", "dilated", "bi-lstm"), ("K562_CTCF", "K562_H3K27ac"), 100
SPANS = (25_000, 250_000, 2_500_000)
_OLD_DATA = 20_000  # bytes of a response that may contain no curves
WIDTH = 1_794  # pixels of the window, of which the figure's plot gets 1,500

# one move by a key, and its cost until the exact view is painted; it is drawn a second time at rest
_MOVE = """async ({ key, shiftKey }) => {
  const drawn = document.querySelector('#view-graph .js-plotly-plot');
  const pause = duration => new Promise(resolve => setTimeout(resolve, duration));
  performance.clearResourceTimings();
  const begin = performance.now();
  const asked = () => performance.getEntriesByType('resource')
    .filter(entry => entry.startTime >= begin && entry.name.includes('_dash-update'));
  let painted = null; // with the exact curves
  let shown = null; // with those that were there, moved
  let last = begin;
  const paint = () => requestAnimationFrame(() => setTimeout(() => {
    last = performance.now();
    painted ??= last;
  }));
  drawn.on('plotly_afterplot', paint);
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey, bubbles: true }));
  requestAnimationFrame(() => setTimeout(() => { shown = performance.now(); }));
  while (asked().length === 0 || painted === null || shown === null) await pause(20);
  while (performance.now() - last < 400) await pause(50);
  drawn.removeListener('plotly_afterplot', paint);
  const found = asked();
  return { total: painted - begin, shown: shown - begin, requests: found.length,
           bytes: found[0].encodedBodySize, server: found[0].serverTiming[0].duration,
           answer: found[0].responseStart - found[0].requestStart };
}"""
_VISIT = """query => {
  history.pushState(null, '', query);
  dispatchEvent(new PopStateEvent('popstate'));
}"""
_DRAWN = "() => document.querySelector('#view-graph .js-plotly-plot')?.data?.length > 0"


@dataclass(frozen=True)
class Served:
    """A running server: its address, its process, and the seconds until its first response."""

    address: str
    process: int
    seconds: float

    def memory(self) -> float:
        """Its peak memory in MB."""
        status = Path(f"/proc/{self.process}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024


def make_files(folder: Path, length: int) -> None:
    """Sweeps of three models with two markers each, and 94 other bigWigs, mostly links."""
    first = folder / "0.bw"
    if first.exists():
        return
    random = np.random.default_rng(0)
    values = np.resize(random.random(1_000_003, dtype=np.float32) ** 3, length)
    round_mantissa(values, keep_bits=7)
    with create_bigwig(first, Assembly(("chr1",), (length,))) as file:
        file.write("chr1", 0, values, threads=2)
    for model in MODELS:
        (folder / "sweeps" / model).mkdir(parents=True)
        for marker in MARKERS:
            os.link(first, folder / "sweeps" / model / f"{marker}.bw")
        tracks = [
            {"file": f"{marker}.bw", "marker": marker, "category": "TF"} for marker in MARKERS
        ]
        record = {"checkpoint": {"model": model}, "values": "scores", "reference": {}}
        path = folder / "sweeps" / model / "sweep.json"
        path.write_text(json.dumps(record | {"tracks": tracks}))
    for number in range(1, FILES - len(MODELS) * len(MARKERS)):
        os.link(first, folder / f"{number}.bw")


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """`regtrack serve` in its own process."""
    files = sorted(map(str, folder.glob("*.bw")))
    command = [sys.executable, "-m", "regtrack", "serve", f"{folder}/sweeps", "--port", "0"]
    begin = time.perf_counter()
    with subprocess.Popen([*command, *files], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            address = server.stdout.readline().split()[1]
            with urlopen(address) as answer:
                answer.read()
            yield Served(address, server.pid, time.perf_counter() - begin)
        finally:
            server.send_signal(signal.SIGINT)


def query_of(region: str) -> str:
    """The address of a region with one row per track."""
    names = f"markers={','.join(MARKERS)}&models={','.join(MODELS)}"
    return f"?region={region}&{names}&mode=stack&panel=none"


def first_paint(browser: Browser, address: str, query: str, megabits: float | None = None) -> float:
    """Seconds from requesting the page until its tracks are painted, without any cache."""
    with browser.new_page(viewport={"width": WIDTH, "height": 900}) as page:
        if megabits is not None:
            rate = megabits * 1e6 / 8
            page.context.new_cdp_session(page).send(
                "Network.emulateNetworkConditions",
                {"offline": False, "latency": 20, "downloadThroughput": rate,
                 "uploadThroughput": rate},
            )  # fmt: skip
        begin = time.perf_counter()
        page.goto(f"{address}{query}")
        page.wait_for_function(_DRAWN)
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        return time.perf_counter() - begin


def visit(page: Page, query: str) -> None:
    """Go to an address within the page, and wait until it is drawn."""
    with page.expect_response("**/_dash-update-component*") as answer:
        page.evaluate(_VISIT, f"?panel=none&mode=stack&{query}")
    answer.value.finished()
    page.wait_for_timeout(500)  # until it has been painted


def moves(
    page: Page, other: Page | None, span: int, length: int, repeats: int
) -> tuple[list[dict[str, Any]], list[float]]:
    """Moves by a whole view, in turns with igv.js's; for half, our browser lacks the data.

    A whole chromosome cannot be moved, so there the view zooms out to it from half of it.
    """
    start = length // 2 - span // 2
    page.bring_to_front()
    visit(page, f"region=chr1:{start + 1}-{start + span}&markers={','.join(MARKERS)}")
    keys = [("ArrowRight", True)] * 2 * repeats
    if span == length:
        keys = [("+", False), ("-", False)] * repeats
    regions = igv_regions(span, length, repeats)
    ours, theirs = [], []
    for (key, shift), region in zip(keys, regions, strict=True):
        page.bring_to_front()
        ours.append(page.evaluate(_MOVE, {"key": key, "shiftKey": shift}))
        if other is not None:
            other.bring_to_front()
            theirs.append(float(other.evaluate(beside_igv.GO, region)))
    counted = slice(1, None, 2) if span == length else slice(None)  # zooming in is not counted
    return ours[counted], theirs[counted]


def igv_regions(span: int, length: int, repeats: int) -> list[str]:
    """The same moves for igv.js: by a whole view, or zooming out to a whole chromosome."""
    if span == length:
        return [f"chr1:{length // 4}-{3 * length // 4}", f"chr1:1-{length}"] * repeats
    start = length // 2 - span // 2
    return [f"chr1:{at + 1}-{at + span}" for at in range(start, start + 2 * repeats * span, span)]


def report_moves(page: Page, other: Page | None, length: int, repeats: int) -> None:
    """Medians per width of view: of all moves, and of those that loaded new curves."""
    print(
        "\n        view     shown   exact    of new data  server  answer  requests  igv.js  ratio"
    )
    print("        (bp)                                    (20 ms)          (1)          (aim: 1)",
          flush=True)  # fmt: skip
    for span in (*(span for span in SPANS if span < length), length):
        found, theirs = moves(page, other, span, length, repeats)
        fresh = [move for move in found if move["bytes"] > _OLD_DATA] or found
        most = max(move["requests"] for move in found)
        beside = "-"
        if theirs:
            median = statistics.median(theirs)
            beside = f"{median:.0f} ms {_median(found, 'total') / median:5.2f}"
        print(
            f"{span:12,}  {_median(found, 'shown'):5.0f} ms  {_median(found, 'total'):4.0f} ms  "
            f"{_median(fresh, 'total'):5.0f} ms {_median(fresh, 'bytes') / 1e3:4.0f} kB  "
            f"{_median(fresh, 'server'):3.0f} ms {_median(fresh, 'answer'):4.0f} ms  {most}  "
            f"{beside:>14}",
            flush=True,
        )


def report_paints(served: Served, launch: Callable[[], Browser], length: int, repeats: int) -> None:
    """First paints, cold, of both pages in turns."""
    query = query_of(f"chr1:{length // 2 + 1}-{length // 2 + 25_000}")
    ours, theirs, far = [], [], []
    for _ in range(repeats):
        with launch() as browser:
            ours.append(first_paint(browser, served.address, query))
        with launch() as browser:
            far.append(first_paint(browser, served.address, query, megabits=10))
        if SCRIPT.find() is not None:
            with launch() as browser:
                theirs.append(beside_igv.first_paint(browser, served.address, query, WIDTH))
    median = statistics.median
    beside = ""
    if theirs:
        ratio = median(ours) / median(theirs)
        beside = f", igv.js {median(theirs):.1f} s: {ratio:.2f} times that (aim: 1.5)"
    print(f"first paint after {median(ours):.1f} s, cold{beside}")
    print(f"first paint over 10 Mbit/s after {median(far):.1f} s (aim: 3)", flush=True)


def report_drags(page: Page, other: Page | None, length: int) -> None:
    """Frames per second of a drag at 25 kb."""
    start = length // 2
    visit(page, f"region=chr1:{start + 1}-{start + 25_000}&markers={','.join(MARKERS)}")
    ours, theirs = [], []
    for _ in range(3):
        if other is not None:
            other.bring_to_front()
            other.evaluate(beside_igv.GO, f"chr1:{start + 1}-{start + 25_000}")
            theirs.append(beside_igv.frames_of_drag(other, ".igv-viewport canvas"))
        page.bring_to_front()
        ours.append(beside_igv.frames_of_drag(page, ".nsewdrag"))
    beside = f", igv.js {statistics.median(theirs):.0f}" if theirs else ""
    frames = statistics.median(ours)
    print(f"\nframes per second of a drag: {frames:.0f} (aim: 30){beside}", flush=True)


def _median(found: list[dict[str, Any]], name: str) -> float:
    return float(statistics.median(move[name] for move in found))


def open_all(page: Page, length: int) -> None:
    """Look at every file, near and far."""
    boxes = page.locator("#other-tracks input").all()
    names = [box.get_attribute("value") or "" for box in boxes]
    for span in (25_000, length):
        for first in range(0, len(names), 12):
            chosen = ",".join(names[first : first + 12])
            visit(page, f"region=chr1:1-{min(span, length)}&tracks={chosen}")


def report(folder: Path, length: int, repeats: int) -> None:
    """Everything, in one run."""
    make_files(folder, length)
    with serving(folder):  # so that Python's files are in the page cache
        pass
    with sync_playwright() as playwright, serving(folder) as served:
        print(f"first answer of the server after {served.seconds:.1f} s (aim: 4)", flush=True)

        def launch() -> Browser:
            return playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        report_paints(served, launch, length, repeats)
        browser = launch()
        page = browser.new_page(viewport={"width": WIDTH, "height": 900})
        page.goto(f"{served.address}?panel=none")
        page.wait_for_function(_DRAWN)
        other = None
        if SCRIPT.find() is not None:
            other = browser.new_page(viewport={"width": WIDTH, "height": 900})
            beside_igv.open_page(other, served.address, query_of("chr1:1-25000"))
        report_moves(page, other, length, repeats)
        report_drags(page, other, length)
        open_all(page, length)
        print(f"\nmemory with {FILES} files looked at: {served.memory():.0f} MB (aim: 500)")
        browser.close()


def main() -> None:
    """Parse, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabases", type=float, default=250)
    parser.add_argument("--repeats", type=int, default=10, help="half the moves of each width")
    parser.add_argument("--folder", type=Path, help="where the files are, or shall be")
    options = parser.parse_args()
    length = int(options.megabases * 1e6)
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
        report(options.folder, length, options.repeats)
    else:
        with tempfile.TemporaryDirectory() as folder:
            report(Path(folder), length, options.repeats)


if __name__ == "__main__":
    main()
