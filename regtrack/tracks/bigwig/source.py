"""The bytes of a file, of which nothing is believed before it is checked.

Whatever a damaged file says of offsets, sizes and counts costs a `TrackError` that names what is
wrong and at which byte, never a crash, an endless loop or a giant allocation.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

from isal import isal_zlib

from regtrack.errors import TrackError

# what the inflater raises; the package's stub says that it is an instance
_DAMAGED: type[Exception] = isal_zlib.error  # type: ignore[assignment]


def check_file(path: Path) -> None:
    """Refuse a path that is no file.

    Raises:
        TrackError: so it is.
    """
    if not path.is_file():
        raise TrackError(f"no bigWig at {path}; expected a file")


class Source:
    """A file opened for reading; threads may share it, since no read moves a position.

    Attributes:
        path: the file.
        size: its bytes.

    Raises:
        TrackError: no such file.
    """

    def __init__(self, path: Path) -> None:
        check_file(path)
        self.path = path
        self._file = path.open("rb", buffering=0)
        self.size = os.fstat(self._file.fileno()).st_size

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def read(self, at: int, size: int, what: str) -> bytes:
        """The bytes from `at` on.

        Args:
            at: offset of the first.
            size: how many.
            what: what they are, for messages.

        Raises:
            TrackError: the file has not so many.
        """
        if at + size > self.size:
            raise self.error(
                what, at, f"needs {size:,} bytes, but the file ends at {self.size:,}; cut short?"
            )
        data = os.pread(self._file.fileno(), size, at)
        if len(data) != size:
            raise self.error(what, at, f"{len(data):,} of {size:,} bytes could be read")
        return data

    def unpack(self, form: struct.Struct, at: int, what: str) -> tuple[Any, ...]:
        """The fields of a struct.

        Raises:
            TrackError: the file ends before it does.
        """
        return form.unpack(self.read(at, form.size, what))

    def inflate(self, at: int, size: int, limit: int, what: str) -> bytes:
        """Unpack a zlib block.

        Args:
            at: its offset.
            size: its bytes in the file.
            limit: bytes that it may have unpacked.
            what: what it is, for messages.

        Raises:
            TrackError: it is damaged, or larger than it may be.
        """
        if size > 2 * limit + 1024:
            raise self.error(what, at, f"{size:,} bytes packed; the header allows {limit:,}")
        inflater = isal_zlib.decompressobj()
        try:
            # one byte more than allowed, so that the end and its checksum are always reached
            data = inflater.decompress(self.read(at, size, what), limit + 1)
        except _DAMAGED as error:
            raise self.error(what, at, f"cannot be unpacked ({error})") from error
        if len(data) > limit:
            raise self.error(what, at, f"unpacks to more than the header's {limit:,} bytes")
        if not inflater.eof:
            raise self.error(what, at, "ends before its data do")
        return data

    def error(self, what: str, at: int, message: str) -> TrackError:
        """What is wrong, of what, and where."""
        return TrackError(f"{self.path}: {what} at byte {at:,}: {message}")
