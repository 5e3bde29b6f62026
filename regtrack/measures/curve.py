"""Areas under precision-recall and ROC curves, from counts of labelled and other bases.

Every PR AUC and ROC AUC of regtrack is computed here, whatever was counted: single values
(`regtrack.measures.measure`), bins of a track (`regtrack.compare.scoreboard`) or bins of logits on
a GPU (`regtrack.evaluation.metrics`). Two exceptions come from scikit-learn and agree with these to
rounding: the exact areas that a user requests (`regtrack.measures.exact`), and the average
precisions of the benchmark (`regtrack.benchmark.measure`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MIN_POSITIVES = 10
"""A marker with fewer labelled bases has no score, in evaluation and comparison alike."""

Counts = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curve:
    """The bases called at each threshold, from the highest; one curve or many, in any shape.

    Attributes:
        true_called: labelled bases called, ascending, int64 (..., thresholds).
        false_called: other bases called, ascending, int64 (..., thresholds).
    """

    true_called: Counts
    false_called: Counts

    @classmethod
    def of_counts(cls, counts: npt.NDArray[np.integer[Any]]) -> Curve:
        """The curve of a histogram.

        Args:
            counts: bases by label (0, 1) and value, ascending, integers (..., 2, values).
        """
        called = counts[..., ::-1].cumsum(axis=-1, dtype=np.int64)
        return cls(true_called=called[..., 1, :], false_called=called[..., 0, :])

    @property
    def positives(self) -> Counts:
        """Number of labelled bases, int64 (...)."""
        return _last(self.true_called)

    @property
    def negatives(self) -> Counts:
        """Number of other bases, int64 (...)."""
        return _last(self.false_called)

    def average_precision(self) -> Values:
        """Area under the precision-recall curve by steps, float64 (...); NaN without positives.

        The rule of scikit-learn's `average_precision_score`: the precision at each threshold,
        weighted by the recall gained there.
        """
        gained = np.diff(self.true_called, axis=-1, prepend=0)
        return _over((gained * self._precision()).sum(-1), self.positives)

    def pr_auc_trapezoid(self) -> Values:
        """Area under the precision-recall curve by trapezoids, float64 (...).

        NaN without positives. The rule of Gupta and Rush (2017), which is scikit-learn's `auc` of a
        `precision_recall_curve`: the points are joined by straight lines, from recall 0 at
        precision 1. It is too optimistic with few thresholds (Davis and Goadrich 2006).
        """
        precision = self._precision()
        before = np.concatenate([np.ones_like(precision[..., :1]), precision[..., :-1]], axis=-1)
        gained = np.diff(self.true_called, axis=-1, prepend=0)
        return _over((gained * (before + precision)).sum(-1) / 2, self.positives)

    def roc_auc(self) -> Values:
        """Area under the ROC curve, float64 (...); NaN unless there are positives and negatives."""
        before = self.true_called - np.diff(self.true_called, axis=-1, prepend=0)
        width = np.diff(self.false_called, axis=-1, prepend=0)
        # twice the area as an integer, exact up to 2^53
        twice = (width.astype(np.float64) * (before + self.true_called)).sum(-1)
        return _over(_over(twice / 2, self.positives), self.negatives)

    def precision_at(self, recalls: Values) -> Values:
        """The precision at the highest threshold that reaches each recall.

        Args:
            recalls: from 0 to 1, ascending, float64 (R,).

        Returns:
            float64 (R,), of a single curve; NaN without positives.
        """
        if not self.positives:
            return np.full(len(recalls), np.nan)
        reached = np.searchsorted(self.true_called, recalls * self.positives)
        precision: Values = self._precision()[np.minimum(reached, len(self.true_called) - 1)]
        return precision

    def base_rate(self) -> Values:
        """The labelled fraction of the bases, float64 (...); NaN without bases.

        This is the average precision of uninformed scores.
        """
        return _over(self.positives, self.positives + self.negatives)

    def _precision(self) -> Values:
        """The labelled fraction of the called bases; 1 if none is called, as in scikit-learn."""
        called = self.true_called + self.false_called
        precision = np.ones(called.shape)
        np.divide(self.true_called, called, out=precision, where=called > 0)
        return precision


def _last(called: Counts) -> Counts:
    """The last count of each curve; 0 for a curve without thresholds."""
    return called[..., -1] if called.shape[-1] else np.zeros(called.shape[:-1], dtype=np.int64)


def _over(values: npt.NDArray[Any], counts: Counts) -> Values:
    quotient = np.full(np.shape(values), np.nan)
    np.divide(values, counts, out=quotient, where=counts > 0)
    return quotient
