"""A signal that arrives at the worst moment: where the main thread has just taken a lock."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def struck(number: int, lock: int) -> Iterator[list[int]]:
    """Send a signal to the main thread when it has taken so many locks of `threading`, once.

    Gives a list that is empty after the signal.
    """
    enter = threading.Condition.__enter__
    left = [lock]

    def strike(condition: threading.Condition) -> bool:
        taken = enter(condition)
        if left and threading.get_ident() == threading.main_thread().ident:
            left[0] -= 1
            if left[0] < 0:
                left.clear()
                signal.raise_signal(number)
        return taken

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading.Condition, "__enter__", strike)
        yield left
