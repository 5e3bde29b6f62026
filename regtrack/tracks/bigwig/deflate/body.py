"""The content of a block: coded literals and repeats, or uncompressed words."""

from __future__ import annotations

import numpy as np

from regtrack.kernel import inner
from regtrack.tracks.bigwig.deflate.bits import add_bits, both
from regtrack.tracks.bigwig.deflate.symbols import (
    DISTANCE_BASE,
    DISTANCE_BITS,
    DISTANCE_SYMBOL,
    END,
    LENGTH_BASE,
    LENGTH_BITS,
    LENGTH_SYMBOL,
    LONGEST,
    STORED_WORDS,
    SYMBOLS,
    Bytes,
    Counts,
    Words,
    int64,
    u,
)


@inner
def symbols_cost(
    counts: Counts, distances: Counts, lengths: Counts, distance_lengths: Counts
) -> int:
    """Size of a block with given codes (bits), without the header that defines them.

    Args:
        counts: uses of each literal and length, int64 (288,).
        distances: uses of each distance, int64 (30,).
        lengths: code lengths of literals and lengths (bits), int64 (288,).
        distance_lengths: code lengths of distances (bits), int64 (30,).
    """
    total = 3
    for symbol in range(SYMBOLS):
        total += counts[symbol] * lengths[symbol]
    for symbol in range(len(LENGTH_BITS)):
        total += counts[END + 1 + symbol] * LENGTH_BITS[symbol]
    for symbol in range(len(distances)):
        total += distances[symbol] * (distance_lengths[symbol] + DISTANCE_BITS[symbol])
    return total


@inner
def write_symbols(
    data: Bytes, repeats: Counts, codes: Counts, distance_codes: Counts,
    out: Counts, at: int, held: int, bits: int,
) -> tuple[int, int, int]:  # fmt: skip
    """Write literals and repeats, and the end of the block.

    Args:
        data: the bytes of the piece, uint8 (n,).
        repeats: for each repeat its position << 32 | distance << 16 | length, in bytes, int64 (m,).
        codes: codes of literals and lengths from `assign_codes`, int64 (288,).
        distance_codes: codes of distances, int64 (30,).
        out: the array to write to, int64.
        at: index of the next word in `out`; see `add_bits`.
        held: bits that are not written yet.
        bits: number of these bits.

    Returns:
        `at`, `held` and `bits` after writing.
    """
    of_size = sizes_written(codes)
    i = 0
    for number in range(len(repeats) + 1):
        repeat = repeats[u(number)] if number < len(repeats) else len(data) << 32
        stop = repeat >> 32
        while i + 4 <= stop:
            first, second = codes[data[u(i)]], codes[data[u(i + 1)]]
            third, fourth = codes[data[u(i + 2)]], codes[data[u(i + 3)]]
            half = (first & 63) + (second & 63)
            count = half + (third & 63) + (fourth & 63)
            value = both(first, second) | both(third, fourth) << half
            out[u(at)], at, held, bits = add_bits(at, held, bits, value, count)
            i += 4
        value, count = int64(0), int64(0)
        while i < stop:  # at most three, of 15 bits
            code = codes[data[u(i)]]
            value |= code >> 6 << count
            count += code & 63
            i += 1
        if number < len(repeats):
            out[u(at)], at, held, bits = add_bits(at, held, bits, value, count)
            code = of_size[u(repeat & 0xFFFF)]
            step = distance_written(repeat >> 16 & 0xFFFF, distance_codes)
            value, count = both(code, step), (code & 63) + (step & 63)
            i += repeat & 0xFFFF
        out[u(at)], at, held, bits = add_bits(at, held, bits, value, count)
    code = codes[END]
    out[u(at)], at, held, bits = add_bits(at, held, bits, code >> 6, code & 63)
    return at, held, bits


@inner
def sizes_written(codes: Counts) -> Counts:
    """What is written for a repeat's length, as by `assign_codes`, by length, int64 (257,)."""
    found = np.zeros(4 * LONGEST + 1, np.int64)
    for size in range(3, 4 * LONGEST + 1):
        symbol = LENGTH_SYMBOL[size]
        code = codes[END + 1 + symbol]
        own = code & 63
        value = code >> 6 | size - LENGTH_BASE[symbol] << own
        found[size] = value << 6 | own + LENGTH_BITS[symbol]
    return found


@inner
def distance_written(back: int, distance_codes: Counts) -> int:
    """What is written for a distance (bytes), as by `assign_codes`.

    Args:
        back: the distance (bytes).
        distance_codes: codes of distances, int64 (30,).
    """
    symbol = DISTANCE_SYMBOL[u(back)]
    code = distance_codes[symbol]
    own = code & 63
    value = code >> 6 | back - DISTANCE_BASE[symbol] << own
    return int64(value << 6 | own + DISTANCE_BITS[symbol])


@inner
def write_stored(words: Words, out: Counts, at: int, held: int, bits: int) -> tuple[int, int, int]:
    """Write words, uint32 (n,), uncompressed in stored blocks (RFC 1951, section 3.2.4)."""
    for start in range(0, len(words), STORED_WORDS):
        stop = min(start + STORED_WORDS, len(words))
        out[at], at, held, bits = add_bits(at, held, bits, int64(stop == len(words)), 3)
        out[at], at, held, bits = add_bits(at, held, bits, 0, -bits & 7)
        size = 4 * (stop - start)
        out[at], at, held, bits = add_bits(at, held, bits, size | (size ^ 0xFFFF) << 16, 32)
        for i in range(start, stop):
            out[at], at, held, bits = add_bits(at, held, bits, int64(words[i]), 32)
    return at, held, bits
