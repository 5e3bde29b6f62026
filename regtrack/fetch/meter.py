"""The progress of several downloads at once, in bytes of all together."""

from __future__ import annotations

import threading

from regtrack.progress import Task


class Meter:
    """A bar of bytes that threads advance.

    Args:
        task: the bar.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._lock = threading.Lock()
        self._shown: dict[str, int] = {}

    def at(self, file: str, size: int) -> None:
        """Show that a file has so many bytes now; fewer if it had to start anew."""
        with self._lock:
            more = size - self._shown.get(file, 0)
            self._shown[file] = size
            self._task.advance(more, file.rpartition("/")[2])
