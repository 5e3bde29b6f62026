"""One finished search, a grid of four trials, that most tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from no_plots import without_plots
from small_search import CPU, GRID, small_space
from small_training import make_dataset

from regtrack.dataset.store import Dataset
from regtrack.search.request import SearchPlan
from regtrack.search.results import SearchResult
from regtrack.search.run import run_search


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_dataset(tmp_path_factory.mktemp("data"))


@pytest.fixture(autouse=True, scope="package")
def _no_plots() -> Iterator[None]:
    """The plot of a training takes most of its time here."""
    with without_plots():
        yield


@pytest.fixture(scope="package")
def finished(
    dataset: Dataset, tmp_path_factory: pytest.TempPathFactory, _no_plots: None
) -> SearchResult:
    out: Path = tmp_path_factory.mktemp("search") / "grid"
    plan = SearchPlan(sampler="grid", pruner="none", keep=2)
    return run_search(dataset, out, space=small_space(GRID), plan=plan, hardware=CPU)
