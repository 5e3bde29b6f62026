"""Positions at which tracks are compared: bases or bins of a genome, a million bases at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from regtrack.compare.compared import Compared, Labels
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals, Positions
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.binning import values_of_places

_AT_ONCE = 1 << 20  # bases of a piece


@dataclass(frozen=True, eq=False)
class Piece:
    """The values of all tracks and labels at some positions of a chromosome.

    Attributes:
        chrom: the chromosome.
        read: bases that count in it (bp), with or without values.
        starts: of each position, a base or the bin of the genome that it is in (bp), int64 (n,).
        signals: float32 (tracks, n), NaN if absent.
        labels: the labelled fraction of each position, float32 (labels, n).
    """

    chrom: str
    read: int
    starts: Positions
    signals: npt.NDArray[np.float32]
    labels: npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Grid:
    """Which positions are compared.

    Attributes:
        regions: the bases that count, by chromosome; every base of a bin outside is left out.
        resolution: bp per bin, counted from the chromosome's start; a value is the mean of those
            present.
        missing_as_zero: an absent value is 0.
    """

    regions: Mapping[str, Intervals]
    resolution: int = 1
    missing_as_zero: bool = False

    @property
    def bases(self) -> int:
        """Bases that count."""
        return sum(found.bases for found in self.regions.values())

    def pieces(self, inputs: Compared, chrom: str) -> Iterator[Piece]:
        """The positions of a chromosome, in order.

        Raises:
            TrackError: a track is damaged.
            PeakFileError: labels cannot be read.
        """
        step = max(1, _AT_ONCE // self.resolution) * self.resolution
        regions = self.regions[chrom]
        last = int(regions.ends[-1]) if len(regions) else 0
        for low in range(int(regions.starts[0]) // step * step if last else 0, last, step):
            here = regions.clip(low, low + step)
            if len(here):
                yield self._piece(inputs, chrom, here)

    def _piece(self, inputs: Compared, chrom: str, here: Intervals) -> Piece:
        places = [Interval(chrom, start, end) for start, end in here]
        values = [values_of_places(signal.raw, places) for signal in inputs.signals]
        labels = [_labelled(labels, places) for labels in inputs.labels]
        if self.missing_as_zero:
            values = [np.where(np.isnan(row), np.float32(0), row) for row in values]
        widths = here.ends - here.starts
        nth = np.arange(int(widths.sum())) - np.repeat(np.cumsum(widths) - widths, widths)
        bases = np.repeat(here.starts, widths) + nth
        if self.resolution > 1:
            bins = bases // self.resolution
            first = np.flatnonzero(np.diff(bins, prepend=-1))
            values = [group_means(row, first).astype(np.float32) for row in values]
            labels = [group_means(row, first).astype(np.float32) for row in labels]
            bases = bins[first] * self.resolution
        nothing = np.empty((0, len(bases)), dtype=np.float32)
        return Piece(
            chrom, here.bases, bases, np.stack(values), np.stack(labels) if labels else nothing
        )


def group_means(values: Values, first: Positions) -> npt.NDArray[np.float64]:
    """The mean of each group's values, float64 (groups,); NaN if all are absent.

    Args:
        values: float32 (n,), NaN if absent.
        first: where each group begins, int64 (groups,).
    """
    absent = np.isnan(values)
    counts = np.diff(first, append=len(values)).astype(np.float64)
    if absent.any():
        values = np.where(absent, 0, values)
        counts -= np.add.reduceat(absent, first, dtype=np.float64)
    totals = np.add.reduceat(values, first, dtype=np.float64)
    means = np.full(len(first), np.nan)
    np.divide(totals, counts, out=means, where=counts > 0)
    return means


def _labelled(labels: Labels, places: Sequence[Interval]) -> Values:
    masks = [
        labels.stretches(place.chrom, place.start, place.end).mask(place.start, place.end)
        for place in places
    ]
    return np.concatenate(masks).astype(np.float32)
