"""How fast tracks are compared and peaks called, beside other programs where they are installed.

deepTools' multiBigwigSummary reads both tracks in bins of 1 kb, which is less than is done here;
wiggletools computes Pearson's correlation base by base.

    python scripts/bench_compare.py [--megabases 20]
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from regtrack.calls.find import find_peaks
from regtrack.compare.run import ComparisonRequest, compare_tracks
from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig.assemble import create_bigwig
from regtrack.tracks.bigwig.raw import RawBigWig

MEGA = 1_000_000


def write(path: Path, seed: int, length: int) -> Path:
    """A track like a model's: smooth scores with noise, few of them high, 7 bits kept."""
    random = np.random.default_rng(seed)
    logits = np.repeat(np.random.default_rng(0).normal(-5, 1.5, length // 200 + 1), 200)[:length]
    logits = np.convolve(logits, np.ones(50) / 50, "same") + random.normal(0, 0.05, length)
    with create_bigwig(path, Assembly(("chr1",), (length,))) as file:
        file.write("chr1", 0, (1 / (1 + np.exp(-logits))).astype(np.float32), keep_bits=7)
    return path


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one run."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def tell(what: str, taken: float, length: int) -> None:
    """Print one line."""
    print(f"{what:58} {taken:7.1f} s {length / taken / MEGA:8.1f} Mbp/s", flush=True)


def run(words: Sequence[object]) -> None:
    """Run another program."""
    subprocess.run([str(word) for word in words], check=True, capture_output=True)


def main() -> None:
    """Write two tracks, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabases", type=int, default=20)
    length = parser.parse_args().megabases * MEGA
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        one, two = (write(folder / f"{seed}.bw", seed, length) for seed in (1, 2))
        for resolution in (1, 1_000):
            request = ComparisonRequest([one, two], resolution=resolution)
            taken = seconds(lambda: compare_tracks(request, folder / f"out{resolution}"))  # noqa: B023
            tell(f"regtrack compare, every number, {resolution:,} bp", taken, length)
        for high, by_zoom in ((0.5, True), (0.5, False)):
            with RawBigWig(one) as raw:
                rule = {"high": high, "low": high / 2, "min_length": 50, "max_gap": 25}
                taken = seconds(lambda: list(find_peaks(raw, **rule, by_zoom=by_zoom)))  # type: ignore[arg-type]  # noqa: B023
            tell(f"regtrack calls{'' if by_zoom else ', every block'}", taken, length)
        if tool := shutil.which("multiBigwigSummary"):
            words = [tool, "bins", "-b", one, two, "-bs", 1_000, "-p", 1, "-o", folder / "x.npz"]
            tell(
                "multiBigwigSummary (deepTools), means, 1,000 bp",
                seconds(lambda: run(words)),
                length,
            )
        else:
            print("deepTools is not installed")
        if tool := shutil.which("wiggletools"):
            words = [tool, "pearson", one, two]
            tell("wiggletools pearson, 1 bp", seconds(lambda: run(words)), length)
        else:
            print("wiggletools is not installed")


if __name__ == "__main__":
    main()
