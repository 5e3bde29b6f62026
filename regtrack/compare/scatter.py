"""Two tracks against each other, counted in bins for figures."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from regtrack.compare.result import Pair
from regtrack.compare.tallies import Rows
from regtrack.measures.moments import Moments

_BINS = 120
_RATIOS = 2_400  # bins of ratios, joined to about as many as there are of values
_JOINED = (1, 2, 4, 5, 8, 10, 20)  # how many bins of ratios may be joined to one


class PairCounter:
    """Counts the positions of two tracks by both values, and by their mean and ratio.

    Values that are never below 0 are compared on a scale of log2(value + offset), the offset being
    a tenth of the mean of both, to one digit.

    Args:
        names: of the two tracks.
        moments: of these, over all positions.
    """

    def __init__(self, names: tuple[str, str], moments: Moments) -> None:
        low, high = float(moments.low[:2].min()), float(moments.high[:2].max())
        self._names = names
        self._offset = _offset(float(moments.mean[:2].mean())) if low >= 0 else None
        least, most = (float(end) for end in self._scaled(np.array([low, high])))
        if not most > least:
            least, most = least - 0.5, least + 0.5
        self._edges = np.linspace(least, most, _BINS + 1)
        span = most - least
        self._ratio_edges = np.linspace(-span, span, _RATIOS + 1)
        self._counts = np.zeros((_BINS, _BINS), dtype=np.int64)
        self._ratios = np.zeros((_BINS, _RATIOS), dtype=np.int64)

    def add(self, rows: Rows) -> None:
        """Add positions, float32 (inputs, n), of which the first two rows count."""
        one, two = (self._scaled(row.astype(np.float64)) for row in rows[:2])
        first, second = self._cells(one, self._edges), self._cells(two, self._edges)
        self._counts += _table(first, second, _BINS)
        middle = self._cells((one + two) / 2, self._edges)
        self._ratios += _table(middle, self._cells(one - two, self._ratio_edges), _RATIOS)

    def pair(self) -> Pair:
        """What was counted."""
        there = np.flatnonzero(self._ratios.any(axis=0))
        held = int(there[-1] - there[0]) + 1 if len(there) else 1
        joined = min((n for n in _JOINED if held <= n * _BINS), default=_JOINED[-1])
        ratios = self._ratios.reshape(_BINS, -1, joined).sum(axis=2)
        edges = self._ratio_edges[::joined]
        return Pair(self._names, self._edges, self._counts, edges, ratios, self._offset)

    def _scaled(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return values if self._offset is None else np.log2(values + self._offset)

    @staticmethod
    def _cells(
        values: npt.NDArray[np.float64], edges: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.int64]:
        step = edges[1] - edges[0]
        cells: npt.NDArray[np.int64] = ((values - edges[0]) / step).astype(np.int64)
        return cells.clip(0, len(edges) - 2)


def _table(
    one: npt.NDArray[np.int64], two: npt.NDArray[np.int64], width: int
) -> npt.NDArray[np.int64]:
    return np.bincount(one * width + two, minlength=_BINS * width).reshape(_BINS, width)


def _offset(mean: float) -> float:
    """A tenth of a mean, to one digit.

    >>> _offset(0.0437), _offset(12.0)
    (0.004, 1.0)
    """
    return float(f"{mean / 10:.1g}") if mean > 0 and math.isfinite(mean) else 1.0
