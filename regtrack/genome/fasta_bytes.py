"""The bytes of a FASTA, plain or bgzip, read anywhere: two classes with one interface.

Reads have positions of their own, so threads and forked processes may share an open file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from isal import isal_zlib

from regtrack.errors import FastaError
from regtrack.genome.bgzip_blocks import Blocks, block_size

_PIECE = 4 << 20  # bytes
_BLOCKS = 64  # bgzip blocks unpacked at a time, of at most 64 kB each
# the exception of the inflater; the package's stub declares it as an instance
_DAMAGED: type[Exception] = isal_zlib.error  # type: ignore[assignment]


class FastaBytes(Protocol):
    """The unpacked bytes of a FASTA.

    Attributes:
        size: their number.
    """

    size: int

    def read(self, start: int, count: int) -> bytes:
        """Bytes from `start`: `count`, or fewer where the file ends.

        Raises:
            FastaError: the file is damaged.
        """

    def pieces(self) -> Iterator[bytes]:
        """All bytes in order, some megabytes at a time.

        Raises:
            FastaError: the file is damaged.
        """

    def close(self) -> None:
        """Close the file."""


class PlainBytes:
    """A file as it is."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDONLY)
        self.size = os.fstat(self._file).st_size

    def read(self, start: int, count: int) -> bytes:
        """See `FastaBytes`."""
        found = []
        while count > 0 and (some := os.pread(self._file, count, start)):  # at most 2 GB a call
            found.append(some)
            start, count = start + len(some), count - len(some)
        return b"".join(found)

    def pieces(self) -> Iterator[bytes]:
        """See `FastaBytes`."""
        for start in range(0, self.size, _PIECE):
            yield self.read(start, _PIECE)

    def close(self) -> None:
        """See `FastaBytes`."""
        os.close(self._file)


class BgzipBytes:
    """A bgzip file, unpacked by blocks; each block is checked against its CRC.

    Args:
        path: the file.
        blocks: where its blocks begin.
    """

    def __init__(self, path: Path, blocks: Blocks) -> None:
        self._path, self._blocks = path, blocks
        self._file = os.open(path, os.O_RDONLY)
        self._last = (-1, b"")  # the block unpacked last, for short reads one after another
        self.size = blocks.size

    def read(self, start: int, count: int) -> bytes:
        """See `FastaBytes`."""
        end = min(start + count, self.size)
        if end <= start:
            return b""
        unpacked = self._blocks.unpacked
        first = int(np.searchsorted(unpacked, start, "right")) - 1
        last = int(np.searchsorted(unpacked, end, "left"))
        found = b"".join(
            self._unpack(at, min(at + _BLOCKS, last)) for at in range(first, last, _BLOCKS)
        )
        skipped = start - int(unpacked[first])
        return found[skipped : skipped + end - start]

    def pieces(self) -> Iterator[bytes]:
        """See `FastaBytes`."""
        count = len(self._blocks.packed) - 1
        for first in range(0, count, _BLOCKS):
            yield self._unpack(first, min(first + _BLOCKS, count))

    def close(self) -> None:
        """See `FastaBytes`."""
        os.close(self._file)

    def _unpack(self, first: int, last: int) -> bytes:
        """The content of some blocks."""
        if last == first + 1 and self._last[0] == first:
            return self._last[1]
        start, end = int(self._blocks.packed[first]), int(self._blocks.packed[last])
        packed = os.pread(self._file, end - start, start)
        found = b"".join(self._inflate(packed))
        if len(found) != int(self._blocks.unpacked[last] - self._blocks.unpacked[first]):
            raise self._damaged(f"{len(found):,} bytes in blocks {first:,} to {last:,}")
        if last == first + 1:
            self._last = (first, found)
        return found

    def _inflate(self, packed: bytes) -> Iterator[bytes]:
        at = 0
        while at < len(packed):
            size = block_size(packed[at : at + 1024])
            if not size or at + size > len(packed):
                raise self._damaged("no block where its index names one")
            try:
                yield isal_zlib.decompress(packed[at : at + size], wbits=31)
            except _DAMAGED as error:
                raise self._damaged(str(error)) from error
            at += size

    def _damaged(self, why: str) -> FastaError:
        return FastaError(f"{self._path} is damaged ({why}); download it again")
