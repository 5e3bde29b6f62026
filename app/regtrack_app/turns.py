"""Which of a page's requests is its last one: those before need no answer any more."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

_PAGES = 1_000  # that are remembered


class Turns:
    """The last turn of each page, by a name that the page gives itself; thread-safe."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, page: str, turn: int) -> Callable[[], bool]:
        """Note a request; returns whether it is still wanted, which is asked while it is answered.

        Args:
            page: the page's name; empty: unknown, so that its requests are always wanted.
            turn: number of the request; several of one turn are all wanted.
        """
        if not page:
            return lambda: True
        with self._lock:
            last = self._last[page] = max(turn, self._last.get(page, turn))
            self._last.move_to_end(page)
            while len(self._last) > _PAGES:
                self._last.popitem(last=False)
        if turn < last:
            return lambda: False
        return lambda: self._last.get(page, turn) <= turn
