"""Choose which bytes of records (bedGraph items, zoom records) are written as repeats."""

from __future__ import annotations

from typing import Any

import numpy as np

from regtrack.kernel import inner
from regtrack.tracks.bigwig.deflate.symbols import (
    DISTANCE_SYMBOL,
    END,
    LENGTH_SYMBOL,
    LONGEST,
    NEVER,
    SLOT_BITS,
    Bytes,
    Counts,
    Places,
    u,
)

_NEAR = 2_048  # how far back (bytes) to search for repeats, other than of the previous record


@inner
def find_in_records(
    data: Bytes, stride: int, latest: Places,
    repeats: Counts, counts: Counts, distances: Counts,
) -> int:  # fmt: skip
    """Choose repeats in records greedily, and count symbols.

    A repeat of the previous record costs the fewest bits, since its distance is always the same;
    any other must be longer.

    Args:
        data: the bytes of the records, uint8 (n,).
        stride: bytes per record.
        latest: as in `find_in_numbers`, int32 (2, 1 << SLOT_BITS).
        repeats: as in `find_in_numbers`, int64; filled.
        counts: as in `find_in_numbers`, int64 (288,); added to.
        distances: as in `find_in_numbers`, int64 (30,); added to.

    Returns:
        The number of repeats.
    """
    places, last, found, i = latest[0], len(data) - 4, 0, 0
    places[:] = NEVER
    while i < len(data):
        most, size, back = min(4 * LONGEST, len(data) - i), 0, stride
        if i >= stride:
            while size < most and data[u(i + size)] == data[u(i + size - stride)]:
                size += 1
        if i <= last:
            slot = _slot(data[u(i)], data[u(i + 1)], data[u(i + 2)], data[u(i + 3)])
            origin = places[u(slot)]
            places[u(slot)] = i
            if i - origin <= _NEAR and i - origin != stride:
                other = 0
                while other < most and data[u(i + other)] == data[u(origin + other)]:
                    other += 1
                if other >= 4 and other > size + 1:
                    size, back = other, i - origin
        if size < 3:
            counts[data[u(i)]] += 1
            i += 1
            continue
        repeats[found] = i << 32 | back << 16 | size
        found += 1
        counts[END + 1 + LENGTH_SYMBOL[size]] += 1
        distances[DISTANCE_SYMBOL[back]] += 1
        for j in range(i + 1, min(i + size, last + 1)):
            slot = _slot(data[u(j)], data[u(j + 1)], data[u(j + 2)], data[u(j + 3)])
            places[u(slot)] = j
        i += size
    return found


@inner
def _slot(first: Any, second: Any, third: Any, fourth: Any) -> Any:
    """The hash of four bytes."""
    word = np.int64(first) | np.int64(second) << 8 | np.int64(third) << 16 | np.int64(fourth) << 24
    return ((word * 0x9E3779B1) & 0xFFFFFFFF) >> (32 - SLOT_BITS)
