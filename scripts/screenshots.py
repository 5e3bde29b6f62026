"""The pictures of README.md and docs: the dashboard in Chromium, and figures, all of real loci.

Needs Debian's chromium, and the real sequence and peaks (REGTRACK_REAL_DATA, by default
../shared/data). Models are trained first unless they are there; see real_loci.py.

    python scripts/screenshots.py                    # into docs/images
    python scripts/screenshots.py --out /tmp/shots dashboard locus
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from real_loci import SHOWN, Loci, add_options, loci_of, print_scores
from static_pictures import FIGURES, MUTATED_MARKER

CHROMIUM = "/usr/bin/chromium"
MOST_BYTES = 200_000


@dataclass(frozen=True)
class Picture:
    """One picture of the page: its address, its size, and what to do before it is taken."""

    query: str
    width: int = 1360
    height: int = 800
    ready: str = "#measures-table tbody tr"
    press: tuple[str, ...] = ()
    start: str = ""  # a button, and what is there when its work is done
    done: str = ""


NAMES = (
    "dashboard", "dashboard-dark", "dashboard-windows", "dashboard-scores", "dashboard-letters",
    "dashboard-mobile",
)  # fmt: skip


def pages(loci: Loci) -> dict[str, Picture]:
    """The pictures of the dashboard."""
    place, summit = loci.locus, loci.summit(MUTATED_MARKER, "hybrid")
    whole = f"region={place.chrom}:{place.start + 1}-{place.end}"
    close = f"region={place.chrom}:{summit - 59}-{summit + 60}"
    models = "models=hybrid,cnn7,dilated,bi-lstm"
    return {
        "dashboard": Picture(f"{whole}&markers={','.join(SHOWN)}&{models}"),
        "dashboard-dark": Picture(
            f"{whole}&markers=GM12878_H3K4me3&{models}&mode=stack&scale=own&differences=models"
            "&pair=hybrid,cnn7&theme=dark",
        ),
        "dashboard-windows": Picture(
            f"{whole}&markers=GM12878_H3K4me3&pair=hybrid,cnn7&panel=windows&split=test",
            height=1130, ready="#windows-grid tbody tr", press=("n",) * 3,
        ),
        "dashboard-scores": Picture(
            f"{whole}&markers=GM12878_POLR2A&pair=cnn7,hybrid&panel=scores&split=test",
            height=1130, ready="#scores-graph .point",
        ),
        "dashboard-letters": Picture(
            f"{close}&markers={MUTATED_MARKER}&models=cnn7,hybrid&mode=stack", height=650
        ),
        "dashboard-mobile": Picture(
            f"{whole}&markers=GM12878_H3K4me3&models=cnn7,hybrid", width=390, height=844
        ),
    }  # fmt: skip


@contextmanager
def serving(loci: Loci) -> Iterator[str]:
    """`regtrack serve` of the tracks; gives its address."""
    command = [sys.executable, "-m", "regtrack", "serve", str(loci.tracks), "--port", "0"]
    inputs = ["--labels", str(loci.data), "--genes", str(loci.gene_file)]
    with subprocess.Popen([*command, *inputs], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[1]
        finally:
            server.send_signal(signal.SIGINT)


def take(browser: Browser, address: str, picture: Picture, path: Path) -> None:
    """One picture of the page, with at most 256 colours."""
    with browser.new_page(
        viewport={"width": picture.width, "height": picture.height}, device_scale_factor=1
    ) as page:
        page.set_default_timeout(120_000)
        page.goto(f"{address}?{picture.query}")
        _wait(page, picture)
        if picture.start:
            page.locator(picture.start).click()
            page.locator(picture.done).wait_for()
            page.wait_for_timeout(2_000)  # until the row is drawn
            page.evaluate("scrollTo(0, 0)")
        for key in picture.press:
            page.locator("#tracks").focus()
            with page.expect_response("**/_dash-update-component*"):
                page.keyboard.press(key)
        page.mouse.move(2, 400)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=path)
    with Image.open(path) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def _wait(page: Page, picture: Picture) -> None:
    page.wait_for_function(
        "() => document.querySelector('#view-graph .js-plotly-plot')?.data?.length > 0"
    )
    page.locator(picture.ready).first.wait_for()


def _check(path: Path) -> None:
    size = path.stat().st_size
    if size > MOST_BYTES:
        sys.exit(f"{path} has {size:,} bytes; expected {MOST_BYTES:,} at most")
    print(f"{path} {size / 1000:.0f} kB", flush=True)


def main() -> None:
    """Make the input, then the pictures that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"by default all: {', '.join([*FIGURES, *NAMES])}"
    )
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    add_options(parser)
    options = parser.parse_args()
    unknown = set(options.names) - {*FIGURES, *NAMES}
    if unknown:
        parser.error(f"no picture is called {', '.join(sorted(unknown))}")
    wanted = options.names or [*FIGURES, *NAMES]
    loci = loci_of(options)
    print(f"locus: {loci.locus}")
    print_scores(loci)
    for name in wanted:
        if name in FIGURES:
            FIGURES[name](loci, options.out / f"{name}.png")
            _check(options.out / f"{name}.png")
    shots = {name: picture for name, picture in pages(loci).items() if name in wanted}
    if not shots:
        return
    with sync_playwright() as playwright, serving(loci) as address:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, picture in shots.items():
            take(browser, address, picture, options.out / f"{name}.png")
            _check(options.out / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
