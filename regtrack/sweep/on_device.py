"""Mask, average and round values with torch, on the device that computed them.

The results equal those of `regtrack.tracks.bigwig.rounding` on the CPU.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from regtrack.predict.copies import to_device
from regtrack.tracks.bigwig.rounding import MANTISSA_BITS

_INFINITY = 0x7F80_0000
_SIGNLESS = 0x7FFF_FFFF


def finish(
    values: Tensor, present: npt.NDArray[np.bool_], resolution: int, keep_bits: int
) -> tuple[Tensor, Tensor]:
    """The values to store, and the bases that should have a value but are NaN.

    Args:
        values: float32 (count, L).
        present: which bases get a value, bool (L,).
        resolution: bp per stored value.
        keep_bits: mantissa bits to keep.

    Returns:
        Values, float32 (count, ceil(L / resolution)), NaN where absent; and bool (L,).
    """
    counts = to_device(present, values.device)
    broken = (torch.isnan(values) & counts).any(0)
    masked = values.masked_fill(~counts, math.nan)
    return round_mantissa(average(masked, resolution), keep_bits), broken


def average(values: Tensor, resolution: int) -> Tensor:
    """Means over `resolution` bp of the values present, float32 (count, L) to (count, L')."""
    if resolution == 1:
        return values
    padded = F.pad(values.double(), (0, -values.shape[1] % resolution), value=math.nan)
    table = padded.view(len(padded), -1, resolution)
    # 0 / 0 = NaN where nothing is present
    means: Tensor = table.nansum(2) / (~table.isnan()).sum(2)
    return means.float()


def round_mantissa(values: Tensor, keep_bits: int) -> Tensor:
    """Values, float32 (count, L), rounded to `keep_bits` mantissa bits, ties to even."""
    dropped = MANTISSA_BITS - keep_bits
    if dropped == 0:
        return values
    bits = values.contiguous().view(torch.int32)
    mask, below_half = -(2**dropped), 2 ** (dropped - 1) - 1
    magnitude = bits & _SIGNLESS
    # NaN and infinity stay; values that would round up to infinity become the largest number
    finite = torch.where(magnitude < _INFINITY, bits & mask, bits)
    rounded = (bits + ((bits >> dropped) & 1) + below_half) & mask
    kept = torch.where(magnitude >= _INFINITY - below_half - 1, finite, rounded)
    return kept.view(torch.float32)
