"""Labels of bins: 1 where more than half of a bin is labelled."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_Numbers = npt.NDArray[np.int64]


def labelled_bins(
    line: npt.ArrayLike, start: npt.ArrayLike, end: npt.ArrayLike, size: int
) -> tuple[_Numbers, _Numbers]:
    """The bins of which more than half is labelled, for each of several lines.

    Args:
        line: of each stretch, (R,), 0 or more.
        start: its first position, (R,), 0 or more; stretches of a line do not overlap.
        end: one past its last position, (R,).
        size: positions per bin; the first bin begins at position 0.

    Returns:
        Line and index, int64 (n,), of each such bin, sorted.

    >>> labelled_bins([0, 0, 1], [3, 12, 0], [10, 15, 20], 10)
    (array([0, 1, 1]), array([0, 0, 1]))
    """
    lines, starts, ends = (np.asarray(one, np.int64) for one in (line, start, end))
    if len(lines) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    first = starts // size
    pieces = (ends - 1) // size - first + 1
    source = np.repeat(np.arange(len(lines)), pieces)
    index = first[source] + np.arange(len(source)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    covered = np.minimum(ends[source], (index + 1) * size) - np.maximum(
        starts[source], index * size
    )
    bins = int(index.max()) + 1
    keys, owner = np.unique(lines[source] * bins + index, return_inverse=True)
    # float64 sums of integers are exact below 2^53
    labelled = keys[2 * np.bincount(owner, covered) > size]
    return labelled // bins, labelled % bins
