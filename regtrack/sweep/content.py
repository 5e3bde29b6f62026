"""Check a joined track: pyBigWig must read from it what the bins of its shards contain."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from regtrack.errors import OutputError, TrackError
from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig.bins import Bins, first_reduction, reduce_bins
from regtrack.tracks.bigwig.readings import NOTHING, Expected, Sample, Totals, to_totals
from regtrack.tracks.bigwig.sampling import Samples
from regtrack.tracks.bigwig.second_reader import SecondReader

_SAMPLES = 16  # bins per track whose values are read back
_CHROMS = 16  # chromosomes whose zoom levels are read back: those with the most bases


class Content:
    """Collects what a track should contain while its sections are joined."""

    def __init__(self, assembly: Assembly, resolution: int) -> None:
        self._assembly = assembly
        self._reduction = first_reduction(resolution)
        self._bases = np.zeros(len(assembly.names), dtype=np.int64)
        self._low, self._high = np.full((2, len(self._bases)), np.nan, dtype=np.float32)
        self._total = np.zeros(len(self._bases))
        self._samples = Samples(_SAMPLES)

    def add(self, bins: Bins) -> None:
        """Add a section, given its bins of zoom level 1, `BIN` (n,), in bp."""
        if len(bins) == 0:
            return
        first = np.flatnonzero(np.concatenate([[True], np.diff(bins["chrom"]) != 0]))
        sums = reduce_bins(bins, first)
        here = sums["chrom"]
        self._bases[here] += sums["valid"]
        self._low[here] = np.fmin(self._low[here], sums["min"])
        self._high[here] = np.fmax(self._high[here], sums["max"])
        self._total[here] += sums["sum"]
        if len(single := _unsplit(bins)):
            self._samples.offer(lambda: self._sample(single[len(single) // 2 :][:1]))

    @property
    def totals(self) -> Totals:
        """Totals of the whole track."""
        if not self._bases.any():
            return NOTHING
        low, high = float(np.nanmin(self._low)), float(np.nanmax(self._high))
        return Totals(int(self._bases.sum()), low, high, float(self._total.sum()))

    @property
    def expected(self) -> Expected:
        """What another reader should read from the track."""
        most = np.argsort(-self._bases, kind="stable")[:_CHROMS]
        chroms = {self._assembly.by_bytes[number]: self._of(number) for number in most.tolist()}
        return Expected(
            lengths=self._assembly.length_of,
            bases=self.totals.bases,
            chroms={name: totals for name, totals in chroms.items() if totals.bases},
            samples=tuple(self._samples.taken),
        )

    def _of(self, number: int) -> Totals:
        return Totals(
            int(self._bases[number]), float(self._low[number]), float(self._high[number]),
            float(self._total[number]),
        )  # fmt: skip

    def _sample(self, bins: Bins) -> Sample:
        chrom, start = self._assembly.by_bytes[bins["chrom"][0]], int(bins["start"][0])
        end = min(start + self._reduction, self._assembly.length(chrom))
        return Sample(chrom, start, end, to_totals(bins))


def _unsplit(bins: Bins) -> Bins:
    """The bins (n,) of a section that contain all values of their bp.

    The first and the last bin may continue in the neighbouring sections, and a section that was
    encoded in pieces has two bins with the same start if a piece ends within a bin.
    """
    moves = (np.diff(bins["start"]) != 0) | (np.diff(bins["chrom"]) != 0)
    inner: Bins = bins[1:-1]
    return np.extract(moves[:-1] & moves[1:], inner)


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
        f"{path.name} differs from what was computed: {message}. No track was published, and what "
        "the shards hold of it is kept. Run the same command again to join it again; if this error "
        "returns, check the disk and the memory for faults"
    )
