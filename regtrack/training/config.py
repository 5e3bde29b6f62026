"""The settings of a training run, and the hardware it uses."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from regtrack.errors import TrainingError, check_seed, check_workers, invalid
from regtrack.predict.precision import PRECISIONS

SCHEDULES = ("constant", "cosine")
_NODES = 100_000
_LARGEST = 10**18  # of a setting: products of two are float32, and single ones 64-bit integers


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a network is trained; every setting here affects its weights.

    Loss, optimiser (Adam, learning rate 0.001) and batch size are those of Gupta and Rush (2017);
    `regtrack.recipe` gives the settings that `train` uses by default.

    Attributes:
        epochs: maximum number of epochs.
        patience: stop after this many epochs without a better validation PR AUC; 0: never.
        batch_size: windows per step and process.
        learning_rate: peak learning rate (Adam).
        weight_decay: fraction of each weight, times the learning rate, that a step takes off
            (AdamW); biases and batch normalisation are exempt. 0: plain Adam.
        schedule: `constant`, or `cosine` decay to 0 in the last step.
        warmup: fraction of all steps in which the learning rate rises from 0.
        averaging: decay, per step, of a running mean of the weights; the mean is what is validated
            and kept. 0: the weights themselves.
        positive_weight: weight of a labelled base in the loss, relative to an unlabelled one.
        balance: how far rare markers count as much as frequent ones: a marker's loss is divided by
            the entropy of its base rate to this power. 0: as they come; 1: all alike.
        loss_every: in training the loss counts one base of so many, evenly spaced, the first at
            random in each step; 1: all. Of labels of several bp, one label of so many.
        clip: maximum norm of the gradient; 0: no clipping.
        precision: `fp32`, or `bf16` for mixed precision.
        reverse_complement: reverse-complement training windows with probability 0.5.
        cutout: expected fraction of the bases of training windows that the network reads as N, in
            stretches of 20 bp; their labels stay.
        shift: maximum random shift of a training window, in either direction (bp).
        epoch_windows: windows per epoch; 0: the whole train split.
        seed: of the initial weights, order, augmentation and dropout.

    Raises:
        TrainingError: an invalid value.
    """

    epochs: int = 30
    patience: int = 5
    batch_size: int = 8
    learning_rate: float = 0.001
    weight_decay: float = 0.0
    schedule: str = "cosine"
    warmup: float = 0.05
    averaging: float = 0.0
    positive_weight: float = 1.0
    balance: float = 0.0
    loss_every: int = 1
    clip: float = 1.0
    precision: str = "fp32"
    reverse_complement: bool = True
    cutout: float = 0.0
    shift: int = 0
    epoch_windows: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        self._check("epochs", self.epochs >= 1, "at least 1")
        self._check("patience", self.patience >= 0, "0 or more")
        self._check("batch_size", self.batch_size >= 1, "at least 1")
        self._check("learning_rate", self.learning_rate > 0, "more than 0")
        self._check("weight_decay", self.weight_decay >= 0, "0 or more")
        self._check("schedule", self.schedule in SCHEDULES, " or ".join(SCHEDULES))
        self._check("warmup", 0 <= self.warmup < 1, "a fraction from 0 to below 1")
        self._check("averaging", 0 <= self.averaging < 1, "0 or more and below 1")
        self._check("positive_weight", self.positive_weight > 0, "more than 0")
        self._check("balance", 0 <= self.balance <= 1, "0 to 1")
        self._check("loss_every", self.loss_every >= 1, "at least 1")
        self._check("clip", self.clip >= 0, "0 or more")
        self._check("precision", self.precision in PRECISIONS, " or ".join(PRECISIONS))
        self._check("cutout", 0 <= self.cutout < 1, "a fraction from 0 to below 1")
        self._check("shift", self.shift >= 0, "0 bp or more")
        self._check("epoch_windows", self.epoch_windows >= 0, "0 or more")
        check_seed(self.seed, TrainingError)
        for name, value in self.to_dict().items():
            if isinstance(value, int | float) and name != "seed":
                self._check(name, value <= _LARGEST, f"at most {_LARGEST:g}")

    def _check(self, name: str, holds: bool, expected: str) -> None:
        if not holds:
            raise TrainingError(invalid(name, getattr(self, name), expected))

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON-serialisable values."""
        return asdict(self)

    def rate(self, step: int, steps: int) -> float:
        """The fraction, 0 to 1, of the peak learning rate used in step `step` of `steps`.

        >>> config = TrainingConfig(schedule="cosine", warmup=0.1)
        >>> [round(config.rate(step, 100), 2) for step in (0, 4, 9, 10, 55, 100)]
        [0.1, 0.5, 1.0, 1.0, 0.5, 0.0]
        """
        rising = round(self.warmup * steps)
        if step < rising:
            return (step + 1) / rising
        if self.schedule == "constant":
            return 1.0
        done = (step - rising) / max(1, steps - rising)
        return (1 + math.cos(math.pi * min(1.0, done))) / 2


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """Where a network is trained, in the terms of Lightning's Trainer.

    Attributes:
        accelerator: `auto`, `cpu`, `gpu`, ...
        devices: number of devices; `auto` uses all.
        strategy: how the devices work together; `auto`: Lightning's choice.
        nodes: number of machines, each with `devices` devices.
        workers: processes that read the dataset, per device; 0 reads in the training process.

    Raises:
        TrainingError: a number of workers or nodes that no machine has.
    """

    accelerator: str = "auto"
    devices: str | int = "auto"
    strategy: str = "auto"
    nodes: int = 1
    workers: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.nodes <= _NODES:
            raise TrainingError(invalid("nodes", self.nodes, f"1 to {_NODES:,}"))
        check_workers(self.workers, TrainingError)
