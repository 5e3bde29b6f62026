"""Lightning's Trainer, set up for our state file, few messages and a clean stop on a signal."""

from __future__ import annotations

import logging
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import lightning.pytorch as pl
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.utilities import rank_zero_only

from regtrack.errors import TrainingError
from regtrack.predict.device import check_accelerator
from regtrack.training.config import Hardware, TrainingConfig
from regtrack.training.run import RunFolder
from regtrack.training.state import StateFile

_log = logging.getLogger(__name__)

_LIGHTNING: dict[str, Literal["32-true", "bf16-mixed"]] = {
    "fp32": "32-true",
    "bf16": "bf16-mixed",
}

# Lightning's advice and deprecations in its own code; users of regtrack cannot act on them
_ADVICE = (
    ".*does not have many workers.*",
    ".*isinstance.treespec, LeafSpec.*",
    ".*GPU available but not used.*",
)


def leads() -> bool:
    """Whether this is the first process of a run, the one that writes and reports."""
    return getattr(rank_zero_only, "rank", 0) == 0


def check_hardware(config: TrainingConfig, hardware: Hardware, folder: RunFolder) -> None:
    """Refuse unavailable hardware before anything is written.

    Raises:
        DeviceError: see `check_accelerator`.
        TrainingError: see `make_trainer`.
    """
    check_accelerator(hardware.accelerator, hardware.devices)
    with quiet_lightning():
        make_trainer(config, hardware, folder)


def make_trainer(
    config: TrainingConfig,
    hardware: Hardware,
    folder: RunFolder,
    keeper: pl.Callback | None = None,
) -> pl.Trainer:
    """A Trainer that leaves files, progress bars and stopping to `keeper`.

    Raises:
        TrainingError: Lightning does not know the hardware, or cannot combine it like this.
    """
    plugins: list[Any] = [StateFile()]
    if SLURMEnvironment.detect():
        # a requeued job resumes from our own state file, which holds complete epochs
        plugins.append(SLURMEnvironment(auto_requeue=False))
    try:
        return pl.Trainer(
            accelerator=hardware.accelerator,
            devices=hardware.devices,
            strategy=hardware.strategy,
            num_nodes=hardware.nodes,
            precision=_LIGHTNING[config.precision],
            max_epochs=config.epochs,
            callbacks=keeper,
            plugins=plugins,
            default_root_dir=folder.path,
            reload_dataloaders_every_n_epochs=1,
            use_distributed_sampler=False,
            num_sanity_val_steps=0,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
    except (MisconfigurationException, TypeError, ValueError, ImportError) as error:
        raise TrainingError(
            f'`accelerator` "{hardware.accelerator}", `devices` "{hardware.devices}" and '
            f'`strategy` "{hardware.strategy}" cannot be used together here; expected what '
            "Lightning's Trainer accepts, or auto"
        ) from error


@contextmanager
def interruptible(folder: RunFolder) -> Iterator[None]:
    """Turn exits on signals, Lightning's and ours, into KeyboardInterrupt; log how to resume."""
    in_main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except (SystemExit, KeyboardInterrupt) as stop:
        if leads():
            _log.warning(
                "interrupted: %s",
                f"the same command resumes from {folder.last}"
                if folder.last.exists()
                else "no epoch was complete; the same command starts over",
            )
        raise KeyboardInterrupt from stop
    finally:
        if in_main:
            signal.signal(signal.SIGINT, handler)


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Silence Lightning's advice; its errors still get through."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        for message in _ADVICE:
            warnings.filterwarnings("ignore", message=message)
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
