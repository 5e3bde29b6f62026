"""How logits (B, M, L) are worked through: in pieces that stay in cache."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

# On a CPU pieces also stay below the 32,768 elements from which PyTorch calls in more threads,
# whose waiting costs more here than they bring; a GPU wants few and large ones.
_CPU = 1 << 15
_DEVICE = 1 << 24


def pieces(logits: Tensor) -> Iterator[tuple[int, slice]]:
    """The window and the markers of each piece of logits (B, M, L)."""
    count, markers, length = logits.shape
    size = _CPU if logits.device.type == "cpu" else _DEVICE
    group = max(1, size // max(1, length))
    for window in range(count):
        for first in range(0, markers, group):
            yield window, slice(first, min(first + group, markers))
