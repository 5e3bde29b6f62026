"""A network as a Lightning module: loss, validation scores and optimiser."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, cast

import lightning.pytorch as pl
import numpy as np
import torch
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor
from typing_extensions import override

from regtrack.dataset.loader import Batch
from regtrack.evaluation.metrics import StreamingCurves, category_means, centres
from regtrack.models.network import TrackModel
from regtrack.training.averaging import follow
from regtrack.training.config import TrainingConfig
from regtrack.training.cutout import cut_out
from regtrack.training.history import check_finite
from regtrack.training.loss import Weights, batch_loss, marker_weights, scored_loss
from regtrack.training.start import keep_frozen


class Mean:
    """A running mean over batches, kept on the device and reduced over all processes at the end."""

    def __init__(self, device: torch.device) -> None:
        self._sums = torch.zeros(2, device=device)

    def add(self, value: Tensor, batch: Batch) -> None:
        """Add the mean of a batch, a float32 scalar, weighted by its number of known bases."""
        weight = batch.known.float().mean(1).sum()
        self._sums += torch.stack([value.detach() * weight, weight])

    def value(self, strategy: pl.strategies.Strategy) -> float:
        """The mean over all processes."""
        total, weight = cast(Tensor, strategy.reduce(self._sums, reduce_op="sum")).tolist()
        return total / weight if weight else float("nan")


class TrackTraining(pl.LightningModule):
    """A `TrackModel` in training.

    Attributes:
        average: the running mean of its weights; None if they are not averaged.
        train_loss: of the current epoch so far, or of the last one.
        valid_loss: of the last validation.
        categories: mean average precision per category, in the last validation.
    """

    def __init__(
        self,
        model: TrackModel,
        config: TrainingConfig,
        categories: Sequence[str],
        base_rates: Sequence[float],
    ) -> None:
        super().__init__()
        self.model = model
        self.config = config
        self._rates = torch.as_tensor(base_rates, dtype=torch.float32)
        self.marker_categories = tuple(categories)
        self.categories: dict[str, float] = {}
        self.average = deepcopy(model).requires_grad_(False) if config.averaging else None

    @property
    def scored(self) -> TrackModel:
        """The network that is validated and kept."""
        return self.model if self.average is None else self.average

    @override
    def on_fit_start(self) -> None:
        balance = self.config.balance
        markers = marker_weights(self._rates, balance).to(self.device) if balance else None
        self.weights = Weights(self.config.positive_weight, markers)

    @override
    def on_train_epoch_start(self) -> None:
        keep_frozen(self.model)
        self.train_loss = Mean(self.device)

    @override
    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        # dropout depends only on the step, so that a resumed run draws the same masks
        seed_step(self.device, step_seed(self.config.seed, self.global_step, self.global_rank))

    @override
    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        share = self.config.cutout
        codes = cut_out(batch.codes, share) if share else batch.codes
        every, first, counted = min(self.config.loss_every, batch.labels), 0, batch
        if every > 1:
            first = int(torch.randint(every, ()))
            counted = batch.every(every, first)
        losses = [
            batch_loss(self.model.head, stage[:, first::every], counted, self.weights)
            for stage in self.model.stages(codes)
        ]
        loss = torch.stack(losses).mean()
        self.train_loss.add(loss, counted)
        return loss

    @override
    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:
        if self.average is not None:
            follow(self.average, self.model, self.config.averaging, self.global_step)

    @override
    def on_validation_epoch_start(self) -> None:
        self.valid_loss = Mean(self.device)
        self.curves = StreamingCurves(centres(self.scored))

    @override
    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        weights = self.weights
        *earlier, last = self.scored.stages(batch.codes)
        losses = [batch_loss(self.scored.head, stage, batch, weights) for stage in earlier]
        losses.append(scored_loss(self.scored.head, last, batch, self.curves, weights))
        self.valid_loss.add(torch.stack(losses).mean(), batch)

    @override
    def on_validation_epoch_end(self) -> None:
        strategy = self.trainer.strategy
        check_finite(self.valid_loss.value(strategy), self.trainer.current_epoch + 1)
        curves, reduce = self.curves, strategy.reduce
        curves.counts = cast(Tensor, reduce(curves.counts, reduce_op="sum"))
        curves.nans = cast(Tensor, reduce(curves.nans, reduce_op="sum"))
        self.categories = category_means(curves.average_precision(), self.marker_categories)

    @override
    def configure_gradient_clipping(self, optimizer: Any, *_: Any, **__: Any) -> None:
        # Lightning's own refuses fused optimisers in mixed precision, since those of float16 undo
        # its scaling themselves; bfloat16 has none
        if self.config.clip:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip)

    @override
    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        optimizer = torch.optim.AdamW(
            decay_groups(self.model, self.config.weight_decay),
            lr=self.config.learning_rate,
            fused=True,
        )
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: self.config.rate(step, steps)
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


def decay_groups(model: TrackModel, weight_decay: float) -> list[dict[str, Any]]:
    """The weights that decay, and the biases and batch normalisation, which do not."""
    weights = list(model.parameters())
    return [
        {"params": [one for one in weights if one.dim() > 1], "weight_decay": weight_decay},
        {"params": [one for one in weights if one.dim() == 1], "weight_decay": 0.0},
    ]


def seed_step(device: torch.device, seed: int) -> None:
    """Seed the draws of a step on a device.

    They are those after `torch.manual_seed`, which would take a millisecond where there is no GPU:
    it keeps a traceback for each kind of device that might be used later.
    """
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed_all(seed)


def step_seed(*numbers: int) -> int:
    """One seed derived from several numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)
