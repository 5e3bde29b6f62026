"""Progress of long work: a protocol, and the silent default.

Library functions take a `Progress` and never print. The command line passes rich's bars
(`regtrack.cli.console`); tests pass a recorder.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Task(Protocol):
    """One progress bar."""

    def advance(self, amount: float = 1, note: str | None = None) -> None:
        """Advance by `amount` in the task's unit; `note` is shown next to the bar."""


class Progress(Protocol):
    """Creates progress bars."""

    def task(
        self, description: str, total: float | None, unit: str
    ) -> AbstractContextManager[Task]:
        """A bar for `total` units ("bp", "files", "windows"); None if the total is unknown."""


class _SilentTask:
    def advance(self, amount: float = 1, note: str | None = None) -> None:
        pass


class Silent:
    """Progress that is not shown."""

    @contextmanager
    def task(self, description: str, total: float | None, unit: str) -> Iterator[Task]:  # noqa: ARG002
        """A bar that shows nothing."""
        yield _SilentTask()


SILENT = Silent()
