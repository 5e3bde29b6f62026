"""The header of a dynamic block: its Huffman codes (RFC 1951, section 3.2.7)."""

from __future__ import annotations

import numpy as np

from regtrack.kernel import inner
from regtrack.tracks.bigwig.deflate.bits import add_bits
from regtrack.tracks.bigwig.deflate.huffman import assign_codes
from regtrack.tracks.bigwig.deflate.symbols import Counts

_ORDER = np.array([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15])


@inner
def _used(lengths: Counts, least: int) -> int:
    """Number of code lengths to write: up to the last that is not 0, and at least `least`."""
    used = len(lengths)
    while used > least and lengths[used - 1] == 0:
        used -= 1
    return used


@inner
def _extra_bits(symbol: int) -> int:
    """Number of bits that follow a symbol of the header."""
    return 0 if symbol < 16 else 7 if symbol == 18 else symbol - 14


@inner
def describe_lengths(
    lengths: Counts, distance_lengths: Counts, head: Counts, counts: Counts
) -> int:
    """Describe both codes by the header's symbols, which are code lengths and runs of them.

    Args:
        lengths: code lengths of literals and lengths (bits), int64 (288,).
        distance_lengths: code lengths of distances (bits), int64 (30,).
        head: filled with symbols and the value that follows each, int64 (2, 318).
        counts: filled with the uses of each symbol, int64 (19,).

    Returns:
        The number of symbols.
    """
    first, total = _used(lengths, 257), _used(lengths, 257) + _used(distance_lengths, 1)
    sequence = np.empty(total, np.int64)
    for i in range(total):
        sequence[i] = lengths[i] if i < first else distance_lengths[i - first]
    counts[:] = 0
    entries, i = 0, 0
    while i < total:
        value, run = sequence[i], 1
        while i + run < total and sequence[i + run] == value:
            run += 1
        i += run
        while run > 0:
            symbol, size, least = value, 1, 1
            if value == 0 and run >= 3:
                symbol, size, least = (18, min(run, 138), 11) if run >= 11 else (17, run, 3)
            elif run >= 3 and i - run > 0 and sequence[i - run - 1] == value:
                symbol, size, least = 16, min(run, 6), 3
            head[0, entries], head[1, entries] = symbol, size - least
            counts[symbol] += 1
            entries += 1
            run -= size
    return entries


@inner
def header_cost(counts: Counts, lengths: Counts) -> int:
    """Upper bound of the header's size (bits).

    Args:
        counts: uses of each of the header's symbols, int64 (19,).
        lengths: their code lengths (bits), int64 (19,).
    """
    total = 14 + 19 * 3
    for symbol in range(19):
        total += counts[symbol] * (lengths[symbol] + _extra_bits(symbol))
    return total


@inner
def write_header(
    lengths: Counts, distance_lengths: Counts, head: Counts, entries: int, head_lengths: Counts,
    out: Counts, at: int, held: int, bits: int,
) -> tuple[int, int, int]:  # fmt: skip
    """Write the header: code lengths of its own symbols, then both codes in these symbols.

    Args:
        lengths: code lengths of literals and lengths (bits), int64 (288,).
        distance_lengths: code lengths of distances (bits), int64 (30,).
        head: symbols from `describe_lengths`, int64 (2, 318).
        entries: the number of these symbols.
        head_lengths: code lengths of the header's symbols (bits), int64 (19,).
        out: the array to write to, int64.
        at: index of the next word in `out`; see `add_bits`.
        held: bits that are not written yet.
        bits: number of these bits.

    Returns:
        `at`, `held` and `bits` after writing.
    """
    written = 19
    while written > 4 and head_lengths[_ORDER[written - 1]] == 0:
        written -= 1
    sizes = _used(lengths, 257) - 257 | _used(distance_lengths, 1) - 1 << 5 | written - 4 << 10
    out[at], at, held, bits = add_bits(at, held, bits, sizes, 14)
    for symbol in _ORDER[:written]:
        out[at], at, held, bits = add_bits(at, held, bits, head_lengths[symbol], 3)
    codes = assign_codes(head_lengths)
    for entry in range(entries):
        symbol, code = head[0, entry], codes[head[0, entry]]
        size = code & 63
        value = code >> 6 | head[1, entry] << size
        out[at], at, held, bits = add_bits(at, held, bits, value, size + _extra_bits(symbol))
    return at, held, bits
