"""How long work takes, told to whoever asks: a protocol, and the silent default.

Library calls take a `Progress` and never print. The command line passes rich's bars
(`regtrack.cli.console`), a test passes a recorder.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Task(Protocol):
    """One bar."""

    def advance(self, amount: float = 1, note: str | None = None) -> None:
        """Move on by `amount` of the task's unit; `note` is shown beside the bar."""


class Progress(Protocol):
    """Makes bars."""

    def task(
        self, description: str, total: float | None, unit: str
    ) -> AbstractContextManager[Task]:
        """A bar for `total` units ("bp", "files", "windows"); None where the end is unknown."""


class _SilentTask:
    def advance(self, amount: float = 1, note: str | None = None) -> None:
        pass


class Silent:
    """Progress that nobody watches."""

    @contextmanager
    def task(self, description: str, total: float | None, unit: str) -> Iterator[Task]:  # noqa: ARG002
        """A bar that shows nothing."""
        yield _SilentTask()


SILENT = Silent()
