"""Choose which bytes of records (bedGraph items, zoom records) are written as repeats."""

from __future__ import annotations

import numpy as np

from regtrack.kernel import inner
from regtrack.tracks.bigwig.deflate.symbols import (
    DISTANCE_SYMBOL,
    END,
    LENGTH_SYMBOL,
    LONGEST,
    Counts,
    Words,
    int64,
    u,
)


@inner
def find_in_records(
    words: Words, stride: int, repeats: Counts, counts: Counts, distances: Counts
) -> int:
    """Choose repeats in records greedily, and count symbols.

    Bytes are compared with those of the previous record, and then with those one word further on,
    since a record often begins where the previous one ended. Two distances cost few bits each, and
    a search for others would take longer than all else, and save nothing.

    Args:
        words: the records, uint32 (n,).
        stride: bytes per record, a multiple of four.
        repeats: as in `find_in_numbers`, int64; filled.
        counts: as in `find_in_numbers`, int64 (288,); added to.
        distances: as in `find_in_numbers`, int64 (30,); added to.

    Returns:
        The number of repeats.
    """
    data, last, found, i = words.view(np.uint8), len(words) - 1, 0, 0
    while i < len(data):
        at, shift = i >> 2, (i & 3) << 3
        size, back = 0, stride
        if i >= stride and at < last:
            # three bytes at once, since branches on single bytes would be mispredicted
            here = (int64(words[u(at)]) | int64(words[u(at + 1)]) << 32) >> shift
            before = at - (stride >> 2)
            first, second = int64(words[u(before)]), int64(words[u(before + 1)])
            if ((first | second << 32) >> shift ^ here) & 0xFFFFFF == 0:
                size = 3
            elif stride > 4:
                third = int64(words[u(before + 2)])
                if ((second | third << 32) >> shift ^ here) & 0xFFFFFF == 0:
                    size, back = 3, stride - 4
        if size == 0:
            counts[data[u(i)]] += 1
            i += 1
            continue
        most = min(4 * LONGEST, len(data) - i)
        while size < most and data[u(i + size)] == data[u(i + size - back)]:
            size += 1
        repeats[found] = i << 32 | back << 16 | size
        found += 1
        counts[END + 1 + LENGTH_SYMBOL[size]] += 1
        distances[DISTANCE_SYMBOL[back]] += 1
        i += size
    return found
