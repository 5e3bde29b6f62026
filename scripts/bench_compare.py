"""How fast tracks are compared and peaks called, beside other programs where they are installed.

deepTools' multiBigwigSummary computes means of bins of 1 kb, and wiggletools Pearson's correlation
base by base. `regtrack compare` does more: both correlations of every base or bin, by chromosome,
and the difference track. deepTools takes its means from zoom levels where a file has fine ones, so
that its correlations are those of `regtrack compare` only in bins too narrow for these (--bin).
Seconds are those of the processor, over all cores, since a machine may be busy.

    python scripts/bench_compare.py [--megabases 20] [--repeats 3] [--bin 1000] [A.bw B.bw]
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from scipy.stats import pearsonr, spearmanr

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


def timed(work: Callable[[], str]) -> tuple[float, str]:
    """Seconds of the processor that work takes, its programs included, and what it tells."""

    def used() -> float:
        both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(one.ru_utime + one.ru_stime for one in both)

    start = used()
    told = work()
    return used() - start, told


def run(*words: object) -> str:
    """What another program prints."""
    done = subprocess.run(list(map(str, words)), check=True, capture_output=True, text=True)
    return done.stdout


class Bench:
    """Two tracks, and the programs that compare them.

    Attributes:
        length: bases of a track.
        step: bp of the bins of deepTools.
    """

    def __init__(self, one: Path, two: Path, step: int, folder: Path) -> None:
        self._tracks, self.step, self._folder = (one, two), step, folder
        with RawBigWig(one) as raw:
            self.length = raw.assembly.total

    def compare(self, resolution: int) -> str:
        """`regtrack compare`."""
        request = ComparisonRequest(self._tracks, resolution=resolution)
        (row,) = [
            row
            for row in compare_tracks(request, self._folder / "compared", overwrite=True).pairs
            if row.scope == "all"
        ]
        return f"Pearson {row.pearson:.6f}, Spearman {row.spearman:.6f}"

    def deeptools(self) -> str:
        """multiBigwigSummary; the correlations of its table are as by plotCorrelation."""
        table = self._folder / "deeptools.npz"
        run(
            "multiBigwigSummary",
            "bins",
            "-b",
            *self._tracks,
            "-bs",
            self.step,
            "-p",
            1,
            "-o",
            table,
        )
        with np.load(table) as file:
            means = file["matrix"]
        one, two = means[np.isfinite(means).all(axis=1)].T
        return f"Pearson {pearsonr(one, two)[0]:.6f}, Spearman {spearmanr(one, two)[0]:.6f}"

    def wiggletools(self) -> str:
        """Pearson's correlation by wiggletools."""
        return f"Pearson {float(run('wiggletools', 'pearson', *self._tracks)):.6f}"

    def calls(self, high: float, by_zoom: bool) -> str:
        """`regtrack calls` of the first track, its writing apart."""
        with RawBigWig(self._tracks[0]) as raw:
            found = find_peaks(
                raw, high=high, low=high / 2, min_length=50, max_gap=25, by_zoom=by_zoom
            )
            return f"{sum(len(peaks) for _, peaks in found):,} peaks"


def programs(bench: Bench) -> dict[str, Callable[[], str]]:
    """What is measured, by its name."""
    measured: dict[str, Callable[[], str]] = {
        f"regtrack compare, {bench.step:,} bp": partial(bench.compare, bench.step)
    }
    if shutil.which("multiBigwigSummary"):
        measured[f"deepTools multiBigwigSummary, {bench.step:,} bp"] = bench.deeptools
    else:
        print("deepTools is not installed")
    measured["regtrack compare, 1 bp"] = partial(bench.compare, 1)
    if shutil.which("wiggletools"):
        measured["wiggletools pearson, 1 bp"] = bench.wiggletools
    else:
        print("wiggletools is not installed")
    for high in (0.5, 0.01):
        for by_zoom in (True, False):
            blocks = "" if by_zoom else ", every block"
            measured[f"regtrack calls from {high}{blocks}"] = partial(bench.calls, high, by_zoom)
    return measured


def main() -> None:
    """Measure the programs in turns, and print the best of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tracks", nargs="*", type=Path, help="two bigWigs; default: made here")
    parser.add_argument("--megabases", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--bin", type=int, default=1_000, help="bp of deepTools' bins")
    given = parser.parse_args()
    if len(given.tracks) not in {0, 2}:
        parser.error(f"{len(given.tracks)} bigWigs; expected two")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        length = given.megabases * MEGA
        tracks = given.tracks or [write(folder / f"{n}.bw", n, length) for n in (1, 2)]
        one, two = tracks
        bench = Bench(one, two, given.bin, folder)
        measured = programs(bench)
        best = dict.fromkeys(measured, float("inf"))
        told = {}
        for _ in range(given.repeats):
            for name, work in measured.items():
                taken, told[name] = timed(work)
                best[name] = min(best[name], taken)
    for name, taken in best.items():
        rate = bench.length / taken / MEGA
        print(f"{name:42} {taken:7.2f} s {rate:8.1f} Mbp/s  {told[name]}", flush=True)


if __name__ == "__main__":
    main()
