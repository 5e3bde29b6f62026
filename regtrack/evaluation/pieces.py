"""Logits (B, M, L) in pieces that fit into the cache."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

# On a CPU pieces also stay below the 32,768 elements from which PyTorch uses more threads, which
# cost more than they gain here; a GPU is fastest with few large pieces.
_CPU = 1 << 15
_DEVICE = 1 << 24


def pieces(logits: Tensor) -> Iterator[tuple[int, slice]]:
    """The window and the markers of each piece of logits, floats (B, M, L)."""
    count, markers, length = logits.shape
    size = _CPU if logits.device.type == "cpu" else _DEVICE
    group = max(1, size // max(1, length))
    for window in range(count):
        for first in range(0, markers, group):
            yield window, slice(first, min(first + group, markers))
