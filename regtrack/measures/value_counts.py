"""Every distinct value of a track and how often it occurs: exact ranks and curves of any length.

Memory grows with the number of distinct values, not with the genome. A track that keeps 7 bits of
each value has a few thousand of them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from regtrack.errors import OutOfMemoryError
from regtrack.machine.memory import usable_memory
from regtrack.measures.bins import sort_keys
from regtrack.measures.curve import Curve

Keys = npt.NDArray[np.uint32]
Counts = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]

_WAITING = 1 << 22  # distinct values of portions that are merged at once
_DENSE = 20  # bits of keys that are counted, or looked up, in a table


class ValueCounts:
    """Distinct values and their counts, fed in any portions."""

    def __init__(self) -> None:
        self._keys: Keys = np.empty(0, dtype=np.uint32)
        self._counts: Counts = np.empty(0, dtype=np.int64)
        self._waiting: list[tuple[Keys, Counts]] = []

    def add(self, values: npt.NDArray[np.float32]) -> None:
        """Add values, float32 (n,), none NaN.

        Raises:
            OutOfMemoryError: too many distinct values.
        """
        if len(values):
            self._put(*_distinct(sort_keys(values)))

    def merge(self, other: ValueCounts) -> None:
        """Add the values of another."""
        self._put(*other.distinct())

    def distinct(self) -> tuple[Keys, Counts]:
        """Keys of the distinct values (`sort_keys`), ascending, uint32 (d,); counts, int64 (d,)."""
        if self._waiting:
            keys = np.concatenate([self._keys, *(keys for keys, _ in self._waiting)])
            counts = np.concatenate([self._counts, *(counts for _, counts in self._waiting)])
            self._waiting = []
            order = np.argsort(keys, kind="stable")
            keys, counts = keys[order], counts[order]
            first = np.flatnonzero(np.diff(keys, prepend=keys[:1] ^ np.uint32(1)) != 0)
            self._keys, self._counts = keys[first], np.add.reduceat(counts, first)
            needed = 40 * len(self._keys)  # while they are merged
            if needed > usable_memory():
                raise OutOfMemoryError(
                    f"a track has {len(self._keys):,} distinct values, too many for the memory "
                    "there is; choose a coarser `resolution`, or fewer `chroms`"
                )
        return self._keys, self._counts

    def _put(self, keys: Keys, counts: Counts) -> None:
        self._waiting.append((keys, counts))
        if sum(len(keys) for keys, _ in self._waiting) > _WAITING:
            self.distinct()


class Ranks:
    """The rank of each value of a track, from 1; equal values share the mean of their ranks.

    Args:
        counts: of all values.
    """

    def __init__(self, counts: ValueCounts) -> None:
        self._keys, number = counts.distinct()
        self._ranks = np.cumsum(number) - (number - 1) / 2
        self._shift = _zeros(self._keys)
        self._table: Values | None = None
        if 32 - self._shift <= _DENSE:
            self._table = np.zeros(1 << (32 - self._shift))
            self._table[self._keys >> self._shift] = self._ranks

    def of(self, values: npt.NDArray[np.float32]) -> Values:
        """The ranks, float64 (n,), of values that were counted, float32 (n,)."""
        keys = sort_keys(values)
        if self._table is not None:
            found: Values = self._table[keys >> self._shift]
            return found
        looked_up: Values = self._ranks[np.searchsorted(self._keys, keys)]
        return looked_up


def curve_of(every: ValueCounts, labelled: ValueCounts) -> Curve:
    """The curve with a threshold at every distinct value, as of `regtrack.measures.measure`.

    Args:
        every: the values of all bases.
        labelled: those of labelled bases.
    """
    keys, total = every.distinct()
    some, counts = labelled.distinct()
    positive = np.zeros(len(keys), dtype=np.int64)
    positive[np.searchsorted(keys, some)] = counts
    return Curve.of_counts(np.stack([total - positive, positive]))


def _distinct(keys: Keys) -> tuple[Keys, Counts]:
    """The distinct keys, ascending, and their counts."""
    shift = _zeros(keys)
    if 32 - shift <= _DENSE:
        table = np.bincount(keys >> shift, minlength=0)
        there = np.flatnonzero(table)
        return (there << shift).astype(np.uint32), table[there]
    found, counts = np.unique(keys, return_counts=True)
    return found, counts.astype(np.int64)


def _zeros(keys: Keys) -> int:
    """How many of the last bits are 0 in all keys; 0 of values below 0, whose bits are reversed."""
    used = int(np.bitwise_or.reduce(keys)) if len(keys) else 0
    return (used & -used).bit_length() - 1 if used else 0
