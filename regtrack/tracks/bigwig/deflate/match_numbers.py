"""Choose which bytes of float32 numbers are written as repeats of earlier ones."""

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
    Counts,
    Places,
    Words,
    int64,
    u,
)

# How far back (words) to search for repeats of three bytes and for longer ones, since farther ones
# cost more bits than they save.
_NEAR, _FAR = 512, 2_048
# a search for long repeats costs one try, and finding a repeat of a word or more earns eight
_TRIES, _WORTH = 256, 8


@inner
def _four(word: Any, following: Any) -> Any:
    """The four bytes from the highest byte of a word on, the first one lowest."""
    return (np.int64(word) >> 24) | (np.int64(following) << 8) & 0xFFFFFFFF


@inner
def _short_slot(four: int) -> int:
    """The hash of the first three of four bytes."""
    return (((four << 8) * 0x9E3779B1) & 0xFFFFFFFF) >> (32 - SLOT_BITS)


@inner
def _long_slot(four: int) -> int:
    """The hash of four bytes; the product wraps around."""
    product = four * -0x61C8864680B583EB
    return product >> (64 - SLOT_BITS) & (1 << SLOT_BITS) - 1


@inner
def find_in_numbers(
    words: Words, latest: Places, repeats: Counts, counts: Counts, distances: Counts
) -> int:
    """Choose repeats in float32 numbers greedily, and count symbols.

    A long repeat (at least four bytes) is preferred to a short one (at least three bytes), for
    which only nearby words are searched.

    Args:
        words: the bits of the numbers, uint32 (n,), n > 0.
        latest: memory for the positions where bytes were last seen, int32 (2, 1 << SLOT_BITS).
        repeats: filled with position << 32 | distance << 16 | length, in bytes, int64.
        counts: the uses of each literal and length are added to it, int64 (288,).
        distances: the uses of each distance are added to it, int64 (30,).

    Returns:
        The number of repeats.
    """
    last = len(words) - 1
    for shift in (0, 8, 16):
        counts[words[0] >> shift & 255] += 1
    counts[words[last] >> 24] += 1
    short, long = latest[0], latest[1]
    short[:], long[:] = NEVER, NEVER
    found, tries, misses, i = int64(0), _TRIES, 0, int64(0)
    while i < last - 1:
        four = _four(words[u(i)], words[u(i + 1)])
        slot = _short_slot(four)
        origin = short[u(slot)]
        short[u(slot)] = i
        other = 1  # the bits that differ at the origin, in the order of _four
        if i - origin <= _NEAR:
            other = _four(words[u(origin)], words[u(origin + 1)]) ^ four
        if tries > 0:
            tries -= 1
            slot = _long_slot(four)
            farther = long[u(slot)]
            long[u(slot)] = i
            if i - farther <= _FAR and _four(words[u(farther)], words[u(farther + 1)]) == four:
                origin, other = farther, 0
        if other & 0xFFFFFF != 0:
            # the longer nothing repeats, the fewer positions are searched
            stop = min(i + min(1 + (misses >> 5), 8), last - 1)
            misses += 1
            while i < stop:
                four = _four(words[u(i)], words[u(i + 1)])
                for shift in (0, 8, 16, 24):
                    counts[four >> shift & 255] += 1
                i += 1
            continue
        misses, back = 0, i - origin
        distances[DISTANCE_SYMBOL[u(4 * back)]] += 1
        if other != 0:  # three bytes and a literal
            repeats[u(found)] = 4 * i + 3 << 32 | 4 * back << 16 | 3
            found += 1
            counts[END + 1] += 1
            counts[four >> 24 & 255] += 1
            i += 1
            continue
        tries += _WORTH
        begin, i = i, i + 1
        most = min(begin + LONGEST, last)
        while other == 0 and i < most:
            four = _four(words[u(i)], words[u(i + 1)])
            other = four ^ _four(words[u(i - back)], words[u(i - back + 1)])
            if other & 0xFF == 0 and i < last - 1:  # else the next search adds it
                short[u(_short_slot(four))] = i
                if tries > 0:
                    long[u(_long_slot(four))] = i
            i += other == 0
        rest = 0
        if other != 0:
            rest = (other & 0xFF == 0) + (other & 0xFFFF == 0) + (other & 0xFFFFFF == 0)
        size = 4 * (i - begin) + rest
        repeats[u(found)] = 4 * begin + 3 << 32 | 4 * back << 16 | size
        found += 1
        counts[END + 1 + LENGTH_SYMBOL[size]] += 1
        if rest > 0:
            for byte in range(rest, 4):
                counts[four >> 8 * byte & 255] += 1
            i += 1
    while i < last:
        four = _four(words[u(i)], words[u(i + 1)])
        for shift in (0, 8, 16, 24):
            counts[four >> shift & 255] += 1
        i += 1
    return found
