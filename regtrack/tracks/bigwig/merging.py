"""Join bins into wider ones, and write them as records: loops compiled by Numba."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.kernel import kernel
from regtrack.tracks.bigwig.bins import BIN, LARGEST, Bins, reduce_bins
from regtrack.tracks.bigwig.layout import ZOOM_RECORD

_MOST_PARTS = 8  # of a bin; NumPy adds more in another order


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
