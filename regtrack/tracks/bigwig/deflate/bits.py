"""Append bits to 64-bit words, and compute the checksum at the end of a stream."""

from __future__ import annotations

from typing import Any

import numpy as np

from regtrack.kernel import inner
from regtrack.tracks.bigwig.deflate.symbols import Words

_MODULUS = 65_521
_AT_ONCE = 1 << 11  # words whose sums fit in 32 bits


@inner
def add_bits(at: int, held: int, bits: int, value: int, count: int) -> tuple[int, int, int, int]:
    """Append up to 63 bits to a word that is not full yet.

    It has no branch, which would be mispredicted half of the time, and does not access the array,
    which would cost two atomic reference counts per call.

    Args:
        at: index of the word, of 64 bits.
        held: the word's bits so far, int64.
        bits: number of these bits, fewer than 64.
        value: the bits to append, the first one lowest, int64; not negative.
        count: number of bits to append.

    Returns:
        The word to write at `at`; the index of the next word, which is `at` until the word is full;
        the bits of the next word so far; and their number.
    """
    word = held | value << bits
    total = bits + count
    full = total >> 6
    rest = (value >> 1) >> (63 - bits)  # what did not fit
    return word, at + full, word & (full - 1) | rest & -full, total & 63


@inner
def both(first: int, second: int) -> int:
    """The bits of two codes from `assign_codes`, one after the other."""
    return first >> 6 | second >> 6 << (first & 63)


@inner
def adler32(words: Words) -> Any:
    """The Adler-32 of the bytes of words, uint32 (n,) (RFC 1950, section 9), as a word to write."""
    plain, weighted = np.int64(0), np.int64(0)
    for start in range(0, len(words), _AT_ONCE):
        part = words[start : start + _AT_ONCE]
        # 32 bits in each step, so that the processor takes as many words at once as it can
        sums, places, within = np.uint32(0), np.uint32(0), np.uint32(0)
        for i in range(len(part)):
            word = part[i]
            second = np.uint32(np.uint32(word >> np.uint32(8)) & np.uint32(255))
            third = np.uint32(np.uint32(word >> np.uint32(16)) & np.uint32(255))
            fourth = np.uint32(word >> np.uint32(24))
            total = np.uint32(np.uint32(np.uint32(word & np.uint32(255)) + second) + third)
            total = np.uint32(total + fourth)
            sums = np.uint32(sums + total)
            places = np.uint32(places + np.uint32(np.uint32(i) * total))
            within = np.uint32(within + second)
            within = np.uint32(within + np.uint32(np.uint32(2) * third))
            within = np.uint32(within + np.uint32(np.uint32(3) * fourth))
        plain += np.int64(sums)
        left = 4 * (len(words) - start) % _MODULUS  # bytes that follow, and the first itself
        weighted += left * np.int64(sums) - 4 * np.int64(places) - np.int64(within)
        plain, weighted = plain % _MODULUS, weighted % _MODULUS
    low, high = (plain + 1) % _MODULUS, (weighted + 4 * len(words)) % _MODULUS
    return high >> 8 | (high & 255) << 8 | (low >> 8) << 16 | (low & 255) << 24
