"""Count float32 values by bin and label in one pass, on CPUs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.kernel import kernel
from regtrack.measures.bins import FloatBins


def count_rows(
    bins: FloatBins,
    values: npt.NDArray[np.float32],
    centres: npt.NDArray[np.float32],
    labels: npt.NDArray[np.uint8],
    counted: npt.NDArray[np.bool_],
    counts: npt.NDArray[np.int64],
) -> bool:
    """Add the values of some rows to their histograms, in place.

    Args:
        bins: of the distance of a value from its row's centre.
        values: float32 (M, L).
        centres: float32 (M,).
        labels: uint8 (M, L), 0 or 1.
        counted: bool (L,), False at positions to leave out.
        counts: int64 (M, 2, `bins.count`), by label and bin; changed.

    Returns:
        Whether a value is NaN; it is counted in an arbitrary bin.
    """
    return bool(
        _count_rows(
            values, centres, labels, counted, counts, bins.shift, bins.offset, np.int32(bins.side)
        )
    )


@kernel
def _count_rows(
    values: Any, centres: Any, labels: Any, counted: Any, counts: Any, shift: Any, offset: Any,
    side: Any,
) -> bool:  # fmt: skip
    """The rule of `FloatBins.of_bits`, over a row at a time that stays in the cache."""
    length = values.shape[1]
    apart = np.empty(length, np.float32)
    bits = apart.view(np.int32)
    broken = np.int32(0)
    for row in range(len(values)):
        centre = centres[row]
        for i in range(length):
            apart[i] = values[row, i] - centre
        for i in range(length):
            size = np.int32(bits[i] & np.int32(0x7FFFFFFF))
            broken |= np.int32(size > np.int32(0x7F800000))
            steps = np.int32(min(max(np.int32((size >> shift) - offset), np.int32(0)), side))
            bits[i] = np.int32(side + steps) if bits[i] >= 0 else np.int32(side - steps)
        for i in range(length):
            if counted[i]:
                counts[row, labels[row, i], bits[i]] += 1
    return bool(broken)
