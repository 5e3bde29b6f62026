"""Threads that work for others, and that a signal cannot leave waiting for each other."""

from __future__ import annotations

import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PATIENCE = 1.0  # seconds that a signal waits at most


class Task(Generic[R]):
    """Work that was given to threads.

    Args:
        future: its result, once there is one.
    """

    def __init__(self, future: Future[R]) -> None:
        self._future = future

    def done_within(self, seconds: float) -> bool:
        """Wait for its end, at most so many seconds."""
        return bool(_ended([self._future], seconds))

    def result(self) -> R:
        """What the work gives, once it has ended.

        Raises:
            Exception: that of the work.
        """
        try:
            while True:
                with _signals_later():
                    if wait([self._future], _PATIENCE).done:
                        return self._future.result()
        finally:
            del self  # else an error, by its traceback, would keep itself and what it holds


class Threads:
    """Threads that take work in order; when the block ends, what is not begun is dropped.

    `concurrent.futures` holds locks that a signal must not interrupt. Ctrl-C raises
    KeyboardInterrupt between any two steps of the main thread, even where a lock has just been
    taken and nothing would give it back: the threads would wait for it forever, and the process
    for the threads. So signals act where no lock is held, at most a second later.

    Args:
        count: of threads.
        prepare: called in each thread before its first work.
    """

    def __init__(self, count: int, prepare: Callable[[], object] | None = None) -> None:
        self._pool = ThreadPoolExecutor(count, initializer=prepare)

    def __enter__(self) -> Threads:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with _signals_later():
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool.shutdown()  # takes no lock that threads need

    def submit(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Task[R]:
        """Have a thread call a function."""
        with _signals_later():
            return Task(self._pool.submit(work, *args, **kwargs))

    def ahead(self, work: Callable[[T], R], items: Iterable[T], count: int) -> Iterator[R]:
        """Results in the order of the items, while those of the next `count` are computed.

        Raises:
            Exception: that of the work.
        """
        waiting: deque[Task[R]] = deque()
        for item in items:
            waiting.append(self.submit(work, item))
            if len(waiting) > count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def wait_for(tasks: Iterable[Task[Any]]) -> None:
    """Wait until all have ended, well or not."""
    for task in tasks:
        while not task.done_within(_PATIENCE):
            pass


def as_ended(tasks: Iterable[Task[R]]) -> Iterator[Task[R]]:
    """Tasks as they end, in any order."""
    left = {task._future: task for task in tasks}
    while left:
        for future in _ended(left, _PATIENCE):
            yield left.pop(future)


def _ended(futures: Iterable[Future[R]], seconds: float) -> set[Future[R]]:
    """Those that have ended, once there is one; none after so many seconds."""
    with _signals_later():
        return wait(futures, timeout=seconds, return_when=FIRST_COMPLETED).done


@contextmanager
def _signals_later() -> Iterator[None]:
    """Let signals that arrive in the main thread during the block act at its end."""
    if threading.get_ident() != threading.main_thread().ident:  # others get none
        yield
        return
    held = _Held()
    try:
        held.begin()
        yield
    finally:
        held.end()


class _Held:
    """Signals that wait for their handlers."""

    def __init__(self) -> None:
        self._handlers: dict[int, Callable[[int, FrameType | None], Any]] = {}
        self._arrived: list[int] = []
        self._over = False

    def begin(self) -> None:
        """Take the place of the handlers."""
        for number in _SIGNALS:
            handler = signal.getsignal(number)
            if callable(handler):
                self._handlers[number] = handler
                signal.signal(number, self._note)

    def end(self) -> None:
        """Give their places back, and call those whose signals came; one may raise."""
        self._over = True  # should one raise before all are back, this passes signals on
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        for number in self._arrived:
            self._handlers[number](number, None)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._over:
            self._handlers[number](number, frame)
        else:
            self._arrived.append(number)
