"""Windows that cover every base of a chromosome once."""

from __future__ import annotations

import numpy as np

from regtrack.genome.intervals import Positions


def tile(length: int, size: int) -> tuple[Positions, Positions]:
    """Starts and ends of windows of `size` bp from base 0; the last one may be short.

    Args:
        length: bp of the chromosome, at least 1.
        size: bp of a window, at least 1.

    >>> tile(25, 10)
    (array([ 0, 10, 20]), array([10, 20, 25]))
    """
    starts = np.arange(0, length, size, dtype=np.int64)
    return starts, np.minimum(starts + size, length)
