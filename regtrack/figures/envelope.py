"""Per-base values summarised in bins for display, without losing any peak."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from regtrack.genome.intervals import Intervals, Mask, Positions

Values = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Envelope:
    """The minimum and maximum of each bin and 0.

    A mean would hide a lone base among thousands; the extremes keep its height.

    Attributes:
        edges: of the bins, as offsets from the first base (bp), shape (bins + 1,).
        lows: the minimum of each bin and 0, shape (bins,).
        highs: the maximum of each bin and 0, shape (bins,).
    """

    edges: Positions
    lows: Values
    highs: Values


def bin_edges(length: int, bins: int) -> Positions:
    """Edges (bp) of at most `bins` stretches of nearly equal length, shape (bins + 1,).

    >>> bin_edges(10, 4).tolist(), bin_edges(2, 4).tolist()
    ([0, 2, 5, 7, 10], [0, 1, 2])
    """
    return np.linspace(0, length, min(bins, length) + 1).astype(np.int64)


def envelope(values: Values, bins: int) -> Envelope:
    """The extremes per bin of one or more values per base.

    Args:
        values: shape (L,) or (L, K); NaN counts as 0.
        bins: maximum number of bins.

    >>> found = envelope(np.array([1, 5, -2, np.nan], np.float32), 2)
    >>> found.lows.tolist(), found.highs.tolist()
    ([0.0, -2.0], [5.0, 0.0])
    """
    edges = bin_edges(len(values), bins)
    known = np.nan_to_num(values.reshape(len(values), -1))
    lows = np.minimum.reduceat(known.min(axis=1), edges[:-1])
    highs = np.maximum.reduceat(known.max(axis=1), edges[:-1])
    return Envelope(edges, np.minimum(lows, 0), np.maximum(highs, 0))


def coarse_runs(mask: Mask, bins: int) -> Intervals:
    """Where a mask (L,) is true, as intervals that begin and end at bin edges.

    A bin counts if any of its bases does, so that a lone base is never lost.

    >>> mask = np.zeros(100, bool); mask[13] = mask[55:60] = True
    >>> coarse_runs(mask, 10)
    Intervals((10, 20), (50, 60))
    """
    edges = bin_edges(len(mask), bins)
    held = Intervals.from_mask(np.logical_or.reduceat(mask, edges[:-1]))
    return Intervals(edges[held.starts], edges[held.ends])
