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
    starts = np.arange(0, length, size, dtype=np.int64)
    return starts, np.minimum(starts + size, length)
