"""Compress pieces of words to zlib streams, each with the shortest of three block types."""

from __future__ import annotations

import numpy as np

from regtrack.kernel import inner, kernel
from regtrack.tracks.bigwig.deflate.bits import add_bits, adler32
from regtrack.tracks.bigwig.deflate.body import symbols_cost, write_stored, write_symbols
from regtrack.tracks.bigwig.deflate.body_rounded import write_rounded
from regtrack.tracks.bigwig.deflate.header import describe_lengths, header_cost, write_header
from regtrack.tracks.bigwig.deflate.huffman import assign_codes, code_lengths, complete_distances
from regtrack.tracks.bigwig.deflate.match_numbers import find_in_numbers
from regtrack.tracks.bigwig.deflate.match_records import find_in_records
from regtrack.tracks.bigwig.deflate.match_rounded import are_rounded, find_in_rounded
from regtrack.tracks.bigwig.deflate.symbols import (
    DYNAMIC,
    END,
    FIXED,
    FIXED_LENGTHS,
    SLOT_BITS,
    STORED_WORDS,
    SYMBOLS,
    Counts,
    Words,
    int64,
)


@kernel
def compress(
    words: Words,
    stride: int,
    lefts: Counts,
    rights: Counts,
    heads: Words,
    out: Counts,
    sizes: Counts,
) -> int:
    """Compress pieces of an array, each to a zlib stream with one block.

    Args:
        words: uint32 (n,).
        stride: bytes per record, or 0 for numbers.
        lefts: index in `words` where each piece begins, int64 (pieces,).
        rights: index where each piece ends, int64 (pieces,).
        heads: words to put before each piece, uint32 (pieces, m).
        out: filled with the streams, one after another, int64.
        sizes: filled with the size of each stream (bytes).

    Returns:
        The number of bytes of `out` that are filled.
    """
    before = heads.shape[1]
    longest = before
    for piece in range(len(sizes)):
        longest = max(longest, before + rights[piece] - lefts[piece])
    joined = np.empty(longest, np.uint32)
    repeats = np.empty(2 * longest, np.int64)  # a repeat has at least three bytes
    steps = np.empty(longest, np.int32)
    latest = np.empty((2, 1 << SLOT_BITS), np.int32)
    counts, distances = np.empty(SYMBOLS, np.int64), np.empty(30, np.int64)
    lengths, distance_lengths = np.empty(SYMBOLS, np.int64), np.empty(30, np.int64)
    head = np.empty((2, SYMBOLS + 30), np.int64)
    head_counts, head_lengths = np.empty(19, np.int64), np.empty(19, np.int64)
    fixed, fixed_distances = FIXED_LENGTHS.copy(), np.full(30, 5)
    at, held, bits, done = int64(0), int64(0), int64(0), 0
    most, most_in_head = int64(15), int64(7)
    for piece in range(len(sizes)):
        part = joined[: before + rights[piece] - lefts[piece]]
        _copy(heads[piece], part, 0)
        _copy(words[lefts[piece] : rights[piece]], part, before)
        counts[:], distances[:] = 0, 0
        counts[END] = 1
        rounded = not stride and are_rounded(part)
        if rounded:
            found = find_in_rounded(part, latest, steps, counts, distances)
        elif stride:
            found = find_in_records(part, stride, repeats, counts, distances)
        else:
            found = find_in_numbers(part, latest, repeats, counts, distances)
        by_fixed = symbols_cost(counts, distances, fixed, fixed_distances)
        complete_distances(distances)
        code_lengths(counts, most, lengths)
        code_lengths(distances, most, distance_lengths)
        entries = describe_lengths(lengths, distance_lengths, head, head_counts)
        code_lengths(head_counts, most_in_head, head_lengths)
        by_dynamic = header_cost(head_counts, head_lengths)
        by_dynamic += symbols_cost(counts, distances, lengths, distance_lengths)
        stored = 32 * len(part) + 40 * (1 + len(part) // STORED_WORDS)
        out[at], at, held, bits = add_bits(at, held, bits, 0x0178, 16)
        if stored <= min(by_dynamic, by_fixed):
            at, held, bits = write_stored(part, out, at, held, bits)
        else:
            codes, distance_codes = lengths, distance_lengths
            if by_fixed <= by_dynamic:
                codes, distance_codes = fixed, fixed_distances
                out[at], at, held, bits = add_bits(at, held, bits, 1 | FIXED << 1, 3)
            else:
                out[at], at, held, bits = add_bits(at, held, bits, 1 | DYNAMIC << 1, 3)
                at, held, bits = write_header(
                    lengths, distance_lengths, head, entries, head_lengths, out, at, held, bits
                )
            symbols, backs = assign_codes(codes), assign_codes(distance_codes)
            if rounded:
                at, held, bits = write_rounded(
                    part, steps[:found], symbols, backs, out, at, held, bits
                )
            else:
                at, held, bits = write_symbols(
                    part.view(np.uint8), repeats[:found], symbols, backs, out, at, held, bits
                )
        out[at], at, held, bits = add_bits(at, held, bits, 0, -bits & 7)
        out[at], at, held, bits = add_bits(at, held, bits, adler32(part), 32)
        sizes[piece] = 8 * at + bits // 8 - done
        done += sizes[piece]
    out[at] = held
    return done


@inner
def _copy(source: Words, target: Words, at: int) -> None:
    """Copy words, uint32 (n,), into others from `at` on.

    Numba would compile an assignment to a slice with a message of its own for wrong sizes, which
    takes a quarter of the whole kernel's time.
    """
    for i in range(len(source)):
        target[at + i] = source[i]
