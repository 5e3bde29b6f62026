"""Many intervals of one chromosome as one value: sorted, merged, 0-based, half-open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

from regtrack.errors import RegionError

Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_Number = TypeVar("_Number", bound=np.number[Any])
_SHOWN = 4


@dataclass(frozen=True, eq=False)
class Intervals:
    """A set of bases of one chromosome, as sorted intervals that neither overlap nor touch.

    Iterating gives (start, end) pairs of plain integers; equal values hold the same bases.

    Attributes:
        starts: first base of each interval (bp), int64 (n,).
        ends: one past the last base of each (bp), int64 (n,).

    Raises:
        RegionError: the arrays are not two int64 columns of one length, or the intervals are empty,
            unsorted, overlapping or touching. `Intervals.merged` takes such pairs.

    >>> Intervals(np.array([0, 5]), np.array([3, 9]))
    Intervals((0, 3), (5, 9))
    """

    starts: Positions
    ends: Positions

    def __post_init__(self) -> None:
        starts, ends = self.starts, self.ends
        if not (starts.dtype == ends.dtype == np.int64) or starts.ndim != 1:
            raise RegionError(
                f"intervals have starts {starts.dtype} {starts.shape} and ends {ends.dtype} "
                f"{ends.shape}; expected two columns of int64"
            )
        if len(starts) != len(ends):
            raise RegionError(
                f"intervals have {len(starts):,} starts and {len(ends):,} ends; expected equal "
                "numbers"
            )
        if not (starts < ends).all() or not (starts[1:] > ends[:-1]).all():
            raise RegionError(
                "intervals are empty, unsorted, overlap or touch; expected each to begin after the "
                "one before it ends: use Intervals.merged"
            )

    @classmethod
    def none(cls) -> Self:
        """No bases.

        >>> len(Intervals.none())
        0
        """
        return cls(np.empty(0, np.int64), np.empty(0, np.int64))

    @classmethod
    def one(cls, start: int, end: int) -> Self:
        """The bases of [start, end) (bp)."""
        return cls(np.array([start], np.int64), np.array([end], np.int64))

    @classmethod
    def merged(cls, starts: npt.ArrayLike, ends: npt.ArrayLike) -> Self:
        """The bases of pairs in any order, which may overlap; those with `end <= start` are empty.

        Args:
            starts: first base of each pair (bp), integers (n,).
            ends: one past the last base of each (bp), integers (n,).

        >>> Intervals.merged([5, 0, 8], [8, 3, 9])
        Intervals((0, 3), (5, 9))
        """
        lows, highs = np.asarray(starts, np.int64), np.asarray(ends, np.int64)
        held = lows < highs
        if not held.all():
            lows, highs = lows[held], highs[held]
        if len(lows) == 0:
            return cls.none()
        order = np.argsort(lows, kind="stable")
        lows, highs = lows[order], np.maximum.accumulate(highs[order])
        first = np.concatenate([[True], lows[1:] > highs[:-1]])
        last = np.concatenate([first[1:], [True]])
        return cls(lows[first], highs[last])

    @classmethod
    def union(cls, several: Iterable[Intervals]) -> Self:
        """The bases that are in at least one of several values.

        >>> Intervals.union([Intervals.one(0, 3), Intervals.one(2, 5), Intervals.none()])
        Intervals((0, 5))
        """
        found = list(several)
        return cls.merged(
            np.concatenate([np.empty(0, np.int64), *(one.starts for one in found)]),
            np.concatenate([np.empty(0, np.int64), *(one.ends for one in found)]),
        )

    @classmethod
    def from_mask(cls, mask: Mask, start: int = 0) -> Self:
        """The bases at which a mask is True.

        Args:
            mask: one value per base, bool (L,).
            start: position of the mask's first base (bp).

        >>> Intervals.from_mask(np.array([False, True, True, False, True]), start=10)
        Intervals((11, 13), (14, 15))
        """
        edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
        edges = edges.astype(np.int64) + start
        return cls(edges[::2], edges[1::2])

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.starts.tolist(), self.ends.tolist(), strict=True)

    __hash__ = None  # type: ignore[assignment]  # arrays may change

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Intervals):
            return NotImplemented
        return np.array_equal(self.starts, other.starts) and np.array_equal(self.ends, other.ends)

    def __repr__(self) -> str:
        shown = [str(pair) for pair in islice(self, _SHOWN)]
        more = [f"... {len(self) - _SHOWN:,} more"] if len(self) > _SHOWN else []
        return f"Intervals({', '.join(shown + more)})"

    @property
    def bases(self) -> int:
        """How many bases there are."""
        return int((self.ends - self.starts).sum())

    def clip(self, start: int, end: int) -> Intervals:
        """The bases that are within [start, end).

        >>> Intervals.merged([0, 5], [3, 9]).clip(2, 7)
        Intervals((2, 3), (5, 7))
        """
        if start >= end:
            return Intervals.none()
        # sorted, so both sides are found by bisection
        low = np.searchsorted(self.ends, start, side="right")
        high = np.searchsorted(self.starts, end, side="left")
        starts, ends = self.starts[low:high], self.ends[low:high]
        return Intervals(np.maximum(starts, start), np.minimum(ends, end))

    def complement(self, length: int) -> Intervals:
        """The bases of [0, length) that are not in this value, none of whose bases may be outside.

        >>> Intervals.merged([0, 5], [3, 9]).complement(12)
        Intervals((3, 5), (9, 12))
        """
        lefts = np.concatenate([np.zeros(1, np.int64), self.ends])
        rights = np.concatenate([self.starts, np.array([length], np.int64)])
        keep = lefts < rights
        return Intervals(lefts[keep], rights[keep])

    def shift(self, by: int) -> Intervals:
        """The same intervals, moved to the right by so many bp.

        >>> Intervals.one(5, 9).shift(-5)
        Intervals((0, 4))
        """
        return Intervals(self.starts + by, self.ends + by)

    def tiles(self, size: int) -> Intervals:
        """The indices of the tiles of `size` bp, counted from base 0, that hold at least one base.

        >>> Intervals.merged([8, 41], [22, 42]).tiles(10)
        Intervals((0, 3), (4, 5))
        """
        return Intervals.merged(self.starts // size, -(-self.ends // size))

    def joined(self, gap: int) -> Intervals:
        """The same intervals, with neighbours less than `gap` bp apart joined into one.

        >>> Intervals.merged([0, 12, 90], [10, 20, 95]).joined(5)
        Intervals((0, 20), (90, 95))
        """
        if len(self) == 0:
            return self
        apart = self.starts[1:] - self.ends[:-1] >= gap
        first, last = np.concatenate([[True], apart]), np.concatenate([apart, [True]])
        return Intervals(self.starts[first], self.ends[last])

    def mask(self, start: int, end: int) -> Mask:
        """Which bases of [start, end) are in this value, bool (end - start,).

        >>> Intervals.one(5, 7).mask(4, 8)
        array([False,  True,  True, False])
        """
        held = np.zeros(end - start, dtype=np.bool_)
        for low, high in self.clip(start, end):
            held[low - start : high - start] = True
        return held

    def covered_below(self, positions: npt.NDArray[_Number]) -> npt.NDArray[_Number]:
        """How many bases are below each position.

        Args:
            positions: in bp, (n,); a fraction counts part of a base.

        Returns:
            Counts (bp), (n,), in the dtype of the positions.

        >>> Intervals.merged([10, 30], [20, 40]).covered_below(np.array([5, 12, 25, 50]))
        array([ 0,  2, 10, 20])
        """
        if len(self) == 0:
            return np.zeros_like(positions)
        totals = np.concatenate([[0], np.cumsum(self.ends - self.starts)])
        begun = np.searchsorted(self.starts, positions, side="right")
        # all intervals that begin by then, less what the last of them has beyond the position
        beyond = np.maximum(self.ends[begun - 1] - positions, 0)
        return np.asarray(totals[begun] - np.where(begun > 0, beyond, 0), positions.dtype)

    def covered_per_tile(self, length: int, size: int) -> Positions:
        """How many bases each tile of `size` bp from base 0 holds, int64 (tiles,).

        The last tile ends at `length`; no base may be beyond it.

        >>> Intervals.one(8, 22).covered_per_tile(25, 10)
        array([ 2, 10,  2])
        """
        edges = np.minimum(np.arange(-(-length // size) + 1, dtype=np.int64) * size, length)
        return np.diff(self.covered_below(edges))

    def shared_with(self, other: Intervals) -> int:
        """How many bases are in both values.

        >>> Intervals.one(0, 10).shared_with(Intervals.merged([2, 8], [4, 20]))
        4
        """
        return int((other.covered_below(self.ends) - other.covered_below(self.starts)).sum())
