"""What the keeper reports during a run."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from regtrack.dataset.loader import Batch
from regtrack.training.keeper import RunKeeper
from regtrack.training.run import RunFolder


def test_the_loss_is_read_twice_per_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In between nothing asks for its value: a tensor of `meta` has none."""
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    notes: list[str] = []
    task = SimpleNamespace(advance=lambda _, note: notes.append(note))
    keeper = RunKeeper(RunFolder(tmp_path), bool, task, {}, lambda _: None)
    trainer: Any = SimpleNamespace(current_epoch=0, max_epochs=3, world_size=1)
    batch = Batch(torch.zeros(2, 10, dtype=torch.uint8), torch.zeros(0, 4, dtype=torch.int32))

    def step(loss: torch.Tensor) -> None:
        keeper.on_train_batch_end(trainer, cast(Any, None), {"loss": loss}, batch, 0)

    step(torch.tensor(0.25))
    now += 0.1
    step(torch.empty((), device="meta"))
    now += 0.5
    step(torch.tensor(0.125))
    assert [note.rpartition(", ")[2] for note in notes] == [
        "loss 0.2500", "loss 0.2500", "loss 0.1250",
    ]  # fmt: skip
