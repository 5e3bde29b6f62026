"""How many items lie over each base: what the zoom levels of a bigBed summarise."""

from __future__ import annotations

import numpy as np

from regtrack.genome.intervals import Positions
from regtrack.tracks.bigwig.bins import BIN, Bins, reduce_bins


def depth_bins(number: int, starts: Positions, ends: Positions, reduction: int) -> Bins:
    """The depth of a chromosome's items in bins, as values of a bigWig would be.

    Args:
        number: of the chromosome.
        starts: in bp, int64 (n,), n > 0.
        ends: in bp, int64 (n,).
        reduction: width of a bin (bp).

    Returns:
        The bins with an item, `BIN` (bins,).
    """
    edges = np.unique(np.concatenate([starts, ends]))
    begun = np.searchsorted(np.sort(starts), edges, side="right")
    depth = begun - np.searchsorted(np.sort(ends), edges, side="right")
    covered = np.flatnonzero(depth[:-1])
    lows, highs, depth = edges[covered], edges[covered + 1], depth[covered]
    # runs of one depth, cut at the edges of bins
    first, last = lows // reduction, (highs - 1) // reduction
    counts = last - first + 1
    run = np.repeat(np.arange(len(lows)), counts)
    nth = np.arange(len(run)) - np.repeat(np.cumsum(counts) - counts, counts)
    cells = first[run] + nth
    sizes = np.minimum(highs[run], (cells + 1) * reduction)
    sizes -= np.maximum(lows[run], cells * reduction)
    pieces = np.zeros(len(run), dtype=BIN)
    pieces["chrom"], pieces["start"], pieces["valid"] = number, cells * reduction, sizes
    pieces["min"] = pieces["max"] = depth[run]
    pieces["sum"] = depth[run] * sizes
    pieces["squares"] = depth[run].astype(np.float64) ** 2 * sizes
    return reduce_bins(pieces, np.flatnonzero(np.diff(cells, prepend=-1)))
