"""Read the bytes of a file without trusting its content.

Wrong offsets, sizes and counts in a damaged file lead to a `TrackError` that says what is wrong at
which byte, and never to a crash, an endless loop or a huge allocation.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

from isal import isal_zlib

from regtrack.errors import TrackError

# raised by the inflater; the package's stub declares it as an instance
_DAMAGED: type[Exception] = isal_zlib.error  # type: ignore[assignment]


def check_file(path: Path) -> None:
    """Refuse a path that is not a file.

    Raises:
        TrackError: it is not a file.
    """
    if not path.is_file():
        raise TrackError(f"no bigWig at {path}; expected a file")


class Source:
    """A file opened for reading; threads may share it, since reading does not move a position.

    Attributes:
        path: the file.
        size: the file's size (bytes).

    Raises:
        TrackError: no such file.
    """

    def __init__(self, path: Path) -> None:
        check_file(path)
        self.path = path
        self._file = path.open("rb", buffering=0)
        self.size = os.fstat(self._file.fileno()).st_size

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(self, at: int, size: int, what: str) -> bytes:
        """Bytes of the file.

        Args:
            at: offset of the first byte.
            size: number of bytes.
            what: what the bytes are, for messages.

        Raises:
            TrackError: the file ends before.
        """
        if at + size > self.size:
            raise self.error(
                what, at, f"needs {size:,} bytes, but the file ends at {self.size:,}; truncated?"
            )
        data = os.pread(self._file.fileno(), size, at)
        if len(data) != size:
            raise self.error(what, at, f"{len(data):,} of {size:,} bytes could be read")
        return data

    def unpack(self, form: struct.Struct, at: int, what: str) -> tuple[Any, ...]:
        """The fields of a struct.

        Raises:
            TrackError: the file ends before the struct does.
        """
        return form.unpack(self.read(at, form.size, what))

    def inflate(self, at: int, size: int, limit: int, what: str) -> bytes:
        """Decompress a zlib block.

        Args:
            at: its offset.
            size: its compressed size (bytes).
            limit: the largest allowed uncompressed size (bytes).
            what: what it is, for messages.

        Raises:
            TrackError: it is damaged or too large.
        """
        if size > 2 * limit + 1024:
            raise self.error(what, at, f"{size:,} bytes packed; the header allows {limit:,}")
        inflater = isal_zlib.decompressobj()
        try:
            # one byte more than allowed, so that the end and the checksum are always reached
            data = inflater.decompress(self.read(at, size, what), limit + 1)
        except _DAMAGED as error:
            raise self.error(what, at, f"cannot be unpacked ({error})") from error
        if len(data) > limit:
            raise self.error(what, at, f"unpacks to more than the header's {limit:,} bytes")
        if not inflater.eof:
            raise self.error(what, at, "ends before the end of its compressed data")
        return data

    def error(self, what: str, at: int, message: str) -> TrackError:
        """An error that names the file, the part and its offset."""
        return TrackError(f"{self.path}: {what} at byte {at:,}: {message}")
