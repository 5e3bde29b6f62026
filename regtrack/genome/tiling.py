"""Windows that cover every base of a chromosome once."""

from __future__ import annotations

import numpy as np

from regtrack.genome.intervals import Positions


def tile(length: int, size: int) -> tuple[Positions, Positions]:
    """Starts and ends of windows of `size` bp from base 0, int64 (n,); the last may be shorter.

    Args:
        length: length of the chromosome (bp), at least 1.
        size: length of a window (bp), at least 1.

    >>> tile(25, 10)
    (array([ 0, 10, 20]), array([10, 20, 25]))
    """
    _, starts, ends = tile_all(np.array([length], dtype=np.int64), size)
    return starts, ends


def tile_all(lengths: Positions, size: int) -> tuple[Positions, Positions, Positions]:
    """Windows of all chromosomes: to which each belongs, its start and its end, int64 (n,).

    Args:
        lengths: of the chromosomes (bp), at least 1, int64 (chromosomes,).
        size: as for `tile`.

    >>> tile_all(np.array([25, 5]), 10)
    (array([0, 0, 0, 1]), array([ 0, 10, 20,  0]), array([10, 20, 25,  5]))
    """
    counts = -(-lengths // size)
    owners = np.repeat(np.arange(len(lengths)), counts)
    starts = size * (np.arange(len(owners)) - (np.cumsum(counts) - counts)[owners])
    return owners, starts, np.minimum(starts + size, lengths[owners])
