"""Runs of columns of a matrix that were read, of which later views are put together."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

import numpy as np
import numpy.typing as npt

Columns = npt.NDArray[Any]


class Runs:
    """The latest runs of columns, up to a total size; thread-safe.

    A run has a key, which says of what it is, and the number of its first column. Runs of one key
    may overlap, and have equal values where they do.

    Args:
        room: bytes to keep.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept: OrderedDict[tuple[Hashable, int], Columns] = OrderedDict()
        self._used = 0
        self._lock = threading.Lock()

    def put(self, key: Hashable, first: int, values: Columns) -> None:
        """Keep a run of any dtype (rows, columns), and forget those in it, unless one has it."""
        last = first + values.shape[1]
        with self._lock:
            mine = [start for known, start in self._kept if known == key]
            for start in mine:
                end = start + self._kept[key, start].shape[1]
                if start <= first and last <= end:
                    return
                if first <= start and end <= last:
                    self._used -= self._kept.pop((key, start)).nbytes
            self._kept[key, first] = values
            self._used += values.nbytes
            while self._used > self._room and len(self._kept) > 1:
                self._used -= self._kept.popitem(last=False)[1].nbytes

    def fill(self, key: Hashable, first: int, found: Columns) -> npt.NDArray[np.bool_]:
        """Copy what is known of the columns from `first` on.

        Args:
            key: of what they are.
            first: number of the first column.
            found: what is filled (rows, columns), of the type that was kept.

        Returns:
            Which columns are not known, bool (columns,).
        """
        missing = np.ones(found.shape[1], dtype=np.bool_)
        for start, values in self._near(key, first, found.shape[1]):
            low, high = max(start, first), min(start + values.shape[1], first + found.shape[1])
            here = slice(low - first, high - first)
            if missing[here].any():
                found[:, here] = values[:, low - start : high - start]
                missing[here] = False
        return missing

    def has(self, key: Hashable, first: int, count: int) -> bool:
        """Whether all of `count` columns from `first` on are known."""
        missing = np.ones(count, dtype=np.bool_)
        for start, values in self._near(key, first, count):
            missing[max(start - first, 0) : start + values.shape[1] - first] = False
        return not missing.any()

    def _near(self, key: Hashable, first: int, count: int) -> list[tuple[int, Columns]]:
        """The runs that have some of the columns, which are now the latest used ones."""
        with self._lock:
            near = [
                (start, values)
                for (known, start), values in self._kept.items()
                if start < first + count and first < start + values.shape[1] and known == key
            ]
            for start, _ in near:
                self._kept.move_to_end((key, start))
        return near

    def __len__(self) -> int:
        return len(self._kept)
