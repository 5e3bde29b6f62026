"""What is trained, and how, unless it is said otherwise: by what a dataset labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from regtrack.dataset.store import Dataset
from regtrack.errors import TrainingError, invalid
from regtrack.training.config import TrainingConfig
from regtrack.training.recipes import RECIPES


def default_model(dataset: Dataset) -> str:
    """The network's name in the registry."""
    return "dilated6" if dataset.spec.crop else "hybrid"


def recipe(
    dataset: Dataset | str | Path, name: str = "standard", /, **changes: Any
) -> TrainingConfig:
    """The settings of a recipe for a dataset, with changes.

    Args:
        dataset: a dataset or its folder.
        name: `standard`, what `train` uses by default, or `paper`, the settings of Gupta and Rush
            (2017).
        changes: fields of `TrainingConfig`.

    Raises:
        DatasetError: no dataset there.
        TrainingError: an unknown recipe, or an invalid value.
    """
    dataset = dataset if isinstance(dataset, Dataset) else Dataset.open(dataset)
    if name not in RECIPES:
        raise TrainingError(invalid("recipe", name, " or ".join(RECIPES)))
    dense, short = RECIPES[name]
    return replace(short if dataset.spec.crop else dense, **changes)
