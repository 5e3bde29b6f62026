"""Pictures of the dashboard for README.md and docs/dashboard.md, of a small invented genome.

Needs Debian's chromium. Nothing in the pictures was learnt: the scores are the labels, blurred and
with noise, as models of different skill might give them.

    python scripts/screenshots.py                    # into docs/images
    python scripts/screenshots.py --out /tmp/shots dashboard dashboard-dark
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from regtrack.dataset.build import build_dataset
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.genome.assembly import Assembly
from regtrack.genome.sequence import decode
from regtrack.tracks.bigwig.assemble import create_bigwig
from regtrack.tracks.bigwig.rounding import round_mantissa

CHROMIUM = "/usr/bin/chromium"
LENGTHS = {"chr1": 2_400_000, "chr2": 1_200_000}
CELLS = ("cellA", "cellB")
MOST_BYTES = 200_000
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Mark:
    """How a marker's peaks lie, and how well each model finds them."""

    category: str
    target: str
    width: tuple[float, float]  # bp of a peak
    apart: int  # bp from peak to peak, on average
    skill: Mapping[str, float]


MARKS = (
    Mark("TF", "CTCF", (180, 420), 9_000, {"cnn7": 2.2, "dilated": 2.9, "bi-lstm": 2.6}),
    Mark("TF", "REST", (150, 380), 24_000, {"cnn7": 1.5, "dilated": 2.1, "bi-lstm": 1.9}),
    Mark("DNase", "DNase", (150, 700), 7_000, {"cnn7": 1.8, "dilated": 2.3, "bi-lstm": 2.1}),
    Mark("histone", "H3K4me3", (700, 2_600), 16_000, {"cnn7": 1.5, "dilated": 2.6, "bi-lstm": 2.2}),
    Mark("histone", "H3K27ac", (500, 3_200), 14_000, {"cnn7": 1.2, "dilated": 2.3, "bi-lstm": 1.9}),
    Mark("histone", "H3K27me3", (3e3, 14e3), 42_000, {"cnn7": 0.6, "dilated": 2.6, "bi-lstm": 1.8}),
)


@dataclass(frozen=True)
class Picture:
    """One picture: the address, the window's size, and what to do before it is taken."""

    query: str
    width: int = 1360
    height: int = 800
    ready: str = "#measures-table tbody tr"
    press: tuple[str, ...] = ()


_MARKERS = "cellA_CTCF,cellA_H3K27me3"
PICTURES = {
    "dashboard": Picture(f"region=chr2:392001-452000&markers={_MARKERS}"),
    "dashboard-dark": Picture(
        "region=chr2:392001-452000&markers=cellA_H3K27me3&mode=stack&differences=models,labels"
        "&pair=dilated,cnn7&theme=dark", height=900,
    ),
    "dashboard-windows": Picture(
        "region=chr2:1-25000&markers=cellA_H3K27me3&pair=dilated,cnn7&panel=windows&split=test",
        height=860, ready="#windows-grid .ag-row", press=("n", "n"),
    ),
    "dashboard-scores": Picture(
        "region=chr2:392001-452000&markers=cellA_CTCF&pair=cnn7,dilated&panel=scores&split=test",
        height=1130, ready="#scores-graph .point",
    ),
    "dashboard-letters": Picture(
        "region=chr2:390431-390550&markers=cellA_CTCF&mode=stack", height=650
    ),
    "dashboard-mobile": Picture(
        "region=chr2:392001-452000&markers=cellA_CTCF", width=390, height=844
    ),
}  # fmt: skip


def make_world(folder: Path) -> None:
    """A genome, peaks, a dataset, genes, and a sweep of each model."""
    random = np.random.default_rng(4)
    letters = {
        chrom: decode(random.integers(0, 4, length, dtype=np.uint8))
        for chrom, length in LENGTHS.items()
    }
    fasta = "".join(f">{chrom}\n{text}\n" for chrom, text in letters.items())
    (folder / "genome.fa").write_text(fasta)
    (folder / "genes.gtf").write_text("".join(_genes(random)))
    table = ["file\tcategory\tbiosample\ttarget\n"]
    labels: dict[str, tuple[Mark, dict[str, Floats]]] = {}
    for mark in MARKS:
        shared = _peaks(mark, random)
        for cell in CELLS:
            name = f"{cell}_{mark.target}"
            peaks = {
                chrom: found[random.random(len(found)) < 0.7] for chrom, found in shared.items()
            }
            lines = [f"{chrom}\t{low}\t{high}\n" for chrom, at in peaks.items() for low, high in at]
            (folder / f"{name}.bed").write_text("".join(lines))
            table.append(f"{name}.bed\t{mark.category}\t{cell}\t{mark.target}\n")
            labels[name] = (mark, {chrom: _filled(chrom, at) for chrom, at in peaks.items()})
    (folder / "markers.tsv").write_text("".join(table))
    split = SplitSpec(kind="chrom", test_chroms=("chr2",))
    spec = DatasetSpec(window=25_000, split=split)
    build_dataset(folder / "genome.fa", folder / "markers.tsv", folder / "data", spec=spec)
    for model in MARKS[0].skill:
        _write_sweep(folder / "sweeps" / model, model, labels, random)


def _peaks(mark: Mark, random: np.random.Generator) -> dict[str, npt.NDArray[np.int64]]:
    """Starts and ends of the peaks of each chromosome, (peaks, 2)."""
    found = {}
    for chrom, length in LENGTHS.items():
        starts = np.sort(random.integers(5_000, length - 20_000, int(length / mark.apart * 1.4)))
        ends = starts + random.integers(*mark.width, len(starts))
        apart = np.concatenate([[True], starts[1:] > ends[:-1] + 200])
        found[chrom] = np.stack([starts, ends], axis=1)[apart]
    return found


def _filled(chrom: str, peaks: npt.NDArray[np.int64]) -> Floats:
    values = np.zeros(LENGTHS[chrom], dtype=np.float32)
    for low, high in peaks:
        values[low:high] = 1
    return values


def _genes(random: np.random.Generator) -> Iterator[str]:
    """Lines of a GTF: genes on both strands with a few exons each."""
    for chrom, length in LENGTHS.items():
        starts = np.sort(random.integers(10_000, length - 60_000, length // 11_000))
        for number, start in enumerate(starts.tolist()):
            end = start + int(random.integers(1_500, 19_000))
            name, strand = f"{'ABCDEFGH'[number % 8]}{chrom[3:]}X{number}", "+-"[number % 2]
            says = f'gene_id "{name}"; gene_name "{name}"; transcript_id "{name}.1";'
            yield f"{chrom}\tmade\tgene\t{start}\t{end}\t.\t{strand}\t.\t{says}\n"
            edges = np.sort(random.integers(start, end, 2 * int(random.integers(2, 7))))
            edges[0], edges[-1] = start, end
            for low, high in edges.reshape(-1, 2).tolist():
                last = min(high, low + 900) if high < end else high
                yield f"{chrom}\tmade\texon\t{low}\t{last}\t.\t{strand}\t.\t{says}\n"


def _write_sweep(
    folder: Path, model: str, labels: Mapping[str, tuple[Mark, dict[str, Floats]]],
    random: np.random.Generator,
) -> None:  # fmt: skip
    folder.mkdir(parents=True)
    tracks = []
    for name, (mark, truth) in labels.items():
        file = f"{model}.{name}.bw"
        with create_bigwig(folder / file, Assembly(tuple(LENGTHS), tuple(LENGTHS.values()))) as out:
            for chrom in out.chroms:
                out.write(chrom, 0, _scores(truth[chrom], mark, mark.skill[model], random))
        tracks.append({"file": file, "marker": name, "category": mark.category})
    record = {"checkpoint": {"model": model}, "values": "scores", "tracks": tracks}
    reference = {"path": str(folder.parents[1] / "genome.fa")}
    (folder / "sweep.json").write_text(json.dumps(record | {"reference": reference}))


def _scores(truth: Floats, mark: Mark, skill: float, random: np.random.Generator) -> Floats:
    """Blurred labels and noise of the same width through a sigmoid, absent where there is N."""
    width = max(int(mark.width[0]) // 3, 25)
    noise = _blurred(random.normal(size=len(truth)), width)
    noise /= noise.std()
    found = _blurred(truth, width)
    values = (1 / (1 + np.exp(3.2 - 1.6 * skill * found - noise))).astype(np.float32)
    round_mantissa(values, keep_bits=7)
    values[395_000:399_000] = np.nan
    return values


def _blurred(values: npt.NDArray[np.floating], width: int) -> npt.NDArray[np.float64]:
    """Three running means, which come near a bell."""
    blurred = np.asarray(values, dtype=np.float64)
    for _ in range(3):
        padded = np.pad(blurred, (width // 2, width - width // 2 - 1), mode="edge")
        sums = np.concatenate([[0.0], np.cumsum(padded)])
        blurred = (sums[width:] - sums[:-width]) / width
    return blurred


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """`regtrack serve` of the world; gives its address."""
    command = [sys.executable, "-m", "regtrack", "serve", folder / "sweeps", "--port", "0"]
    inputs = ["--labels", folder / "data", "--genes", folder / "genes.gtf"]
    with subprocess.Popen([*command, *inputs], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[1]
        finally:
            server.send_signal(signal.SIGINT)


def take(browser: Browser, address: str, picture: Picture, path: Path) -> None:
    """One picture, with at most 256 colours."""
    with browser.new_page(
        viewport={"width": picture.width, "height": picture.height}, device_scale_factor=1
    ) as page:
        page.goto(f"{address}?{picture.query}")
        _wait(page, picture)
        for key in picture.press:
            page.locator("#tracks").focus()
            with page.expect_response("**/_dash-update-component*"):
                page.keyboard.press(key)
        page.mouse.move(2, 400)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=path)
    with Image.open(path) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    if size > MOST_BYTES:
        sys.exit(f"{path} has {size:,} bytes; expected {MOST_BYTES:,} at most")
    print(f"{path} {size / 1000:.0f} kB", flush=True)


def _wait(page: Page, picture: Picture) -> None:
    page.wait_for_function(
        "() => document.querySelector('#view-graph .js-plotly-plot')?.data?.length > 0"
    )
    page.locator(picture.ready).first.wait_for()


def main() -> None:
    """Make the world, serve it, and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PICTURES))
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        make_world(Path(folder))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with serving(Path(folder)) as address:
            for name in options.names or PICTURES:
                take(browser, address, PICTURES[name], options.out / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
