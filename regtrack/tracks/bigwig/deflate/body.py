"""The content of a block: coded literals and repeats, or uncompressed words."""

from __future__ import annotations

import numpy as np

from regtrack.kernel import inner
from regtrack.tracks.bigwig.deflate.bits import add_bits
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
    u,
)

_NEAR = 2_048  # bytes, the farthest of most short repeats


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
    out: Words, at: int, held: int, bits: int,
) -> tuple[int, int, int]:  # fmt: skip
    """Write literals and repeats, and the end of the block.

    Args:
        data: the bytes of the piece, uint8 (n,).
        repeats: for each repeat its position << 32 | distance << 16 | length, in bytes, int64 (m,).
        codes: codes of literals and lengths from `assign_codes`, int64 (288,).
        distance_codes: codes of distances, int64 (30,).
        out: the array to write to, uint32.
        at: index of the next word in `out`; see `add_bits`.
        held: bits that are not written yet.
        bits: number of these bits.

    Returns:
        `at`, `held` and `bits` after writing.
    """
    of_size = np.zeros(4 * LONGEST + 1, np.int64)
    for size in range(3, 4 * LONGEST + 1):
        symbol = LENGTH_SYMBOL[size]
        code = codes[END + 1 + symbol]
        own = code >> 40
        value = code & 0xFFFF | size - LENGTH_BASE[symbol] << own
        of_size[size] = value | own + LENGTH_BITS[symbol] << 40
    steps = _distance_steps(distance_codes)
    least = of_size[3] & 0xFFFFFFFF, of_size[3] >> 40
    i = 0
    for number in range(len(repeats) + 1):
        repeat = repeats[u(number)] if number < len(repeats) else len(data) << 32
        stop = repeat >> 32
        if i + 1 == stop and repeat & 0xFFFF == 3 and repeat >> 16 & 0xFFFF <= _NEAR:
            # a literal and the shortest repeat, as in numbers that are rounded: written at once
            code, step = codes[u(data[u(i)])], steps[u(repeat >> 16 & 0xFFFF)]
            first = (code >> 40) + least[1]
            count = first + (step >> 40)
            if count <= 32:
                value = code & 0xFFFF | least[0] << (code >> 40) | (step & 0xFFFFFFFF) << first
                out[u(at)], at, held, bits = add_bits(at, held, bits, value, count)
                i = stop + 3
                continue
        while i + 4 <= stop:
            first, second = codes[data[u(i)]], codes[data[u(i + 1)]]
            third, fourth = codes[data[u(i + 2)]], codes[data[u(i + 3)]]
            half = (first >> 40) + (second >> 40)
            count = half + (third >> 40) + (fourth >> 40)
            value = first & 0xFFFF | (second & 0xFFFF) << (first >> 40)
            other = third & 0xFFFF | (fourth & 0xFFFF) << (third >> 40)
            if count <= 32:
                out[u(at)], at, held, bits = add_bits(at, held, bits, value | other << half, count)
            else:
                out[u(at)], at, held, bits = add_bits(at, held, bits, value, half)
                out[u(at)], at, held, bits = add_bits(at, held, bits, other, count - half)
            i += 4
        value, count = 0, 0
        while i < stop:
            code = codes[data[u(i)]]
            if count + (code >> 40) > 32:
                out[u(at)], at, held, bits = add_bits(at, held, bits, value, count)
                value, count = 0, 0
            value |= (code & 0xFFFF) << count
            count += code >> 40
            i += 1
        code = codes[END] if number == len(repeats) else of_size[u(repeat & 0xFFFF)]
        if count + (code >> 40) > 32:
            out[u(at)], at, held, bits = add_bits(at, held, bits, value, count)
            value, count = 0, 0
        value |= (code & 0xFFFFFFFF) << count
        count += code >> 40
        if number < len(repeats):
            back = repeat >> 16 & 0xFFFF
            symbol = DISTANCE_SYMBOL[u(back)]
            code = distance_codes[symbol]
            own = code >> 40
            step = code & 0xFFFF | back - DISTANCE_BASE[symbol] << own
            own += DISTANCE_BITS[symbol]
            if count + own > 32:
                out[u(at)], at, held, bits = add_bits(at, held, bits, value, count)
                value, count = 0, 0
            value |= step << count
            count += own
            i += repeat & 0xFFFF
        out[u(at)], at, held, bits = add_bits(at, held, bits, value, count)
    return at, held, bits


@inner
def _distance_steps(distance_codes: Counts) -> Counts:
    """What is written for each distance up to `_NEAR`: bits | their number << 40, int64."""
    steps = np.empty(_NEAR + 1, np.int64)
    for back in range(1, _NEAR + 1):
        symbol = DISTANCE_SYMBOL[back]
        code = distance_codes[symbol]
        own = code >> 40
        value = code & 0xFFFF | back - DISTANCE_BASE[symbol] << own
        steps[back] = value | own + DISTANCE_BITS[symbol] << 40
    return steps


@inner
def write_stored(words: Words, out: Words, at: int, held: int, bits: int) -> tuple[int, int, int]:
    """Write words, uint32 (n,), uncompressed in stored blocks (RFC 1951, section 3.2.4)."""
    for start in range(0, len(words), STORED_WORDS):
        stop = min(start + STORED_WORDS, len(words))
        out[at], at, held, bits = add_bits(at, held, bits, stop == len(words), 3)
        out[at], at, held, bits = add_bits(at, held, bits, 0, -bits & 7)
        size = 4 * (stop - start)
        out[at], at, held, bits = add_bits(at, held, bits, size | (size ^ 0xFFFF) << 16, 32)
        for i in range(start, stop):
            out[at], at, held, bits = add_bits(at, held, bits, int(words[i]), 32)
    return at, held, bits
