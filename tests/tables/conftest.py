"""Two seeds of one network, and another network, on a small dataset."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_training import make_dataset

from regtrack.dataset.store import Dataset
from regtrack.tables.measure import Measured, measure_models
from regtrack.training.config import Hardware, TrainingConfig
from regtrack.training.fit import train


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_dataset(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="package")
def runs(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    folder = tmp_path_factory.mktemp("runs")
    asked: list[tuple[str, int, dict[str, Any]]] = [
        ("cnn3", 0, {"channels": [6, 8, 4]}),
        ("cnn3", 1, {"channels": [6, 8, 4]}),
        ("dilated", 0, {"channels": [4, 4, 4]}),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("regtrack.training.run.draw_history", lambda _, __, path: path.touch())
        for model, seed, settings in asked:
            train(
                dataset, folder / f"{model}-{seed}", model=model,
                settings={"hidden": 8, "dropout": 0.0, **settings},
                config=TrainingConfig(epochs=2, learning_rate=0.02, seed=seed),
                hardware=Hardware(accelerator="cpu", devices=1),
            )  # fmt: skip
    yield sorted(folder.iterdir())


@pytest.fixture(scope="package")
def measured(dataset: Dataset, runs: list[Path]) -> list[Measured]:
    return measure_models(dataset, runs)
