"""The logits of a split by two rules: each window read alone, or with the bases beside it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from regtrack.dataset.loader import Batch, make_loader
from regtrack.dataset.store import Dataset
from regtrack.genome.interval import Interval
from regtrack.predict.forward import values_of_codes
from regtrack.predict.network import Network
from regtrack.predict.region import values_by_strip

Reads = Literal["alone", "flanks"]
TITLES: dict[Reads, str] = {"alone": "alone", "flanks": "with flanks"}

_log = logging.getLogger(__name__)

Found = tuple[Batch, Tensor | None]  # what was read, and its logits (B, M, L) if it is not all N


@dataclass(frozen=True)
class Reader:
    """A network that reads a split.

    Attributes:
        network: borrowed by the caller.
        rows: of the last layer to compute, int64 (M,), on the device.
        device: where to compute.
        precision: `fp32` or `bf16`.
        both_strands: average the logits of both strands.
    """

    network: Network
    rows: Tensor
    device: torch.device
    precision: str = "fp32"
    both_strands: bool = False

    def alone(self, batches: Iterable[Batch]) -> Iterator[Found]:
        """Windows as in training: the network's own padding begins at their ends."""
        for batch in batches:
            logits = values_of_codes(
                self.network, batch.codes.numpy(),
                markers=self.rows, precision=self.precision, device=self.device,
                both_strands=self.both_strands, logits=True, labelled=True,
            )  # fmt: skip
            yield batch.to(self.device), logits

    def with_flanks(self, dataset: Dataset, split: str) -> Iterator[Found]:
        """Windows as `predict-genome` reads them: neighbours of a split in one piece.

        Windows with a label for their middle alone are read like that anyway.

        The flanks may be of other splits or of dropped windows: a network reads their sequence, and
        none of their labels is scored.
        """
        if dataset.spec.crop:
            yield from self.alone(in_order(dataset, split))
            return
        for interval in _runs(dataset, split):
            for strip, codes, values in values_by_strip(
                self.network, dataset, interval, self.rows,
                device=self.device, precision=self.precision, both_strands=self.both_strands,
                logits=True,
            ):  # fmt: skip
                found = dataset.labels(strip.chrom, strip.start, strip.end)
                rows = np.stack([np.zeros_like(found.start), found.marker, found.start, found.end])
                batch = Batch(torch.from_numpy(codes)[None], torch.from_numpy(rows.T.copy()))
                yield batch.to(self.device), None if values is None else values[None]


def flanks_differ(dataset: Dataset) -> bool:
    """Whether windows read with the bases beside them may have other scores; warns if not."""
    if dataset.spec.crop:
        _log.warning(
            "windows of %s are labelled in their middle alone, and read as tracks are anyway: they "
            "are read once", dataset.path,
        )  # fmt: skip
    return not dataset.spec.crop


def in_order(dataset: Dataset, split: str, *, batch_size: int = 32) -> Iterable[Batch]:
    """The windows of a split, unaugmented."""
    return make_loader(dataset, split, batch_size=batch_size, seed=0, epoch=0, shuffle=False)


def _runs(dataset: Dataset, split: str) -> Iterator[Interval]:
    """The stretches of a split whose windows lie next to each other."""
    seen: tuple[str, int, int] | None = None
    for window in dataset.window_ids(split).tolist():
        run = (dataset.interval(window).chrom, *dataset.extent(window))
        if run != seen:
            seen = run
            yield Interval(*run)
