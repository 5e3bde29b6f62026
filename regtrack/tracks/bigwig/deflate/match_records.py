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

# In how many records a value is searched for, as long as that pays: each search costs one try, and
# each value that is found earns one.
_RECORDS, _TRIES = 12, 64


@inner
def find_in_records(
    words: Words, stride: int, repeats: Counts, counts: Counts, distances: Counts
) -> int:
    """Choose repeats in records greedily, and count symbols.

    Bytes are compared with those of the previous record, and then with those one word further on,
    since a record often begins where the previous one ended. Two distances cost few bits each.
    Where a repeat of the previous record ends with a word, a few more records are searched for one
    that has the next word, too: that saves bytes where values are few and records equally wide.

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
    tries = _TRIES
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
        if tries > 0 and back == stride and size < stride and i + size & 3 == 0 and size < most:
            earlier = _same_value(words, i, size, stride)
            tries = min(tries + 1, _TRIES) if earlier else tries - 1
            if earlier:
                back = earlier
                while size < most and data[u(i + size)] == data[u(i + size - back)]:
                    size += 1
        repeats[found] = i << 32 | back << 16 | size
        found += 1
        counts[END + 1 + LENGTH_SYMBOL[size]] += 1
        distances[DISTANCE_SYMBOL[back]] += 1
        i += size
    return found


@inner
def _same_value(words: Words, i: int, size: int, stride: int) -> int:
    """How far back a record has the same bytes i to i + size and the same word after them; or 0.

    Args:
        words: as in `find_in_records`, uint32 (n,).
        i: the first byte.
        size: bytes, the last of which ends a word.
        stride: bytes per record.
    """
    data, at = words.view(np.uint8), i + size >> 2
    for back in range(2 * stride, _RECORDS * stride + 1, stride):
        if i < back:
            break
        if words[u(at)] == words[u(at - (back >> 2))]:
            same = 0
            while same < size and data[u(i + same)] == data[u(i + same - back)]:
                same += 1
            if same == size:
                return back
    return 0
