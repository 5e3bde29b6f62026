"""Append bits to 32-bit words, and compute the checksum at the end of a stream."""

from __future__ import annotations

from typing import Any

import numpy as np

from regtrack.kernel import inner
from regtrack.tracks.bigwig.deflate.symbols import Words

_MODULUS = 65_521


@inner
def add_bits(at: int, held: int, bits: int, value: int, count: int) -> tuple[int, int, int, int]:
    """Append up to 32 bits to a word that is not full yet.

    It has no branch, which would be mispredicted half of the time, and does not access the array,
    which would cost two atomic reference counts per call.

    Args:
        at: index of the word.
        held: the word's bits so far.
        bits: number of these bits, fewer than 32.
        value: the bits to append, the first one lowest.
        count: number of bits to append.

    Returns:
        The word to write at `at`; the index of the next word, which is `at` until the word is full;
        the bits of the next word so far; and their number.
    """
    held |= value << bits
    bits += count
    full = bits >> 5
    return held & 0xFFFFFFFF, at + full, held >> (full << 5), bits & 31


@inner
def adler32(words: Words) -> Any:
    """The Adler-32 of the bytes of words, uint32 (n,) (RFC 1950, section 9), as a word to write."""
    plain, weighted = np.int64(0), np.int64(0)
    for start in range(0, len(words), 1 << 14):
        stop = min(start + (1 << 14), len(words))
        for i in range(start, stop):
            word = np.int64(words[i])
            second, third, fourth = word >> 8 & 255, word >> 16 & 255, word >> 24
            total = (word & 255) + second + third + fourth
            plain += total
            weighted += 4 * (len(words) - i) * total - (second + 2 * third + 3 * fourth)
        plain, weighted = plain % _MODULUS, weighted % _MODULUS
    low, high = (plain + 1) % _MODULUS, (weighted + 4 * len(words)) % _MODULUS
    return high >> 8 | (high & 255) << 8 | (low >> 8) << 16 | (low & 255) << 24
