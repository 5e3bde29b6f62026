"""Parts of a batch that are computed one after the other, small enough for a processor's caches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from regtrack.dataset.loader import Batch

# logits of a tile: four megabytes in float32; with smaller tiles Python's steps take longer, and a
# GPU is fastest with few large ones
_CPU = 1 << 20
_DEVICE = 1 << 26
_LEAST = 128  # positions


class Tile(NamedTuple):
    """A part of a batch.

    Attributes:
        windows: of the batch.
        span: labels of each.
        known: bool (B, T), False for N; None where all labels of the batch are known.
    """

    windows: slice
    span: slice
    known: Tensor | None

    def of_known(self, values: Tensor) -> Tensor:
        """Values of its labels, floats (B, T) or (B, M, T), in place with 0 where not known."""
        if self.known is None:
            return values
        return values.mul_(self.known if values.ndim == 2 else self.known[:, None])


def tile_size(device: torch.device) -> int:
    """How many logits a tile should have."""
    return _CPU if device.type == "cpu" else _DEVICE


def tiles(batch: Batch, marker_count: int) -> Iterator[Tile]:
    """The tiles of a batch, window by window where windows are larger than a tile."""
    count, length = len(batch), batch.labels
    size = tile_size(batch.codes.device)
    at_once = min(max(size // (marker_count * length), 1), count)
    positions = min(max(size // (marker_count * at_once), _LEAST), length)
    known = batch.known
    whole = known.device.type == "cpu" and bool(known.all())  # a GPU would wait for it
    for first in range(0, count, at_once):
        windows = slice(first, min(first + at_once, count))
        for start in range(0, length, positions):
            span = slice(start, min(start + positions, length))
            yield Tile(windows, span, None if whole else known[windows, span])
