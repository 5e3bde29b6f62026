"""What a joined track should hold, from the bins of its shards, and whether pyBigWig finds it."""

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

_SAMPLES = 16  # bins of a track whose values are read again
_CHROMS = 16  # whose zoom levels are read again: those with the most bases


class Content:
    """Collects what a track should hold while its stretches are joined."""

    def __init__(self, assembly: Assembly, resolution: int) -> None:
        self._lengths = dict(zip(assembly.names, assembly.lengths, strict=True))
        self._reduction = first_reduction(resolution)
        self._chroms: dict[str, Totals] = {}
        self._samples = Samples(_SAMPLES)

    def add(self, chrom: str, bins: Bins) -> None:
        """Count a stretch by its bins of the first zoom level, `BIN` (n,), in bp."""
        if len(bins) == 0:
            return
        self._chroms[chrom] = self._chroms.get(chrom, NOTHING) + to_totals(bins)
        if len(whole := _whole(bins)):
            self._samples.offer(lambda: self._sample(chrom, whole[len(whole) // 2 :][:1]))

    @property
    def totals(self) -> Totals:
        """Of the whole track."""
        return reduce(add, self._chroms.values(), NOTHING)

    @property
    def expected(self) -> Expected:
        """What another reader should find."""
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


def _whole(bins: Bins) -> Bins:
    """Those bins of a stretch whose values are all in one piece.

    Neighbouring stretches have the rest of the first and the last one, and a stretch that was
    encoded in pieces has two bins where a piece ends within one.
    """
    moves = np.diff(bins["start"]) > 0
    return bins[1:-1][moves[:-1] & moves[1:]]


def check_track(reader: SecondReader, path: Path, expected: Expected) -> None:
    """Refuse a finished track in which pyBigWig does not find what was computed.

    Args:
        reader: pyBigWig.
        path: the track.
        expected: from the bins of its shards, which were made of the values themselves.

    Raises:
        OutputError: so it is; the message says what pyBigWig finds.
    """
    try:
        wrong = reader.check(path, expected)
    except TrackError as error:
        raise OutputError(_refusal(path, str(error))) from error
    if wrong:
        raise OutputError(_refusal(path, f"pyBigWig {wrong[0]}"))


def _refusal(path: Path, message: str) -> str:
    return (
        f"{path.name} is not what was computed: {message}. No track was published, and all shards "
        "are kept: run the same command again, which joins them anew; look for a failing disk or "
        "memory if it is refused again"
    )
