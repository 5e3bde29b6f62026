"""How long a training of each network takes here, from one step of each."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from paper import LONG_ROWS, SHORT_ROWS, Row
from real_loci import SHORT_RECIPE

from regtrack.dataset.loader import Batch, make_loader
from regtrack.dataset.store import Dataset
from regtrack.evaluation.metrics import StreamingCurves, centres
from regtrack.models.network import TrackModel
from regtrack.models.registry import build_model
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


def measure_steps(path: Path, datasets: Mapping[str, Dataset]) -> dict[str, Speed]:
    """The speed of every row, measured once and kept in a file."""
    if path.exists():
        return {name: Speed(**one) for name, one in json.loads(path.read_text()).items()}
    found = {}
    for rows, task, size in ((LONG_ROWS, "dense", 2), (SHORT_ROWS, "short", _SHORT_BATCH)):
        for name, row in rows.items():
            found[name] = measure_step(datasets[task], row, size)
    path.write_text(json.dumps({name: asdict(one) for name, one in found.items()}, indent=1) + "\n")
    return found


_SHORT_BATCH = int(SHORT_RECIPE["batch_size"])


def measure_step(data: Dataset, row: Row, batch_size: int) -> Speed:
    """A step of a network, after one of a window that is not counted."""
    model = build_model(row.model, len(data.markers), **row.settings)
    optimizer = torch.optim.AdamW(model.parameters())
    first, batch = (_batch(data, size) for size in (1, batch_size))
    _step(model, optimizer, first)
    trained = _step(model, optimizer, batch)
    model.eval()
    curves = StreamingCurves(centres(model))
    began = time.process_time()
    with torch.inference_mode():
        scored_loss(model.head, model.stages(batch.codes)[-1], batch, curves)
    return Speed(trained / batch_size, (time.process_time() - began) / batch_size)


def _batch(data: Dataset, size: int) -> Batch:
    loader = make_loader(data, "train", batch_size=size, seed=0, epoch=0, shuffle=True)
    batch: Batch = next(iter(loader))
    return batch


def _step(model: TrackModel, optimizer: torch.optim.Optimizer, batch: Batch) -> float:
    began = time.process_time()
    losses = [batch_loss(model.head, stage, batch) for stage in model.stages(batch.codes)]
    torch.stack(losses).mean().backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    optimizer.zero_grad()
    return time.process_time() - began
