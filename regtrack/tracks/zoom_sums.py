"""Zoom records as columns, added up by bins; bins may be those of several tracks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.bigwig.raw import Positions, Records

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Columns:
    """Zoom records as columns, (n,) each, which are added up faster than rows.

    Attributes:
        start: first base of each (bp), uint32.
        end: one past the last base (bp), uint32.
        valid: number of bases with a value, uint32.
        low: minimum, float32.
        high: maximum, float32.
        total: sum, float32.
    """

    start: npt.NDArray[np.uint32]
    end: npt.NDArray[np.uint32]
    valid: npt.NDArray[np.uint32]
    low: Values
    high: Values
    total: Values

    @classmethod
    def of(cls, records: Records) -> Columns:
        """The columns of records, `layout.ZOOM_RECORD` (n,)."""
        names = ("start", "end", "valid", "min", "max", "sum")
        return cls(*(np.ascontiguousarray(records[name]) for name in names))

    def chosen(self, which: npt.NDArray[Any]) -> Columns:
        """Some of the records, by a mask, bool (n,), or by their numbers, int64."""
        parts = (self.start, self.end, self.valid, self.low, self.high, self.total)
        return Columns(*(part[which] for part in parts))


class Sums:
    """Zoom records divided among the bins that they overlap, by the bases of overlap.

    The bins of all rows are numbered one row after another.
    """

    def __init__(self, start: int, end: int, count: int, rows: int = 1) -> None:
        self._start, self._end, self._count = start, end, count
        self._step = (end - start) / count
        self._valid, self._total = np.zeros((2, rows * count))
        self._high = np.full(rows * count, -np.inf, dtype=np.float32)
        self._low = np.full(rows * count, np.inf, dtype=np.float32)

    def add(self, records: Columns, rows: Positions | None = None) -> None:
        """Add records, which do not overlap and are in order.

        Args:
            records: the records, (n,) each.
            rows: the row of each, in ascending order, int64 (n,); None: there is only one.
        """
        start, end, count, step = self._start, self._end, self._count, self._step
        bins = np.zeros(len(records.start), dtype=np.int64) if rows is None else rows * count
        wide = records.end > records.start
        if not wide.all():  # as in a damaged file
            records, bins = records.chosen(wide), bins[wide]
        lows = records.start.astype(np.int64) - start
        highs = records.end.astype(np.int64) - start
        if step.is_integer():  # whole numbers divide faster
            first, last = lows // int(step), (highs - 1) // int(step)
        else:
            first = (lows // step).astype(np.int64)
            last = (np.ceil(highs / step) - 1).astype(np.int64)
        whole = (first == last) & (lows >= 0) & (highs <= end - start) & (first < count)
        if whole.all():
            self._add_whole(records, bins + first)
            return
        self._add_whole(records.chosen(whole), bins[whole] + first[whole])
        parts = np.flatnonzero(~whole)
        edges = np.clip(first[parts], 0, count - 1), np.clip(last[parts], 0, count - 1)
        self._add_parts(records.chosen(parts), bins[parts], *edges)

    def _add_whole(self, records: Columns, cell: Positions) -> None:
        """Add records (n,) that each lie within one bin (n,), in ascending order."""
        if not len(cell):
            return
        # the first record of each bin
        begin = np.concatenate([[0], np.flatnonzero(cell[1:] != cell[:-1]) + 1])
        at = cell[begin]
        self._valid[at] += np.add.reduceat(records.valid.astype(np.float64), begin)
        self._total[at] += np.add.reduceat(records.total.astype(np.float64), begin)
        self._high[at] = np.maximum(self._high[at], np.maximum.reduceat(records.high, begin))
        self._low[at] = np.minimum(self._low[at], np.minimum.reduceat(records.low, begin))

    def _add_parts(
        self, records: Columns, bins: Positions, first: Positions, last: Positions
    ) -> None:
        """Add records (n,) that reach over edges.

        Args:
            records: the records.
            bins: number of the first bin of each one's row.
            first: the first bin of each, counted within its row.
            last: the last one.
        """
        step = self._step
        lows = np.maximum(records.start.astype(np.int64) - self._start, 0)
        highs = np.minimum(records.end.astype(np.int64), self._end) - self._start
        pieces = last - first + 1
        owner = np.repeat(np.arange(len(first)), pieces)
        cell = first[owner] + np.arange(len(owner)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        overlap = np.minimum(highs[owner], (cell + 1) * step) - np.maximum(lows[owner], cell * step)
        widths = records.end.astype(np.float64) - records.start
        share = np.maximum(overlap, 0) / widths[owner]
        cell += bins[owner]
        self._valid += _added(cell, share * records.valid[owner], len(self._valid))
        self._total += _added(cell, share * records.total[owner], len(self._total))
        np.maximum.at(self._high, cell, records.high[owner])
        np.minimum.at(self._low, cell, records.low[owner])

    def arrays(self) -> tuple[Values, Values, Values]:
        """Means, maxima and minima, float32 (rows, count) each."""
        absent = self._valid <= 1e-6 * self._step  # anything less is rounding at an edge
        self._valid[absent], self._high[absent], self._low[absent] = 0, np.nan, np.nan
        mean = mean_of(self._total, self._valid)
        mean, high, low = (one.reshape(-1, self._count) for one in (mean, self._high, self._low))
        return mean, high, low


def _added(cells: npt.NDArray[np.int64], values: Floats, count: int) -> Floats:
    """The sum of the values in each cell (count,); without values, bincount returns integers."""
    return np.bincount(cells, values, minlength=count).astype(np.float64)


def mean_of(total: Floats, valid: Floats) -> Values:
    """Means, float32 (n,), of sums and numbers of values; NaN where there is none."""
    mean = np.full(len(total), np.nan, dtype=np.float32)
    np.divide(total, valid, out=mean, where=valid > 0, casting="same_kind")
    return mean
