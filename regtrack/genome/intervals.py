"""Arithmetic on many intervals of one chromosome: arrays of starts and ends, 0-based, half-open."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]


def merge(starts: Positions, ends: Positions) -> tuple[Positions, Positions]:
    """The same bases as sorted intervals that neither overlap nor touch.

    >>> merge(np.array([5, 0, 8]), np.array([8, 3, 9]))
    (array([0, 5]), array([3, 9]))
    """
    if len(starts) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], np.maximum.accumulate(ends[order])
    first = np.concatenate([[True], starts[1:] > ends[:-1]])
    last = np.concatenate([first[1:], [True]])
    return starts[first], ends[last]


def complement(starts: Positions, ends: Positions, length: int) -> tuple[Positions, Positions]:
    """The stretches of [0, length) that merged intervals leave free.

    >>> complement(np.array([0, 5]), np.array([3, 9]), 12)
    (array([3, 9]), array([ 5, 12]))
    """
    lefts = np.concatenate([[0], ends])
    rights = np.concatenate([starts, [length]])
    keep = lefts < rights
    return lefts[keep], rights[keep]


def clip(starts: Positions, ends: Positions, low: int, high: int) -> tuple[Positions, Positions]:
    """What lies within [low, high), the rest cut away."""
    starts, ends = np.maximum(starts, low), np.minimum(ends, high)
    keep = starts < ends
    return starts[keep], ends[keep]


def covered_per_tile(starts: Positions, ends: Positions, length: int, size: int) -> Positions:
    """Bases of each tile that merged intervals cover; the last tile may be short.

    Args:
        starts: sorted starts that do not overlap, within [0, length).
        ends: their ends.
        length: bp of the chromosome.
        size: bp of a tile.

    >>> covered_per_tile(np.array([8]), np.array([22]), 25, 10)
    array([ 2, 10,  2])
    """
    edges = np.minimum(np.arange(0, length + size, size, dtype=np.int64), length)
    edges = edges[: -(-length // size) + 1]
    return np.diff(covered_below(starts, ends, edges))


def covered_below(starts: Positions, ends: Positions, positions: Positions) -> Positions:
    """Bases below each position that merged intervals cover."""
    totals = np.concatenate([[0], np.cumsum(ends - starts)])
    index = np.searchsorted(starts, positions, side="right")
    inside = np.zeros(len(positions), dtype=np.int64)
    seen = index > 0
    overhang = ends[index[seen] - 1] - positions[seen]
    inside[seen] = totals[index[seen]] - np.maximum(overhang, 0)
    return inside


def runs(mask: npt.NDArray[np.bool_]) -> tuple[Positions, Positions]:
    """Starts and ends of the stretches where a mask holds.

    >>> runs(np.array([False, True, True, False, True]))
    (array([1, 4]), array([3, 5]))
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return edges[::2].astype(np.int64), edges[1::2].astype(np.int64)
