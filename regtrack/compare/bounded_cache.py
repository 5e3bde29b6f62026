"""A cache in memory whose size is bounded."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class BoundedCache(Generic[_T]):
    """The latest results by key, up to a total size; thread-safe.

    Args:
        room: bytes to keep.
        size: returns the bytes of a result.
    """

    def __init__(self, room: int, size: Callable[[_T], int]) -> None:
        self._room, self._size = room, size
        self._kept: OrderedDict[Hashable, _T] = OrderedDict()
        self._used = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """The result of a key, computed if it is missing; two threads may compute the same one."""
        kept = self.peek(key)
        if kept is not None:
            return kept
        made = make()
        self.put(key, made)
        return made

    def peek(self, key: Hashable) -> _T | None:
        """The result of a key; None if it is missing."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def put(self, key: Hashable, made: _T) -> None:
        """Keep a result, unless there is one of its key."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._used += self._size(made)
            while self._used > self._room and len(self._kept) > 1:
                self._used -= self._size(self._kept.popitem(last=False)[1])

    def __len__(self) -> int:
        return len(self._kept)
