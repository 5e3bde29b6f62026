"""Work in threads that an interruption does not have to wait for."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from regtrack.fetch.net import Net, StoppedError

T = TypeVar("T")
R = TypeVar("R")

_PATIENCE = 2.0  # seconds for threads to end by themselves after an interruption


def each(work: Callable[[T], R], items: Iterable[T], net: Net, jobs: int) -> Iterator[tuple[T, R]]:
    """Do work on every item, and yield items with results as they come.

    Threads end with the process, so that an interruption does not wait for a silent server.

    Args:
        work: done in a thread.
        items: what it is done on.
        net: stopped if the iteration ends early.
        jobs: threads.

    Raises:
        Exception: the first one of the work; nothing new is begun after it.
    """
    todo = list(items)
    pool = _Pool(work, todo, net)
    threads = [threading.Thread(target=pool.run, daemon=True) for _ in range(min(jobs, len(todo)))]
    try:
        for thread in threads:
            thread.start()
        for _ in todo:
            item, result, error = pool.results.get()
            if error is not None:
                raise error
            yield item, result  # type: ignore[misc]  # there is one where there is no error
    except BaseException:
        net.stop.set()
        for thread in threads:
            thread.join(_PATIENCE / max(1, len(threads)))
        raise


class _Pool(Generic[T, R]):
    def __init__(self, work: Callable[[T], R], items: Iterable[T], net: Net) -> None:
        self._work, self._net = work, net
        self._items = iter(items)
        self._lock = threading.Lock()
        self.results: queue.SimpleQueue[tuple[T, R | None, BaseException | None]]
        self.results = queue.SimpleQueue()

    def run(self) -> None:
        """Take items until there is none left."""
        while not self._net.stop.is_set():
            with self._lock:
                try:
                    item = next(self._items)
                except StopIteration:
                    return
            try:
                self.results.put((item, self._work(item), None))
            except StoppedError:
                return
            except BaseException as error:  # raised where results are taken
                self.results.put((item, None, error))
                return
