"""The loaders that a run hands to Lightning."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from regtrack.dataset.store import Dataset
from regtrack.training.config import TrainingConfig
from regtrack.training.data import Windows


@pytest.mark.parametrize(("place", "pinned"), [("cuda:0", True), ("cpu", False), ("mps", False)])
def test_memory_is_pinned_for_the_gpu_that_trains(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch, place: str, pinned: bool
) -> None:
    """Not for one that is there and not used."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    windows = Windows(dataset, TrainingConfig())
    strategy = SimpleNamespace(root_device=torch.device(place))
    trainer = SimpleNamespace(strategy=strategy, current_epoch=0, global_rank=0, world_size=1)
    windows.trainer = cast(Any, trainer)
    assert windows.train_dataloader().pin_memory is pinned
    assert windows.val_dataloader().pin_memory is pinned
