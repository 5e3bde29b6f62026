"""Compress arrays of 32-bit words to zlib streams."""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from regtrack.tracks.bigwig.deflate.compress import compress
from regtrack.tracks.bigwig.deflate.symbols import (
    FARTHEST,
    STORED_WORDS,
    Counts,
    Words,
)

_MOST_WORDS = 1 << 29  # words of a piece, whose bytes are numbered in 31 bits


class Deflated(NamedTuple):
    """Streams, one after another, uint8 (bytes,), and the size of each, int64 (streams,)."""

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
    r"""Compress pieces of an array, each to a separate zlib stream.

    A stream depends only on its words: not on the processor, as long as it is little-endian, nor on
    other streams.

    Args:
        words: uint32 (n,), contiguous; their bytes are compressed in memory order.
        lefts: index in `words` where each piece begins, (pieces,).
        rights: index where each piece ends, (pieces,); no piece is empty.
        heads: words to put before each piece, uint32 (pieces, m).
        record: words per record if the words are records; 0 for float32 numbers. Any words are
            compressed correctly: only the size depends on it.

    Raises:
        ValueError: words or heads of another type, pieces that are empty or not within `words`, or
            records longer than the farthest distance of a repeat.
        MemoryError: pieces of 2 GiB or more, whose offsets would overflow.

    >>> import zlib
    >>> packed = deflate(np.arange(5, dtype=np.uint32), [0, 2], [2, 5])
    >>> zlib.decompress(packed.data[packed.sizes[0] :].tobytes())[::4]
    b'\x02\x03\x04'
    """
    # contiguous, otherwise the kernel would be compiled for strided arrays as well
    begins, ends = (np.ascontiguousarray(side, dtype=np.int64) for side in (lefts, rights))
    before = np.empty((len(begins), 0), dtype=np.uint32) if heads is None else heads
    if words.dtype != np.uint32 or before.dtype != np.uint32:
        raise ValueError("expected words of uint32")
    if begins.shape != ends.shape or len(before) != len(begins):
        raise ValueError("expected pieces with a left, a right and a head each")
    if (begins < 0).any() or (ends > len(words)).any() or (ends <= begins).any():
        raise ValueError("expected pieces of at least one word, within the words")
    if not 0 <= record <= FARTHEST:
        raise ValueError(f"expected records of at most {FARTHEST:,} words")
    if (ends - begins + before.shape[1]).max(initial=0) >= _MOST_WORDS:
        raise MemoryError("expected pieces of less than 2 GiB")
    total = int((ends - begins).sum()) + before.size
    # no stream is longer than a stored one: 4 bytes per word, 5 per stored block, 6 for header and
    # checksum, 1 for padding
    out = _scratch.words((total + 4 * len(begins) + 2 * (total // STORED_WORDS)) // 2 + 2)
    sizes = np.empty(len(begins), dtype=np.int64)
    size = compress(words, 4 * record, begins, ends, before, out, sizes)
    return Deflated(out.view(np.uint8)[:size].copy(), sizes)


class _Scratch(threading.local):
    """Memory that each thread reuses for every call.

    The system would provide new memory page by page, and threads would wait for each other.
    """

    def __init__(self) -> None:
        self._words = np.empty(0, dtype=np.int64)

    def words(self, count: int) -> Counts:
        """An uninitialised array, int64 (count,)."""
        if len(self._words) < count:
            self._words = np.empty(count, dtype=np.int64)
        return self._words[:count]


_scratch = _Scratch()
