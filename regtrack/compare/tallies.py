"""What is counted of some positions, from which every number of a comparison is computed."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

from regtrack.compare.positions import Piece
from regtrack.compare.result import PairRow, PeakRow
from regtrack.measures.measure import number_or_none
from regtrack.measures.moments import Moments
from regtrack.measures.value_counts import Ranks, ValueCounts, curve_of

_LABELLED = 0.5  # the fraction of a bin from which it counts as labelled

Rows = npt.NDArray[np.float32]


def present(piece: Piece) -> Rows:
    """Tracks, then labels, at positions where all tracks have a value: float32 (inputs, n)."""
    there = ~np.isnan(piece.signals).any(axis=0)
    rows = np.concatenate([piece.signals, piece.labels])
    return rows if there.all() else rows[:, there]


class Tallies:
    """Moments and distinct values of tracks and labels over some positions.

    Args:
        tracks: number of tracks, the first rows.
        labels: number of labels, the others.
    """

    def __init__(self, tracks: int, labels: int) -> None:
        self.tracks, self.labels = tracks, labels
        self.moments = Moments(tracks + labels)
        self.values = [ValueCounts() for _ in range(tracks + labels)]
        self.labelled = [[ValueCounts() for _ in range(labels)] for _ in range(tracks)]

    def add(self, rows: Rows) -> None:
        """Add positions, float32 (inputs, n)."""
        self.moments.add(rows)
        for counts, row in zip(self.values, rows, strict=True):
            counts.add(row)
        for at in range(self.labels):
            chosen = rows[self.tracks + at] >= _LABELLED
            for of_track, row in zip(self.labelled, rows, strict=False):
                of_track[at].add(row[chosen])

    def merge(self, later: Tallies) -> None:
        """Add the positions of a later chromosome, which are finished."""
        self.moments.merge(later.moments)
        for mine, theirs in zip(self.values, later.values, strict=True):
            mine.merge(theirs)
        for row, other in zip(self.labelled, later.labelled, strict=True):
            for mine, theirs in zip(row, other, strict=True):
                mine.merge(theirs)

    def ranks(self) -> list[Ranks]:
        """The ranks of the values of each input."""
        return [Ranks(counts) for counts in self.values]

    def pair_rows(self, scope: str, names: tuple[str, ...], spearman: Moments) -> list[PairRow]:
        """Correlations of each pair with a track in it."""
        pearson, ranked = self.moments.correlation(), spearman.correlation()
        return [
            PairRow(
                scope=scope,
                first=names[one],
                second=names[two],
                pearson=number_or_none(pearson[one, two]),
                spearman=number_or_none(ranked[one, two]),
                positions=self.moments.count,
            )
            for one, two in combinations(range(len(names)), 2)
            if one < self.tracks
        ]

    def peak_rows(self, scope: str, names: tuple[str, ...]) -> list[PeakRow]:
        """Each track against each set of labels."""
        return [
            self._peak_row(scope, names, track, at)
            for at in range(self.labels)
            for track in range(self.tracks)
        ]

    def _peak_row(self, scope: str, names: tuple[str, ...], track: int, at: int) -> PeakRow:
        curve = curve_of(self.values[track], self.labelled[track][at])
        return PeakRow(
            scope=scope,
            track=names[track],
            labels=names[self.tracks + at],
            average_precision=number_or_none(curve.average_precision()),
            roc_auc=number_or_none(curve.roc_auc()),
            base_rate=number_or_none(curve.base_rate()),
            labelled=int(curve.positives),
            positions=self.moments.count,
        )
