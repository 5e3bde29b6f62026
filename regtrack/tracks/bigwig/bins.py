"""Summaries of values over bins, of which zoom levels consist.

A bin holds the number of bases with a value, and the minimum, maximum, sum and sum of squares of
the values. Sums are float64 until they are stored. Bins are counted from the chromosome's start,
and their widths differ by factors of 4, so that a wider bin is the sum of four narrower ones,
always in the same order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from regtrack.errors import TrackError, invalid
from regtrack.tracks.bigwig.layout import MAX_ZOOM_LEVELS

Values = npt.NDArray[np.float32]
Bins = npt.NDArray[np.void]

BIN = np.dtype(
    [("chrom", "<u4"), ("start", "<u4"), ("valid", "<u4"), ("min", "<f4"), ("max", "<f4"),
     ("sum", "<f8"), ("squares", "<f8")]
)  # fmt: skip
_REDUCTIONS = {
    "valid": np.add,
    "min": np.minimum,
    "max": np.maximum,
    "sum": np.add,
    "squares": np.add,
}
NO_BINS: Bins = np.empty(0, dtype=BIN)

# the largest number that a zoom record can hold
LARGEST = float(np.finfo(np.float32).max)

_STEP = 4
_VALUES = 128  # of a bin of the first zoom level
_WIDEST = 2**32 - 1  # bp


def first_reduction(resolution: int) -> int:
    """The width of the first zoom level's bins (bp): 128 values at any resolution.

    So all levels together have at most four records per 384 values, and cost the same share of a
    file. Stretches that begin on a multiple of 128 values never cut a bin. Beyond 33 Mb per value a
    bin has fewer values, since a file cannot hold wider bins.

    >>> [first_reduction(resolution) for resolution in (1, 10, 25, 100)]
    [128, 1280, 3200, 12800]
    """
    if resolution < 1:
        raise TrackError(invalid("resolution", resolution, "at least 1", "bp"))
    values = _VALUES
    while values > _STEP and values * resolution > _WIDEST:
        values //= 2
    return values * resolution


def zoom_reductions(resolution: int, longest: int) -> list[int]:
    """The width of each zoom level's bins (bp), up to a few hundred bins per longest chromosome.

    There is always at least one level, since IGV refuses files without.

    >>> zoom_reductions(1, 10_000_000)
    [128, 512, 2048, 8192, 32768]
    """
    reductions = [first_reduction(resolution)]
    while len(reductions) < MAX_ZOOM_LEVELS and reductions[-1] * _STEP <= longest / 256:
        reductions.append(reductions[-1] * _STEP)
    return reductions


def join_records(parts: Sequence[npt.NDArray[np.void]]) -> npt.NDArray[np.void]:
    """Contiguous records of one dtype, (n,) each, in one array, as bytes: NumPy copies by field.

    >>> join_records([np.zeros(2, BIN), NO_BINS, np.zeros(1, BIN)]).shape
    (3,)
    """
    return np.concatenate([part.view(np.uint8) for part in parts]).view(parts[0].dtype)


def reduce_bins(bins: Bins, first: npt.NDArray[np.intp]) -> Bins:
    """Add up groups of neighbouring bins.

    Args:
        bins: `BIN`, or another dtype with these fields, (n,).
        first: index of each group's first bin, int64 (groups,).

    Returns:
        One bin per group (groups,), of the same dtype, with the start of the group's first.
    """
    reduced = bins[first]
    for name, ufunc in _REDUCTIONS.items():
        reduced[name] = ufunc.reduceat(bins[name], first)
    return reduced
