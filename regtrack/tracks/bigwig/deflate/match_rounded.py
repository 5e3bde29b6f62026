"""Choose the repeats in float32 numbers of which rounding has set the low halves to 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from regtrack.kernel import inner
from regtrack.tracks.bigwig.deflate.symbols import (
    DISTANCE_SYMBOL,
    END,
    FARTHEST,
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

NEAR = 512  # words; farther short repeats cost more bits than they save
# a search for long repeats costs one try, and finding one of at least so many bytes earns eight
_TRIES, _WORTH, _LONG = 256, 8, 8


@inner
def are_rounded(words: Words) -> bool:
    """Whether the low halves of most words, uint32 (n,), are 0."""
    others = np.uint32(0)
    for i in range(len(words)):
        others = np.uint32(others + np.uint32(np.uint32(words[i] & np.uint32(0xFFFF)) != 0))
    return bool(2 * np.int64(others) < len(words))


@inner
def find_in_rounded(
    words: Words, latest: Places, steps: Places, counts: Counts, distances: Counts
) -> int:
    """Choose repeats greedily, and count symbols.

    A repeat begins at the highest byte of a word. The next two bytes are 0, so the nearest word
    with the same highest byte always gives three bytes. Repeats of eight bytes or more are searched
    for as long as that pays.

    Args:
        words: the bits of the numbers, uint32 (n,), n > 0.
        latest: as in `find_in_numbers`, int32 (2, 1 << SLOT_BITS).
        steps: filled with what follows the third byte of the first word, each step up to the third
            byte of a later word, int32 (n,): 0 for four literals, the distance (words) of a repeat
            of three bytes, which a literal follows, or -(distance << 9 | length in bytes) of any
            other repeat, which a literal follows if the length is not a multiple of four.
        counts: as in `find_in_numbers`, int64 (288,).
        distances: as in `find_in_numbers`, int64 (30,).

    Returns:
        The number of steps.
    """
    last = len(words) - 1
    for shift in (0, 8, 16):
        counts[words[0] >> shift & 255] += 1
    counts[words[last] >> 24] += 1
    nearest, long = latest[0], latest[1]
    nearest[:256], long[:] = NEVER, NEVER
    near = np.zeros(NEAR + 1, np.int64)
    found, tries, i = int64(0), _TRIES, int64(0)
    while i < last:
        word = words[u(i)]
        while tries <= 0 and i < last:
            # most words have a repeat of three bytes: it is taken here, as it would be below
            ahead, high = words[u(i + 1)], word >> np.uint32(24)
            origin = int64(nearest[u(high)])
            if i - origin > NEAR:
                break
            other = np.uint32(ahead ^ words[u(origin + 1)])
            if np.uint32(ahead & np.uint32(0xFFFF)) != 0 or other == 0:
                break
            nearest[u(high)] = i
            near[u(i - origin)] += 1
            steps[u(found)] = i - origin
            counts[u(np.uint32(ahead >> np.uint32(16)) & np.uint32(255))] += 1
            found, i, word = found + 1, i + 1, ahead
        if i >= last:
            break
        following, top = int64(words[u(i + 1)]), int64(word) >> 24
        back, size = int64(0), int64(0)
        if following & 0xFFFF == 0:
            origin = int64(nearest[u(top)])
            if i - origin <= NEAR:
                back, size = i - origin, int64(_equal(words, i, origin))
            nearest[u(top)] = i
            if tries > 0 and i + 1 < last:
                tries -= 1
                slot = _slot(top | following << 8, words[u(i + 2)])
                origin = int64(long[u(slot)])
                long[u(slot)] = i
                if i - origin <= FARTHEST:
                    longer = int64(_equal(words, i, origin))
                    if longer >= 8 and longer > size:
                        back, size = i - origin, longer
        if back == 0:
            for byte in (top, following & 255, following >> 8 & 255, following >> 16):
                counts[byte & 255] += 1
            steps[u(found)] = 0
            found += 1
            i += 1
            continue
        steps[u(found)] = back if size == 3 and back <= NEAR else -(back << 9 | size)
        found += 1
        counts[END + 1 + LENGTH_SYMBOL[size]] += 1
        distances[DISTANCE_SYMBOL[u(4 * back)]] += 1
        tries += _WORTH * (size >= _LONG)
        stop = i + size // 4
        for j in range(i + 1, stop):
            following = int64(words[u(j + 1)])
            if following & 0xFFFF == 0:
                nearest[u(words[u(j)] >> 24)] = j
                if tries > 0 and j + 1 < last:
                    slot = _slot(words[u(j)] >> 24 | following << 8, words[u(j + 2)])
                    long[u(slot)] = j
        i = stop
        if size % 4:  # and the rest of the word after it
            nearest[u(words[u(stop)] >> 24)] = stop
            counts[words[u(stop + 1)] >> 16 & 255] += 1
            i += 1
    for back in range(1, NEAR + 1):
        counts[END + 1] += near[back]
        distances[DISTANCE_SYMBOL[4 * back]] += near[back]
    return found


@inner
def _slot(four: int, following: Any) -> int:
    """The hash of seven bytes; the product wraps around."""
    product = (four | (int64(following) & 0xFFFFFF) << 32) * -0x61C8864680B583EB
    return product >> (64 - SLOT_BITS) & (1 << SLOT_BITS) - 1


@inner
def _equal(words: Words, i: int, origin: int) -> int:
    """How many bytes from the highest of word i on equal those of an earlier word.

    The result is a multiple of four, or three more than one if that is followed by two zeros.
    """
    last = min(len(words) - 1, i + LONGEST)
    size, ahead = 0, i - origin
    while i < last:
        if words[u(i)] >> 24 != words[u(i - ahead)] >> 24:
            return size
        other = int64(words[u(i + 1)] ^ words[u(i + 1 - ahead)])
        if other & 0xFFFFFF != 0:
            zeros = (words[u(i + 1)] & 0xFFFF == 0) & (other & 0xFFFF == 0)
            return size + 3 if zeros else size
        size += 4
        i += 1
    return size
