"""Bases of a track counted by score and label, from which areas under curves follow."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from regtrack.compare.sources import Sources
from regtrack.compare.windows import Piece, piece_labels
from regtrack.measures.bins import FloatBins
from regtrack.measures.curve import Curve
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.catalog import Track

Labels = npt.NDArray[np.bool_]

# all float32, so that tracks of other programs can be scored too
_BINS = FloatBins(fraction_bits=9, nearest=-126, farthest=128)


class Counts:
    """A histogram with 512 bins per doubling, so that memory does not grow with the genome."""

    def __init__(self) -> None:
        self._counts = np.zeros((2, _BINS.count), dtype=np.int64)

    def add(self, values: Values, labels: Labels) -> None:
        """Count bases that have a value: float32 (n,) and bool (n,)."""
        cells = _BINS.of_values(values) + _BINS.count * labels
        counted = np.bincount(cells, minlength=self._counts.size)
        self._counts += counted.reshape(self._counts.shape)

    def curve(self) -> Curve:
        """The curve of what was counted."""
        return Curve.of_counts(self._counts)


def read_piece(sources: Sources, track: Track, piece: Piece) -> tuple[Values, Labels]:
    """Values, float32 (bases,), NaN if absent, and labels, bool (bases,), of a piece.

    Raises:
        TrackError: the file cannot be read.
        DatasetError: there are no labels of its marker.
    """
    values = sources.values_of(track.id, piece.places)
    return values, piece_labels(sources, track.marker or "", piece)


def present(values: Values, labels: Labels) -> tuple[Values, Labels]:
    """Values and labels of the bases that have a value, float32 (n,) and bool (n,)."""
    there = ~np.isnan(values)
    return values[there], labels[there]
