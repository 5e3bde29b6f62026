"""How long a training of each row takes here, from a step of each."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from paper import TABLES, PaperTable, Row, Size

from regtrack.dataset.loader import Batch, make_loader
from regtrack.dataset.store import Dataset
from regtrack.evaluation.metrics import StreamingCurves, centres
from regtrack.models.network import TrackModel
from regtrack.models.registry import build_model
from regtrack.training.config import TrainingConfig
from regtrack.training.loss import batch_loss, scored_loss

START = 2.0  # seconds of a core before a first step
RESAMPLING = 0.05  # seconds of a core per marker and split


@dataclass(frozen=True)
class Speed:
    """Seconds of a core, in one thread, which other work does not lengthen.

    Attributes:
        trained: per window.
        scored: per window, without gradient.
    """

    trained: float
    scored: float

    def training(self, data: Dataset, epochs: int, windows: int) -> float:
        """A training, with the validation after each epoch."""
        sizes = data.split_sizes
        count = min(windows or sizes["train"], sizes["train"])
        return START + epochs * (count * self.trained + sizes["valid"] * self.scored)

    def scoring(self, data: Dataset) -> float:
        """A row of a table from one seed: both splits."""
        sizes = data.split_sizes
        windows = sizes["valid"] + sizes["test"]
        return windows * self.scored + 2 * RESAMPLING * len(data.markers)


def key(table: PaperTable, row: str) -> str:
    """What a row of a table is called where speeds are kept."""
    return f"{table.name}/{row}"


def measure_steps(path: Path, datasets: Mapping[str, Dataset], size: Size) -> dict[str, Speed]:
    """The speed of every row of every table, measured once and kept in a file."""
    if path.exists():
        return {name: Speed(**one) for name, one in json.loads(path.read_text()).items()}
    found = {
        key(table, name): measure_step(datasets[table.task], table, row, size)
        for table in TABLES
        for name, row in table.rows.items()
    }
    path.write_text(json.dumps({name: asdict(one) for name, one in found.items()}, indent=1) + "\n")
    return found


def measure_step(data: Dataset, table: PaperTable, row: Row, size: Size) -> Speed:
    """A step as the row is trained, after one of a window that is not counted."""
    settings, words = table.training(row, size, 0)
    config = TrainingConfig(**words)
    model = build_model(row.model, len(data.markers), **settings)
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    first, batch = (_batch(data, count) for count in (1, config.batch_size))
    with torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bf16"):
        _step(model, optimizer, first, config)
        trained = _step(model, optimizer, batch, config)
        model.eval()
        curves = StreamingCurves(centres(model))
        began = time.process_time()
        with torch.inference_mode():
            scored_loss(model.head, model.stages(batch.codes)[-1], batch, curves)
    count = config.batch_size
    return Speed(trained / count, (time.process_time() - began) / count)


def _batch(data: Dataset, size: int) -> Batch:
    loader = make_loader(data, "train", batch_size=size, seed=0, epoch=0, shuffle=True)
    batch: Batch = next(iter(loader))
    return batch


def _step(
    model: TrackModel, optimizer: torch.optim.Optimizer, batch: Batch, config: TrainingConfig
) -> float:
    began = time.process_time()
    every = min(config.loss_every, batch.labels)
    counted = batch.every(every, 0) if every > 1 else batch
    losses = [
        batch_loss(model.head, stage[:, ::every], counted) for stage in model.stages(batch.codes)
    ]
    torch.stack(losses).mean().backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    optimizer.zero_grad()
    return time.process_time() - began
