"""Small trainings without their plots, which would take most of the time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch


@contextmanager
def without_plots() -> Iterator[None]:
    """Trainings of this process leave an empty file in place of their plot meanwhile."""

    def touch(_: object, __: object, path: Path) -> None:
        path.touch()

    with patch("regtrack.training.run.draw_history", touch):
        yield
