"""Make a track smaller, by fewer bits per value or fewer values.

Rounding keeps the first bits of a value's mantissa, like numcodecs' BitRound (Kloewer et al. 2021,
Nature Computational Science 1:713): the error is relative, so that small probabilities are kept,
and the trailing zeros compress well. Averaging keeps one value for several bases.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.errors import TrackError, invalid
from regtrack.kernel import inner, kernel
from regtrack.tracks.bigwig.bins import Values

Words = npt.NDArray[np.uint32]

MANTISSA_BITS = 23  # of float32: keeping all of them is lossless
DEFAULT_KEEP_BITS = 7  # chosen from the table in docs/bigwig.md

_SIGNLESS = 0x7FFF_FFFF
_INFINITY = 0x7F80_0000


def check_keep_bits(keep_bits: int) -> None:
    """Refuse a number of mantissa bits that a float32 cannot have.

    Raises:
        TrackError: `keep_bits` is not 1 to 23.
    """
    if keep_bits not in range(1, MANTISSA_BITS + 1):  # excludes 7.5
        raise TrackError(invalid("keep_bits", keep_bits, f"1 to {MANTISSA_BITS}"))


def round_mantissa(values: Values, keep_bits: int) -> None:
    """Round values in place to `keep_bits` bits of mantissa, to nearest, ties to even.

    NaN and infinity do not change. Values that would round up to infinity become the largest number
    with that many bits.

    Args:
        values: float32, any shape, contiguous and writeable.
        keep_bits: 1 to 23; 23 changes nothing.

    Raises:
        TrackError: `keep_bits` is not 1 to 23.

    >>> values = np.array([0.1, 0.5, np.nan], dtype=np.float32)
    >>> round_mantissa(values, 4)
    >>> values
    array([0.1015625, 0.5      ,       nan], dtype=float32)
    """
    check_keep_bits(keep_bits)
    dropped = MANTISSA_BITS - int(keep_bits)
    if dropped == 0 or values.size == 0:
        return
    bits = values.reshape(-1).view(np.uint32)
    if not np.shares_memory(bits, values):
        raise ValueError("values must be contiguous to be rounded in place")
    if not bits.flags.writeable:
        raise ValueError("values must be writeable to be rounded in place")
    _round_bits(bits, dropped)


@kernel
def _round_bits(bits: Words, dropped: int) -> None:
    for i in range(len(bits)):
        bits[i] = rounded(bits[i], dropped)


@inner
def rounded(bits: Any, dropped: int) -> Any:
    """The bits of a float32, uint32, without the last `dropped` of its mantissa, at least one."""
    # 32 bits in each step, so that the processor takes as many numbers at once as it can
    half = np.uint32(1 << (dropped - 1))
    magnitude = np.uint32(bits & np.uint32(_SIGNLESS))
    # an odd last kept bit rounds a tie up, an even one down
    odd = np.uint32((bits >> np.uint32(dropped)) & np.uint32(1))
    up = np.uint32(np.uint32(bits + np.uint32(half - np.uint32(1))) + odd)
    # would become infinity
    up = bits if magnitude >= np.uint32(np.uint32(_INFINITY) - half) else up
    cut = np.uint32(up & np.uint32(0xFFFF_FFFF << dropped & 0xFFFF_FFFF))
    return bits if magnitude >= np.uint32(_INFINITY) else cut


def average(values: Values, resolution: int) -> Values:
    """The mean of each group of `resolution` values, ignoring absent ones.

    Args:
        values: one float32 per bp, shape (n,), starting at a multiple of `resolution`; NaN if
            absent.
        resolution: bp per mean.

    Returns:
        float32 of shape (ceil(n / resolution),); NaN if no base of a group has a value. The last
        group may be smaller, as at a chromosome's end.

    >>> average(np.array([1, 3, np.nan, 5, 7], dtype=np.float32), 2)
    array([2., 5., 7.], dtype=float32)
    """
    if resolution == 1:
        return values
    count = -(-len(values) // resolution)
    padded = np.full(count * resolution, np.nan, dtype=np.float64)
    padded[: len(values)] = values
    table = padded.reshape(count, resolution)
    present = ~np.isnan(table)
    sums = np.where(present, table, 0).sum(axis=1)
    with np.errstate(invalid="ignore"):  # 0 / 0 where nothing is present
        means: Values = (sums / present.sum(axis=1)).astype(np.float32)
    return means
