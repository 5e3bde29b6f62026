"""Searches that take seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from no_plots import without_plots

from regtrack.search.request import SearchPlan
from regtrack.search.results import SearchResult
from regtrack.search.run import run_search
from regtrack.search.space import Space
from regtrack.search.space_file import space_of
from regtrack.training.config import Hardware

CPU = Hardware(accelerator="cpu", devices=1)
GRID = {"learning_rate": [0.002, 0.02], "positive_weight": [1.0, 3.0]}


def small_space(training: dict[str, Any], *, epochs: int = 1) -> Space:
    """A small CNN3 that varies in these training settings."""
    content = {
        "network": {"channels": [6, 8, 4], "hidden": 8, "dropout": 0.0},
        "training": {"epochs": epochs, "batch_size": 8, **training},
    }
    return space_of("cnn3", content)


def work(data: str, out: str, trials: int, epochs: int) -> SearchResult:
    """A worker of a search, without plots, in this process or in one of its own."""
    space = small_space({"learning_rate": {"low": 0.001, "high": 0.05, "log": True}}, epochs=epochs)
    plan = SearchPlan(sampler="random", pruner="none", trials=trials)
    with without_plots():
        return run_search(Path(data), Path(out), space=space, plan=plan, hardware=CPU)
