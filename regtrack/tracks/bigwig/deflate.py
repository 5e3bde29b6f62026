"""Arrays of 32-bit words to zlib streams: our own deflate (RFC 1950, 1951), made for numbers.

The highest byte of a float32 is its sign and exponent, which neighbours share, and the lowest bytes
are what rounding to few bits has set to 0. So in numbers bytes are looked at four at a time from
the highest byte of one word on (`_four`), and a repeat begins at a highest byte, a whole number of
words behind what it repeats. After rounding to 7 bits a value is then most often one letter and one
repeat of three bytes. A general compressor has to look for repeats at every byte, and takes longer
ones that are farther off and cost more.

One call packs any number of streams and lets go of the interpreter lock all the while. The bytes
depend on the words alone: not on the processor, as long as it is little-endian, nor on the other
streams.

This is one file, longer than others, since Numba's cache looks at one file (`regtrack.kernel`).
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from regtrack.kernel import inner, kernel

Words = npt.NDArray[np.uint32]
Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]

# the symbols of RFC 1951, section 3.2.5: letters 0 to 255, the end, then lengths; and distances
_END = 256
_SYMBOLS = 288  # of which the last two are never used, but have codes among the fixed ones
_LENGTH_BITS = np.array([0] * 8 + [n for n in range(1, 6) for _ in range(4)] + [0])
_LENGTH_BASE = 3 + np.cumsum(1 << _LENGTH_BITS) - (1 << _LENGTH_BITS)
_LENGTH_BASE[-1] = 258
_STEP_BITS = np.array([0, 0, *(n for n in range(14) for _ in range(2))])
_STEP_BASE = 1 + np.cumsum(1 << _STEP_BITS) - (1 << _STEP_BITS)
_LONGEST = 64  # words of a repeat: 256 bytes, of the 258 that deflate has
_FARTHEST = 8_191  # words back: 32 kB less one
_LENGTH_SYMBOL = np.searchsorted(_LENGTH_BASE, np.arange(4 * _LONGEST + 1), side="right") - 1
_STEP_SYMBOL = np.searchsorted(_STEP_BASE, np.arange(1 << 15), side="right").astype(np.uint8) - 1
# the fixed codes of section 3.2.6, and the order of section 3.2.7
_FIXED = np.array([8] * 144 + [9] * 112 + [7] * 24 + [8] * 8)
_ORDER = np.array([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15])
_FIXED_CODES, _OWN_CODES = 1, 2  # the kinds of blocks beside stored ones, 0
_STORED_WORDS = 16_383  # of a stored block, whose bytes are counted in 16 bits

# how far back repeats are looked for, since farther ones cost more bits than they save: words for
# those of three bytes and, where the low halves of words are not 0, for longer ones; and bytes for
# those that are not of the record before
_NEAR, _FAR = 512, 2_048
_NEAR_RECORDS = 2_048
_SLOTS = 13  # bits of a hash
_NEVER = -(1 << 20)
# a search for long repeats costs a try, and one of a word or more is worth eight
_TRIES, _WORTH = 256, 8
_ADLER = 65_521
_MOST_WORDS = 1 << 29  # of a piece, whose bytes are numbered in 31 bits

# an index that is known to be no negative one is not compared with 0 first: a fifth of the time
_u = np.uint64


class Deflated(NamedTuple):
    """Streams end to end, uint8, and the bytes of each, int64."""

    data: npt.NDArray[np.uint8]
    sizes: Counts


def deflate(
    words: Words,
    lefts: npt.ArrayLike,
    rights: npt.ArrayLike,
    heads: Words | None = None,
    *,
    record: int = 0,
) -> Deflated:
    r"""Pack pieces of an array, each to a zlib stream of its own.

    Args:
        words: uint32, shape (n,), contiguous; their bytes are packed as they lie, little-endian.
        lefts: where each piece begins in `words`.
        rights: where it ends; no piece is empty.
        heads: words that come before each piece, shape (pieces, m).
        record: words of a record, if the words are records; else 0, for float32 numbers. The words
            may be anything all the same: only the size depends on it.

    Raises:
        ValueError: words or heads of another type, pieces that are empty or not in `words`, or
            records longer than a repeat reaches.
        MemoryError: pieces of 2 GiB or more, whose places would not fit their numbers.

    >>> import zlib
    >>> packed = deflate(np.arange(5, dtype=np.uint32), [0, 2], [2, 5])
    >>> zlib.decompress(packed.data[packed.sizes[0] :].tobytes())[::4]
    b'\x02\x03\x04'
    """
    # contiguous, or all would be compiled once more
    begins, ends = (np.ascontiguousarray(side, dtype=np.int64) for side in (lefts, rights))
    before = np.empty((len(begins), 0), dtype=np.uint32) if heads is None else heads
    if words.dtype != np.uint32 or before.dtype != np.uint32:
        raise ValueError("expected words of uint32")
    if begins.shape != ends.shape or len(before) != len(begins):
        raise ValueError("expected pieces with two ends, and a head for each")
    if (begins < 0).any() or (ends > len(words)).any() or (ends <= begins).any():
        raise ValueError("expected pieces of one word or more, within the words")
    if not 0 <= record <= _FARTHEST:
        raise ValueError(f"expected records of {_FARTHEST:,} words at most")
    if (ends - begins + before.shape[1]).max(initial=0) >= _MOST_WORDS:
        raise MemoryError("expected pieces of less than 2 GiB")
    total = int((ends - begins).sum()) + before.size
    # no stream is longer than stored: 4 bytes a word, 5 a stored block, 6 about all, 1 to fill up
    out = _scratch.words(total + 4 * len(begins) + 2 * (total // _STORED_WORDS) + 1)
    sizes = np.empty(len(begins), dtype=np.int64)
    size = _compress(words, 4 * record, begins, ends, before, out, sizes)
    return Deflated(out.view(np.uint8)[:size].copy(), sizes)


class _Scratch(threading.local):
    """Memory of a thread that is written again and again.

    The system would give it anew each time, a page at a time, and threads would wait there for each
    other.
    """

    def __init__(self) -> None:
        self._words = np.empty(0, dtype=np.uint32)

    def words(self, count: int) -> Words:
        """So many words, whatever they hold."""
        if len(self._words) < count:
            self._words = np.empty(count, dtype=np.uint32)
        return self._words[:count]


_scratch = _Scratch()


@kernel
def _compress(
    words: Words,
    stride: int,
    lefts: Counts,
    rights: Counts,
    heads: Words,
    out: Words,
    sizes: Counts,
) -> int:
    """Fill `out` and `sizes`; returns how many bytes."""
    before = heads.shape[1]
    longest = before
    for piece in range(len(sizes)):
        longest = max(longest, before + rights[piece] - lefts[piece])
    joined = np.empty(longest, np.uint32)
    repeats = np.empty(2 * longest, np.int64)  # none is shorter than three bytes
    latest = np.empty((2, 1 << _SLOTS), np.int32)
    counts, steps = np.empty(_SYMBOLS, np.int64), np.empty(30, np.int64)
    lengths, step_lengths = np.empty(_SYMBOLS, np.int64), np.empty(30, np.int64)
    head = np.empty((2, _SYMBOLS + 30), np.int64)
    head_counts, head_lengths = np.empty(19, np.int64), np.empty(19, np.int64)
    fixed, fixed_steps = _FIXED.copy(), np.full(30, 5)
    at, held, bits, done = 0, 0, 0, 0
    for piece in range(len(sizes)):
        for i in range(before):
            joined[i] = heads[piece, i]
        count = rights[piece] - lefts[piece]
        for i in range(count):
            joined[before + i] = words[lefts[piece] + i]
        part = joined[: before + count]
        counts[:], steps[:] = 0, 0
        counts[_END] = 1
        if stride:
            found = _find_in_records(part.view(np.uint8), stride, latest, repeats, counts, steps)
        else:
            found = _find_in_numbers(part, latest, repeats, counts, steps)
        by_fixed = _cost(counts, steps, fixed, fixed_steps)
        _complete(steps)
        _code_lengths(counts, 15, lengths)
        _code_lengths(steps, 15, step_lengths)
        entries = _describe(lengths, step_lengths, head, head_counts)
        _code_lengths(head_counts, 7, head_lengths)
        by_own = _cost(counts, steps, lengths, step_lengths) + _head_cost(head_counts, head_lengths)
        stored = 32 * len(part) + 40 * (1 + len(part) // _STORED_WORDS)
        out[at], at, held, bits = _add(at, held, bits, 0x0178, 16)
        if stored <= min(by_own, by_fixed):
            at, held, bits = _write_stored(part, out, at, held, bits)
        else:
            codes, step_codes = lengths, step_lengths
            if by_fixed <= by_own:
                codes, step_codes = fixed, fixed_steps
                out[at], at, held, bits = _add(at, held, bits, 1 | _FIXED_CODES << 1, 3)
            else:
                out[at], at, held, bits = _add(at, held, bits, 1 | _OWN_CODES << 1, 3)
                at, held, bits = _write_head(
                    lengths, step_lengths, head, entries, head_lengths, out, at, held, bits
                )
            at, held, bits = _write_body(
                part.view(np.uint8),
                repeats[:found],
                _codes(codes),
                _codes(step_codes),
                out,
                at,
                held,
                bits,
            )
        out[at], at, held, bits = _add(at, held, bits, 0, -bits & 7)
        out[at], at, held, bits = _add(at, held, bits, _adler(part), 32)
        sizes[piece] = 4 * at + bits // 8 - done
        done += sizes[piece]
    out[at] = held
    return done


@inner
def _add(at: int, held: int, bits: int, value: int, count: int) -> tuple[int, int, int, int]:
    """Append up to 32 bits to fewer than 32 that are held back.

    Returns:
        The word to write at `at`; where the next one goes, which is there again until the word is
        full; and what is held back now. Without a branch, which would be guessed wrong as often as
        right, and without the array, which would cost two atomic counts a call.
    """
    held |= value << bits
    bits += count
    full = bits >> 5
    return held & 0xFFFFFFFF, at + full, held >> (full << 5), bits & 31


@inner
def _four(word: Any, following: Any) -> Any:
    """The four bytes from the highest of a word on, the first of them lowest."""
    return (np.int64(word) >> 24) | (np.int64(following) << 8) & 0xFFFFFFFF


@inner
def _short_slot(four: int) -> int:
    """A number for the table of places, of the first three of four bytes."""
    return (((four << 8) * 0x9E3779B1) & 0xFFFFFFFF) >> (32 - _SLOTS)


@inner
def _long_slot(four: int, following: int) -> int:
    """The same of eight bytes; the product wraps about."""
    return ((four | following << 32) * -0x61C8864680B583EB) >> (64 - _SLOTS) & (1 << _SLOTS) - 1


@inner
def _find_in_numbers(
    words: Words, latest: npt.NDArray[np.int32], repeats: Counts, counts: Counts, steps: Counts
) -> int:
    """Choose repeats in float32 numbers, greedily, and count symbols; returns how many repeats.

    A long one (from eight bytes on where the low halves of words are 0, else from four) goes before
    a short one, of three bytes or more, which is found nearby only.
    """
    last = len(words) - 1
    for shift in (0, 8, 16):
        counts[words[0] >> shift & 255] += 1
    counts[words[last] >> 24] += 1
    zeros = 0
    for word in words:
        zeros += word & 0xFFFF == 0
    rounded = 2 * zeros > len(words)
    wanted, far = (0xFFFFFFFF, _FARTHEST) if rounded else (0, _FAR)
    short, long = latest[0], latest[1]
    short[:], long[:] = _NEVER, _NEVER
    found, tries, misses, i = 0, _TRIES, 0, 0
    while i < last - 1:
        four, following = (
            _four(words[_u(i)], words[_u(i + 1)]),
            _four(words[_u(i + 1)], words[_u(i + 2)]),
        )
        slot = _short_slot(four)
        origin = short[_u(slot)]
        short[_u(slot)] = i
        other = 1  # what differs at the origin, as _four sees it
        if i - origin <= _NEAR:
            other = _four(words[_u(origin)], words[_u(origin + 1)]) ^ four
        if tries > 0:
            tries -= 1
            slot = _long_slot(four, following & wanted)
            farther = long[_u(slot)]
            long[_u(slot)] = i
            if (
                i - farther <= far
                and _four(words[_u(farther)], words[_u(farther + 1)]) == four
                and (_four(words[_u(farther + 1)], words[_u(farther + 2)]) ^ following) & wanted
                == 0
            ):
                origin, other = farther, 0
        if other & 0xFFFFFF != 0:
            # the longer nothing repeats, the fewer places are looked at
            stop = min(i + min(1 + (misses >> 5), 8), last - 1)
            misses += 1
            while i < stop:
                four = _four(words[_u(i)], words[_u(i + 1)])
                for shift in (0, 8, 16, 24):
                    counts[four >> shift & 255] += 1
                i += 1
            continue
        misses, back = 0, i - origin
        steps[_STEP_SYMBOL[_u(4 * back)]] += 1
        if other != 0:  # three bytes and a letter
            repeats[_u(found)] = 4 * i + 3 << 32 | 4 * back << 16 | 3
            found += 1
            counts[_END + 1] += 1
            counts[four >> 24 & 255] += 1
            i += 1
            continue
        tries += _WORTH
        begin, i = i, i + 1
        most = min(begin + _LONGEST, last)
        while other == 0 and i < most:
            four = _four(words[_u(i)], words[_u(i + 1)])
            other = four ^ _four(words[_u(i - back)], words[_u(i - back + 1)])
            if other & 0xFF == 0 and i < last - 1:  # else it is looked for next
                short[_u(_short_slot(four))] = i
                if tries > 0:
                    following = _four(words[_u(i + 1)], words[_u(i + 2)])
                    long[_u(_long_slot(four, following & wanted))] = i
            i += other == 0
        rest = 0
        if other != 0:
            rest = (other & 0xFF == 0) + (other & 0xFFFF == 0) + (other & 0xFFFFFF == 0)
        size = 4 * (i - begin) + rest
        repeats[_u(found)] = 4 * begin + 3 << 32 | 4 * back << 16 | size
        found += 1
        counts[_END + 1 + _LENGTH_SYMBOL[size]] += 1
        if rest > 0:
            for byte in range(rest, 4):
                counts[four >> 8 * byte & 255] += 1
            i += 1
    while i < last:
        four = _four(words[_u(i)], words[_u(i + 1)])
        for shift in (0, 8, 16, 24):
            counts[four >> shift & 255] += 1
        i += 1
    return found


@inner
def _find_in_records(
    data: Bytes, stride: int, latest: npt.NDArray[np.int32],
    repeats: Counts, counts: Counts, steps: Counts,
) -> int:  # fmt: skip
    """The same in records of so many bytes.

    A repeat of the record before costs the least, since its distance is always the same; another
    one must be longer.
    """
    places, last, found, i = latest[0], len(data) - 4, 0, 0
    places[:] = _NEVER
    while i < len(data):
        most, size, back = min(4 * _LONGEST, len(data) - i), 0, stride
        if i >= stride:
            while size < most and data[_u(i + size)] == data[_u(i + size - stride)]:
                size += 1
        if i <= last:
            slot = _place(data[_u(i)], data[_u(i + 1)], data[_u(i + 2)], data[_u(i + 3)])
            origin = places[_u(slot)]
            places[_u(slot)] = i
            if i - origin <= _NEAR_RECORDS and i - origin != stride:
                other = 0
                while other < most and data[_u(i + other)] == data[_u(origin + other)]:
                    other += 1
                if other >= 4 and other > size + 1:
                    size, back = other, i - origin
        if size < 3:
            counts[data[_u(i)]] += 1
            i += 1
            continue
        repeats[found] = i << 32 | back << 16 | size
        found += 1
        counts[_END + 1 + _LENGTH_SYMBOL[size]] += 1
        steps[_STEP_SYMBOL[back]] += 1
        for j in range(i + 1, min(i + size, last + 1)):
            slot = _place(data[_u(j)], data[_u(j + 1)], data[_u(j + 2)], data[_u(j + 3)])
            places[_u(slot)] = j
        i += size
    return found


@inner
def _place(first: Any, second: Any, third: Any, fourth: Any) -> Any:
    """A number for the table of places, of four bytes."""
    word = np.int64(first) | np.int64(second) << 8 | np.int64(third) << 16 | np.int64(fourth) << 24
    return ((word * 0x9E3779B1) & 0xFFFFFFFF) >> (32 - _SLOTS)


@inner
def _complete(steps: Counts) -> None:
    """See to two distances at least: a code of one is not complete, and some want it to be."""
    kinds = 0
    for count in steps:
        kinds += count > 0
    for symbol in range(2):
        if kinds < 2 and steps[symbol] == 0:
            steps[symbol] = 1
            kinds += 1


@inner
def _code_lengths(counts: Counts, limit: int, lengths: Counts) -> None:
    """Bits of each symbol in a Huffman code of at most `limit` bits; 0 where it is never used.

    In place as by Moffat and Katajainen (1995); codes that are too long are shortened and others
    lengthened until they fit (Kraft's sum). At least two symbols are used.
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
    # parents to depths, then the number of leaves at each depth
    tree[used - 2] = 0
    for node in range(used - 3, -1, -1):
        tree[node] = tree[tree[node]] + 1
    of_length = np.zeros(limit + 1, np.int64)
    free, depth, node = 1, 0, used - 2
    while free > 0:
        inner = 0
        while node >= 0 and tree[node] == depth:
            inner += 1
            node -= 1
        of_length[min(depth, limit)] += free - inner
        free = 2 * inner
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
def _codes(lengths: Counts) -> Counts:
    """Each symbol's code, first bit lowest, and its bits << 40 (RFC 1951, section 3.2.2)."""
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
        codes[symbol] |= lengths[symbol] << 40
    return codes


@inner
def _cost(counts: Counts, steps: Counts, lengths: Counts, step_lengths: Counts) -> int:
    """Bits of a block's kind, of all symbols by a code, and of those that follow them."""
    total = 3
    for symbol in range(_SYMBOLS):
        total += counts[symbol] * lengths[symbol]
    for symbol in range(len(_LENGTH_BITS)):
        total += counts[_END + 1 + symbol] * _LENGTH_BITS[symbol]
    for symbol in range(len(steps)):
        total += steps[symbol] * (step_lengths[symbol] + _STEP_BITS[symbol])
    return total


@inner
def _used(lengths: Counts, least: int) -> int:
    """How many lengths are told: up to the last that is not 0."""
    used = len(lengths)
    while used > least and lengths[used - 1] == 0:
        used -= 1
    return used


@inner
def _more(symbol: int) -> int:
    """Bits that follow a symbol of the head (RFC 1951, section 3.2.7)."""
    return 0 if symbol < 16 else 7 if symbol == 18 else symbol - 14


@inner
def _describe(lengths: Counts, step_lengths: Counts, head: Counts, counts: Counts) -> int:
    """The code's lengths as symbols with runs (RFC 1951, section 3.2.7); returns how many.

    Args:
        lengths: of letters and lengths.
        step_lengths: of distances.
        head: filled with symbols, and what follows each.
        counts: filled with how often each symbol is used.
    """
    first, all_told = _used(lengths, 257), _used(lengths, 257) + _used(step_lengths, 1)
    told = np.empty(all_told, np.int64)
    for i in range(all_told):
        told[i] = lengths[i] if i < first else step_lengths[i - first]
    counts[:] = 0
    entries, i = 0, 0
    while i < all_told:
        value, run = told[i], 1
        while i + run < all_told and told[i + run] == value:
            run += 1
        i += run
        while run > 0:
            symbol, size, least = value, 1, 1
            if value == 0 and run >= 3:
                symbol, size, least = (18, min(run, 138), 11) if run >= 11 else (17, run, 3)
            elif run >= 3 and i - run > 0 and told[i - run - 1] == value:
                symbol, size, least = 16, min(run, 6), 3
            head[0, entries], head[1, entries] = symbol, size - least
            counts[symbol] += 1
            entries += 1
            run -= size
    return entries


@inner
def _head_cost(counts: Counts, lengths: Counts) -> int:
    """Bits of the head that tells a code, at most."""
    total = 14 + 19 * 3
    for symbol in range(19):
        total += counts[symbol] * (lengths[symbol] + _more(symbol))
    return total


@inner
def _write_head(
    lengths: Counts, step_lengths: Counts, head: Counts, entries: int, head_lengths: Counts,
    out: Words, at: int, held: int, bits: int,
) -> tuple[int, int, int]:  # fmt: skip
    """Tell the code."""
    told = 19
    while told > 4 and head_lengths[_ORDER[told - 1]] == 0:
        told -= 1
    sizes = _used(lengths, 257) - 257 | _used(step_lengths, 1) - 1 << 5 | told - 4 << 10
    out[at], at, held, bits = _add(at, held, bits, sizes, 14)
    for symbol in _ORDER[:told]:
        out[at], at, held, bits = _add(at, held, bits, head_lengths[symbol], 3)
    codes = _codes(head_lengths)
    for entry in range(entries):
        symbol, code = head[0, entry], codes[head[0, entry]]
        size = code >> 40
        value = code & 0xFFFF | head[1, entry] << size
        out[at], at, held, bits = _add(at, held, bits, value, size + _more(symbol))
    return at, held, bits


@inner
def _write_body(
    data: Bytes, repeats: Counts, codes: Counts, step_codes: Counts,
    out: Words, at: int, held: int, bits: int,
) -> tuple[int, int, int]:  # fmt: skip
    """Write letters and repeats, and the end."""
    of_size = np.zeros(4 * _LONGEST + 1, np.int64)
    for size in range(3, 4 * _LONGEST + 1):
        symbol = _LENGTH_SYMBOL[size]
        code = codes[_END + 1 + symbol]
        own = code >> 40
        value = code & 0xFFFF | size - _LENGTH_BASE[symbol] << own
        of_size[size] = value | own + _LENGTH_BITS[symbol] << 40
    i = 0
    for number in range(len(repeats) + 1):
        repeat = repeats[number] if number < len(repeats) else len(data) << 32
        stop = repeat >> 32
        while i + 4 <= stop:
            first, second = codes[data[_u(i)]], codes[data[_u(i + 1)]]
            third, fourth = codes[data[_u(i + 2)]], codes[data[_u(i + 3)]]
            half = (first >> 40) + (second >> 40)
            count = half + (third >> 40) + (fourth >> 40)
            value = first & 0xFFFF | (second & 0xFFFF) << (first >> 40)
            other = third & 0xFFFF | (fourth & 0xFFFF) << (third >> 40)
            if count <= 32:
                out[_u(at)], at, held, bits = _add(at, held, bits, value | other << half, count)
            else:
                out[_u(at)], at, held, bits = _add(at, held, bits, value, half)
                out[_u(at)], at, held, bits = _add(at, held, bits, other, count - half)
            i += 4
        value, count = 0, 0
        while i < stop:
            code = codes[data[_u(i)]]
            if count + (code >> 40) > 32:
                out[_u(at)], at, held, bits = _add(at, held, bits, value, count)
                value, count = 0, 0
            value |= (code & 0xFFFF) << count
            count += code >> 40
            i += 1
        code = codes[_END] if number == len(repeats) else of_size[_u(repeat & 0xFFFF)]
        if count + (code >> 40) > 32:
            out[_u(at)], at, held, bits = _add(at, held, bits, value, count)
            value, count = 0, 0
        value |= (code & 0xFFFFFFFF) << count
        count += code >> 40
        if number < len(repeats):
            back = repeat >> 16 & 0xFFFF
            symbol = _STEP_SYMBOL[_u(back)]
            code = step_codes[symbol]
            own = code >> 40
            step = code & 0xFFFF | back - _STEP_BASE[symbol] << own
            own += _STEP_BITS[symbol]
            if count + own > 32:
                out[_u(at)], at, held, bits = _add(at, held, bits, value, count)
                value, count = 0, 0
            value |= step << count
            count += own
            i += repeat & 0xFFFF
        out[_u(at)], at, held, bits = _add(at, held, bits, value, count)
    return at, held, bits


@inner
def _write_stored(words: Words, out: Words, at: int, held: int, bits: int) -> tuple[int, int, int]:
    """Write words as they are (RFC 1951, section 3.2.4)."""
    for start in range(0, len(words), _STORED_WORDS):
        stop = min(start + _STORED_WORDS, len(words))
        out[at], at, held, bits = _add(at, held, bits, stop == len(words), 3)
        out[at], at, held, bits = _add(at, held, bits, 0, -bits & 7)
        size = 4 * (stop - start)
        out[at], at, held, bits = _add(at, held, bits, size | (size ^ 0xFFFF) << 16, 32)
        for i in range(start, stop):
            out[at], at, held, bits = _add(at, held, bits, int(words[i]), 32)
    return at, held, bits


@inner
def _adler(words: Words) -> Any:
    """The checksum of RFC 1950, section 9, its bytes as they are written."""
    plain, weighted = np.int64(0), np.int64(0)
    for start in range(0, len(words), 1 << 14):
        stop = min(start + (1 << 14), len(words))
        for i in range(start, stop):
            word = np.int64(words[i])
            second, third, fourth = word >> 8 & 255, word >> 16 & 255, word >> 24
            total = (word & 255) + second + third + fourth
            plain += total
            weighted += 4 * (len(words) - i) * total - (second + 2 * third + 3 * fourth)
        plain, weighted = plain % _ADLER, weighted % _ADLER
    low, high = (plain + 1) % _ADLER, (weighted + 4 * len(words)) % _ADLER
    return high >> 8 | (high & 255) << 8 | (low >> 8) << 16 | (low & 255) << 24
