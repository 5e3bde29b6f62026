"""Windows of a sequence for networks that take a fixed length, and their values joined again."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def windows_of(
    sequence: Tensor, length: int, step: int
) -> tuple[Sequence[Tensor], tuple[int, int]]:
    """Windows of a fixed length, some at a time, and how many there are.

    Args:
        sequence: codes (B, L), or floats (B, L, C).
        length: of a window (bp).
        step: from the start of a window to that of the next (bp).

    Returns:
        Parts (n, length), or (n, length, C), of about as many bases as the sequence has; and B and
        the number of windows of each row.
    """
    found = sequence.unfold(1, length, step)  # (B, windows, length) or (B, windows, C, length)
    batch, count = found.shape[:2]
    flat = found.flatten(0, 1)
    if sequence.dim() == 3:
        flat = flat.transpose(1, 2)
    at_once = max(1, batch * sequence.shape[1] // length)  # no more memory than for the sequence
    return torch.split(flat, at_once), (batch, count)


def blended(values: Tensor, step: int) -> Tensor:
    """Overlapping windows, averaged by weights that fall linearly from their middle.

    Args:
        values: floats (B, windows, M, bins).
        step: bins from the start of a window to that of the next.

    Returns:
        Floats (B, M, bins): those for which all windows that cover them are there.
    """
    batch, windows, rows, bins = values.shape
    place = torch.arange(bins, device=values.device)
    weights = torch.minimum(place + 1, bins - place).float()
    earlier = -(-bins // step) - 1
    total = weights.new_zeros((earlier + 1) * step)
    total[:bins] = weights
    total = total.view(-1, step).sum(0)  # of all windows that cover a bin, by its place in a step
    weights = weights / total[place % step]
    found = values.new_zeros((batch, rows, (windows - 1) * step + bins), dtype=torch.float32)
    for window in range(windows):
        found[..., window * step : window * step + bins] += values[:, window] * weights
    return found[..., earlier * step : windows * step]
