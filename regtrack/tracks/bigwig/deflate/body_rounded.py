"""The content of a block of rounded numbers: the steps that `find_in_rounded` chose."""

from __future__ import annotations

import numpy as np

from regtrack.kernel import inner
from regtrack.tracks.bigwig.deflate.bits import add_bits, both
from regtrack.tracks.bigwig.deflate.body import distance_written, sizes_written
from regtrack.tracks.bigwig.deflate.match_rounded import NEAR
from regtrack.tracks.bigwig.deflate.symbols import END, Counts, Places, Words, int64, u


@inner
def write_rounded(
    words: Words, steps: Places, codes: Counts, distance_codes: Counts,
    out: Counts, at: int, held: int, bits: int,
) -> tuple[int, int, int]:  # fmt: skip
    """Write the steps, and the end of the block.

    Args:
        words: the piece, uint32 (n,).
        steps: from `find_in_rounded`, int32 (m,).
        codes: as in `write_symbols`, int64 (288,).
        distance_codes: as in `write_symbols`, int64 (30,).
        out: as in `write_symbols`, int64.
        at: as in `write_symbols`.
        held: as in `write_symbols`.
        bits: as in `write_symbols`.

    Returns:
        As `write_symbols`.
    """
    of_size = sizes_written(codes)
    short = _short_written(of_size[3], distance_codes)
    for shift in (0, 8, 16):
        code = codes[u(words[0] >> shift & 255)]
        out[u(at)], at, held, bits = add_bits(at, held, bits, code >> 6, code & 63)
    i, number = int64(0), int64(0)
    while number < len(steps):
        if number + 4 <= len(steps) and i + 4 < len(words):
            # four repeats of three bytes and a literal each, if they fit together, as most do
            one, two = int64(steps[u(number)]), int64(steps[u(number + 1)])
            three, four = int64(steps[u(number + 2)]), int64(steps[u(number + 3)])
            if u(one - 1 | two - 1 | three - 1 | four - 1) < u(NEAR):
                one, two = short[u(one)], short[u(two)]
                three, four = short[u(three)], short[u(four)]
                a, b = codes[u(words[u(i + 1)] >> 16 & 255)], codes[u(words[u(i + 2)] >> 16 & 255)]
                c, d = codes[u(words[u(i + 3)] >> 16 & 255)], codes[u(words[u(i + 4)] >> 16 & 255)]
                first, second = (one & 63) + (a & 63), (two & 63) + (b & 63)
                third, count = (three & 63) + (c & 63), (four & 63) + (d & 63)
                half = first + second
                count += half + third
                if count <= 63:
                    value = both(one, a) | both(two, b) << first
                    value |= (both(three, c) | both(four, d) << third) << half
                    out[u(at)], at, held, bits = add_bits(at, held, bits, value, count)
                    i, number = i + 4, number + 4
                    continue
        step = int64(steps[u(number)])
        number += 1
        size = int64(0)
        if step != 0:
            size, back = (3, step) if step > 0 else (-step & 511, -step >> 9)
            code, other = of_size[u(size)], distance_written(4 * back, distance_codes)
            value, count = both(code, other), (code & 63) + (other & 63)
            out[u(at)], at, held, bits = add_bits(at, held, bits, value, count)
        else:
            code = codes[u(words[u(i)] >> 24)]
            out[u(at)], at, held, bits = add_bits(at, held, bits, code >> 6, code & 63)
        i += size >> 2
        if size == 0 or size & 3:
            following = int64(words[u(i + 1)])
            for byte in range(0 if size == 0 else 2, 3):
                code = codes[u(following >> 8 * byte & 255)]
                out[u(at)], at, held, bits = add_bits(at, held, bits, code >> 6, code & 63)
            i += 1
    code = codes[u(words[len(words) - 1] >> 24)]
    out[u(at)], at, held, bits = add_bits(at, held, bits, code >> 6, code & 63)
    code = codes[END]
    out[u(at)], at, held, bits = add_bits(at, held, bits, code >> 6, code & 63)
    return at, held, bits


@inner
def _short_written(size: int, distance_codes: Counts) -> Counts:
    """What is written for a repeat of three bytes, as by `assign_codes`, by distance (words).

    Args:
        size: what is written for the length of three.
        distance_codes: codes of distances, int64 (30,).

    Returns:
        int64 (1,024,), of which those beyond `NEAR` are 0.
    """
    found = np.zeros(2 * NEAR, np.int64)
    for back in range(1, NEAR + 1):
        other = distance_written(4 * back, distance_codes)
        found[back] = both(size, other) << 6 | (size & 63) + (other & 63)
    return found
