"""Stretches of sequence hidden from a network in training, so that it learns not to need them."""

from __future__ import annotations

import torch
from torch import Tensor

from regtrack.genome.sequence import N

STRETCH = 20  # bp; hides a motif as a whole


def cut_out(codes: Tensor, share: float) -> Tensor:
    """The sequence with stretches of 20 bp as N, at random (DeVries and Taylor 2017, "Cutout").

    Stretches may overlap. What is drawn comes from torch's generator of the device.

    Args:
        codes: uint8 (B, L), which stay as they are.
        share: expected fraction of the bases that are hidden, 0 to below 1.

    Returns:
        uint8 (B, L).
    """
    count, length = codes.shape
    begins = torch.rand(count, length + STRETCH, device=codes.device) < 1 - (1 - share) ** (
        1 / STRETCH
    )
    begun = begins.cumsum(1, dtype=torch.int32)
    hidden = begun[:, STRETCH:] > begun[:, :-STRETCH]  # a stretch began within the last 20 bp
    return codes.masked_fill(hidden, N)
