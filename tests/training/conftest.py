"""A small dataset that takes a second to train on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from no_plots import without_plots
from small_training import make_dataset

from regtrack.dataset.store import Dataset


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """See `make_dataset`."""
    return make_dataset(tmp_path_factory.mktemp("data"))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Where a run goes."""
    return tmp_path / "run"


@pytest.fixture(autouse=True, scope="module")
def _no_plots() -> Iterator[None]:
    """Most of the time of so small a training is its plot's, which test_plot.py draws."""
    with without_plots():
        yield
