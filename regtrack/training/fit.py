"""Train a network on a dataset, in a folder from which an interrupted run resumes."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from regtrack.atomic import hold
from regtrack.checkpoint import Checkpoint, save_checkpoint
from regtrack.dataset.identity import dataset_digest
from regtrack.dataset.store import Dataset
from regtrack.destination import real_place
from regtrack.errors import DatasetError
from regtrack.evaluation.metrics import category_means
from regtrack.machine.allocator import kept_memory
from regtrack.measures.curve import MIN_POSITIVES
from regtrack.model_style import style_of
from regtrack.models.network import TrackModel
from regtrack.progress import SILENT, Progress, Task
from regtrack.training.config import Hardware, TrainingConfig
from regtrack.training.data import Windows
from regtrack.training.defaults import recipe
from regtrack.training.history import Epoch, best_epoch, out_of_patience
from regtrack.training.keeper import RunKeeper
from regtrack.training.module import TrackTraining, step_seed
from regtrack.training.run import RunFolder, find_place, identity
from regtrack.training.start import Start, read_start
from regtrack.training.state import run_digest
from regtrack.training.trainer import (
    check_hardware,
    interruptible,
    leads,
    make_trainer,
    quiet_lightning,
)
from regtrack.version import __version__

_log = logging.getLogger(__name__)

Watch = Callable[[Sequence[Epoch]], bool]
"""Called with all epochs so far after each of them; True ends the training."""


@dataclass(frozen=True)
class TrainingResult:
    """The outcome of a finished run.

    Attributes:
        folder: of the run.
        history: all epochs, in order.
        best: the epoch whose network is the checkpoint.
        base_rates: of the validation split, by category: the scores of an uninformed model.
        leads: whether this process should report. On several devices, all processes return the
            same result, and the others should stay silent.
    """

    folder: RunFolder
    history: tuple[Epoch, ...]
    best: Epoch
    base_rates: Mapping[str, float]
    leads: bool = True

    @property
    def checkpoint(self) -> Path:
        """The best epoch's network, in regtrack's format."""
        return self.folder.checkpoint

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON-serialisable values; a score that does not exist is None."""
        return {
            "checkpoint": str(self.checkpoint),
            "epochs": len(self.history),
            "best_epoch": self.best.epoch,
            **_scores(self.best),
            "seconds": round(sum(epoch.seconds for epoch in self.history), 1),
        }


def train(
    dataset: Dataset | str | Path,
    out: str | Path,
    *,
    model: str | None = None,
    settings: Mapping[str, Any] | None = None,
    from_checkpoint: str | Path | None = None,
    freeze: bool = False,
    config: TrainingConfig | None = None,
    hardware: Hardware | None = None,
    progress: Progress = SILENT,
    overwrite: bool = False,
    watch: Watch | None = None,
) -> TrainingResult:
    """Train a network, and keep the epoch with the best validation PR AUC (average precision).

    Calling it again after an interruption resumes after the last complete epoch and, on the same
    machine, yields identical weights.

    Args:
        dataset: a dataset or its folder.
        out: the run's folder; `regtrack.training.run` lists its files.
        model: a name in `regtrack.models.registry.MODELS`; None: that of `from_checkpoint`, or
            hybrid (dilated6 on windows with a label for their middle).
        settings: of the network, if they differ from its defaults, or from the checkpoint's.
        from_checkpoint: a checkpoint, or the folder of a run, whose weights are the first ones; the
            head is new unless it has the same markers in the same order. None: fresh weights.
        freeze: train only the head, and leave the checkpoint's other weights as they are.
        config: how to train; None: `recipe(dataset)`.
        hardware: where to train.
        progress: shows the bases trained on and validated.
        overwrite: replace the run in `out`, which stays until the new one is finished; until
            then the new one is in `out.partial`, and the same call resumes it.
        watch: called with all epochs so far, after each and when a run resumes; True ends the
            training there. On several devices, it must return the same in all processes.

    Raises:
        CheckpointError: no such network or setting, or a
            `from_checkpoint` that cannot be loaded or is another network.
        DatasetError: a split without windows or labels.
        OutputError: `out` holds a finished run, another process trains there, or it cannot be
            written.
        DeviceError: the hardware is not available.
        TrainingError: `out` holds a run with other settings, or `freeze` without a
            checkpoint; as DivergedError, a loss that is not finite, after which the run's earlier
            epochs and their checkpoint are as they were.
        KeyboardInterrupt: SIGINT, SIGTERM or SIGHUP arrived; the run can be resumed.
    """
    dataset = dataset if isinstance(dataset, Dataset) else Dataset.open(dataset)
    config, hardware = config or recipe(dataset), hardware or Hardware()
    base_rates = check_trainable(dataset)
    with torch.random.fork_rng(devices=[]):
        inputs = [] if from_checkpoint is None else [Path(from_checkpoint)]
        origin = read_start(from_checkpoint, freeze=freeze)
        network = origin.network(dataset, model, settings or {}, step_seed(config.seed))
        request = _request(dataset, network, config, origin)
        check_hardware(config, hardware, RunFolder(Path(out)))
        with hold(real_place(Path(out))) if leads() else nullcontext():
            folder, final = find_place(
                Path(out), request, [dataset.path, *inputs],
                run=run_digest(identity(request), network), overwrite=overwrite,
            )  # fmt: skip
            run = _Run(
                dataset, network, config, hardware, folder, final, request, base_rates, watch
            )
            with run.started(overwrite=overwrite):
                # state is written at the end of an epoch, in step with all processes: no signal
                # comes too late
                history = folder.history()
                if not run.is_over(history):
                    history = run.fit(history, progress if leads() else SILENT)
                return run.finish(history)


@dataclass(frozen=True)
class _Run:
    """Everything that a run needs: `folder` while it is made, `final` when it is finished."""

    dataset: Dataset
    network: TrackModel
    config: TrainingConfig
    hardware: Hardware
    folder: RunFolder
    final: RunFolder
    request: Mapping[str, Any]
    base_rates: Mapping[str, float]
    watch: Watch | None

    def is_over(self, history: Sequence[Epoch]) -> bool:
        """Whether no epoch is to be trained after these."""
        ended = bool(history) and self.watch is not None and self.watch(history)
        done = len(history) >= self.config.epochs
        return ended or done or out_of_patience(history, self.config.patience)

    @contextmanager
    def started(self, *, overwrite: bool) -> Iterator[None]:
        """Prepare the folder; a new one next to an older run goes if nothing came of it."""
        if leads():
            self.folder.start(self.request, overwrite=overwrite)
        try:
            yield
        finally:
            if leads() and self.folder != self.final and not self.folder.last.exists():
                self.folder.give_to(self.final)

    def fit(self, history: list[Epoch], progress: Progress) -> list[Epoch]:
        """Train the remaining epochs; `history` holds the completed ones."""
        if history and leads():
            _log.info(
                "resuming %s: %d of %d epochs done",
                self.folder.path, len(history), self.config.epochs,
            )  # fmt: skip
        module = TrackTraining(
            self.network,
            self.config,
            [marker.category for marker in self.dataset.markers],
            self.dataset.base_rates("train").tolist(),
        )
        title = style_of(self.network.name, self.network.config).title
        total = (self.config.epochs - len(history)) * self._bases_an_epoch()
        with (
            kept_memory(),
            quiet_lightning(),
            interruptible(self.folder),
            progress.task(f"Training {title}", total, "bp") as task,
        ):
            keeper = self._keeper(task)
            trainer = make_trainer(self.config, self.hardware, self.folder, keeper)
            trainer.fit(
                module,
                datamodule=Windows(self.dataset, self.config, self.hardware.workers),
                ckpt_path=self.folder.last if history else None,
            )
        return keeper.history

    def finish(self, history: list[Epoch]) -> TrainingResult:
        """Record the result and draw the final plot."""
        best = best_epoch(history)
        assert best is not None
        result = TrainingResult(self.final, tuple(history), best, self.base_rates, leads())
        if leads():
            self.folder.publish(history, self.base_rates)
            self.folder.finish(self.request, result.to_dict())
            if self.folder == self.final:
                self.final.last.unlink(missing_ok=True)
            else:
                self.folder.take_place(self.final)
        return result

    def _keeper(self, task: Task) -> RunKeeper:
        return RunKeeper(self.folder, self.is_over, task, self.base_rates, self._save)

    def _save(self, epoch: Epoch, network: TrackModel) -> None:
        """Write the network after an epoch, with its provenance, as the checkpoint."""
        training = {
            "regtrack": __version__,
            "dataset": {"path": str(self.dataset.path), **self.request["dataset"]},
            "config": self.config.to_dict(),
            **{name: self.request[name] for name in ("start",) if name in self.request},
            "epoch": epoch.epoch,
            "validation": _scores(epoch),
        }
        checkpoint = Checkpoint(
            network,
            self.dataset.markers,
            self.dataset.assembly,
            self.dataset.window,
            training,
        )
        save_checkpoint(self.folder.checkpoint, checkpoint, overwrite=True)

    def _bases_an_epoch(self) -> int:
        train, valid = (len(self.dataset.window_ids(split)) for split in ("train", "valid"))
        return (min(self.config.epoch_windows or train, train) + valid) * self.dataset.window


def _request(
    dataset: Dataset, network: TrackModel, config: TrainingConfig, start: Start
) -> dict[str, Any]:
    """Everything that determines a run's outcome."""
    return {
        "dataset": {"digest": dataset_digest(dataset)},
        "model": network.name,
        "settings": network.config,
        "config": config.to_dict(),
        **start.record(dataset.markers),
    }


def check_trainable(dataset: Dataset) -> dict[str, float]:
    """Refuse a dataset for evaluation alone.

    Returns:
        The mean base rate per category, over the markers with a score on the validation split.

    Raises:
        DatasetError: no windows to learn from, or none to choose the best epoch by.
    """
    sizes = dataset.split_sizes
    if not (sizes["train"] and sizes["valid"]):
        counts = ", ".join(f"{split} {count:,}" for split, count in sizes.items())
        raise DatasetError(
            f"{dataset.path} has windows in {counts}; training needs some in train and some in "
            "valid: build a dataset with both"
        )
    positives = dataset.positives("valid")
    if not (positives >= MIN_POSITIVES).any():
        what = "bases" if dataset.spec.bin == 1 else "windows"
        raise DatasetError(
            f"no marker has {MIN_POSITIVES} labelled {what} in the valid split of {dataset.path}, "
            "so no epoch can be chosen as the best; build the dataset with another split"
        )
    rates = np.where(positives >= MIN_POSITIVES, dataset.base_rates("valid"), np.nan)
    return category_means(rates, [marker.category for marker in dataset.markers])


def _scores(epoch: Epoch) -> dict[str, Any]:
    values = {
        "loss": epoch.valid_loss,
        "average_precision": epoch.average_precision,
        **{f"average_precision_{name}": value for name, value in epoch.categories.items()},
    }
    return {name: None if math.isnan(value) else value for name, value in values.items()}
