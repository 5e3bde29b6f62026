"""Summarise stretches of values in bins, in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.kernel import inner, kernel
from regtrack.tracks.bigwig.bins import BIN, Bins, Values

Sums = npt.NDArray[np.float64]
# minimum, maximum, count, sum, sum of squares
_Summary = tuple[Any, Any, float, float, float]


def bin_values(values: Values, start: int, *, resolution: int, reduction: int, end: int) -> Bins:
    """Summarise a stretch of values.

    Args:
        values: one float32 per `resolution` bp, shape (n,); NaN if absent.
        start: position of the first value (bp), a multiple of `resolution`.
        resolution: bp per value.
        reduction: bp per bin: `resolution` times a multiple of four.
        end: where the last value ends (bp); it may cover fewer bases than the others.

    Returns:
        The bins that have a value, in order. A bin at an edge of the stretch covers only its part
        in the stretch; `merge_bins` joins it with the other part.

    Raises:
        ValueError: an invalid reduction.
    """
    width = reduction // resolution
    if width % 4 or width * resolution != reduction:
        raise ValueError(f"bins of {reduction} bp; expected {resolution} bp times a multiple of 4")
    lead = (start // resolution) % width
    bins = np.zeros(-(-(lead + len(values)) // width), dtype=BIN)
    bins["start"] = start - lead * resolution + np.arange(len(bins)) * reduction
    least, greatest = np.empty((2, len(bins)), dtype=np.float32)
    present, sums, squares = np.empty((3, len(bins)), dtype=np.float64)
    _summarise(values, lead, width, least, greatest, present, sums, squares)
    bins["min"], bins["max"] = least, greatest
    bins["valid"] = present * resolution
    bins["sum"], bins["squares"] = sums * resolution, squares * resolution
    short = start + len(values) * resolution - end
    if short and not np.isnan(values[-1]):
        bins["valid"][-1] -= short
        bins["sum"][-1] -= short * float(values[-1])
        bins["squares"][-1] -= short * float(values[-1]) ** 2
    return bins[bins["valid"] > 0]


@kernel
def _summarise(
    values: Values, lead: int, width: int,
    least: Values, greatest: Values, present: Sums, sums: Sums, squares: Sums,
) -> None:  # fmt: skip
    """Fill the last five arrays, one number per bin; bin 0 begins `lead` values before value 0."""
    edge = np.empty(width, dtype=np.float32)
    for cell in range(len(least)):
        begin = cell * width - lead
        stop = begin + width
        part = values[max(begin, 0) : min(stop, len(values))]
        if len(part) < width:
            edge[:] = np.nan
            first = max(-begin, 0)
            for i in range(len(part)):
                edge[first + i] = part[i]
            part = edge
        least[cell], greatest[cell], present[cell], sums[cell], squares[cell] = _bin(part)


@inner
def _bin(values: Values) -> _Summary:
    """Minimum, maximum, count, sum and sum of squares of a multiple of four values.

    There are four partial sums, so that no addition waits for the previous one, and always the same
    four, so that the result is the same on every machine.
    """
    s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
    q0, q1, q2, q3 = 0.0, 0.0, 0.0, 0.0
    for i in range(0, len(values), 4):
        a, b = np.float64(values[i]), np.float64(values[i + 1])
        c, d = np.float64(values[i + 2]), np.float64(values[i + 3])
        s0, s1, s2, s3 = s0 + a, s1 + b, s2 + c, s3 + d
        q0, q1, q2, q3 = q0 + a * a, q1 + b * b, q2 + c * c, q3 + d * d
    total = s0 + s1 + (s2 + s3)
    if np.isnan(total):
        return _holed_bin(values)
    l0, l1, l2, l3 = values[0], values[1], values[2], values[3]
    g0, g1, g2, g3 = l0, l1, l2, l3
    for i in range(4, len(values), 4):
        e, f, g, h = values[i], values[i + 1], values[i + 2], values[i + 3]
        l0, l1 = e if e < l0 else l0, f if f < l1 else l1
        l2, l3 = g if g < l2 else l2, h if h < l3 else l3
        g0, g1 = e if e > g0 else g0, f if f > g1 else g1
        g2, g3 = g if g > g2 else g2, h if h > g3 else g3
    low, high = min(l0, l1, l2, l3), max(g0, g1, g2, g3)
    return low, high, float(len(values)), total, q0 + q1 + (q2 + q3)


@inner
def _holed_bin(values: Values) -> _Summary:
    """The same if some values are NaN; also used, without harm, if infinities cancel."""
    low, high, count, total, squares = np.float32(np.inf), np.float32(-np.inf), 0.0, 0.0, 0.0
    for value in values:
        if not np.isnan(value):
            low, high = min(low, value), max(high, value)
            count += 1
            wide = np.float64(value)
            total += wide
            squares += wide * wide
    return low, high, count, total, squares
