"""The epochs of a run: their scores, the best one, and early stopping."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from regtrack.atomic import publish_file
from regtrack.errors import DivergedError


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """The scores of one epoch.

    Attributes:
        epoch: counted from 1.
        learning_rate: at the end of the epoch.
        train_loss: mean over the training windows, during the epoch.
        valid_loss: mean over the validation split.
        categories: mean average precision over the markers of each category, on the validation
            split; NaN if no marker has a score.
        seconds: of training and validation.
    """

    epoch: int
    learning_rate: float
    train_loss: float
    valid_loss: float
    categories: dict[str, float]
    seconds: float

    @property
    def average_precision(self) -> float:
        """The mean over the categories with a score: what early stopping monitors."""
        scored = [value for value in self.categories.values() if not math.isnan(value)]
        return sum(scored) / len(scored) if scored else math.nan

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON-serialisable values."""
        return asdict(self)


def best_epoch(history: Sequence[Epoch]) -> Epoch | None:
    """The first epoch with the highest average precision."""
    return max(history, key=lambda epoch: epoch.average_precision, default=None)


def check_finite(loss: float, epoch: int) -> None:
    """Refuse an epoch after which the network has no finite loss: no later one would have.

    Args:
        loss: of the validation split.
        epoch: counted from 1.

    Raises:
        DivergedError: the loss is infinite or NaN.
    """
    if not math.isfinite(loss):
        kept = "the checkpoint is of an epoch before it: " if epoch > 1 else ""
        raise DivergedError(
            f"the loss is not finite after epoch {epoch}; {kept}train again with a lower "
            "`learning_rate`"
        )


def out_of_patience(history: Sequence[Epoch], patience: int) -> bool:
    """Whether the last `patience` epochs brought no better average precision; 0: never."""
    best = best_epoch(history)
    return bool(patience) and best is not None and history[-1].epoch - best.epoch >= patience


def write_history(history: Sequence[Epoch], path: Path) -> None:
    """Write metrics.csv: one row per epoch; a cell is empty if no marker has a score."""
    with (
        publish_file(path, overwrite=True) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as file,
    ):
        rows = [_row(epoch) for epoch in history]
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _row(epoch: Epoch) -> dict[str, Any]:
    scores = {
        "learning_rate": epoch.learning_rate,
        "train_loss": epoch.train_loss,
        "valid_loss": epoch.valid_loss,
        "average_precision": epoch.average_precision,
        **{f"average_precision_{name}": value for name, value in epoch.categories.items()},
    }
    cells = {name: "" if math.isnan(value) else f"{value:.6g}" for name, value in scores.items()}
    return {"epoch": epoch.epoch, **cells, "seconds": f"{epoch.seconds:.1f}"}
