"""A progress that records what it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from regtrack.progress import Task


class Recorder:
    """The totals and sums shown to a progress, by description."""

    def __init__(self) -> None:
        self.totals: dict[str, float | None] = {}
        self.done: dict[str, float] = {}

    @contextmanager
    def task(self, description: str, total: float | None, unit: str) -> Iterator[Task]:
        self.totals[description] = total
        self.done[description] = 0
        recorder = self

        class Bar:
            def advance(self, amount: float = 1, note: str | None = None) -> None:
                recorder.done[description] += amount

        yield Bar()


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()
