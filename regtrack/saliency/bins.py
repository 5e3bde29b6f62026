"""Outputs of networks with one value per bin, which counts once whatever base of it is chosen."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from regtrack.genome.intervals import Intervals


def whole_bins(outputs: Intervals, size: int) -> Intervals:
    """The bins of `size` bp, counted from the chromosome's first base, that hold an output.

    >>> whole_bins(Intervals.one(150, 420), 200)
    Intervals((0, 600))
    """
    if size == 1:
        return outputs
    return Intervals.merged(outputs.starts // size * size, -(-outputs.ends // size) * size)


def once_per_bin(chosen: Tensor, size: int) -> Tensor:
    """The first chosen position of each bin of `size` bp, bool (B, L) or (L,) as given.

    The first bin begins with the first position.

    >>> import torch
    >>> once_per_bin(torch.tensor([False, True, True, True, False, True]), 3).int().tolist()
    [0, 1, 0, 1, 0, 0]
    """
    if size == 1:
        return chosen
    length = chosen.shape[-1]
    bins = F.pad(chosen, (0, -length % size)).reshape(*chosen.shape[:-1], -1, size)
    first = bins & (bins.cumsum(-1) == 1)
    return first.flatten(-2)[..., :length]
