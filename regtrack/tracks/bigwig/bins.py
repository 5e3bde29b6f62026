"""Summaries of values over bins, of which zoom levels consist.

A bin holds the number of bases with a value, and the minimum, maximum, sum and sum of squares of
the values. Sums are float64 until they are stored. Bins are counted from the chromosome's start,
and their widths differ by factors of 4, so that a wider bin is the sum of four narrower ones,
always in the same order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.errors import TrackError, invalid
from regtrack.kernel import kernel
from regtrack.tracks.bigwig.layout import MAX_ZOOM_LEVELS, ZOOM_RECORD

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
_MOST_PARTS = 8  # of a bin; NumPy adds more in another order


def first_reduction(resolution: int) -> int:
    """The width of the first zoom level's bins (bp): at least 128 bp and at least four values.

    The number of values is a power of two, so that stretches that begin on a multiple of 128 values
    never cut a bin.

    >>> [first_reduction(resolution) for resolution in (1, 10, 25, 100)]
    [128, 160, 200, 400]
    """
    if resolution < 1:
        raise TrackError(invalid("resolution", resolution, "at least 1", "bp"))
    values = _STEP
    while values * resolution < 128:
        values *= 2
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


def merge_bins(bins: Bins, reduction: int) -> Bins:
    """Join ordered bins into wider ones, each within one chromosome.

    Args:
        bins: `BIN` (n,), ordered; none may cross an edge of the wider bins.
        reduction: width of the wider bins (bp).
    """
    if len(bins) == 0:
        return bins
    merged = np.empty(len(bins), dtype=BIN)
    count = _merge(_writeable(bins), reduction, merged)
    if count >= 0:
        return merged[:count]
    cell, chrom = bins["start"] // reduction, bins["chrom"]
    moves = (cell[1:] != cell[:-1]) | (chrom[1:] != chrom[:-1])
    first = np.flatnonzero(np.concatenate([[True], moves]))
    merged = reduce_bins(bins, first)
    merged["start"] = cell[first] * reduction
    return merged


def _writeable(bins: Bins) -> Bins:
    """Bins as kernels take them, which would be compiled again for read-only ones."""
    return np.require(bins, BIN, ["C", "W"])


@kernel
def _merge(bins: Any, reduction: int, merged: Any) -> int:
    """Fill wider bins in the order in which NumPy's reduceat adds; -1 if one has too many parts.

    It takes the first of a group, and adds the sum of up to eight others to it.
    """
    count, at = 0, 0
    while at < len(bins):
        cell, chrom = bins[at].start // reduction, bins[at].chrom
        low, high = bins[at].min, bins[at].max
        valid, sums, squares = bins[at].valid, 0.0, 0.0
        stop = at + 1
        while (
            stop < len(bins) and bins[stop].chrom == chrom and bins[stop].start // reduction == cell
        ):
            low, high = min(low, bins[stop].min), max(high, bins[stop].max)
            valid += bins[stop].valid
            sums += bins[stop].sum
            squares += bins[stop].squares
            stop += 1
        if stop - at > _MOST_PARTS:
            return -1
        merged[count].chrom, merged[count].start = chrom, cell * reduction
        merged[count].valid, merged[count].min, merged[count].max = valid, low, high
        merged[count].sum = bins[at].sum + sums
        merged[count].squares = bins[at].squares + squares
        count, at = count + 1, stop
    return count


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


def zoom_records(
    bins: Bins, reduction: int, lengths: npt.NDArray[np.int64]
) -> npt.NDArray[np.void]:
    """Bins in the format of the file, `ZOOM_RECORD` (n,).

    Sums beyond the range of float32 become its largest number.

    Args:
        bins: complete bins of `reduction` bp, `BIN` (n,).
        reduction: width of a bin (bp).
        lengths: length of each chromosome (bp), where its last bin ends, int64 (chromosomes,).
    """
    records = np.zeros(len(bins), dtype=ZOOM_RECORD)
    _fill(_writeable(bins), reduction, lengths, records)
    return records


@kernel
def _fill(bins: Any, reduction: int, lengths: npt.NDArray[np.int64], records: Any) -> None:
    for i in range(len(bins)):
        chrom, start = bins[i].chrom, bins[i].start
        records[i].chrom, records[i].start = chrom, start
        records[i].end = min(np.int64(start) + reduction, lengths[chrom])
        records[i].valid, records[i].min, records[i].max = bins[i].valid, bins[i].min, bins[i].max
        records[i].sum = min(max(bins[i].sum, -LARGEST), LARGEST)
        records[i].squares = min(max(bins[i].squares, -LARGEST), LARGEST)
