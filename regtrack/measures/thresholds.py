"""The table of thresholds of a marker: the precision and recall that each has on a split."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.errors import RecordError
from regtrack.measures.curve import MIN_POSITIVES, Curve

Values = npt.NDArray[np.float64]

_RECALLS = np.arange(1, 101) / 100
_PRECISIONS = np.concatenate([np.arange(1, 100) / 100, [0.995, 0.998, 0.999]])
_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold, and what it had on the split that it was measured on.

    Attributes:
        score: bases with at least this score are called.
        precision: the labelled fraction of the called bases.
        recall: the called fraction of the labelled bases.
    """

    score: float
    precision: float
    recall: float


@dataclass(frozen=True)
class ThresholdTable:
    """Some thresholds of a marker in order, and the bases that each calls.

    Attributes:
        scores: thresholds, ascending.
        labelled: labelled bases with at least this score.
        others: other bases with at least this score.
        positives: all labelled bases of the split.

    Raises:
        RecordError: columns of different lengths, or not in order.
    """

    scores: tuple[float, ...] = ()
    labelled: tuple[int, ...] = ()
    others: tuple[int, ...] = ()
    positives: int = 0

    def __post_init__(self) -> None:
        if not len(self.scores) == len(self.labelled) == len(self.others):
            raise RecordError("its thresholds, labelled and other bases differ in number")
        rising = (np.diff(self.scores) > 0).all()
        falling = (np.diff(self.labelled) <= 0).all() and (np.diff(self.others) <= 0).all()
        if self.scores and not (rising and falling and self.labelled[0] <= self.positives):
            raise RecordError("its thresholds are not in order")

    @classmethod
    def of_counts(cls, scores: Values, counts: npt.NDArray[np.integer[Any]]) -> ThresholdTable:
        """The table of a histogram: where recall or precision gains a percent.

        Args:
            scores: the lowest score of each value of the histogram, ascending, float64 (values,).
            counts: bases by label (0, 1) and value, integers (2, values).

        Returns:
            The table; without a threshold for fewer than 10 labelled bases. None of its thresholds
            calls fewer than 10 of them.
        """
        curve = Curve.of_counts(counts)
        positives = int(curve.positives)
        if positives < MIN_POSITIVES:
            return cls(positives=positives)
        labelled, others = curve.true_called, curve.false_called
        precision = labelled / np.maximum(labelled + others, 1)
        enough = labelled >= MIN_POSITIVES
        # from the highest threshold on: the first with a recall, the last with a precision
        first = np.searchsorted(labelled, np.ceil(_RECALLS * positives))
        best = np.maximum.accumulate(np.where(enough, precision, 0)[::-1])
        last = len(best) - 1 - np.searchsorted(best, _PRECISIONS)
        chosen = np.unique(np.concatenate([first, last[last >= 0]]))
        chosen = chosen[enough[chosen]][::-1]
        rounded = np.array([float(f"{score:.{_DIGITS}g}") for score in scores[::-1][chosen]])
        lowest = np.flatnonzero(np.diff(rounded, prepend=-1) > 0)  # of those that round to one
        kept = chosen[lowest]
        return cls(
            tuple(rounded[lowest].tolist()),
            tuple(labelled[kept].tolist()),
            tuple(others[kept].tolist()),
            positives,
        )

    def __len__(self) -> int:
        return len(self.scores)

    @cached_property
    def precision(self) -> Values:
        """The precision of each threshold, float64 (n,)."""
        called = np.array(self.labelled) + np.array(self.others)
        found: Values = np.array(self.labelled) / np.maximum(called, 1)
        return found

    @cached_property
    def recall(self) -> Values:
        """The recall of each threshold, float64 (n,)."""
        return np.array(self.labelled) / max(self.positives, 1)

    def row(self, index: int) -> Threshold:
        """A threshold of the table."""
        return Threshold(
            self.scores[index], float(self.precision[index]), float(self.recall[index])
        )

    @property
    def best(self) -> Threshold:
        """The threshold of the greatest precision; the table has at least one."""
        return self.row(int(self.precision.argmax()))

    def reaching(self, precision: float) -> Threshold | None:
        """The lowest threshold whose precision is at least this; None if there is none."""
        found = np.flatnonzero(self.precision >= precision)
        return self.row(int(found[0])) if len(found) else None

    def nearest(self, score: float) -> Threshold | None:
        """The lowest threshold that is not below a score, or the last; None in an empty table.

        Its precision and recall are those of the score to about a percent.
        """
        if not len(self):
            return None
        return self.row(min(int(np.searchsorted(self.scores, score)), len(self) - 1))

    def q_values(self, scores: Values) -> Values:
        """The q-value of scores, float64 (n,): the least false discovery rate that calls them.

        This is 1 less the greatest precision of a threshold that is not above the score. It is not
        below one in the bases called there, since fewer errors cannot be seen; 1 below the table.
        """
        called = np.array(self.labelled) + np.array(self.others)
        rates = np.maximum(1 - self.precision, 1 / np.maximum(called, 1))
        least = np.concatenate([[1.0], np.minimum.accumulate(rates)])
        found: Values = least[np.searchsorted(self.scores, scores, side="right")]
        return found
