"""Reliability of scores: how often bases of a score are labelled, and the calibration error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

BINS = 15
"""Bins of equal width from 0 to 1, as in Guo et al. (2017), Proc. ICML 70:1321."""

Counts = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reliability:
    """Bases by their score, in `BINS` bins of equal width; one marker or many, in any shape.

    Attributes:
        bases: number of bases of each bin, int64 (..., BINS).
        labelled: how many of them are labelled, int64 (..., BINS).
        total: the sum of their scores, float64 (..., BINS).
    """

    bases: Counts
    labelled: Counts
    total: Values

    @classmethod
    def of_counts(cls, scores: Values, counts: npt.NDArray[np.integer[Any]]) -> Reliability:
        """The reliability of a histogram of one marker.

        Args:
            scores: the score that stands for each value of the histogram, float64 (values,).
            counts: bases by label (0, 1) and value, integers (2, values).
        """
        cells = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
        bases = counts.sum(axis=0)

        def binned(weights: npt.NDArray[Any]) -> Values:
            return np.bincount(cells, weights, minlength=BINS).astype(np.float64)

        return cls(
            bases=binned(bases).astype(np.int64),
            labelled=binned(counts[1]).astype(np.int64),
            total=binned(bases * scores),
        )

    @classmethod
    def of_values(cls, scores: Values, labels: npt.NDArray[np.bool_]) -> Reliability:
        """The reliability of scores of one marker, float64 (L,), against labels, bool (L,)."""
        cells = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
        return cls(
            bases=np.bincount(cells, minlength=BINS),
            labelled=np.bincount(cells[labels], minlength=BINS),
            total=np.bincount(cells, scores, minlength=BINS).astype(np.float64),
        )

    @classmethod
    def stack(cls, rows: list[Reliability]) -> Reliability:
        """Several markers as one value, with an axis of markers before the others."""
        columns = ([getattr(row, name) for row in rows] for name in ("bases", "labelled", "total"))
        return cls(*(np.stack(column) for column in columns))

    def pooled(self, rows: list[int]) -> Reliability:
        """The bases of some markers taken together; of (M, BINS) to (BINS,)."""
        columns = (self.bases, self.labelled, self.total)
        return Reliability(*(column[rows].sum(axis=0) for column in columns))

    def score(self) -> Values:
        """The mean score of each bin, float64 (..., BINS); NaN without bases."""
        return _over(self.total, self.bases)

    def fraction(self) -> Values:
        """The labelled fraction of each bin, float64 (..., BINS); NaN without bases."""
        return _over(self.labelled.astype(np.float64), self.bases)

    def error(self) -> Values:
        """The expected calibration error, float64 (...); NaN without bases.

        The mean over all bases of the distance between a bin's mean score and its labelled
        fraction (Guo et al. 2017, eq. 3).
        """
        return _over(abs(self.total - self.labelled).sum(-1), self.bases.sum(-1))


def _over(values: Values, counts: Counts) -> Values:
    quotient = np.full(np.shape(values), np.nan)
    np.divide(values, counts, out=quotient, where=np.asarray(counts) > 0)
    return quotient
