"""Check a joined track: pyBigWig must read from it what the bins of its shards contain."""

from __future__ import annotations

import heapq
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np

from regtrack.errors import OutputError, TrackError
from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig.bins import Bins, first_reduction
from regtrack.tracks.bigwig.readings import NOTHING, Expected, Sample, Totals, to_totals
from regtrack.tracks.bigwig.sampling import Samples
from regtrack.tracks.bigwig.second_reader import SecondReader

_SAMPLES = 16  # bins per track whose values are read back
_CHROMS = 16  # chromosomes whose zoom levels are read back: those with the most bases


class Content:
    """Collects what a track should contain while its sections are joined."""

    def __init__(self, assembly: Assembly, resolution: int) -> None:
        self._lengths = dict(zip(assembly.names, assembly.lengths, strict=True))
        self._reduction = first_reduction(resolution)
        self._chroms: dict[str, Totals] = {}
        self._samples = Samples(_SAMPLES)

    def add(self, chrom: str, bins: Bins) -> None:
        """Add a section, given its bins of zoom level 1, `BIN` (n,), in bp."""
        if len(bins) == 0:
            return
        self._chroms[chrom] = self._chroms.get(chrom, NOTHING) + to_totals(bins)
        if len(single := _unsplit(bins)):
            self._samples.offer(lambda: self._sample(chrom, single[len(single) // 2 :][:1]))

    @property
    def totals(self) -> Totals:
        """Totals of the whole track."""
        return reduce(add, self._chroms.values(), NOTHING)

    @property
    def expected(self) -> Expected:
        """What another reader should read from the track."""
        most = heapq.nlargest(_CHROMS, self._chroms, key=lambda name: self._chroms[name].bases)
        return Expected(
            lengths=self._lengths,
            bases=self.totals.bases,
            chroms={name: self._chroms[name] for name in most},
            samples=tuple(self._samples.taken),
        )

    def _sample(self, chrom: str, bins: Bins) -> Sample:
        start = int(bins["start"][0])
        end = min(start + self._reduction, self._lengths[chrom])
        return Sample(chrom, start, end, to_totals(bins))


def _unsplit(bins: Bins) -> Bins:
    """The bins (n,) of a section that contain all values of their bp.

    The first and the last bin may continue in the neighbouring sections, and a section that was
    encoded in pieces has two bins with the same start if a piece ends within a bin.
    """
    moves = np.diff(bins["start"]) > 0
    return bins[1:-1][moves[:-1] & moves[1:]]


def check_track(reader: SecondReader, path: Path, expected: Expected) -> None:
    """Refuse a finished track from which pyBigWig does not read what was computed.

    Args:
        reader: pyBigWig.
        path: the track.
        expected: from the bins of its shards, which were computed from the values themselves.

    Raises:
        OutputError: pyBigWig reads something else; the message says what.
    """
    try:
        wrong = reader.check(path, expected)
    except TrackError as error:
        raise OutputError(_refusal(path, str(error))) from error
    if wrong:
        raise OutputError(_refusal(path, f"pyBigWig {wrong[0]}"))


def _refusal(path: Path, message: str) -> str:
    return (
        f"{path.name} differs from what was computed: {message}. No track was published, and all "
        "shards are kept. Run the same command again to join them again; if this error returns, "
        "check the disk and the memory for faults"
    )
