"""Summarise stretches of values in bins, in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from regtrack.kernel import inner, kernel
from regtrack.tracks.bigwig.bins import BIN, Bins, Values
from regtrack.tracks.bigwig.places import Numbers, Places
from regtrack.tracks.bigwig.unsigned import u

# minimum, maximum, count, sum, sum of squares
_Summary = tuple[Any, Any, float, float, float]


def bin_values(values: Values, places: Places, reduction: int) -> Bins:
    """The bins of `bins_by_stretch` alone, of values float32 (n,)."""
    return bins_by_stretch(values, places, reduction)[0]


def bins_by_stretch(values: Values, places: Places, reduction: int) -> tuple[Bins, Numbers]:
    """Summarise the values of stretches.

    Args:
        values: those of all stretches, one after another, float32 (n,); NaN if absent.
        places: the stretches.
        reduction: bp per bin: the resolution times a multiple of four.

    Returns:
        The bins that have a value, in order; and the index of the first bin of each stretch and of
        the end of the last, int64 (stretches + 1,). A bin at an edge of a stretch covers only its
        part in the stretch; `merge_bins` joins it with the other part.

    Raises:
        ValueError: an invalid reduction.
    """
    resolution = places.resolution
    width = reduction // resolution
    if width % 4 or width * resolution != reduction:
        raise ValueError(f"bins of {reduction} bp; expected {resolution} bp times a multiple of 4")
    edges = places.edges
    leads = places.start // resolution % width
    counts = -(-(leads + np.diff(edges)) // width)
    cells = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    bins = np.zeros(cells[-1], dtype=BIN)
    _summarise(values, edges, leads, cells, width, resolution, places.chrom, places.start, bins)
    _shorten(bins, cells, values, places)
    kept = bins["valid"] > 0
    if kept.all():
        return bins, cells
    counted = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])
    return bins[kept], counted[cells]


def _shorten(bins: Bins, cells: Numbers, values: Values, places: Places) -> None:
    """Count the last value of each stretch only for the bases that it covers."""
    at = np.flatnonzero(places.short)
    last = values[places.edges[1:][at] - 1].astype(np.float64)
    at, last = at[~np.isnan(last)], last[~np.isnan(last)]
    short, cell = places.short[at], cells[1:][at] - 1
    bins["valid"][cell] -= short.astype(np.uint32)
    bins["sum"][cell] -= short * last
    bins["squares"][cell] -= short * last**2


@kernel
def _summarise(
    values: Values, edges: Numbers, leads: Numbers, cells: Numbers, width: int, resolution: int,
    chroms: Numbers, starts: Numbers, bins: Any,
) -> None:  # fmt: skip
    """Fill the bins.

    The values of stretch i are those from `edges[i]` on, and its bins those from `cells[i]` on, of
    which the first begins `leads[i]` values before them.
    """
    edge = np.empty(width, dtype=np.float32)
    for stretch in range(len(leads)):
        low, high, begin = edges[stretch], edges[stretch + 1], edges[stretch] - leads[stretch]
        chrom, start = chroms[stretch], starts[stretch] - leads[stretch] * resolution
        for cell in range(cells[stretch], cells[stretch + 1]):
            # no slice of a whole bin is made, since that would take longer than a short bin does
            part, at = values, begin
            if begin < low or begin + width > high:
                edge[:] = np.nan
                first = max(low - begin, 0)
                for i in range(max(begin, low), min(begin + width, high)):
                    edge[first + i - max(begin, low)] = values[i]
                part, at = edge, 0
            # four partial sums, so that no addition waits for the previous one, and always the same
            # four, so that the result is the same on every machine
            s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
            q0, q1, q2, q3 = 0.0, 0.0, 0.0, 0.0
            l0, l1, l2, l3 = part[u(at)], part[u(at + 1)], part[u(at + 2)], part[u(at + 3)]
            g0, g1, g2, g3 = l0, l1, l2, l3
            for i in range(at, at + width, 4):
                e, f, g, h = part[u(i)], part[u(i + 1)], part[u(i + 2)], part[u(i + 3)]
                a, b, c, d = np.float64(e), np.float64(f), np.float64(g), np.float64(h)
                s0, s1, s2, s3 = s0 + a, s1 + b, s2 + c, s3 + d
                q0, q1, q2, q3 = q0 + a * a, q1 + b * b, q2 + c * c, q3 + d * d
                l0, l1 = e if e < l0 else l0, f if f < l1 else l1
                l2, l3 = g if g < l2 else l2, h if h < l3 else l3
                g0, g1 = e if e > g0 else g0, f if f > g1 else g1
                g2, g3 = g if g > g2 else g2, h if h > g3 else g3
            total, squares = s0 + s1 + (s2 + s3), q0 + q1 + (q2 + q3)
            least, greatest, present = min(l0, l1, l2, l3), max(g0, g1, g2, g3), float(width)
            if np.isnan(total):
                least, greatest, present, total, squares = _holed_bin(part[at : at + width])
            bins[cell].chrom, bins[cell].start = chrom, start
            bins[cell].min, bins[cell].max = least, greatest
            bins[cell].valid = np.uint32(present * resolution)
            bins[cell].sum, bins[cell].squares = total * resolution, squares * resolution
            begin += width
            start += width * resolution


@inner
def _holed_bin(values: Values) -> _Summary:
    """A bin of which some values are NaN; also used, without harm, if infinities cancel."""
    low, high, count, total, squares = np.float32(np.inf), np.float32(-np.inf), 0.0, 0.0, 0.0
    for value in values:
        if not np.isnan(value):
            low, high = min(low, value), max(high, value)
            count += 1
            wide = np.float64(value)
            total += wide
            squares += wide * wide
    return low, high, count, total, squares
