"""Logits (B, M, L) in pieces that a GPU's memory holds several times."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

_LARGEST = 1 << 24  # logits; a GPU is fastest with few large pieces


def pieces(logits: Tensor) -> Iterator[tuple[int, slice]]:
    """The window and the markers of each piece of logits, floats (B, M, L)."""
    count, markers, length = logits.shape
    group = max(1, _LARGEST // max(1, length))
    for window in range(count):
        for first in range(0, markers, group):
            yield window, slice(first, min(first + group, markers))
