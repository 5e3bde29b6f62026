"""Huffman codes of limited length (RFC 1951, section 3.2.2)."""

from __future__ import annotations

import numpy as np

from regtrack.kernel import inner
from regtrack.tracks.bigwig.deflate.symbols import Counts


@inner
def complete_distances(distances: Counts) -> None:
    """Make at least two distances used, since some readers refuse the incomplete code of one.

    Args:
        distances: uses of each distance, int64 (30,); changed in place.
    """
    kinds = 0
    for count in distances:
        kinds += count > 0
    for symbol in range(2):
        if kinds < 2 and distances[symbol] == 0:
            distances[symbol] = 1
            kinds += 1


@inner
def code_lengths(counts: Counts, limit: int, lengths: Counts) -> None:
    """Code length of each symbol in a Huffman code of at most `limit` bits.

    The code is built in place (Moffat and Katajainen 1995). Codes that are too long are shortened,
    and others lengthened until the Kraft inequality holds.

    Args:
        counts: uses of each symbol, int64 (n,); at least two symbols are used.
        limit: bits of the longest code.
        lengths: filled with code lengths (bits), int64 (n,); 0 for unused symbols.
    """
    lengths[:] = 0
    keys = np.empty(len(counts), np.int64)
    used = 0
    for symbol in range(len(counts)):
        if counts[symbol] > 0:
            keys[used] = counts[symbol] << 9 | symbol
            used += 1
    for gap in (121, 40, 13, 4, 1):
        for i in range(gap, used):
            key, j = keys[i], i
            while j >= gap and keys[j - gap] > key:
                keys[j] = keys[j - gap]
                j -= gap
            keys[j] = key
    tree = keys >> 9
    tree[0] += tree[1]
    root, leaf = 0, 2
    for node in range(1, used - 1):
        if leaf >= used or tree[root] < tree[leaf]:
            tree[node] = tree[root]
            tree[root] = node
            root += 1
        else:
            tree[node] = tree[leaf]
            leaf += 1
        if leaf >= used or (root < node and tree[root] < tree[leaf]):
            tree[node] += tree[root]
            tree[root] = node
            root += 1
        else:
            tree[node] += tree[leaf]
            leaf += 1
    # turn parents into depths, then count the leaves at each depth
    tree[used - 2] = 0
    for node in range(used - 3, -1, -1):
        tree[node] = tree[tree[node]] + 1
    of_length = np.zeros(limit + 1, np.int64)
    free, depth, node = 1, 0, used - 2
    while free > 0:
        internal = 0
        while node >= 0 and tree[node] == depth:
            internal += 1
            node -= 1
        of_length[min(depth, limit)] += free - internal
        free = 2 * internal
        depth += 1
    total = 0
    for length in range(1, limit + 1):
        total += of_length[length] << limit - length
    while total > 1 << limit:
        length = limit - 1
        while of_length[length] == 0:
            length -= 1
        of_length[length] -= 1
        of_length[length + 1] += 2
        of_length[limit] -= 1
        total -= 1
    place = 0
    for length in range(limit, 0, -1):
        for key in keys[place : place + of_length[length]]:
            lengths[key & 511] = length
        place += of_length[length]


@inner
def assign_codes(lengths: Counts) -> Counts:
    """The code of each symbol, first bit lowest, << 6 | its length, int64 (n,).

    Args:
        lengths: code lengths (bits), int64 (n,).
    """
    following = np.zeros(17, np.int64)
    for length in lengths:
        if length:
            following[length + 1] += 1
    for length in range(1, 17):
        following[length] = following[length - 1] + following[length] << 1
    codes = np.zeros(len(lengths), np.int64)
    for symbol in range(len(lengths)):
        value = following[lengths[symbol]]
        following[lengths[symbol]] += 1
        for _ in range(lengths[symbol]):
            codes[symbol] = codes[symbol] << 1 | value & 1
            value >>= 1
        codes[symbol] = codes[symbol] << 6 | lengths[symbol]
    return codes
