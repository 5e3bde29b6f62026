"""Keeps a run's folder and progress bar up to date while Lightning trains."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import lightning.pytorch as pl
from torch import Tensor
from typing_extensions import override

from regtrack.dataset.loader import Batch
from regtrack.files.records import typed
from regtrack.models.network import TrackModel
from regtrack.progress import Task
from regtrack.training.history import Epoch, best_epoch
from regtrack.training.module import TrackTraining
from regtrack.training.run import RunFolder
from regtrack.training.state import HISTORY_KEY

_DRAW_SECONDS = 20.0  # between updates of the plot
_LOOK_SECONDS = 0.5  # between reads of the loss, each of which makes the host wait for the GPU


class RunKeeper(pl.Callback):
    """Writes the files of a run after every epoch, and decides when it stops.

    The order is: the network, if its validation PR AUC is the best so far; the state to resume
    from; the table and the plot. A run killed at any point resumes from the last complete state
    and writes the same files again.

    Args:
        folder: of the run.
        is_over: whether these are all epochs; called after each.
        task: the progress bar, in bp.
        base_rates: of the validation split, by category, for the plot.
        save: writes the network after an epoch as a checkpoint.

    Attributes:
        history: the epochs so far.
    """

    def __init__(
        self,
        folder: RunFolder,
        is_over: Callable[[Sequence[Epoch]], bool],
        task: Task,
        base_rates: Mapping[str, float],
        save: Callable[[Epoch, TrackModel], None],
    ) -> None:
        self.history: list[Epoch] = []
        self._folder = folder
        self._is_over = is_over
        self._task = task
        self._base_rates = base_rates
        self._save = save
        self._drawn = self._started = time.monotonic()
        self._looked, self._loss = -math.inf, ""

    @property
    @override
    def state_key(self) -> str:
        return HISTORY_KEY

    @override
    def state_dict(self) -> dict[str, Any]:
        history = [epoch.to_dict() for epoch in self.history]
        return {"run": self._folder.run, "history": history}

    @override
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.history = typed(state_dict["history"], list[Epoch])

    @override
    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._started = time.monotonic()

    @override
    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
    ) -> None:
        loss = outputs["loss"] if isinstance(outputs, dict) else outputs
        assert isinstance(loss, Tensor)
        now = time.monotonic()
        if now - self._looked >= _LOOK_SECONDS:
            self._looked, self._loss = now, f"loss {loss.item():.4f}"
        self._advance(trainer, batch, self._loss)

    @override
    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        self._advance(trainer, batch, "validating")

    @override
    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, TrackTraining)
        epoch = self._scored(trainer, pl_module)
        self.history.append(epoch)
        if trainer.is_global_zero and best_epoch(self.history) is epoch:
            self._save(epoch, pl_module.scored)
        trainer.save_checkpoint(self._folder.last)  # every process takes part
        if self._is_over(self.history):
            trainer.should_stop = True
        if trainer.is_global_zero:
            draw = time.monotonic() - self._drawn > _DRAW_SECONDS
            self._folder.publish(self.history, self._base_rates if draw else None)
            self._drawn = time.monotonic() if draw else self._drawn

    def _scored(self, trainer: pl.Trainer, module: TrackTraining) -> Epoch:
        return Epoch(
            epoch=trainer.current_epoch + 1,
            learning_rate=float(trainer.optimizers[0].param_groups[0]["lr"]),
            train_loss=module.train_loss.value(trainer.strategy),
            valid_loss=module.valid_loss.value(trainer.strategy),
            categories=module.categories,
            seconds=time.monotonic() - self._started,
        )

    def _advance(self, trainer: pl.Trainer, batch: Batch, doing: str) -> None:
        note = f"epoch {trainer.current_epoch + 1} of {trainer.max_epochs}, {doing}"
        if self.history:
            note += f", average precision {_scores(self.history[-1])}"
        self._task.advance(batch.codes.numel() * trainer.world_size, note)


def _scores(epoch: Epoch) -> str:
    return " ".join(f"{name} {value:.3f}" for name, value in epoch.categories.items())
